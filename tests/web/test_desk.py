"""The duty desk: what needs somebody leads to exactly those rows; today beside other days."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from pehra.findings.actions.counting import count_day
from pehra.findings.models import CountedDay, DayCount
from pehra.findings.rules import State
from pehra.intake.models import Alarm, Batch
from pehra.jobs.models import Job
from pehra.kernel.labels import Severity
from pehra.kernel.time import clock
from pehra.mandate.models import Territory
from pehra.mandate.tenancy import as_system
from pehra.web import figures
from pehra.web.charts.daily import days_to
from pehra.web.desk.days import usual

if TYPE_CHECKING:
    from django.test import Client
    from tests.web.conftest import Nation

TODAY = date(2026, 11, 22)


def needs(client: Client) -> list[tuple[str, str, str]]:
    return [(need.figure, need.text, need.of) for need in client.get("/").context["needs"]]


@pytest.fixture
def busy(nation: Nation) -> Nation:
    """Everything that can need somebody, each of another number."""
    late, soon = nation.now - timedelta(hours=1), nation.now + timedelta(hours=2)
    for _ in range(2):
        nation.finding(nation.school, due_at=late)
    nation.finding(nation.bank, due_at=soon)
    nation.finding(nation.bank, state=State.GONE, gone_at=nation.now, due_at=late)
    for _ in range(3):
        nation.finding(None, severity=Severity.CRITICAL, state=State.ACKNOWLEDGED)
    nation.finding(nation.bank, state=State.DISPUTED)
    for kind in ("empty", "silent"):
        Alarm.objects.create(source="feodo", kind=kind, opened_at=nation.now, last_at=nation.now)
    Batch.objects.create(id="c" * 32, sha256="d" * 64, source="feodo", file_name="f", size=1,
                         received_at=nation.now, state=Batch.State.FAILED)  # fmt: skip
    Job.objects.create(kind="x.y", state=Job.State.FAILED, run_after=nation.now,
                       queued_at=nation.now, finished_at=nation.now)  # fmt: skip
    count_day(clock(), figures.zone())
    return nation


@pytest.mark.usefixtures("busy")
def test_what_needs_somebody_in_order_of_urgency(officer: Client) -> None:
    assert needs(officer) == [
        ("2", "are past their deadline", "of 10 open"),
        ("1", "is due within 24 hours", "of 10 open"),
        ("1", "critical finding that nobody has taken up", "of 4 critical"),
        ("3", "critical findings without a known holder", "of 4 critical"),
        ("1", "disputed answer waits for a decision", "of 10 open"),
        ("2", "alarms of sources", "1 source"),
        ("1", "file could not be taken in", "of 2 files"),
        ("1", "job failed", "since yesterday"),
        ("1", "asset that several claim", "of 1 work items"),
    ]


def listed(client: Client, href: str) -> int:
    """How many rows the list behind a need has."""
    page: Any = client.get(href.partition("#")[0]).context
    if "rows" in page:
        return len(page["rows"])
    return len(page["alarms"] if "alarms" in page else page["sections"][0].table.rows)


@pytest.mark.usefixtures("busy")
def test_each_need_leads_to_exactly_its_rows(officer: Client) -> None:
    told = officer.get("/").context["needs"]
    assert [listed(officer, need.href) for need in told] == [int(need.figure) for need in told]


@pytest.mark.usefixtures("busy")
def test_a_stranger_is_told_of_his_own_only(contact: Client) -> None:
    assert needs(contact) == [
        ("1", "is due within 24 hours", "of 3 open"),
        ("1", "critical finding that nobody has taken up", "of 1 critical"),
        ("1", "disputed answer waits for a decision", "of 3 open"),
    ]
    context = contact.get("/").context
    assert (context["sources"], context["batches"]) == (None, None)
    assert [row[0][1].text for row in context["comparison"].rows] == [
        "Findings opened",
        "Findings gone",
    ]


def test_when_nothing_needs_anybody_the_desk_says_what_to_do_next(contact: Client) -> None:
    with as_system():
        count_day(clock(), figures.zone())
        DayCount.objects.all().delete()
    response = contact.get("/")
    assert response.context["needs"] == []
    assert b"Nothing needs you now." in response.content
    assert b"All open findings" in response.content


def test_numbers_have_denominators(officer: Client) -> None:
    context = officer.get("/").context
    assert [(tile["mark"].code, tile["figure"], tile["of"]) for tile in context["tiles"]] == [
        ("critical", "1", "of 3 open"),
        ("high", "1", "of 3 open"),
        ("medium", "0", "of 3 open"),
        ("low", "1", "of 3 open"),
    ]
    assert len(context["batches"].rows) == 1


@pytest.mark.usefixtures("busy")
def test_a_tile_leads_to_its_findings(officer: Client) -> None:
    tile = officer.get("/").context["tiles"][0]
    assert tile["figure"] == "4"
    assert len(officer.get(tile["href"]).context["rows"]) == 4


def test_a_stranger_counts_only_his_own(contact: Client) -> None:
    context = contact.get("/").context
    assert [tile["figure"] for tile in context["tiles"]] == ["1", "0", "0", "0"]
    assert context["tiles"][0]["of"] == "of 1 open"


def test_usual_is_the_average_of_the_same_weekdays_that_are_known() -> None:
    week = timedelta(weeks=1)
    values = dict.fromkeys(days_to(TODAY)) | {
        TODAY: 100,
        TODAY - week: 3,
        TODAY - 2 * week: None,
        TODAY - 3 * week: 6,
        TODAY - timedelta(days=1): 50,
    }
    assert usual(values, TODAY) == (4, 2)
    assert usual(dict.fromkeys(days_to(TODAY)), TODAY) == (None, 0)


def test_today_stands_beside_the_same_weekday_and_a_gap_is_no_zero(
    officer: Client, nation: Nation
) -> None:
    today = nation.now.astimezone(figures.zone()).date()
    week = timedelta(weeks=1)
    with as_system():
        for day, opened in ((today, 2), (today - week, 5), (today - 2 * week, 8)):
            CountedDay.objects.create(day=day, at=nation.now)
            DayCount.objects.create(day=day, organisation=nation.bank, opened=opened)
    context = officer.get("/").context
    cells = [[cell for _, cell in row] for row in context["comparison"].rows]
    assert [cell.text for cell in cells[0]] == ["Findings opened", "2", "6"]
    assert cells[0][2].sub == "average of 2 days"
    assert [cells[3][0].text, cells[3][1].text] == ["Rows received", "12"]
    opened = context["charts"][0]
    assert [values[0] for _, values in opened.data.rows[:8]] == [2, *[None] * 6, 5]
    marks = opened.drawings[0][1].marks
    assert [mark.tone for mark in marks] == ["full", "full", "hatched"]
    assert opened.unfinished


def test_the_numbers_of_a_chart_are_a_file(officer: Client) -> None:
    chart = officer.get("/").context["charts"][1]
    lines = b"".join(officer.get(chart.csv)).decode().splitlines()
    assert lines[0] == "Day,Rows received"
    assert lines[1].endswith(",12")
    assert len(lines) == 30


def test_the_map_says_out_of_how_many(officer: Client, contact: Client, nation: Nation) -> None:
    north = Territory.objects.create(code="PK-N", name="North", country="PK", tile="1,1")
    Territory.objects.create(code="PK-X", name="Nowhere", country="PK")
    for holder in (nation.bank, nation.school):
        holder.territory = north
        holder.save()
    nation.finding(nation.bank)
    nation.finding(None)
    with as_system():
        count_day(clock(), figures.zone())
        DayCount.objects.filter(organisation=nation.school).delete()
    shown = officer.get("/").context["map"]
    square = shown.drawings[0][1].squares[0]
    assert (square.tile.code, square.tile.figure, square.tile.note) == ("N", "2", "1 of 2")
    assert square.tile.title == "North: 2 open findings; 1 of 2 organisations have one"
    assert square.step == 3
    cells = [[cell.text for _, cell in row] for row in shown.table.rows]
    assert cells == [["North", "2", "1.0", "1 of 2"], ["Nowhere", "0", "\u2013", "0 of 0"]]
    assert len(officer.get(square.tile.href).context["sections"][0].table.rows) == 2
    own = contact.get("/").context["map"]
    assert [cell.text for _, cell in own.table.rows[0]] == ["North", "2", "2.0", "1 of 1"]
