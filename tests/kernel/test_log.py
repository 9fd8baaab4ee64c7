"""What is logged is one readable line, with its work's facts and without secrets or persons."""

from __future__ import annotations

import io
import ipaddress
import json
import logging
import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.kernel import log

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WORDS = log.logger("pehra.tests")


class Terminal(io.StringIO):
    """Standard error of a person."""

    def isatty(self) -> bool:
        """Yes."""
        return True


@pytest.fixture
def written(
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Records that were written since the test began."""
    root = logging.getLogger()
    kept, level = list(root.handlers), root.level
    log.set_up("INFO")
    yield lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    root.handlers[:] = kept
    root.setLevel(level)
    log.forget_bound()


def test_a_record_is_one_line_with_what_is_bound(
    written: Callable[[], list[dict[str, Any]]],
) -> None:
    with log.bound(job=7, kind="findings.ingest"):
        WORDS.info("job done", rows=3)
    WORDS.warning("two\nlines\x1b[31m")
    logging.getLogger("some.library").error("of %s", "another")
    WORDS.debug("unheard")
    first, second, third = written()
    assert first.pop("at").endswith("Z")
    assert first == {
        "event": "job done",
        "job": 7,
        "kind": "findings.ingest",
        "level": "info",
        "logger": "pehra.tests",
        "rows": 3,
    }
    assert second["event"] == "two\nlines�[31m"
    assert (third["event"], third["level"]) == ("of another", "error")
    assert "job" not in third


def test_an_exception_is_written_without_the_addresses_in_it(
    written: Callable[[], list[dict[str, Any]]],
) -> None:
    try:
        ipaddress.ip_address("no route to 198.51.100.77")
    except ValueError:
        WORDS.exception("away", host="198.51.100.77:443")
    (told,) = written()
    assert told["exception"].endswith(
        "'no route to 198.51.100.0/24' does not appear to be an IPv4 or IPv6 address"
    )
    assert told["host"] == "198.51.100.0/24:443"


def test_setting_up_again_writes_each_record_once(
    written: Callable[[], list[dict[str, Any]]],
) -> None:
    log.set_up("WARNING")
    WORDS.info("unheard")
    WORDS.warning("heard")
    assert [told["event"] for told in written()] == ["heard"]


def test_people_are_shown_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal())
    line = log.formatter().format(logging.makeLogRecord({"msg": "waits \x1b]0;x", "levelno": 20}))
    assert "waits" in line
    assert "\x1b]0" not in line
    assert not line.startswith("{")


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("postgresql://pehra:pw@db/x", "postgresql://[hidden]@db/x"),
        (
            "GET https://feed.example/a?key=0123&day=1",
            "GET https://feed.example/a?key=[hidden]&day=1",
        ),
        ("Authorization: Bearer abcdef.0123456", "Authorization: Bearer [hidden]"),
        ("Gone: /verify/contact/abc-DEF_012/", "Gone: /verify/contact/[hidden]/"),
        ("Forbidden: /answer/abc.DEF_012/", "Forbidden: /answer/[hidden]/"),
        ("mail to abuse@bank.example.", "mail to [e-mail]."),
        ("CNIC 35202-1234567-1", "CNIC [identity number]"),
        ("call +92 300 1234567", "call [phone]"),
        ("192.0.2.77, 2001:db8:1:2::7", "192.0.2.0/24, 2001:db8:1::/48"),
        ("http://[2001:db8::7]:80/", "http://[2001:db8::/48]:80/"),
        ("on 127.0.0.1:8642 and [::1]:8642", "on 127.0.0.1:8642 and [::1]:8642"),
        ("at 12:34:56, 26.1.0, 00:11:22:33:44:55", "at 12:34:56, 26.1.0, 00:11:22:33:44:55"),
        ("batch 0123456789abcdef0123456789abcdef", "batch 0123456789abcdef0123456789abcdef"),
    ],
)
def test_what_must_not_lie_in_a_journal_is_taken_out(text: str, left: str) -> None:
    assert log.redact(None, "info", {"event": text}) == {"event": left}


def test_facts_are_hidden_by_their_names_however_deep() -> None:
    facts = {
        "Password": "x",
        "api_key": 7,
        "e_mail": None,
        "inside": [{"session_id": "x", "rows": 3, "text": {"192.0.2.7"}}],
    }
    assert log.redact(None, "info", facts) == {
        "Password": "[hidden]",
        "api_key": "[hidden]",
        "e_mail": "[hidden]",
        "inside": [{"session_id": "[hidden]", "rows": 3, "text": ["192.0.2.0/24"]}],
    }


def test_a_hidden_word_is_never_written() -> None:
    log.hide("s3cr3t-of-a-feed")
    log.hide("at")
    told = log.redact(None, "info", {"event": "at feed.example/s3cr3t-of-a-feed/x"})
    assert told == {"event": "at feed.example/[hidden]/x"}


@given(st.ip_addresses(), st.sampled_from(("{}", "from {}.", "[{}]:80", "a={} b", "'{}'", "({})")))
def test_no_address_survives(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address, around: str
) -> None:
    text = around.format(address)
    told = log.redact(None, "info", {"event": text})["event"]
    plain = address.is_loopback or address.is_unspecified
    size = 24 if address.version == 4 else 48
    network = str(ipaddress.ip_network((address, size), strict=False))
    assert told == (text if plain else around.format(network))


@given(
    st.recursive(
        st.none() | st.integers() | st.text(),
        lambda one: st.lists(one) | st.dictionaries(st.text(), one),
    )
)
def test_any_fact_becomes_json(fact: Any) -> None:  # noqa: ANN401 that is the point
    told = log.redact(None, "info", {"event": "x\udcff", "fact": fact})
    line = log.line_of(told)
    assert json.loads(line)["event"] == "x\\udcff"
    assert "\n" not in line
