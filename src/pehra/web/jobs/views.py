"""The queue: what runs, what waits, what failed and why; and what is scheduled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.utils.translation import gettext as _

from pehra.jobs import queries
from pehra.kernel.time import clock
from pehra.web import figures, marks, phrases
from pehra.web.gate import national
from pehra.web.paging import pages, position
from pehra.web.tables import Cell, Column, Fact, Section, Table, badge_cell, moment_cell, table

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse

    from pehra.mandate.viewers import Viewer

_SIZE = 50


def _progress(job: queries.JobRow) -> str:
    if not job.total:
        return figures.NOTHING
    return _("%(done)s of %(total)s") % {
        "done": figures.number(job.done),
        "total": figures.number(job.total),
    }


def _jobs(found: list[queries.JobRow], now: datetime) -> Table:
    columns = [
        Column(_("Job")),
        Column(_("State")),
        Column(_("Progress")),
        Column(_("Queued")),
        Column(_("Finished")),
        Column(_("Tries"), number=True),
    ]
    rows = [
        [
            Cell(job.kind, code=True, main=True, sub=job.error or f"#{job.id}"),
            badge_cell(marks.badge(phrases.JOB_STATE, job.state)),
            Cell(_progress(job)),
            moment_cell(figures.moment(job.queued_at, now=now)),
            moment_cell(figures.moment(job.finished_at, now=now)),
            Cell(f"{job.attempts} / {job.most_attempts}"),
        ]
        for job in found
    ]
    return table(columns, rows, caption=_("Jobs"), empty=_("Nothing has been queued yet."))


def _schedules(now: datetime) -> Table:
    columns = [Column(_("Schedule")), Column(_("Every")), Column(_("Next"))]
    rows = [
        [
            Cell(row.name, main=True, sub=row.kind),
            Cell(figures.span(row.every_seconds)),
            moment_cell(figures.moment(row.next_at, now=now)),
        ]
        for row in queries.schedules()
    ]
    return table(columns, rows, caption=_("Schedules"), empty=_("Nothing is scheduled."))


def _counts() -> list[Fact]:
    return [
        Fact(str(phrases.JOB_STATE[state][1]), figures.number(count))
        for state, count in queries.counts().items()
    ]


@national
def jobs(request: HttpRequest, *, viewer: Viewer) -> HttpResponse:
    """Jobs from the newest down, and the schedules."""
    del viewer
    now = clock()
    asked = request.GET.get("state", "")
    found = queries.jobs(
        state=asked if asked in phrases.JOB_STATE else "",
        ended_since=figures.start_of(request.GET.get("since", "")),
        before=position(request, "after"),
        limit=_SIZE + 1,
    )
    older = found[_SIZE - 1].id if len(found) > _SIZE else None
    context = {
        "title": _("Jobs"),
        "intro": _("What the workers do, have done, and are to do next."),
        "sections": [
            Section("", _jobs(found[:_SIZE], now)),
            Section(_("Schedules"), _schedules(now), anchor="schedules"),
        ],
        "facts": _counts(),
        "pages": pages(request, None, older),
    }
    return render(request, "listing.html", context)
