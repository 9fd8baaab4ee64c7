"""Reports as files for the command line, which asks for them by the name in the settings."""

from __future__ import annotations

from datetime import date  # noqa: TC003 msgspec reads the annotation when it runs
from typing import TYPE_CHECKING

import msgspec
from django.template.loader import render_to_string
from django.utils import translation

from pehra.kernel.errors import UsageError
from pehra.mandate.viewers import SYSTEM_VIEWER
from pehra.notices.queries.periods import counted
from pehra.notices.spans import Every, begin
from pehra.web import figures, paper, spreadsheet
from pehra.web.reports import made, views

if TYPE_CHECKING:
    from datetime import datetime


class Asked(msgspec.Struct, frozen=True):
    """Which report, and how; `organisation` and `team` are slugs, of monthly reports alone."""

    every: Every
    day: date
    form: str
    language: str
    organisation: str = ""
    team: str = ""


def written(asked: dict[str, object], *, now: datetime) -> tuple[str, bytes]:
    """A report as a file: its name and its bytes.

    Args:
        asked: fields of `Asked`: the command line knows no values of the site.
        now: the moment.

    Raises:
        UsageError: there is no such organisation, or nothing was counted.
    """
    wanted = msgspec.convert(asked, Asked)
    with translation.override(wanted.language):
        report = _report(wanted, now)
        return f"{report.name}.{wanted.form}", _bytes(report, wanted, now)


def _report(wanted: Asked, now: datetime) -> made.Report:
    if wanted.organisation:
        one = views.of_holder(wanted.day, wanted.organisation, viewer=SYSTEM_VIEWER, now=now)
        if one is None:
            message = f"There is no organisation `{wanted.organisation}`, or no such month yet."
            raise UsageError(message, mend="`pehra registry show` lists organisations.")
        return one
    if wanted.team:
        month = views.month_of_team(wanted.day, wanted.team, viewer=SYSTEM_VIEWER)
        if month is None:
            message = f"Nothing was counted on which `{wanted.team}` leads in that month."
            raise UsageError(message, mend="Name a month in which it led on somebody.")
        return month[0]
    first = begin(wanted.every, wanted.day)
    found = counted(wanted.every, first, viewer=SYSTEM_VIEWER)
    if found is None:
        message = f"The {wanted.every.value} report of {first} was not counted."
        raise UsageError(message, mend="Name a day that is not in the future.")
    before = views.newest_before(wanted.every, first, viewer=SYSTEM_VIEWER)
    return made.of_period(wanted.every, found, before)


def _bytes(report: made.Report, wanted: Asked, now: datetime) -> bytes:
    if wanted.form == "pdf":
        return paper.pdf(report.paper, now=now)
    if wanted.form == "json":
        return msgspec.json.encode(report.data) + b"\n"
    if wanted.form == "csv":
        return "".join(spreadsheet.lines(made.lines(report))).encode()
    context = {
        "paper": report.paper,
        "language": wanted.language,
        "direction": "rtl" if figures.right_to_left() else "ltr",
        "at": figures.moment(now, now=now),
    }
    return render_to_string("reports/alone.html", context).encode()
