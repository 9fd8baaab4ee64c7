"""What one shift hands to the next: what is open, what became due, what was decided, and notes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
from django.contrib import messages
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from pehra.kernel.errors import PehraError
from pehra.kernel.time import clock
from pehra.ledger import queries as ledger
from pehra.mandate.roster.actions import Given, give_over, take_over
from pehra.mandate.roster.queries import HandoverView, handovers, members, on_duty
from pehra.mandate.roster.rules import LONGEST_NOTES
from pehra.web import figures
from pehra.web.desk import needs
from pehra.web.findings.counts import present
from pehra.web.gate import actor, desk
from pehra.web.roster.views import TeamChoice, chosen, teams_of
from pehra.web.roster.words import COUNTS
from pehra.web.tables import Cell, Column, Table, moment_cell, table

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from pehra.findings.queries import Present
    from pehra.ledger.body import Body
    from pehra.mandate.viewers import Viewer

_LONGEST = timedelta(hours=24)


class _Shift(msgspec.Struct, frozen=True):
    """The shift that ends now: since when, what its people did, and what is the team's."""

    since: datetime
    acts: list[Body]
    present: Present

    @property
    def counts(self) -> dict[str, int]:
        """What is signed."""
        found = {name: getattr(self.present.counts, name) for name in COUNTS if name != "decided"}
        return {**found, "decided": len(self.acts)}


def _own(viewer: Viewer, slug: str) -> TeamChoice:
    return chosen([one for one in teams_of(viewer) if one.own], slug)


def _as_team(viewer: Viewer, team: TeamChoice) -> Viewer:
    """The reader's sight, no wider than the team's; the nation's staff see everything."""
    if viewer.sees_all:
        return viewer
    return msgspec.structs.replace(viewer, teams=frozenset({team.id}), organisations=frozenset())


def _since(team: TeamChoice, viewer: Viewer, now: datetime) -> datetime:
    """The last hand-over, or when the shift began; at most a day ago."""
    given = [one.given_at for one in handovers(team.id, viewer=viewer, size=1)]
    began = given or [one.starts for one in on_duty(team.id, now, viewer=viewer)]
    return max([now - _LONGEST, *began])


def _shift(team: TeamChoice, viewer: Viewer, now: datetime) -> _Shift:
    since = _since(team, viewer, now)
    people = set(members(team.id, now.date()))
    acts = [one for one in ledger.since(since) if one.actor.name.lower() in people]
    return _Shift(since, acts, present(_as_team(viewer, team), now))


def _acts(acts: list[Body], now: datetime) -> Table:
    columns = [Column(_("What was done")), Column(_("To what")), Column(_("By")), Column(_("When"))]
    cells = [
        [
            Cell(one.act, code=True, main=True),
            Cell(one.subject, code=True),
            Cell(one.actor.name, code=True),
            moment_cell(figures.moment(datetime.fromisoformat(one.at), now=now)),
        ]
        for one in acts
    ]
    empty = _("Nobody of the team has done anything in this shift.")
    return table(columns, cells, caption=_("What was decided"), empty=empty)


def _shown(one: HandoverView, now: datetime, own: str) -> dict[str, object]:
    return {
        "row": one,
        "since": figures.moment(one.since, now=now),
        "given": figures.moment(one.given_at, now=now),
        "taken": figures.moment(one.taken_at, now=now),
        "counts": [
            (figures.number(one.counts[name]), words)
            for name, words in COUNTS.items()
            if name in one.counts
        ],
        "may_take": one.taken_at is None and one.given_by != own,
    }


@desk
def handover(request: HttpRequest, *, viewer: Viewer) -> HttpResponse:
    """The page: this shift, the form that signs it, and the hand-overs before."""
    now = clock()
    team = _own(viewer, request.GET.get("team", ""))
    shift = _shift(team, viewer, now)
    counted, sight = shift.present, _as_team(viewer, team)
    own = actor(request).name
    known = [_shown(one, now, own) for one in handovers(team.id, viewer=viewer, size=5)]
    context = {
        "team": team,
        "since": figures.moment(shift.since, now=now),
        "needs": [*needs.needs(counted.counts, counted.unheld, viewer=sight, now=now)],
        "table": _acts(shift.acts, now),
        "waiting": [one for one in known if not one["taken"]],
        "before": [one for one in known if one["taken"]],
        "longest": LONGEST_NOTES,
        "daily": _daily(viewer, now),
    }
    return render(request, "roster/handover.html", context)


def _daily(viewer: Viewer, now: datetime) -> str:
    """The daily list of the last day, for those who read it."""
    day = now.astimezone(figures.zone()).date() - timedelta(days=1)
    return reverse("report", args=["daily", day.isoformat()]) if viewer.sees_all else ""


@require_POST
@desk
def give(request: HttpRequest, *, viewer: Viewer) -> HttpResponse:
    """Sign the shift that ends."""
    now = clock()
    team = _own(viewer, request.POST.get("team", ""))
    shift = _shift(team, viewer, now)
    notes = request.POST.get("notes", "").replace("\x00", "").replace("\r\n", "\n")
    try:
        give_over(Given(team.id, shift.since, notes, shift.counts), actor=actor(request), now=now)
    except PehraError:
        messages.error(request, _("Not signed: the notes are too long."), extra_tags="note--bad")
    else:
        messages.success(request, _("Signed. Whoever comes next signs it too."))
    return HttpResponseRedirect(f"{reverse('handover')}?team={team.slug}")


@require_POST
@desk
def take(request: HttpRequest, *, viewer: Viewer, number: int) -> HttpResponse:
    """The next shift signs."""
    team = _own(viewer, request.POST.get("team", ""))
    if number not in {one.id for one in handovers(team.id, viewer=viewer, size=50)}:
        raise Http404
    try:
        take_over(number, actor=actor(request), now=clock())
    except PehraError:
        text = _("Not signed: another person takes what one gave, once.")
        messages.error(request, text, extra_tags="note--bad")
    else:
        messages.success(request, _("The shift is yours."))
    return HttpResponseRedirect(f"{reverse('handover')}?team={team.slug}")
