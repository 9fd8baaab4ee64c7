"""Reports: counts that add up, rejects shown as text only, and national staff alone."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.intake.models import Alarm, Batch, SourceHealth
from pehra.jobs.models import Job
from pehra.ledger.queries import recent
from pehra.mandate.models import Office, Tenure, User
from pehra.web.intake import rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client
    from tests.web.conftest import Nation

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


def test_batches_of_one_state_and_source(officer: Client) -> None:
    def count(**query: str) -> int:
        return len(officer.get("/batches/", query).context["sections"][0].table.rows)

    assert (count(state="applied"), count(state="failed"), count(state="nonsense")) == (1, 0, 1)
    assert (count(source="shadowserver"), count(source="feodo")) == (1, 0)
    note = officer.get("/batches/", {"state": "failed", "source": "feodo"}).context["note"]
    assert note == {"tone": "", "text": "Only: Failed, feodo"}


def test_why_rows_could_not_be_read_out_of_how_many(officer: Client) -> None:
    reasons = officer.get(BATCH).context["reasons"]
    assert [(row[0][1].text, row[1][1].text, row[1][1].sub) for row in reasons.rows] == [
        ("number of fields differs from the header", "1", "of 12"),
        ("time missing or not readable", "1", "of 12"),
    ]


def test_a_batch_is_read_again_and_shows_how_far_that_is(officer: Client, nation: Nation) -> None:
    response = officer.post(f"{BATCH}replay/")
    job = Job.objects.get(kind="findings.replay")
    assert (response.status_code, response["Location"]) == (302, f"{BATCH}?job={job.pk}#again")
    assert job.payload == {"batch": "a" * 32, "actor": nation.officer.email, "office": "duty"}
    (entry,) = recent(limit=1)
    assert (entry.act, entry.subject) == ("intake.ask-replay", f"batch:{'a' * 32}")
    page = officer.get(f"{BATCH}?job={job.pk}")
    assert page.context["job"].running
    assert b'hx-trigger="every 1s"' in page.content
    job.state, job.result = Job.State.DONE, {"accepted": 1, "rejected": 1}
    job.save()
    shown = officer.get(f"{BATCH}?job={job.pk}").context["job"]
    assert shown.text == "1 rows were added, 1 still cannot be read."
    assert officer.get(f"{BATCH}?job=1").context["job"] is None


def alarm(nation: Nation, kind: str = "silent", **given: Any) -> Alarm:  # noqa: ANN401 any column
    told = {"opened_at": nation.now, "last_at": nation.now} | given
    return Alarm.objects.create(source="feodo", kind=kind, **told)


def test_sources_show_alarms_first_with_what_they_mean(officer: Client, nation: Nation) -> None:
    alarm(nation, "shrunk", facts={"rows": 10, "before": 1_000, "usual": 990}, times=3)
    SourceHealth.objects.create(source="urlhaus", since=nation.now, failures=2, fault="no answer")
    context = officer.get("/sources/").context
    (shown,) = context["alarms"]
    assert (shown.title, shown.badge.word, shown.times) == (
        "Shrunk",
        "Not answered",
        "found 3 times",
    )
    assert shown.facts == "10 rows now; 1,000 before; usually 990"
    rows = context["sources"].rows
    assert [(row[0][1].sub, row[1][1].badge.word) for row in rows[:2]] == [
        ("feodo", "Shrunk"),
        ("urlhaus", "Not reached"),
    ]


def test_a_source_shows_its_files_and_its_rows_a_day(officer: Client) -> None:
    context = officer.get("/sources/shadowserver/").context
    assert [row[3][1].text for row in context["reports"].rows] == ["12"]
    assert [values[0] for _, values in context["chart"].data.rows[:2]] == [12, None]
    lines = b"".join(officer.get("/sources/shadowserver/?csv=rows")).decode().splitlines()
    assert lines[1].endswith(",12")
    assert officer.get("/sources/nowhere/").status_code == 404


def test_an_officer_answers_an_alarm_and_the_ledger_names_who(
    officer: Client, nation: Nation
) -> None:
    row = alarm(nation)
    given = {"source": "feodo", "why": "their server moved"}
    response = officer.post(f"/alarms/{row.pk}/acknowledge/", given)
    assert response["Location"] == "/sources/feodo/"
    row.refresh_from_db()
    assert (row.state, row.why) == ("acknowledged", "their server moved")
    (entry,) = recent(limit=1)
    assert (entry.act, entry.actor.name) == ("intake.acknowledge", nation.officer.email)
    assert officer.post(f"/alarms/{row.pk}/accept/", given).status_code == 400
    assert officer.get(f"/alarms/{row.pk}/acknowledge/").status_code == 405


def test_a_held_list_is_accepted(officer: Client, nation: Nation) -> None:
    held = Batch.objects.create(id="c" * 32, sha256="d" * 64, source="feodo", file_name="f",
                                size=1, received_at=nation.now, state="applied", place=1,
                                verdict="held", stream="list")  # fmt: skip
    row = alarm(nation, "empty", batch=held, stream="list")
    assert officer.get("/sources/").context["alarms"][0].can_accept
    assert officer.post(f"/alarms/{row.pk}/accept/", {}).status_code == 302
    row.refresh_from_db()
    assert row.state == "accepted"


def test_an_auditor_looks_and_decides_nothing(
    nation: Nation, signed_in: Callable[[User], Client]
) -> None:
    auditor = User.objects.create(email="auditor@cert.example")
    office = Office.objects.create(slug="audit", name="Audit", role="AUD", team=nation.national)
    Tenure.objects.create(office=office, person=auditor)
    client, row = signed_in(auditor), alarm(nation)
    assert not client.get("/sources/").context["may_decide"]
    for path in (f"/alarms/{row.pk}/acknowledge/", f"/alarms/{row.pk}/accept/", f"{BATCH}replay/"):
        assert client.post(path).status_code == 403
    assert Alarm.objects.get(pk=row.pk).state == "open"


@pytest.mark.parametrize("path", ["/sources/", "/sources/shadowserver/"])
def test_sources_are_for_national_staff(contact: Client, path: str) -> None:
    assert contact.get(path).status_code == 403
