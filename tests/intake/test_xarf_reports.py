"""XARF reports as rows: version 4 and those before it."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.intake.xarf_reports import is_report, placed, row_of

FOUR: dict[str, Any] = {
    "xarf_version": "4.0.0",
    "timestamp": "2026-11-20T10:00:00Z",
    "reporter": {"org": "Example", "contact": "abuse@example.org"},
    "source_identifier": "192.0.2.1",
    "source_port": 4444,
    "category": "connection",
    "type": "login_attack",
    "evidence_source": "honeypot",
    "destination_ip": "198.51.100.1",
    "service": "ssh",
    "confidence": 0.95,
}


def _some(row: dict[str, Any], *names: str) -> list[Any]:
    return [row.get(name) for name in names]


def test_version_4() -> None:
    row = row_of(FOUR)
    assert _some(row, "observed_at", "ip", "port", "peer_ip", "application", "type", "role") == [
        "2026-11-20T10:00:00Z", "192.0.2.1", 4444, "198.51.100.1", "ssh", "brute-force", "honeypot",
    ]  # fmt: skip
    assert _some(row, "confidence", "identifier", "severity") == [95, "login-attack", "critical"]
    assert _some(row, "extra.feed.provider", "extra.contact") == ["Example", None]


@pytest.mark.parametrize(
    ("more", "identifier"),
    [
        ({"malware_family": "mirai"}, "mirai"),
        ({"category": "vulnerability", "type": "open_service", "service": "telnet"}, "open-telnet"),
        ({"category": "vulnerability", "type": "cve", "cve_id": "CVE-2026-1234"}, "CVE-2026-1234"),
    ],
)
def test_what_it_is_called(more: dict[str, str], identifier: str) -> None:
    assert row_of({**FOUR, **more})["identifier"] == identifier


def test_versions_before_it() -> None:
    report = {
        "ReportClass": "Activity",
        "ReportType": "LoginAttack",
        "Date": "2026-11-20T10:00:00Z",
        "SourceIp": "192.0.2.1",
        "DestinationIp": "198.51.100.1",
        "DestinationPort": 22,
    }
    row = row_of({"ReporterInfo": {"ReporterOrg": "Example"}, "Report": report})
    assert _some(row, "ip", "peer_ip", "peer_port", "type", "extra.feed.provider") == [
        "192.0.2.1", "198.51.100.1", 22, "brute-force", "Example",
    ]  # fmt: skip


def test_what_is_no_report_is_said() -> None:
    assert [is_report(FOUR), is_report({"Report": {}}), is_report({"Report": 1})] == [
        True, True, False,
    ]  # fmt: skip
    with pytest.raises(ValueError, match="it has neither `xarf_version` nor `Report`"):
        row_of({"a": 1})


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("192.0.2.1", {"ip": "192.0.2.1"}),
        ("192.0.2.0/24", {"network": "192.0.2.0/24"}),
        ("http://a.example/", {"url": "http://a.example/"}),
        ("a.example", {"host": "a.example"}),
        (" ", {}),
        (7, {}),
    ],
)
def test_a_source_is_placed(text: object, row: dict[str, str]) -> None:
    assert placed(text) == row


VALUES = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.lists(st.integers())


@given(st.dictionaries(st.sampled_from([*FOUR, "tags", "cve_id", "file_hash", "Report"]), VALUES))
def test_any_values_give_a_row_or_words(told: dict[str, Any]) -> None:
    for record in (told, {**told, "xarf_version": "4"}, {"Report": told}):
        with contextlib.suppress(ValueError):
            assert "type" in row_of(record)
