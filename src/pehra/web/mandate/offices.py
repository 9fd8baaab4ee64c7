"""Users and offices: who holds what since when, what is vacant, and powers that were taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.contrib import messages
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from pehra.kernel.errors import PehraError
from pehra.kernel.time import clock
from pehra.mandate import actions
from pehra.mandate.actions.glass import REVIEW, Review, break_glass, review_glass
from pehra.mandate.powers import NEVER_TAKEN, Power, Taking
from pehra.mandate.queries.offices import offices, open_accounts, without_office
from pehra.mandate.queries.powers import broken_glass, hours_of, powers_on
from pehra.web import figures
from pehra.web.findings.rows import localised
from pehra.web.gate import actor, empowered, national, posts, warrant
from pehra.web.mandate import words

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime

    from django.http import HttpRequest, HttpResponse

    from pehra.kernel.actors import Actor
    from pehra.mandate.models import User
    from pehra.mandate.queries.powers import GlassLine
    from pehra.mandate.viewers import Viewer

MANAGE = Power("manage-offices")


def _glass(one: GlassLine, now: datetime, own: str) -> dict[str, object]:
    tone, word = words.VERDICT[one.verdict]
    late = one.overdue(now)
    return {
        "row": one,
        "act": words.ACT.get(one.act, one.act),
        "does": words.DOES.get(one.does, one.does),
        "tone": "bad" if late else tone,
        "word": _("Review is overdue") if late else word,
        "taken_at": figures.moment(one.taken_at, now=now),
        "until": figures.moment(one.until, now=now),
        "review_by": figures.moment(one.review_by, now=now),
        "own": own in {one.person, one.taken_by},
    }


def _takable(today: date) -> list[tuple[str, str]]:
    """What glass may be broken for, as the form names it."""
    found = {
        f"{one.act} {one.does}": f"{words.ACT.get(one.act, one.act)}: "
        f"{words.DOES.get(one.does, one.does)}"
        for one in powers_on(today)
        if one.act not in NEVER_TAKEN and one.does != "read"
    }
    return list(found.items())


@national
def listing(request: HttpRequest, *, viewer: Viewer) -> HttpResponse:
    """Everybody who holds an office; forms for those who hold the power."""
    del viewer
    now = clock()
    today, own = now.date(), cast("User", request.user).email
    found = offices(today)
    context = {
        "offices": [
            (one, words.ROLE.get(one.role, one.role), localised(one.place, one.place_ur))
            for one in found
        ],
        "vacant": sum(not one.holders for one in found),
        "without": without_office(today),
        "accounts": [one for one in open_accounts() if one[0] != own],
        "glass": [_glass(one, now, own) for one in broken_glass()],
        "may_manage": warrant(request, MANAGE) is not None,
        "may_review": warrant(request, REVIEW) is not None,
        "own": own,
        "posts": posts(request),
        "takable": _takable(today),
        "longest": hours_of("break-glass", today) or 0,
        "today": today.isoformat(),
    }
    return render(request, "mandate/offices.html", context)


def _day(text: str) -> date | None:
    return figures.day_of(text) if text else None


def _told(request: HttpRequest, act: Callable[[], object], done: str, wrong: str) -> HttpResponse:
    """Do it and go back to the list, which says what became of it."""
    try:
        act()
    except PehraError:
        messages.error(request, wrong, extra_tags="note--bad")
    else:
        messages.success(request, done)
    return HttpResponseRedirect(reverse("offices"))


@empowered(MANAGE)
def appoint(request: HttpRequest, *, actor: Actor) -> HttpResponse:
    """Let a person hold an office for a period."""
    given, now = request.POST, clock()

    def act() -> None:
        term = actions.Term(_day(given.get("since", "")) or now.date(), _day(given.get("to", "")))
        email, office = given.get("email", ""), given.get("office", "")
        actions.appoint(email, office, term, actor=actor, now=now)

    wrong = _(
        "Not done: nobody appoints himself, nobody holds one office twice at a time, and a"
        " period ends after it begins."
    )
    return _told(request, act, _("The office is held from that day."), wrong)


@empowered(MANAGE)
def end(request: HttpRequest, *, actor: Actor) -> HttpResponse:
    """Let a person no longer hold an office from a day on."""
    given, now = request.POST, clock()

    def act() -> None:
        last = _day(given.get("last", "")) or now.date()
        email, office = given.get("email", ""), given.get("office", "")
        actions.end_tenure(email, office, last, actor=actor, now=now)

    wrong = _("Not done: the office is not held on that day.")
    return _told(request, act, _("The office is held until that day."), wrong)


@require_POST
@national
def take(request: HttpRequest, *, viewer: Viewer) -> HttpResponse:
    """Break glass: take a power for some hours."""
    del viewer
    given = request.POST

    def act() -> None:
        name, _space, does = given.get("power", "").partition(" ")
        hours = given.get("hours", "")
        wish = Taking(
            office=given.get("office", ""),
            power=Power(name, does or "may"),
            reason=given.get("reason", ""),
            hours=int(hours) if hours.isascii() and hours.isdigit() and len(hours) < 4 else 0,  # noqa: PLR2004 digits of hours
        )
        by = actor(request)
        break_glass(by.name, wish, actor=by, now=clock())

    wrong = _(
        "Not done: give a reason in a sentence, choose a power of your own tier that the office"
        " does not hold, and no more hours than allowed."
    )
    done = _("The power is taken. Another person reviews it.")
    return _told(request, act, done, wrong)


@empowered(REVIEW)
def review(request: HttpRequest, *, actor: Actor, number: int) -> HttpResponse:
    """Confirm, or object and so end it."""
    said = Review(request.POST.get("what") == "confirm", request.POST.get("remark", ""))
    wrong = _("Not done: another person reviews, once, and an objection says why.")

    def act() -> None:
        review_glass(number, actor.name, said, actor=actor, now=clock())

    return _told(request, act, _("The review is kept."), wrong)
