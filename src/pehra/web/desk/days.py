"""Today beside the same weekday of the last four weeks; a day that nobody counted is not known."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pehra.findings import queries as findings
from pehra.intake import queries as intake
from pehra.intake.queries import Came
from pehra.web import figures
from pehra.web.charts.daily import WEEKS, Told, count_text, days_to, weekday
from pehra.web.tables import Cell, Column, Table, table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pehra.mandate.viewers import Viewer


def usual(values: Mapping[date, int | None], today: date) -> tuple[int | None, int]:
    """Average of the same weekday in the last four weeks, and of how many days that is."""
    past = [values.get(today - timedelta(weeks=back)) for back in range(1, WEEKS + 1)]
    known = [value for value in past if value is not None]
    return (round(sum(known) / len(known)) if known else None), len(known)


def numbers(today: date, *, viewer: Viewer) -> list[Told]:
    """What is held beside other days: findings for all, reports for national staff."""
    days = days_to(today)
    counted = findings.by_day(days[0], today, viewer=viewer)
    told = [
        _told(_("Findings opened"), days, {day: one.opened for day, one in counted.items()}),
        _told(_("Findings gone"), days, {day: one.gone for day, one in counted.items()}),
    ]
    if viewer.sees_all:
        by_source = intake.came(days[0], today, figures.zone(), viewer=viewer)
        came: dict[date, Came] = dict.fromkeys(counted, Came())
        for (day, _source), one in by_source.items():
            came[day] = came.get(day, Came()) + one
        told += [
            _told(_("Files received"), days, {day: one.files for day, one in came.items()}),
            _told(_("Rows received"), days, {day: one.rows for day, one in came.items()}),
            _told(_("Rows not readable"), days, {day: one.rejected for day, one in came.items()}),
        ]
    return told


def _told(label: str, days: list[date], found: Mapping[date, int]) -> Told:
    return Told(label, {day: found.get(day) for day in days})


def comparison(told: list[Told], today: date) -> Table:
    """Today beside what is usual on this weekday."""
    columns = [
        Column(_("What")),
        Column(_("Today so far"), number=True),
        Column(_("Usual on a %(weekday)s") % {"weekday": weekday(today)}, number=True),
    ]
    rows = [
        [Cell(one.label, main=True), Cell(count_text(one.values[today])), _usual_cell(one, today)]
        for one in told
    ]
    return table(columns, rows, caption=_("Today beside other days"), empty="")


def _usual_cell(one: Told, today: date) -> Cell:
    average, known = usual(one.values, today)
    if average is None:
        return Cell(figures.NOTHING, sub=_("not known yet"))
    words = ngettext("of %(n)d day", "average of %(n)d days", known) % {"n": known}
    return Cell(figures.number(average), sub="" if known == WEEKS else words)
