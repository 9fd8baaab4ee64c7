"""What waits for a person about notices: calls, steps of the ladder, replies that did not count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from pehra.kernel.errors import PehraError
from pehra.kernel.time import clock
from pehra.mandate.powers import Power
from pehra.mandate.viewers import SYSTEM_VIEWER
from pehra.notices import queries
from pehra.notices.actions import ladder, replies
from pehra.notices.queries import waiting
from pehra.registry.queries.contacts import contacts_of
from pehra.web import figures, marks, phrases
from pehra.web.gate import acting, deciding, desk, warrant
from pehra.web.paging import LARGEST
from pehra.web.tables import Cell, Column, Fact, Section, Table, moment_cell, table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse

    from pehra.kernel.actors import Actor
    from pehra.mandate.viewers import Viewer
    from pehra.notices.queries import NoticeView
    from pehra.notices.queries.waiting import ReplyView, Task

SEND = Power("send-notice")
_NEWEST = 50


def sections(viewer: Viewer, now: datetime) -> list[Section]:
    """What waits for the reader, each under its own heading; nothing where nothing does."""
    found = []
    steps = waiting.tasks("step", viewer=viewer)
    if steps:
        found.append(Section(_("Nobody answered"), _task_table(steps, now), anchor="steps"))
    calls = waiting.tasks("call", viewer=viewer)
    if calls:
        found.append(Section(_("Calls to make"), _task_table(calls, now), anchor="calls"))
    if viewer.sees_all:
        told = waiting.replies(viewer=viewer, state="unverified", size=_NEWEST)
        if told:
            found.append(
                Section(_("Unverified replies"), _reply_table(told, now), anchor="replies")
            )
    return found


def _name(one: Task) -> str:
    return one.name_ur if get_language() == "ur" and one.name_ur else one.name


def _why(one: Task) -> str:
    words = phrases.CALL if one.kind == "call" else phrases.STEP
    return str(words.get(one.why, one.why))


def _task_table(found: Sequence[Task], now: datetime) -> Table:
    columns = [
        *(Column(_("Organisation")), Column(_("Why")), Column(_("Worst"))),
        *(Column(_("Findings"), number=True), Column(_("Since"))),
    ]
    cells = [
        [
            Cell(_name(one), href=reverse(f"notice-{one.kind}", args=[one.id]), main=True),
            Cell(_why(one)),
            Cell(severity=marks.severity(one.severity)),
            Cell(figures.number(one.findings)),
            moment_cell(figures.moment(one.opened_at, now=now)),
        ]
        for one in found
    ]
    return table(columns, cells, caption=_("What waits for a person"), empty="")


def _reply_table(found: Sequence[ReplyView], now: datetime) -> Table:
    columns = [Column(_("Notice")), Column(_("By")), Column(_("Why")), Column(_("When"))]
    cells = [
        [
            Cell(f"N{one.notice}", href=f"{reverse('notice', args=[one.notice])}#mail", main=True),
            Cell(one.author or "?", code=True),
            Cell(str(phrases.MAIL_WHY.get(one.why, ""))),
            moment_cell(figures.moment(one.at, now=now)),
        ]
        for one in found
    ]
    return table(columns, cells, caption=_("Unverified replies"), empty="")


def mail_of(found: NoticeView, viewer: Viewer, now: datetime) -> list[dict[str, object]]:
    """Messages that came about a notice, for those who may read all of it."""
    if not queries.sees_whole(found.id, viewer=viewer):
        return []
    return [
        {
            "id": one.id,
            "author": one.author or "?",
            "said": phrases.SAID[one.said] if one.kind == "reply" else "",
            "words": one.words if one.kind == "reply" else "",
            "why": phrases.MAIL_WHY.get(one.why, ""),
            "believed": phrases.MAIL_BELIEVED.get(one.believed, ""),
            "unproven": phrases.UNPROVEN if one.signed and not one.signer else "",
            "signer": f"{phrases.KEY_KIND[one.signed]} {one.signer}" if one.signer else "",
            "badge": marks.badge(phrases.MAIL_STATE, one.state),
            "at": figures.moment(one.at, now=now),
            "waits": one.state == "unverified",
            "by": one.decided_by,
        }
        for one in waiting.replies(viewer=viewer, notice=found.id)
    ]


@deciding
def reply(request: HttpRequest, *, actor: Actor, number: int) -> HttpResponse:
    """Say of a reply that it is genuine, or set it aside."""
    found = waiting.reply(number, viewer=SYSTEM_VIEWER) if number <= LARGEST else None
    if found is None:
        raise Http404
    take = request.POST.get("what") == "take"
    replies.decide_reply(number, take=take, actor=actor, now=clock())
    return HttpResponseRedirect(f"{reverse('notice', args=[found.notice])}#mail")


@desk
def call(request: HttpRequest, *, viewer: Viewer, number: int) -> HttpResponse:
    """A call: whom to telephone, about what, and how it went."""
    return _task(request, viewer, "call", number)


@desk
def step(request: HttpRequest, *, viewer: Viewer, number: int) -> HttpResponse:
    """A step of the ladder: what is asked, and what was done."""
    return _task(request, viewer, "step", number)


def _task(request: HttpRequest, viewer: Viewer, kind: str, number: int) -> HttpResponse:
    found = waiting.task(kind, number, viewer=viewer) if number <= LARGEST else None
    if found is None:
        raise Http404
    now, error = clock(), ""
    if request.method == "POST":
        outcome = request.POST.get("outcome", "").replace("\x00", "")
        try:
            ladder.done(kind, number, outcome, actor=acting(request, SEND), now=now)
        except PehraError as fault:
            error = f"{fault} {fault.mend}"
        else:
            return HttpResponseRedirect(request.path)
    context = {
        "title": _name(found),
        "kind": kind,
        "why": _why(found),
        "facts": _facts(found, now),
        "contacts": _contact_table(found, viewer),
        "done": found.done_at,
        "outcome": found.outcome,
        "may": found.done_at is None and warrant(request, SEND) is not None,
        "error": error,
    }
    return render(request, "notices/task.html", context, status=400 if error else 200)


def _facts(found: Task, now: datetime) -> list[Fact]:
    facts = [
        Fact(_("About"), _name(found), href=reverse("organisation", args=[found.slug])),
        Fact(_("Worst"), str(marks.severity(found.severity).word)),
        Fact(_("Findings"), figures.number(found.findings)),
        Fact(_("Since"), at=figures.moment(found.opened_at, now=now)),
    ]
    if found.ground:
        facts.append(Fact(_("Ground"), found.ground, code=True))
    if found.done_at:
        facts.append(Fact(_("Done by"), found.done_by))
        facts.append(Fact(_("Done"), at=figures.moment(found.done_at, now=now)))
    return facts


def _purpose(code: str) -> str:
    return str(phrases.CONTACT_PURPOSE.get(code, code))


def _contact_table(found: Task, viewer: Viewer) -> Table:
    columns = [Column(_("Contact")), Column(_("Telephone")), Column(_("Mail"))]
    cells = [
        [
            Cell(
                one.name or _purpose(one.purpose),
                sub=_purpose(one.purpose) if one.name else "",
                main=True,
            ),
            Cell(one.phone, code=True),
            Cell(one.email, code=True),
        ]
        for one in contacts_of(found.organisation, viewer=viewer)
    ]
    return table(columns, cells, caption=_("Contacts"), empty=_("Nobody is known there."))
