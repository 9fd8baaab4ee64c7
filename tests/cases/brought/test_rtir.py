"""Tickets of RTIR: as a spreadsheet, as REST 2.0 tells them, with history, and anything else."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cases.brought.samples import HISTORY, SHEET, any_json, encoded, ticket

from pehra.cases.brought.record import End, Indicator, Line, Rejected
from pehra.cases.brought.rtir import read
from pehra.cases.rules import Kind
from pehra.kernel.errors import UsageError


def at(day: int, hour: int) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=UTC)


def test_a_search_saved_as_a_spreadsheet() -> None:
    (record,), rejects = read(SHEET, "tickets.tsv", ZoneInfo("Asia/Karachi"))
    assert (record.ref, record.title, record.status) == ("42", "Defaced page", "resolved")
    assert (record.opened, record.end) == (at(1, 5), End("closed", at(3, 5)))
    assert record.kind == Kind.WEB_COMPROMISE
    assert [one.value for one in record.indicators] == ["192.0.2.7", "192.0.2.8"]
    assert record.left == ("colour: red",)
    assert record.lines[0].text.splitlines() == [
        "Queue: Incidents",
        "Owner: amna",
        "Requestors: citizen@post.example",
        "Classification: Web defacement",
        "IP: 192.0.2.7, 192.0.2.8",
    ]
    assert rejects == [
        Rejected("line 4", "13 cells where the header has 12"),
        Rejected("line 3", "ticket 43: it has no subject"),
    ]


def test_a_ticket_with_its_history() -> None:
    (record,), rejects = read(encoded(ticket(42, History=HISTORY)), "t.json", UTC)
    assert (rejects, record.end, record.kind) == ([], None, Kind.PHISHING)
    assert record.indicators == (Indicator("ip", "192.0.2.7"),)
    assert record.lines[1:] == (
        Line("71", at(1, 10), "citizen@post.example", "They ask for a PIN.", mail=True),
        Line("72", at(1, 11), "amna", "Status: new -> open"),
        Line("74", at(1, 12), "amna", "The host was told by telephone."),
    )
    assert record.left == ("attachment 9 page.png",)


def test_what_hangs_on_an_incident_is_told_of_in_it() -> None:
    above = [{"ref": "parent", "type": "ticket", "id": "42"}]
    report = ticket(43, Subject="I got this mail", _hyperlinks=above, History=HISTORY[:1])
    alone = ticket(44, Status="rejected", _hyperlinks=[{"ref": "parent", "id": "7"}])
    found = read(encoded({"items": [ticket(42), report, alone]}), "t.json", UTC)
    assert [(one.ref, one.end) for one in found.records] == [
        ("42", None),
        ("44", End("rejected", at(2, 9))),
    ]
    assert [one.ref for one in found.records[0].lines] == ["ticket", "43/ticket", "43/71"]
    assert found.records[0].left == ("ticket 43: attachment 9 page.png",)
    each = [ticket(n, _hyperlinks=[{"ref": "parent", "id": str(3 - n)}]) for n in (1, 2)]
    assert [one.ref for one in read(encoded(each), "t.json", UTC).records] == ["1", "2"]


def test_what_is_no_ticket_is_rejected_with_its_place() -> None:
    given_ = [{"type": "ticket", "id": "1", "_url": "x"}, 7, ticket(5), ticket(5), {"Subject": "x"}]
    found = read(encoded(given_), "t.json", UTC)
    assert [one.ref for one in found.records] == ["5"]
    assert [(one.place, one.why) for one in found.rejects] == [
        ("ticket 1 of the file", "only a reference: ask RT for its fields, too"),
        ("ticket 2 of the file", "no ticket with an id"),
        ("ticket 5 of the file", "no ticket with an id"),
        ("ticket 4 of the file", "ticket 5 stands in the file before"),
    ]


@pytest.mark.parametrize("data", [b"", b"a,b\n1,2\n", b"{", b"\xff\xfe", b'["' + b"x" * 9])
def test_what_is_no_list_of_tickets_is_refused(data: bytes) -> None:
    with pytest.raises(UsageError):
        read(data, "x", UTC)


def test_columns_may_have_the_names_that_rtir_gives_its_fields() -> None:
    sheet = b'#,Subject,Created,IP,Classification\n7,Odd,2026-11-01,"192.0.2.7, 192.0.2.8",Fraud\n'
    (record,), _ = read(sheet, "x.csv", UTC)
    assert (record.kind, record.left, len(record.indicators)) == (Kind.FRAUD, (), 2)
    with pytest.raises(UsageError, match="neither `Created` nor `LastUpdated`") as fault:
        read(b"id\tSubject\tCreatedRelative\n", "x.tsv", UTC)
    assert "is no moment" in fault.value.mend


NAMES = ("id", "Subject", "Status", "Created", "items", "History", "CustomFields", "name", "values",
         "_hyperlinks", "ref", "Type", "Content", "Attachments", "Owner", "Queue")  # fmt: skip


@settings(max_examples=25)
@given(any_json(*NAMES).map(lambda inner: [inner]))
def test_any_json_gives_a_ticket_or_a_reject(document: Any) -> None:  # noqa: ANN401 any JSON
    found = read(encoded(document), "x.json", UTC)
    assert len(found.records) + len(found.rejects) == 1


@settings(max_examples=25)
@given(st.binary(max_size=60).map(lambda tail: b"id\tSubject\tCreated\n" + tail))
def test_any_sheet_gives_tickets_or_is_refused(data: bytes) -> None:
    try:
        found = read(data, "x.tsv", UTC)
    except UsageError:
        return
    assert all(one.ref and one.title for one in found.records)
