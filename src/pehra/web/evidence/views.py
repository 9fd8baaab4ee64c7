"""The evidence room and one item in it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from pehra.cases.evidence import queries
from pehra.cases.evidence.actions import keeping
from pehra.cases.evidence.inert import plain_name, sealed_zip
from pehra.kernel.time import clock
from pehra.web import figures
from pehra.web.evidence import words
from pehra.web.evidence.gates import access, keeper
from pehra.web.figures import day_of
from pehra.web.findings.rows import localised
from pehra.web.gate import desk
from pehra.web.marks import Badge
from pehra.web.tables import Cell, Column, Fact, badge_cell, moment_cell, table

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from django.http.response import HttpResponseBase

    from pehra.cases.evidence.actions.keeping import Keeper
    from pehra.mandate.viewers import Viewer
    from pehra.web.tables import Table


@desk
def room(request: HttpRequest, *, viewer: Viewer) -> HttpResponse:
    """What is kept, and what is asked for."""
    able, now = access(request), clock()
    state = request.GET.get("state", "")
    wanted = [one for one in queries.requests(viewer=viewer) if state in ("", one.state)]
    context = {
        "able": able,
        "requests": request_table(wanted, now),
        "items": item_table(queries.items(viewer=able.reader(viewer)), now) if able.reads else None,
        "late": [one.id for one in wanted if one.late(now)],
        "ending": [one.id for one in wanted if one.runs_out(now.date())],
    }
    return render(request, "evidence/room.html", context)


def _href(number: int) -> str:
    return reverse("evidence-request", args=[number])


def request_table(found: list[queries.RequestView], now: datetime) -> Table:
    """Requests as lines."""
    columns = [Column(_("Request")), Column(_("Who asks")), Column(_("What for")),
               Column(_("Where it stands")), Column(_("Changed"))]  # fmt: skip
    rows = []
    for one in found:
        word, tone = words.STATE[one.state]
        late = _("its paper is overdue") if one.late(now) else ""
        rows.append([
            Cell(f"H{one.id}", one.reference, _href(one.id), main=True),
            Cell(localised(one.agency_name, one.agency_name_ur), one.ground),
            Cell(str(words.KIND[one.kind])),
            badge_cell(Badge(tone, str(word)), late),
            moment_cell(figures.moment(one.changed_at, now=now)),
        ])  # fmt: skip
    none = _("Nobody has asked for evidence.")
    return table(columns, rows, caption=_("Requests for evidence"), empty=none)


def item_table(found: list[queries.ItemView], now: datetime) -> Table:
    """Items as lines; a name that was brought in is text, whatever stands in it."""
    columns = [Column(_("Item")), Column(_("Case"), number=True), Column(_("Size"), number=True),
               Column(_("State")), Column(_("Added"))]  # fmt: skip
    rows = []
    for one in found:
        word, tone = words.ITEM[one.state]
        harm = _("believed to be malware") if one.harmful else ""
        rows.append([
            Cell(f"E{one.id} {one.name}", one.source, reverse("evidence-item", args=[one.id]),
                 main=True),
            Cell(f"C{one.case}"),
            Cell(figures.size(one.size)),
            badge_cell(Badge(tone, str(word)), harm),
            moment_cell(figures.moment(one.added_at, now=now)),
        ])  # fmt: skip
    return table(columns, rows, caption=_("Evidence"), empty=_("There is no evidence yet."))


@desk
def item(request: HttpRequest, *, viewer: Viewer, number: int) -> HttpResponse:
    """One item: what it is, and its custody."""
    able, now = access(request), clock()
    if not able.reads:
        raise PermissionDenied
    found = queries.whole(number, viewer=able.reader(viewer), on=now.date())
    if found is None:
        raise Http404
    word, tone = words.ITEM[found.item.state]
    context = {
        "able": able,
        "item": found.item,
        "state": Badge(tone, str(word)),
        "kept": found.item.state == "kept",
        "coming": found.item.state == "coming",
        "facts": _facts(found.item, now),
        "custody": _custody(found, now),
        "holds": [
            (one, figures.moment(one.set_at, now=now), figures.day(one.until) if one.until else "")
            for one in found.holds
        ],
    }
    return render(request, "evidence/item.html", context)


def _facts(one: queries.ItemView, now: datetime) -> list[Fact]:
    offset = one.clock_offset_seconds
    measured = _("not measured") if offset is None else f"{offset:+g} s"
    facts = [
        Fact(_("Case"), f"C{one.case}"),
        Fact(_("Size"), f"{figures.size(one.size)} ({figures.number(one.size)} B)", code=True),
        Fact("SHA-256", one.sha256 or figures.NOTHING, code=True),
        Fact("SHA-512", one.sha512 or figures.NOTHING, code=True),
        Fact(_("Collected from"), one.source),
        Fact(_("Collected by"), one.collector),
        Fact(_("Acquired"), at=figures.moment(one.acquired_at, now=now)),
        Fact(_("Offset of the collector's clock"), measured, code=True),
        Fact(_("With"), f"{one.tool} {one.tool_version}".strip() or figures.NOTHING),
        Fact(_("Order of volatility (RFC 3227)"), str(words.ORDER[one.order])),
        Fact(_("Label"), f"TLP:{one.tlp}", code=True),
        Fact(_("Added"), at=figures.moment(one.added_at, now=now)),
        Fact(_("Added by"), one.added_by, code=True),
    ]
    if one.derived_from:
        href = reverse("evidence-item", args=[one.derived_from])
        facts.append(Fact(_("A copy of"), f"E{one.derived_from}", href=href))
    return [*facts, Fact(_("Remark"), one.note)] if one.note else facts


def _custody(found: queries.Whole, now: datetime) -> Table:
    columns = [Column(_("What was done")), Column(_("By")), Column(_("What for")),
               Column(_("When")), Column(_("Digest of the line"))]  # fmt: skip
    rows = [
        [
            Cell(str(words.ACT[line.act]), f"{line.seq}", main=True),
            Cell(line.by, line.office, code=True),
            Cell(line.purpose or figures.NOTHING),
            moment_cell(figures.moment(datetime.fromisoformat(line.at), now=now)),
            Cell(digest[:16], code=True),
        ]
        for line, digest in zip(found.custody, found.digests, strict=True)
    ]
    return table(columns, rows, caption=_("Chain of custody"), empty=figures.NOTHING)


def _back(number: int) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("evidence-item", args=[number]))


def _keeper(request: HttpRequest, viewer: Viewer, number: int) -> Keeper:
    """The reader in the office that keeps evidence of an item's case."""
    case = queries.case_of(number, viewer=viewer)
    if case is None:
        raise Http404
    return keeper(request, viewer, case)


