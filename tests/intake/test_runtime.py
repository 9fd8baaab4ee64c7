"""`runtime.yaml`: what is carried, what is left, and that no secret is repeated."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pehra.intake.discover import sources
from pehra.intake.runtime import Move, moves, read
from pehra.kernel.errors import UsageError


def bot(module: str, queue: object = None, **parameters: object) -> dict[str, Any]:
    if queue is not None:
        parameters["destination_queues"] = queue
    return {"module": f"intelmq.bots.{module}", "parameters": parameters}


HTTP = "collectors.http.collector_http"
FEODO = "https://feodotracker.abuse.ch/downloads/ipblocklist.csv"


def one(collector: dict[str, Any], parser: str = "") -> Move:
    bots = {"c": collector, "p": bot(f"parsers.{parser}")}
    return moves(bots, sources())[0]


@pytest.mark.parametrize(
    ("collector", "parser", "move"),
    [
        (
            bot(HTTP, {"_default": ["p-queue"]}, http_url=FEODO, rate_limit=3600, name="IPs",
                provider="Abuse.ch"),
            "abusech.parser_feodotracker",
            Move("c", "Abuse.ch: IPs", "feodo", enabled=True, every=timedelta(hours=1)),
        ),
        (
            bot(HTTP, "p-queue", http_url="https://x.example/asndrop.txt", rate_limit=5),
            "spamhaus.parser_drop",
            Move("c", "", "spamhaus-asndrop", enabled=True, every=timedelta(minutes=1),
                 why="fetched from the address that the source names, not from the one here"),
        ),
        (
            bot(HTTP, ["p-queue"], http_url="https://threatfox-api.abuse.ch/x/s3cret/y"),
            "generic.parser_csv",
            Move("c", "", "threatfox", why="its key is not carried:"
                 " `pehra sources set threatfox --enable --secret-file`"),
        ),
        (
            bot("collectors.file.collector_file", "p-queue", path="/var/drop/", rate_limit=True),
            "shadowserver.parser",
            Move("c", "", "shadowserver", enabled=True, folder="/var/drop"),
        ),
        (
            bot("collectors.file.collector_file", "p-queue", path="drop"),
            "shadowserver.parser",
            Move("c", why="its folder is no absolute path"),
        ),
        (
            bot("collectors.mail.collector_mail_attach", "p-queue", mail_password="s3cret"),  # noqa: S106 a made-up word
            "shadowserver.parser",
            Move("c", why="mail is read by mailbox: `pehra mailboxes set`, and give its password"
                 " there; `shadowserver` reads what comes"),
        ),
        (
            bot("collectors.shadowserver.collector_reports_api", "p-queue", api_key="s3cret"),
            "shadowserver.parser_json",
            Move("c", why="nothing here collects by `shadowserver.collector_reports_api`;"
                 " `shadowserver` reads its files"),
        ),
        (
            bot(HTTP, "p-queue", http_url="https://s3cret@x.example/?key=s3cret"),
            "json.parser",
            Move("c", why="its address is not carried, it may hold a key:"
                 " `pehra sources set intelmq --url`"),
        ),
        (
            bot(HTTP, "p-queue", http_url="https://x.example/s3cret"),
            "generic.parser_csv",
            Move("c", why="its columns are not carried: `pehra ingest csv FILE --option ...`"),
        ),
        (
            {**bot(HTTP, "p-queue", http_url=FEODO), "enabled": False},
            "html_table.parser",
            Move("c", why="it is switched off; `feodo` would read it"),
        ),
        (
            bot(HTTP, "p-queue", http_url="http://[bad"),
            "openphish.parser_commercial",
            Move("c", why="no source here reads `openphish.parser_commercial`"),
        ),
        (bot(HTTP, "nobody-queue"), "misp.parser", Move("c", why="no parser is behind it")),
    ],
)  # fmt: skip
def test_each_feed_is_carried_or_has_a_reason(
    collector: dict[str, Any], parser: str, move: Move
) -> None:
    found = one(collector, parser)
    assert found == move
    assert "s3cret" not in repr(found)


def test_parsers_are_found_behind_others_and_the_rest_is_left() -> None:
    bots = {
        "c": bot(HTTP, {"_default": ["e-queue", "c-queue"]}, http_url=FEODO),
        "e": bot("experts.filter.expert", "p-queue"),
        "p": bot("parsers.abusech.parser_feodotracker", "o-queue"),
        "q": bot("parsers.misp.parser"),
        "o": bot("outputs.smtp.output"),
    }
    found = moves(bots, sources())
    assert [(move.bot, move.source, move.why.split(":")[0]) for move in found] == [
        ("c", "feodo", ""),
        ("e", "", "experts are not carried"),
        ("q", "", "no collector leads to this parser"),
        ("o", "", "outputs are not carried"),
    ]


def test_what_is_no_runtime_is_refused() -> None:
    for text in ("", "- a", "a: b", "a: {module: 3}", "a: *x", "\t"):
        with pytest.raises(UsageError):
            read(text, "runtime.yaml")
    assert list(read("global: {x: 1}\nb: {module: intelmq.bots.outputs.file.output}", "x")) == ["b"]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["p-queue", "c", "/a", FEODO, "["]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.just("_default"), inner),
    max_leaves=4,
)
NAMES = ("destination_queues", "http_url", "rate_limit", "path", "name", "provider")


@settings(deadline=None, max_examples=40)
@given(
    module=st.sampled_from([HTTP, "collectors.file.collector_file", "parsers.misp.parser", "x"]),
    parameters=st.dictionaries(st.sampled_from(NAMES), VALUES) | VALUES,
)
def test_any_value_has_an_outcome(module: str, parameters: object) -> None:
    bots = {
        "c": {"module": f"intelmq.bots.{module}", "parameters": parameters},
        "p": bot("parsers.spamhaus.parser_drop", "c-queue"),
    }
    assert all(move.source or move.why for move in moves(bots, sources()))
