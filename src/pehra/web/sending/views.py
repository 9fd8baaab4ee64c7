"""How far sending is on, and who switches it; envelopes; one letter as it would leave."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from pehra.dispatch import actions, queries
from pehra.dispatch.rules import Mode, State
from pehra.kernel.errors import PehraError
from pehra.kernel.settings import home_path
from pehra.kernel.time import clock
from pehra.mandate.queries import organisation_row
from pehra.mandate.queries.search import named
from pehra.mandate.viewers import SYSTEM_VIEWER
from pehra.web import figures
from pehra.web.gate import actor as actor_of
from pehra.web.gate import deciding, may_decide, national
from pehra.web.paging import pages, position
from pehra.web.sending import rows, words
from pehra.web.tables import Fact

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

    from pehra.dispatch.inside import Inside
    from pehra.kernel.actors import Actor
    from pehra.mandate.viewers import Viewer

_SIZE = 50
_LONGEST = 240


@national
def sending(request: HttpRequest, *, viewer: Viewer) -> HttpResponse:
    """How far sending is on, what waits, and envelopes from the newest down."""
    now, told = clock(), queries.sending()
    state, address = request.GET.get("state", ""), request.GET.get("to", "").strip()
    wanted = queries.Wanted(state=state if state in list(State) else "", address=address)
    found = queries.envelopes(
        wanted, viewer=viewer, before=position(request, "after"), size=_SIZE + 1
    )
    shown = found[:_SIZE]
    counts = queries.counts(viewer=viewer)
    context = {
        "mode": words.MODE[told.mode],
        "told": told,
        "live": told.mode == Mode.LIVE,
        "proposed": figures.moment(told.proposed_at, now=now),
        "pilot": named(told.pilot),
        "modes": [(mode.value, words.MODE[mode]) for mode in Mode if mode != Mode.LIVE],
        "may_decide": may_decide(request),
        "own_proposal": told.proposed_by == request.user.get_username(),
        "states": [(one.value, words.STATE[one][1]) for one in State],
        "state": wanted.state,
        "address": address,
        "table": rows.envelope_table(shown, now=now),
        "facts": [
            Fact(
                str(words.STATE[one][1]),
                figures.number(counts[one]),
                href=f"{reverse('sending')}?state={one}",
            )
            for one in State
            if counts[one]
        ],
        "pages": pages(request, None, shown[-1].id if found[_SIZE:] else None),
    }
    return render(request, "sending/sending.html", context)


def _back(request: HttpRequest, route: str, act: Callable[[], object], done: str) -> HttpResponse:
    """Do an act and go back to its page, with a word of how it went."""
    try:
        act()
    except PehraError as fault:
        messages.error(request, f"{fault.message} {fault.mend}")
    else:
        messages.success(request, done)
    return HttpResponseRedirect(route)


@deciding
def switch(request: HttpRequest, *, actor: Actor) -> HttpResponse:
    """Set a careful mode, or propose or confirm that sending goes live."""
    now, what = clock(), request.POST.get("what", "")
    acts: dict[str, tuple[Callable[[], object], str]] = {
        "propose": (
            lambda: actions.propose_live(actor=actor, now=now),
            _("Proposed. Another person confirms."),
        ),
        "confirm": (
            lambda: actions.confirm_live(actor=actor, now=now),
            _("Sending is live: letters leave."),
        ),
    }
    if what in acts:
        return _back(request, reverse("sending"), *acts[what])
    mode = request.POST.get("mode", "")
    if mode not in list(Mode):
        raise Http404

    def change() -> None:
        actions.set_sending(
            Mode(mode),
            redirect_to=request.POST.get("redirect_to", "").strip()[:254],
            pilot=_organisations(request.POST.get("pilot", "")),
            actor=actor,
            now=now,
        )

    return _back(request, reverse("sending"), change, _("Sending was set."))


def _organisations(slugs: str) -> list[int]:
    found = [organisation_row(slug) for slug in slugs.replace(",", " ").split()[:1000]]
    return [-1 if row is None else row.pk for row in found]


@national
def envelope(request: HttpRequest, *, viewer: Viewer, number: int) -> HttpResponse:
    """One envelope, what was heard of it, and, asked for by POST, the letter inside."""
    now = clock()
    line = queries.envelope(number, viewer=viewer)
    if line is None:
        raise Http404
    inside = _opened(request, number) if request.method == "POST" else None
    context = {
        "line": line,
        "badge": rows.state_badge(line),
        "why": rows.why(line),
        "facts": rows.facts(line, now=now),
        "receipts": rows.receipt_table(queries.receipts(number, viewer=viewer), now=now),
        "letter": _letter(inside) if inside else None,
        "gone": request.method == "POST" and inside is None,
        "resolve": may_decide(request) and line.state in (State.UNCERTAIN, State.FAILED),
        "uncertain": line.state == State.UNCERTAIN,
    }
    return render(request, "sending/envelope.html", context)


def _opened(request: HttpRequest, number: int) -> Inside | None:
    return actions.open_letter(
        number, home=home_path(), viewer=SYSTEM_VIEWER, actor=actor_of(request), now=clock()
    )


def _letter(inside: Inside) -> dict[str, object]:
    letter = inside.letter
    return {
        "subject": letter.subject,
        "text": letter.text,
        "html": letter.html,
        "language": letter.language,
        "direction": "rtl" if letter.language == "ur" else "ltr",
        "files": [(one.name, figures.size(len(one.content))) for one in letter.attachments],
        "encrypted": bool(inside.openpgp or inside.smime),
    }


@deciding
def resolve(request: HttpRequest, *, actor: Actor, number: int) -> HttpResponse:
    """Say what became of an uncertain letter, or let a failed one be tried again."""
    state = request.POST.get("state", "")
    if state not in (State.SENT, State.WAITING, State.FAILED):
        raise Http404
    why = request.POST.get("why", "").replace("\0", "")[:_LONGEST]
    return _back(
        request,
        reverse("envelope", args=[number]),
        lambda: actions.resolve(number, State(state), why=why, actor=actor, now=clock()),
        _("It is written down."),
    )