@require_POST
@desk
def open_item(request: HttpRequest, *, viewer: Viewer, number: int) -> HttpResponseBase:
    """The item in a ZIP under a password; who opens it and what for is written down first."""
    who = _keeper(request, viewer, number)
    found = queries.whole(number, viewer=viewer, on=clock().date())
    if found is None:
        raise Http404
    purpose = request.POST.get("purpose", "")
    pieces = keeping.open_item(settings.HOME, number, who, purpose=purpose, now=clock())
    inside = [(plain_name(found.item.name), pieces)]
    return download(sealed_zip(inside), f"evidence-{number}.zip")


def download(pieces: object, name: str) -> StreamingHttpResponse:
    """A file that no browser shows, runs or keeps."""
    response = StreamingHttpResponse(pieces, content_type="application/octet-stream")  # type: ignore[arg-type] # an iterator of bytes
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


@require_POST
@desk
def verify(request: HttpRequest, *, viewer: Viewer, number: int) -> HttpResponse:
    """Look at the custody against the ledger; the file itself is read by the command."""
    who = _keeper(request, viewer, number)
    found = keeping.verify(settings.HOME, number, who, now=clock(), read=False)
    if found.faults:
        messages.error(request, " ".join(found.faults), extra_tags="note--bad")
    else:
        messages.success(request, _("The custody holds, line by line, and the ledger has it."))
    return _back(number)


@require_POST
@desk
def note(request: HttpRequest, *, viewer: Viewer, number: int) -> HttpResponse:
    """Add a remark to the custody."""
    who, now = _keeper(request, viewer, number), clock()
    keeping.note(number, request.POST.get("text", ""), who, at=now, now=now)
    return _back(number)


@require_POST
@desk
def hold(request: HttpRequest, *, viewer: Viewer, number: int) -> HttpResponse:
    """Keep an item whatever its age."""
    who = _keeper(request, viewer, number)
    until = request.POST.get("until", "")
    wish = keeping.Hold(request.POST.get("reason", ""), day_of(until) if until else None)
    keeping.hold(number, wish, who, now=clock())
    return _back(number)


@require_POST
@desk
def release(request: HttpRequest, *, viewer: Viewer, number: int, hold: int) -> HttpResponse:
    """Lift a hold."""
    who = _keeper(request, viewer, number)
    found = queries.whole(number, viewer=viewer, on=clock().date())
    if found is None or hold not in {one.id for one in found.holds}:
        raise Http404
    keeping.release(hold, request.POST.get("reason", ""), who, now=clock())
    return _back(number)
