"""Acting on many findings: what it would do, how far it is, what it left, and undoing it."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING

import msgspec
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from pehra.findings import queries
from pehra.findings.actions import bulk, stopped
from pehra.findings.actions.answers import REASONED
from pehra.findings.rules import (
    ASSIGN,
    BULK_OF_HOLDERS,
    UNDO_TIME,
    Act,
    check_exception,
    taken_from,
)
from pehra.kernel.errors import PehraError
from pehra.kernel.time import clock
from pehra.mandate.queries import viewer_in
from pehra.mandate.queries.people import colleagues, people_named
from pehra.mandate.rules import OWN, STAFF
from pehra.web import figures, marks, phrases
from pehra.web.findings import filters
from pehra.web.gate import account, actor, desk, posts
from pehra.web.paging import LARGEST
from pehra.web.tables import Cell, Column, Fact, Table, badge_cell, table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse
    from django.http.response import HttpResponseBase

    from pehra.findings.rules import State
    from pehra.mandate.rules import Post
    from pehra.mandate.viewers import Viewer

ORDER = (Act.ACKNOWLEDGE, ASSIGN, Act.CLAIM_FIX, Act.ACCEPT_RISK, Act.PASS_ON, Act.WITHDRAW)


class Choice(msgspec.Struct, frozen=True):
    """One thing that may be done, and how many of the findings take it."""

    value: str
    word: str
    note: str
    chosen: bool


def _at_least(part: int, everything: int) -> str:
    """A part of what was counted; where the counting stopped there are more."""
    more = "+" if part and everything > figures.MOST else ""
    return f"{figures.number(part)}{more}"


def _choices(counted: Mapping[State, int], chosen: str, *, staff: bool) -> list[Choice]:
    everything = sum(counted.values())
    shown = []
    for act in ORDER:
        if not staff and act not in BULK_OF_HOLDERS:
            continue
        takes = sum(counted.get(state, 0) for state in taken_from(act))
        words = {"n": _at_least(takes, everything), "all": figures.total(everything)}
        note = _("%(n)s of %(all)s") % words
        shown.append(Choice(str(act), str(phrases.BULK[act]), note, act == chosen))
    return shown


def _states(counted: Mapping[State, int]) -> Table:
    rows = [
        [badge_cell(marks.state(state)), Cell(_at_least(count, sum(counted.values())))]
        for state, count in sorted(counted.items())
    ]
    columns = [Column(_("State")), Column(_("Findings"), number=True)]
    return table(columns, rows, caption=_("States of these findings"), empty="")


def _wish(request: HttpRequest, wanted: queries.Filter, now: datetime) -> bulk.Wish | str:
    """What the form asks for; a sentence where it cannot be done."""
    act, why = request.POST.get("act", ""), request.POST.get("why", "").strip()
    until_text, who = request.POST.get("until", "").strip(), request.POST.get("assignee", "")
    until = figures.end_of(until_text) if until_text else None
    if act not in ORDER:
        return _("Choose what to do.")
    if act in REASONED and not why:
        return _("This needs a reason.")
    if act == Act.ACCEPT_RISK:
        try:
            check_exception(until, now)
        except PehraError:
            return str(phrases.LAST_DAY)
    assignee = int(who) if who.isascii() and who.isdigit() else None
    return bulk.Wish(act, wanted, why, until, assignee)


def _works(request: HttpRequest) -> list[Post]:
    """The reader's offices that act on findings: auditors and lawyers only look."""
    return [post for post in posts(request) if post.role in STAFF | OWN]


def for_those_who_act(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponseBase]:
    """A page for those who act on findings; `viewer` sees by the offices that act, no others.

    So who audits a team and answers for a bank acts on the bank's findings only.
    """

    @desk
    @wraps(view)
    def gated(request: HttpRequest, *, viewer: Viewer, **named: object) -> HttpResponse:
        works = _works(request)
        if not works:
            raise PermissionDenied
        own = viewer_in(works, viewer.name, clock().date())
        return view(request, viewer=own, **named)

    return gated


@for_those_who_act
def ask(request: HttpRequest, *, viewer: Viewer) -> HttpResponse:
    """What would be done to how many; sent, it begins."""
    if "ticked" in request.GET and "number" not in request.GET:
        messages.warning(request, _("No finding is ticked."))
        return HttpResponseRedirect(f"{reverse('findings')}?state=needed")
    now = clock()
    wanted = filters.read(request.GET, me=account(request), now=now).filter
    counted = queries.preview(wanted, viewer=viewer, limit=figures.MOST)
    problem = ""
    if request.method == "POST" and counted:
        wish = _wish(request, wanted, now)
        if not isinstance(wish, str):
            number = bulk.ask(wish, viewer=viewer, actor=actor(request), now=now)
            return HttpResponseRedirect(reverse("bulk-act", args=[number]))
        problem = wish
    staff = viewer.sees_all or bool(viewer.teams)
    total = sum(counted.values())
    words = ngettext("Act on %(n)s finding", "Act on %(n)s findings", total)
    context = {
        "title": words % {"n": figures.total(total)},
        "total": total,
        "back": f"{reverse('findings')}?{filters.plain(request.GET)}",
        "choices": _choices(counted, request.POST.get("act") or request.GET.get("act", ""),
                            staff=staff),
        "states": _states(counted),
        "colleagues": colleagues(viewer, now.date()) if staff else [],
        "staff": staff,
        "me": account(request),
        "given": request.POST,
        "problem": problem,
    }  # fmt: skip
    return render(request, "findings/bulk.html", context, status=422 if problem else 200)


