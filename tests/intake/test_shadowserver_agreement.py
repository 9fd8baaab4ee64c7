"""Our Shadowserver reader beside IntelMQ's recorded outputs, field by field.

IntelMQ's outputs are its behaviour, not truth: every difference is either explained here, by field
and cause, or a fault. `docs/shadowserver-agreement.md` is the result; write it anew with
PEHRA_WRITE_DOCS=1.
"""

from __future__ import annotations

import base64
import csv
import os
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.intake.agreement import DATA, DOCS, Event, kind, lines, members, ours

from pehra.intake.source import Delivery
from pehra.intake.sources.shadowserver import read
from pehra.kernel.errors import UnreadableFile

pytestmark = pytest.mark.service
Deliver = Callable[..., Delivery]
PAGE = DOCS / "shadowserver-agreement.md"

NOT_COMPARED = {"__type", "raw", "feed.name", "time.observation"}

# A difference is explained by field (a trailing `*` stands for any rest) and kind.
EXPLAINED = {
    ("severity", "ours"): "we always give one: the column's, else the type's default",
    ("extra.naics", "ours"): "one name; IntelMQ has two, by type",
    ("extra.source.naics", "theirs"): "ours is `naics`",
    ("extra.sector", "ours"): "one name, as for `naics`",
    ("extra.source.sector", "theirs"): "ours is `sector`",
    ("extra.sic", "ours"): "one name, as for `naics`",
    ("extra.source.sic", "theirs"): "ours is `sic`",
    ("classification.type", "differs"): "`blacklist` is not of RSIT; else older mappings",
    ("classification.taxonomy", "differs"): "an older mapping; ours is that of 2026-03-24",
    ("classification.identifier", "differs"): "older mappings; ours is infection, else family",
    ("destination.url", "theirs"): "content: what somebody visited",
    ("destination.fqdn", "ours"): "the sinkholed name of `event4_sinkhole_dns`",
    ("destination.fqdn", "theirs"): "`host` of `sandbox_conn`; ours is the report's own host",
    ("extra.dns_query", "theirs"): "ours is the peer's host",
    ("extra.dns_query_type", "theirs"): "the mapping of 2026-03-24 calls the column `request_type`",
    ("source.fqdn", "ours"): "names of the sandbox reports; theirs are elsewhere or in `extra`",
    ("extra.request", "theirs"): "`sandbox_dns`: ours is the host",
    ("extra.http_host", "ours"): "a host that is an address; IntelMQ drops it",
    ("extra.family", "ours"): "kept beside `infection`; an older mapping drops it",
    ("extra.infection", "theirs"): "ours is the family",
    ("malware.name", "theirs"): "an older mapping takes it from `tag`; ours are tags",
    ("extra.tag", "ours"): "tags are always kept",
    ("extra.tag", "differs"): "tags are a list; the separator is not kept, nor a tag given twice",
    ("extra.end_time", "theirs"): "IntelMQ writes the day of the run for an empty column",
    ("extra.http_date", "differs"): "text as received; IntelMQ parses it",
    ("extra.proxy_authenticate", "differs"): "quotes escaped by a backslash; IntelMQ garbles them",
    ("extra.www_authenticate", "differs"): "quotes escaped by a backslash; IntelMQ garbles them",
    ("extra.source", "theirs"): "`blocklist`: `source_name` in the newer mapping",
    ("extra.source_name", "ours"): "`blocklist`: `source` in the older mapping",
    ("extra.device_*", "theirs"): "ours are product columns",
    ("extra.product*", "theirs"): "ours are product columns",
    ("product.*", "ours"): "`extra` in the older mapping",
    ("extra.server_name", "ours"): "`scan_mssql`: `source.local_hostname` in IntelMQ",
    ("source.local_hostname", "theirs"): "`scan_mssql`: `server_name` in `extra`",
    ("extra.status", "theirs"): "`status` is a field of its own in IDF 3.5",
    ("status", "ours"): "a field of its own in IDF 3.5",
    ("protocol.application", "ours"): "the type's application; missing in an older mapping",
    ("extra.http_referer_*", "theirs"): "`sinkhole_http_referer`: the referring site is the source",
    ("source.*", "ours"): "`sinkhole_http_referer`: the referring site is the source",
    ("extra.*_email_address", "differs"): "an address of a person: hashed",
    ("extra.src_ip", "theirs"): "text that is no address: the row is a reject",
    ("extra.ok", "differs"): "true or false, by the newer mapping",
}  # fmt: skip
CONTENT = (
    *("extra.banner", "extra.community", "extra.header", "extra.http_agent", "extra.http_referer"),
    *("extra.raw_cert", "extra.raw_packet", "extra.raw_response", "extra.server_cookie"),
    *("extra.serverid_raw", "extra.set_cookie"),
)
DROPPED_BY_INTELMQ = ("0", "unknown", 0)


