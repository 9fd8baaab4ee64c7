"""What an organisation sees first: what to fix, in plain words, and an answer in one click."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from pehra.findings import queries
from pehra.findings.actions.answers import answer
from pehra.findings.advice import Piece, pieces
from pehra.findings.rules import TABLE, State
from pehra.kernel.errors import Refused
from pehra.mandate import queries as mandate
from pehra.mandate.queries.people import people_of
from pehra.registry import queries as registry
from pehra.web import figures, phrases
from pehra.web.findings import rows
from pehra.web.findings.counts import present, severity_tiles
from pehra.web.gate import desk
from pehra.web.paging import LARGEST
from pehra.web.tables import Cell, Column, Table, table
from pehra.web.workspace import answering
from pehra.web.workspace.place import workspace

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from django.http.response import HttpResponseBase

    from pehra.findings.queries import FindingView, ToFix
    from pehra.mandate.viewers import Viewer
    from pehra.web.workspace.place import Place

_FIRST = 10


@desk
def own(request: HttpRequest, *, viewer: Viewer) -> HttpResponse:
    """The reader's own workspace; of several organisations, the list of them."""
    del request
    if len(viewer.organisations) == 1:
        (number,) = viewer.organisations
        return HttpResponseRedirect(reverse("workspace", args=[mandate.slug_of(number)]))
    return HttpResponseRedirect(reverse("organisations"))


def _advice(identifier: str, rsit_class: str, rsit_type: str, asset: str) -> dict[str, Any]:
    """Advice in the reader's language, its command on the asset itself."""
    found = pieces(identifier, rsit_class, rsit_type, get_language() or "en")
    check = [Piece(one.text.replace("ADDRESS", asset), one.machine) for one in found["check"]]
    return {**found, "check": check}


def _card(found: ToFix, place: Place) -> dict[str, Any]:
    row = found.row
    state = State(row.state)
    return {
        "shown": rows.shown(row, now=place.now),
        "advice": _advice(row.identifier, found.rsit_class, found.rsit_type, row.asset),
        "href": reverse("workspace-fix", args=[place.slug, row.id]),
        "quick": [one for one in answering.QUICK if (state, answering.ACTS[one.value]) in TABLE],
    }


def _compared(place: Place, standing: int) -> str:
    """Its open findings beside the middle of its sector, where enough organisations are in it."""
    peers = queries.in_sector(place.id)
    if peers is None:
        return ""
    words = ngettext(
        "You have %(n)s open finding; half of the %(peers)s organisations of your sector have"
        " %(middle)s or fewer.",
        "You have %(n)s open findings; half of the %(peers)s organisations of your sector have"
        " %(middle)s or fewer.",
        standing,
    )
    middle = f"{peers.middle:g}"
    return words % {"n": standing, "peers": peers.organisations, "middle": middle}


@workspace
def home(request: HttpRequest, *, place: Place) -> HttpResponse:
    """What to fix first."""
    counted = present(place.viewer, place.now, organisation=place.id, slug=place.slug)
    listing = f"{reverse('findings')}?organisation={place.slug}"
    found = queries.fix_first(place.slug, viewer=place.viewer, size=_FIRST + 1)
    contacts = registry.contacts_of(place.id, viewer=place.viewer)
    context = place.frame(
        tiles=severity_tiles(counted.counts, listing),
        counted=figures.moment(counted.at, now=place.now),
        compared=_compared(place, counted.counts.standing),
        cards=[_card(one, place) for one in found[:_FIRST]],
        more=f"{listing}&state=needed" if len(found) > _FIRST else "",
        nobody=not contacts,
        unproven=not registry.proven_assets(place.id, viewer=place.viewer),
    )
    return render(request, "workspace/home.html", context)


def _one(place: Place, number: int) -> FindingView:
    found = queries.one(number, viewer=place.viewer) if number <= LARGEST else None
    if found is None or found.organisation_id != place.id:
        raise Http404
    return found


@workspace
def fix(request: HttpRequest, *, place: Place, number: int) -> HttpResponseBase:
    """One finding with its advice and all answers; sent, it is answered."""
    found = _one(place, number)
    problem = ""
    if request.method == "POST":
        said = answering.read(request.POST, now=place.now)
        if isinstance(said, answering.Said):
            return _answered(request, place, number, said)
        problem = said
    state, row = State(found.row.state), found.row
    context = place.frame(
        shown=rows.shown(row, now=place.now),
        advice=_advice(row.identifier, found.rsit_class, found.rsit_type, row.asset),
        choices=[one for one in answering.CHOICES if (state, answering.ACTS[one.value]) in TABLE],
        given=request.POST,
        problem=problem,
        latest=answering.latest(place.now),
    )
    return render(request, "workspace/fix.html", context, status=422 if problem else 200)


def _answered(
    request: HttpRequest, place: Place, number: int, said: answering.Said
) -> HttpResponseBase:
    act = answering.ACTS[said.value]
    try:
        state = answer(
            number,
            act,
            why=said.why,
            viewer=place.viewer,
            actor=place.actor,
            now=place.now,
            until=said.until,
        )
    except Refused:
        messages.error(request, _("This finding does not take that answer now."))
    else:
        words = _("%(finding)s: your answer is kept. Its state is now: %(state)s.")
        told = {"finding": f"F{number}", "state": phrases.STATE[state]}
        messages.success(request, words % told)
    return HttpResponseRedirect(reverse("workspace", args=[place.slug]))


def _people(place: Place) -> Table:
    columns = [Column(_("Office")), Column(_("Name")), Column(_("Mail"))]
    cells = [
        [
            Cell(row.office, main=True),
            Cell(row.name or figures.NOTHING),
            Cell(row.email, code=True),
        ]
        for row in people_of(place.id, place.now.date())
    ]
    empty = _("Nobody holds an office of this organisation here yet.")
    return table(columns, cells, caption=_("People"), empty=empty)


@workspace
def people(request: HttpRequest, *, place: Place) -> HttpResponse:
    """Who holds an office of the organisation, and so sees all of this."""
    return render(request, "workspace/people.html", place.frame(people=_people(place)))
