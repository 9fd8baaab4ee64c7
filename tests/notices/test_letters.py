"""The message about findings."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.dispatch.html import foreign_html
from pehra.kernel.labels import Tlp
from pehra.notices import letters
from pehra.notices.letters import Advice, Line, Matter
from pehra.notices.rules import Kind

AT = datetime(2026, 11, 20, 5, tzinfo=UTC)
ADVICE = Advice(
    "Open Telnet",
    "A login without encryption.",
    "It is broken into.",
    "Close it.",
    "Try to reach it.",
)


def line(number: int = 1, **facts: Any) -> Line:  # noqa: ANN401 any field
    made: dict[str, Any] = {
        "finding": number,
        "asset": "192.0.2.10",
        "port": 23,
        "identifier": "open-telnet",
        "rsit_class": "vulnerable",
        "rsit_type": "potentially-unwanted-accessible",
        "what": "",
        "severity": 3,
        "organisation": "River Bank",
        "first_seen": AT,
        "last_seen": AT,
        "count": 2,
        "due_at": AT,
        "sources": ("shadowserver",),
    }
    return Line(**{**made, **facts})


def matter(*lines: Line, **facts: Any) -> Matter:  # noqa: ANN401 any field
    made: dict[str, Any] = {
        "number": 12,
        "kind": Kind.DIGEST,
        "language": "en",
        "purpose": "technical",
        "why": "technical stated verified",
        "organisations": ("River Bank",),
        "team": "PKCERT",
        "phone": "+92 51 0000000",
        "lines": lines or (line(),),
        "advice": {"open-telnet": ADVICE},
        "link": "https://cert.example.org/answer/abc/",
        "until": date(2026, 12, 20),
        "tlp": Tlp.AMBER,
        "zone": ZoneInfo("Asia/Karachi"),
        "reply_tag": "n12.x",
    }
    return Matter(**{**made, **facts})


def test_it_says_what_where_when_why_how_and_how_to_answer() -> None:
    told = letters.write(matter())
    assert told.subject == "[N12] 1 finding on your networks: high"
    for words in (
        "To the technical contact of River Bank",
        "F1 192.0.2.10:23",
        "seen 2 times between 2026-11-20 05:00 UTC (10:00 PKT) and 2026-11-20 05:00 UTC",
        "please fix by 2026-11-20 05:00 UTC (10:00 PKT)",
        "reported by: shadowserver",
        "What it is: A login without encryption.",
        "How to fix it: Close it.",
        "named by your organisation, address confirmed",
        "until 2026-12-20:\nhttps://cert.example.org/answer/abc/",
        "call +92 51 0000000",
        "TLP:AMBER",
    ):
        assert words in told.text
    assert (told.language, told.reply_tag) == ("en", "n12.x")


def test_in_clear_there_is_only_a_pointer_where_that_is_wanted() -> None:
    told = letters.write(matter())
    assert "192.0.2.10" not in told.pointer
    assert "https://cert.example.org/answer/abc/" in told.pointer
    assert "TLP:AMBER" in told.pointer


@pytest.mark.parametrize(
    ("kind", "severities", "subject"),
    [
        (Kind.URGENT, (4, 4), "[N12] Act now: 2 critical findings on your networks"),
        (Kind.URGENT, (3,), "[N12] 1 finding on your networks: high"),
        (Kind.WEEKLY, (2, 3), "[N12] Still open: 2 findings on your networks"),
        (Kind.DIGEST, (2, 3), "[N12] 2 findings on your networks, worst: high"),
    ],
)
def test_the_subject_says_how_much_and_how_bad(
    kind: Kind, severities: tuple[int, ...], subject: str
) -> None:
    lines = [line(n, severity=level) for n, level in enumerate(severities, 1)]
    assert letters.write(matter(*lines, kind=kind)).subject == subject


def test_urdu_runs_from_right_to_left_and_addresses_do_not() -> None:
    told = letters.write(matter(language="ur"))
    assert '<html lang="ur" dir="rtl">' in told.html
    assert '<bdi dir="ltr">F1 192.0.2.10:23</bdi>' in told.html
    assert "نشاندہی" in told.subject
    assert re.search(r"[؀-ۿ]", told.text)


def _blanks(told: Any) -> dict[str, Any]:  # noqa: ANN401 a tree of words
    if isinstance(told, dict):
        return {name: _blanks(one) for name, one in told.items()}
    return {"": sorted(re.findall(r"\{(\w+)\}", told))}


def test_both_languages_have_the_same_words_and_blanks() -> None:
    assert _blanks(letters.words("ur")) == _blanks(letters.words("en"))
    assert letters.words("fr") == letters.words("en")
    assert re.fullmatch(r"notice-[0-9a-f]{12}", letters.version())


def test_what_is_long_is_cut_and_stands_whole_in_the_file() -> None:
    lines = [line(n, asset=f"192.0.2.{n}") for n in range(1, 31)]
    told = letters.write(matter(*lines))
    assert "and 10 more: see the attached file" in told.text
    assert "192.0.2.21:23" not in told.text
    (file,) = told.attachments
    rows = list(csv.DictReader(io.StringIO(file.content.decode())))
    assert (file.name, len(rows), rows[29]["asset"]) == ("findings.csv", 30, "192.0.2.30")
    assert rows[0]["first_seen"] == "2026-11-20T05:00:00Z"


def test_reports_go_along_as_xarf() -> None:
    told = letters.write(matter(reports=({"xarf_version": "4.2.0"},)))
    assert [file.name for file in told.attachments] == ["findings.csv", "xarf.json"]
    assert msgspec.json.decode(told.attachments[1].content) == [{"xarf_version": "4.2.0"}]


def test_an_address_of_version_6_and_its_port_stay_apart() -> None:
    told = letters.write(matter(line(asset="2001:db8::1")))
    assert "F1 [2001:db8::1]:23" in told.text
    assert "F1 a.example" in letters.write(matter(line(asset="a.example", port=None))).text


@given(
    st.lists(
        st.builds(
            line,
            st.integers(1, 10**6),
            asset=st.text(max_size=20),
            what=st.text(max_size=20),
            organisation=st.text(max_size=20),
            identifier=st.text(min_size=1, max_size=20),
            severity=st.integers(1, 4),
        ),
        min_size=1,
        max_size=4,
    ),
    st.sampled_from(["en", "ur"]),
)
def test_whatever_stands_in_a_report_runs_nothing_in_a_letter(
    lines: list[Line], language: str
) -> None:
    told = letters.write(matter(*lines, language=language))
    assert foreign_html(told.html) == []
    rows = list(
        csv.reader(io.StringIO(told.attachments[0].content.decode("utf-8", "surrogatepass")))
    )
    assert not any(cell[:1] in "=+-@" for row in rows for cell in row if cell[:1])
