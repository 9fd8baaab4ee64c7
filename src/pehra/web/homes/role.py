"""What waits for a liaison of investigators, a legal officer, an observer: counts that lead on.

An observer reads sums only, so no row of a person or a tenant is asked for on that part.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _

from pehra.cases.evidence import queries
from pehra.cases.evidence.rules import POWER_OF, STEPS, State
from pehra.kernel.time import clock
from pehra.mandate.queries.powers import broken_glass, rules_on
from pehra.mandate.viewers import NOBODY
from pehra.web import figures
from pehra.web.evidence import words
from pehra.web.gate import must_enrol, posts, viewer_of
from pehra.web.shell import HOMES
from pehra.web.tables import Cell, Column, Section, table

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    from pehra.cases.evidence.queries import RequestView

INVESTIGATOR, LAWYER, OBSERVER = "INV", "LEG", "OBS"
_SOON = timedelta(days=90)
_MOST = 1_000
_JUDGED = (State.IDENTITY_CHECK, State.LEGALITY)


def _listed(state: str) -> str:
    return f"{reverse('evidence')}?state={state}"


def _waits_for(state: State) -> str:
    """Whose step comes next, beside a refusal."""
    does = {POWER_OF[one].does for one in STEPS[state] if one != State.REFUSED}
    if not does:
        return figures.NOTHING
    return _("the judges of requests") if "approve" in does else _("the keepers of evidence")


def _by_state(found: list[RequestView], states: tuple[State, ...], title: str) -> Section:
    counted = Counter(one.state for one in found)
    columns = [Column(_("Where it stands")), Column(_("Requests"), number=True),
               Column(_("Waits for"))]  # fmt: skip
    rows = [
        [
            Cell(str(words.STATE[state][0]), main=True, href=_listed(state)),
            Cell(figures.number(counted[state]), href=_listed(state)),
            Cell(_waits_for(state)),
        ]
        for state in states
        if counted[state]
    ]
    none = _("Nothing waits here.")
    return Section(title, table(columns, rows, caption=title, empty=none))


def _grounds(now: datetime) -> Section:
    today, title = now.date(), _("Grounds that end within 90 days")
    ending = [
        one
        for one in rules_on(today)
        if one.kind == "ground" and one.valid_to is not None and one.valid_to <= today + _SOON
    ]
    columns = [Column(_("Ground")), Column(_("Until"))]
    rows = [
        [Cell(one.name, main=True, href=reverse("rules")), Cell(figures.day(one.valid_to))]
        for one in ending
        if one.valid_to is not None
    ]
    return Section(title, table(columns, rows, caption=title, empty=_("None ends soon.")))


def _preserved(found: list[RequestView], now: datetime) -> Section:
    title = _("Holds that end within a week, and papers that are overdue")
    columns = [Column(_("Request")), Column(_("What"))]
    rows = [
        [
            Cell(f"H{one.id}", code=True, main=True,
                 href=reverse("evidence-request", args=[one.id])),
            Cell(_("its paper is overdue") if one.late(now)
                 else _("what it preserves is let go within a week")),
        ]
        for one in found
        if one.late(now) or one.runs_out(now.date())
    ]  # fmt: skip
    return Section(title, table(columns, rows, caption=title, empty=_("Nothing waits here.")))


def _sums(now: datetime) -> Section:
    """What an observer reads: sums that everybody may know, and how often glass was broken."""
    title, told = _("Sums"), queries.public().results
    hidden = _("few")
    glass = broken_glass()
    waits = [one for one in glass if not one.verdict]
    late = sum(one.overdue(now) for one in waits)
    lines = [
        (
            _("Requests for evidence: %(what)s") % {"what": words.COUNTED.get(one.name, one.name)},
            hidden if one.requests is None else figures.number(one.requests),
            reverse("evidence-counts"),
        )
        for one in told
    ]
    lines += [
        (_("Powers taken in need, lately"), figures.number(len(glass)), ""),
        (_("of those, not reviewed yet"), figures.number(len(waits)), ""),
        (_("of those, overdue"), figures.number(late), ""),
    ]
    rows = [[Cell(what, main=True, href=href), Cell(count)] for what, count, href in lines]
    columns = [Column(_("What")), Column(_("How many"), number=True)]
    return Section(title, table(columns, rows, caption=title, empty=""))


@login_required
def home(request: HttpRequest) -> HttpResponseBase:
    """Parts for each of the roles that the reader holds today."""
    roles = {post.role for post in posts(request)} & HOMES
    viewer, now = viewer_of(request) or NOBODY, clock()
    if not roles:
        raise PermissionDenied
    if must_enrol(request, viewer):
        return redirect(f"{reverse('mfa_index')}?needed=1")
    parts = []
    if roles & {INVESTIGATOR, LAWYER}:
        found = queries.requests(viewer=viewer, size=_MOST)
        if LAWYER in roles:
            parts.append(_by_state(found, _JUDGED, _("Checks of legality that wait")))
            parts += [_preserved(found, now), _grounds(now)]
        if INVESTIGATOR in roles:
            parts.append(_by_state(found, tuple(State), _("Requests by where they stand")))
    if OBSERVER in roles:
        parts.append(_sums(now))
    answer = render(request, "homes/role.html", {"sections": parts})
    patch_cache_control(answer, private=True, no_cache=True)
    return answer