def _reason(field: str, how: str, value: Any) -> str:  # noqa: ANN401 a value of JSON
    if how == "theirs" and field in CONTENT:
        return "content, dropped"
    if how == "ours" and value in DROPPED_BY_INTELMQ:
        return "IntelMQ drops `0` and `unknown`; we keep them where `0` is a value"
    for (name, of), reason in EXPLAINED.items():
        before, star, after = name.partition("*")
        fits = field.startswith(before) and field.endswith(after) if star else field == name
        if of == how and fits:
            return reason
    return ""


class Agreement:
    """Counts per field, and why it differs."""

    def __init__(self) -> None:
        self.fields: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.reasons: defaultdict[str, set[str]] = defaultdict(set)
        self.unexplained: list[tuple[str, str, str, Any, Any]] = []
        self.rows = 0
        self.rejects: list[str] = []
        self.refused: list[str] = []

    def take(self, record: dict[str, Any], deliver: Deliver) -> None:
        """Read a record's input as we do and compare with its output."""
        given = record["input"][0]
        name = given.get("extra.file_name") or "none"
        events = [one for out in record["output"].values() for one in out if "time.source" in one]
        try:
            parts = list(read(deliver(base64.b64decode(given.get("raw", "")), name)).parts)
        except UnreadableFile as error:
            self.refused.append(f"`{name}`: {error.message} IntelMQ: {len(events)} events.")
            return
        self.rows += sum(part.rows for part in parts)
        for part in parts:
            self.rejects += [f"`{name}` row {one.row}: {one.detail}" for one in part.rejects]
            for row in part.table.iter_rows(named=True):
                self._compare(name, ours(row), events[row["row"] - 1])

    def _compare(self, name: str, mine: Event, theirs: Event) -> None:
        for field in (mine.keys() | theirs.keys()) - NOT_COMPARED:
            left, right = mine.get(field), theirs.get(field)
            how = kind(left, right)
            self.fields[field][how] += 1
            if how != "agree":
                reason = _reason(field, how, left)
                self.reasons[field].add(reason)
                if not reason:
                    self.unexplained.append((name, field, how, left, right))

    def page(self) -> str:
        """The page in docs."""
        total = sum(self.fields.values(), Counter())
        table = "\n".join(
            f"| `{field}` | {count['agree']} | {count['differs']} | {count['ours']} "
            f"| {count['theirs']} | {'; '.join(sorted(self.reasons[field]))} |"
            for field, count in sorted(self.fields.items())
        )
        refused = "\n".join(f"- {line}" for line in sorted(self.refused))
        rejects = "\n".join(f"- {line}" for line in sorted(self.rejects))
        return HEAD.format(rows=self.rows, **{"ours": 0, "theirs": 0, "differs": 0, **total}) + (
            f"\n## Files that we refuse\n\n{refused}\n\n## Rows that we refuse\n\n{rejects}\n"
            "\n## Field by field\n\n| field | agree | differ | only ours | only theirs | why |\n"
            f"|---|---|---|---|---|---|\n{table}\n"
        )


HEAD = """# Shadowserver: agreement with IntelMQ

Written by `tests/intake/test_shadowserver_agreement.py` from the recorded outputs of IntelMQ's
Shadowserver parser (its own test inputs; several of them follow mappings older than the report
schema of 2026-03-24 that we follow). Compared without letter case; a tag list is joined by `;`.

{rows} rows; {agree} values agree, {differs} differ, {ours} are only ours, {theirs} only theirs.
No difference is without an explanation: the test fails on one.
"""


@pytest.fixture(scope="module")
def agreement(deliver: Deliver) -> Agreement:
    found = Agreement()
    for record in lines(DATA / "peer-tests" / "intelmq-shadowserver.jsonl.zst"):
        found.take(record, deliver)
    return found


def test_every_difference_is_explained(agreement: Agreement) -> None:
    assert agreement.unexplained == []


def test_the_placing_fields_never_differ(agreement: Agreement) -> None:
    for field in ("source.ip", "source.port", "source.asn", "time.source", "source.network"):
        count = agreement.fields[field]
        assert (field, count["differs"], count["theirs"]) == (field, 0, 0)


def test_the_page_is_up_to_date(agreement: Agreement) -> None:
    if os.environ.get("PEHRA_WRITE_DOCS"):
        PAGE.write_text(agreement.page())
    assert PAGE.read_text() == agreement.page()


def test_every_sample_file_is_read_and_rejects_are_true(deliver: Deliver) -> None:
    rows, rejects = 0, []
    for name, data in members(DATA / "shadowserver" / "intelmq-testdata-csv.tar.zst"):
        if not name.endswith(".csv"):
            continue
        parts = list(read(deliver(data, Path(name).name)).parts)
        read_rows = sum(part.rows for part in parts)
        assert (name, read_rows) == (name, len(list(csv.reader(data.decode().splitlines()))) - 1)
        rows += read_rows
        rejects += [
            (Path(name).name, one.reason, one.detail) for part in parts for one in part.rejects
        ]
    detail = "`src_ip` is `37.120.178.9.10`, which is no address"
    assert rejects == [("event4_honeypot_ddos_amp.csv", "address", detail)]
    assert 1 - len(rejects) / rows >= 0.995
