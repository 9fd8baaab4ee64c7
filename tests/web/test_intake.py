"""Reports: counts that add up, rejects shown as text only, and national staff alone."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.intake.models import Batch
from pehra.ledger.queries import recent
from pehra.web.intake import rows

if TYPE_CHECKING:
    from django.test import Client

BATCH = f"/batches/{'a' * 32}/"


def test_the_counts_of_a_report_add_up(officer: Client) -> None:
    batch = officer.get(BATCH).context["batch"]
    assert batch.sum_text == "9 + 2 + 1 + 0 = 12: every row is accounted for."
    assert [(fact.label, fact.text) for fact in batch.counts[:5]] == [
        ("Rows", "12"),
        ("Accepted", "9"),
        ("Rejected", "2"),
        ("Duplicates", "1"),
        ("Unchanged", "0"),
    ]


def test_a_report_that_is_still_read_says_so(officer: Client) -> None:
    Batch.objects.update(accepted=4)
    batch = officer.get(BATCH).context["batch"]
    assert (batch.balanced, batch.sum_text) == (
        False,
        "4 + 2 + 1 + 0 is not 12 yet: the report is still being taken in.",
    )


def test_a_reject_is_shown_as_text(officer: Client) -> None:
    response = officer.get(BATCH)
    first = response.context["rejects"][0]
    assert (first.line, first.offset, first.reason) == (
        "4",
        "byte 310",
        "number of fields differs from the header",
    )
    assert first.raw == "=cmd|' /C calc'!A0,<script>alert(1)</script>\\xff"
    assert b"<script>alert" not in response.content
    (entry,) = recent(limit=1)
    assert (entry.act, entry.facts) == ("intake.open-rejects", {"rows": 2})


def test_downloaded_rejects_run_in_no_spreadsheet(officer: Client) -> None:
    response = officer.get(f"{BATCH}rejects.csv")
    text = b"".join(response.streaming_content).decode()  # type: ignore[attr-defined] # it streams
    found = list(csv.DictReader(io.StringIO(text)))
    assert [row["line"] for row in found] == ["4", "6"]
    assert found[0]["raw"].startswith("'=cmd|")


@pytest.mark.parametrize("path", ["/batches/", BATCH, f"{BATCH}rejects.csv"])
def test_reports_are_for_national_staff(contact: Client, path: str) -> None:
    assert contact.get(path).status_code == 403


@pytest.mark.parametrize("path", ["/batches/none/", "/batches/none/rejects.csv"])
def test_an_unknown_report_is_not_there(officer: Client, path: str) -> None:
    assert officer.get(path).status_code == 404


def test_pages_of_reports_go_on_where_the_last_ended(officer: Client) -> None:
    now = datetime(2026, 11, 20, tzinfo=UTC)
    Batch.objects.bulk_create(
        Batch(id=f"{n:032x}", sha256="", source="s", file_name=f"{n}", size=0, received_at=now)
        for n in range(60)
    )
    first = officer.get("/batches/").context
    second = officer.get(first["pages"].next).context
    names = [
        cells[0][1].text
        for context in (first, second)
        for cells in context["sections"][0].table.rows
    ]
    assert len(names) == len(set(names)) == 61
    assert second["pages"].next == ""


@given(st.binary())
def test_any_bytes_become_printable_text(raw: bytes) -> None:
    text = rows.raw_text(raw)
    assert all(mark.isprintable() or mark in "\t\n" for mark in text)


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**9))
def test_the_bar_never_leaves_its_box(
    accepted: int, rejected: int, duplicates: int, unchanged: int
) -> None:
    batch = Batch(
        rows=accepted + rejected + duplicates + unchanged,
        accepted=accepted,
        rejected=rejected,
        duplicates=duplicates,
        unchanged=unchanged,
    )
    for part in rows.bar(batch):
        assert 0 <= part.x <= 100
        assert part.x + part.width <= 100.02