def _facts(act: queries.BulkView, now: datetime) -> list[Fact]:
    names = people_named([act.assignee] if act.assignee else [])
    changed = ngettext("%(n)s finding", "%(n)s findings", act.done)
    facts = [
        Fact(_("Meant"), figures.number(act.total)),
        Fact(_("Changed"), changed % {"n": figures.number(act.done)}),
        Fact(_("Not taken"), figures.number(act.refused)),
        Fact(_("Restored"), figures.number(act.undone)) if act.undo_by else None,
        Fact(_("Given to"), names.get(act.assignee or 0) or _("Nobody"))
        if act.act == ASSIGN
        else None,
        Fact(_("Until"), at=figures.moment(act.until, now=now)) if act.until else None,
        Fact(_("Reason"), act.why) if act.why else None,
        Fact(_("By"), act.by, code=True),
        Fact(_("Asked"), at=figures.moment(act.asked_at, now=now)),
    ]
    return [fact for fact in facts if fact is not None]


def _refused(number: int, act: str, viewer: Viewer) -> Table:
    rows = [
        [
            Cell(f"F{row.finding}", href=reverse("finding", args=[row.finding]), main=True,
                 code=True, sub=row.identifier),
            Cell(row.asset, code=True),
            badge_cell(marks.state(row.state)),
            Cell(_("In this state it cannot: %(act)s") % {"act": phrases.BULK[act]}),
        ]
        for row in queries.refused(number, viewer=viewer)
    ]  # fmt: skip
    columns = [Column(_("Finding")), Column(_("Asset")), Column(_("State")), Column(_("Why"))]
    return table(columns, rows, caption=_("Findings that were left as they are"), empty="")


def _stage(act: queries.BulkView, *, halted: bool) -> tuple[str, bool]:
    """In a word how it stands, and whether it is at work."""
    if halted:
        return _("Stopped before its end"), False
    if act.undone_at:
        return _("Undone"), False
    if act.undo_by:
        return _("Being undone"), True
    if act.finished_at:
        return _("Done"), False
    return _("At work"), True


@desk
def show(request: HttpRequest, *, viewer: Viewer, number: int) -> HttpResponse:
    """How far an act is; asks itself again each second while it goes on."""
    act = queries.bulk_act(number, viewer=viewer) if number <= LARGEST else None
    if act is None:
        raise Http404
    now = clock()
    halted = queries.is_stopped(act)
    stage, at_work = _stage(act, halted=halted)
    seen = act.done + act.refused
    own = act.by == viewer.name and bool(_works(request))
    in_time = act.finished_at and not act.undo_by and now <= act.finished_at + UNDO_TIME
    context = {
        "act": act,
        "word": phrases.BULK[act.act],
        "stage": stage,
        "at_work": at_work,
        "stopped": halted,
        "own": own,
        "most": max(act.total, seen, 1),
        "far": act.undone if act.undo_by else seen,
        "far_text": _("%(done)s of %(total)s")
        % {
            "done": figures.number(act.undone if act.undo_by else seen),
            "total": figures.number(act.done if act.undo_by else max(act.total, seen)),
        },
        "facts": _facts(act, now),
        "refused": _refused(number, act.act, viewer) if act.refused else None,
        "undo_until": figures.moment(act.finished_at + UNDO_TIME, now=now)
        if own and in_time and act.finished_at
        else None,
    }
    return render(request, "findings/bulk_act.html", context)


@require_POST
@for_those_who_act
def undo(request: HttpRequest, *, viewer: Viewer, number: int) -> HttpResponse:
    """Take an act back."""
    if number > LARGEST:
        raise Http404
    now = clock()
    act = queries.bulk_act(number, viewer=viewer)
    if act is not None and act.finished_at is None and queries.is_stopped(act):
        stopped.end_here(number, viewer=viewer, now=now)
    bulk.ask_undo(number, viewer=viewer, actor=actor(request), now=now)
    return HttpResponseRedirect(reverse("bulk-act", args=[number]))


@require_POST
@for_those_who_act
def go_on(request: HttpRequest, *, viewer: Viewer, number: int) -> HttpResponse:
    """Take an act that stopped up again where it stands."""
    del request
    if number > LARGEST:
        raise Http404
    stopped.go_on(number, viewer=viewer, now=clock())
    return HttpResponseRedirect(reverse("bulk-act", args=[number]))
