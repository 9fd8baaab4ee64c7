"""The desk of advisories: write, hand in, review, publish, end; and how far each reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from pehra.kernel.errors import PehraError
from pehra.kernel.time import clock
from pehra.mandate.queries.groups import sector_names
from pehra.outreach.advisories.actions import publishing, writing
from pehra.outreach.advisories.queries import desk
from pehra.outreach.advisories.rules import (
    CHECK,
    REVIEW,
    WRITE,
    Audience,
    Kind,
    Stage,
    Standing,
)
from pehra.web import figures, marks
from pehra.web.advisories import parts
from pehra.web.advisories import words as names
from pehra.web.advisories.forms import TextForm, initial
from pehra.web.findings.rows import localised
from pehra.web.gate import acting, national, warrant
from pehra.web.paging import pages, position
from pehra.web.shares import between, share_text
from pehra.web.tables import Cell, Column, Table, badge_cell, moment_cell, table

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse

    from pehra.mandate.viewers import Viewer
    from pehra.outreach.advisories.queries.desk import DeskLine, DeskView, Reach

_SIZE = 50
_PUBLIC = {Standing.PUBLISHED, Standing.UPDATED}


@national
def listing(request: HttpRequest, *, viewer: Viewer) -> HttpResponse:
    """All advisories, drafts too."""
    now = clock()
    found = desk.advisories(viewer=viewer, before=position(request, "after"), size=_SIZE + 1)
    kept = found[:_SIZE]
    context = {
        "table": _table(kept, now),
        "pages": pages(request, None, kept[-1].id if found[_SIZE:] else None),
        "may_write": warrant(request, WRITE) is not None,
        "subscribers": figures.number(desk.subscribers(viewer=viewer)),
    }
    return render(request, "advisories/desk.html", context)


def _table(found: list[DeskLine], now: datetime) -> Table:
    columns = [Column(_("Advisory")), Column(_("Severity")), Column(_("Standing")),
               Column(_("Edition")), Column(_("Changed"))]  # fmt: skip
    cells = [
        [
            Cell(
                localised(one.title, one.title_ur),
                sub=one.number,
                href=reverse("advisory-work", args=[one.id]),
                main=True,
            ),
            Cell(severity=marks.severity(one.severity)),
            badge_cell(marks.badge(names.STANDING, one.standing)),
            badge_cell(marks.badge(names.STAGE, one.stage), f"{one.edition}"),
            moment_cell(figures.moment(one.changed_at, now=now)),
        ]
        for one in found
    ]
    return table(columns, cells, caption=_("Advisories"), empty=_("Nothing was written yet."))


def _found(number: int, viewer: Viewer) -> DeskView:
    found = desk.advisory(number, viewer=viewer)
    if found is None:
        raise Http404
    return found


@national
def write(request: HttpRequest, *, viewer: Viewer, number: int | None = None) -> HttpResponse:
    """Begin an advisory, change its draft, or begin its next edition."""
    found = None if number is None else _found(number, viewer)
    who = acting(request, WRITE)
    first = found is None or (found.open and found.edition == 1)
    start = initial(found.text) if found else {"severity": 3, "tlp": "CLEAR"}
    if found is not None and not found.open:
        start |= {"change": "", "change_ur": ""}
    form = TextForm(request.POST or None, initial=start, first=first)
    error = ""
    if request.method == "POST" and form.is_valid():
        try:
            now, text = clock(), form.text()
            if found is None:
                number = writing.begin(text, actor=who, now=now)
            elif found.open:
                was = request.POST.get("was", "")
                writing.rewrite(found.id, text, was=was, actor=who, now=now)
            else:
                writing.begin_edition(found.id, text, actor=who, now=now)
        except PehraError as fault:
            error = f"{fault} {fault.mend}" if fault.mend not in str(fault) else str(fault)
        else:
            return HttpResponseRedirect(reverse("advisory-work", args=[number]))
    context = {"form": form, "found": found, "first": first, "error": error}
    wrong = request.method == "POST"
    return render(request, "advisories/write.html", context, status=422 if wrong else 200)


@national
def work(request: HttpRequest, *, viewer: Viewer, number: int) -> HttpResponse:
    """Where an advisory stands, what it says, who has read it, and what may be done now."""
    found, now = _found(number, viewer), clock()
    may = {
        "write": warrant(request, WRITE) is not None,
        "technical": warrant(request, REVIEW) is not None,
        "legal": warrant(request, CHECK) is not None,
    }
    stage = found.stage
    context = {
        "found": found,
        "text": parts.page(found.text),
        "standing": marks.badge(names.STANDING, found.standing),
        "stage": marks.badge(names.STAGE, stage),
        "reviews": [
            {
                "name": names.REVIEW[one.kind],
                "row": one,
                "at": figures.moment(one.at, now=now),
            }
            for one in found.reviews
        ],
        "may": may,
        "draft": stage == Stage.DRAFT,
        "review": _review(stage, may),
        "approved": stage == Stage.APPROVED and may["write"],
        "public": found.standing in _PUBLIC,
        "sectors": [(slug, localised(*both)) for slug, both in sector_names().items()],
        "reach": [_reach(one) for one in desk.reach(number, viewer=viewer)],
    }
    return render(request, "advisories/work.html", context)


def _review(stage: str, may: dict[str, bool]) -> dict[str, object] | None:
    """The review that the reader may give now."""
    kind = {Stage.TECHNICAL: Kind.TECHNICAL, Stage.LEGAL: Kind.LEGAL}.get(Stage(stage))
    if kind is None or not may[kind]:
        return None
    return {"kind": kind.value, "name": names.REVIEW[kind]}


def _reach(one: Reach) -> dict[str, object]:
    def of(hits: int, whole: int) -> str:
        return _("%(hits)s of %(n)s") % {
            "hits": figures.number(hits),
            "n": figures.number(whole),
        }

    return {
        "edition": one.edition,
        "sent": of(one.sent, one.told),
        "opened": of(one.opened, one.sent),
        "acknowledged": of(one.acknowledged, one.sent),
        "share": f"{share_text(one.share)} {between(one.share)}",
        "critical": of(one.critical_in_time, one.critical),
        "critical_share": f"{share_text(one.critical_share)} {between(one.critical_share)}",
        "exposures": [
            {"days": days, "assets": figures.number(assets)} for days, assets in one.exposures
        ],
    }


def _move(stage: Stage) -> Callable[[HttpRequest, int], None]:
    def act(request: HttpRequest, number: int) -> None:
        writing.move(number, stage, actor=acting(request, WRITE), now=clock())

    return act


def _reviewed(request: HttpRequest, number: int) -> None:
    given = request.POST
    kind = Kind(given.get("kind", Kind.TECHNICAL))
    verdict = writing.Verdict(
        kind, given.get("passed") == "yes", given.get("remark", ""), given.get("was", "")
    )
    power = REVIEW if kind == Kind.TECHNICAL else CHECK
    writing.review(number, verdict, actor=acting(request, power), now=clock())


def _published(request: HttpRequest, number: int) -> None:
    now, given = clock(), request.POST
    known = sector_names()
    audience = Audience(
        everybody="everybody" in given,
        sectors=tuple(slug for slug in given.getlist("sector") if slug in known),
        critical="critical" in given,
    )
    year = now.astimezone(figures.zone()).year
    publishing.publish(number, audience, year=year, actor=acting(request, WRITE), now=now)


def _ended(request: HttpRequest, number: int) -> None:
    given = request.POST
    how = publishing.End(
        given.get("why", ""), given.get("why_ur", ""), given.get("successor", "").strip().upper()
    )
    publishing.end(number, how, actor=acting(request, WRITE), now=clock())


_ACTS: dict[str, Callable[[HttpRequest, int], None]] = {
    "hand-in": _move(Stage.TECHNICAL),
    "take-back": _move(Stage.DRAFT),
    "drop": _move(Stage.DROPPED),
    "review": _reviewed,
    "publish": _published,
    "end": _ended,
}


@require_POST
@national
def act(request: HttpRequest, *, viewer: Viewer, number: int) -> HttpResponse:
    """Do one of the acts; each asks for its own power."""
    _found(number, viewer)
    wanted = _ACTS.get(request.POST.get("what", ""))
    if wanted is None:
        raise PermissionDenied
    try:
        wanted(request, number)
    except (PehraError, ValueError, msgspec.ValidationError) as fault:
        words = _("Not done: %(why)s") % {"why": str(fault)}
        messages.error(request, words, extra_tags="note--bad")
    else:
        messages.success(request, _("Done."), extra_tags="note--good")
    return HttpResponseRedirect(reverse("advisory-work", args=[number]))
