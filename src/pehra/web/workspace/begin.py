"""The first steps of an organisation: what is done, what comes next, and where to do it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from pehra.mandate.queries.people import people_of
from pehra.registry import queries
from pehra.web.workspace.place import workspace

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from pehra.registry.queries import ContactCard
    from pehra.web.workspace.place import Place

_PEOPLE = 2
"""So that nobody is alone: one is always away."""


class Step(msgspec.Struct, frozen=True):
    """One step: what it is, why, whether it is done, and where."""

    title: str
    why: str
    done: bool
    href: str


def steps(place: Place) -> list[Step]:
    """All of them, in the order in which they make sense."""
    cards = queries.contact_cards(place.id, viewer=place.viewer)
    assets, contacts, people = (
        reverse(f"workspace-{name}", args=[place.slug]) for name in ("assets", "contacts", "people")
    )
    verified = [card for card in cards if card.verified_at and card.facts.active]
    keyed = any(queries.keys_of(card.id, viewer=place.viewer) for card in verified[:_LOOKED_AT])
    one = contacts
    if cards:
        one = reverse("workspace-contact", args=[place.slug, (verified or cards)[0].id])
    return [
        Step(
            _("People"),
            _("A second person holds an office, so that somebody is always there."),
            len(people_of(place.id, place.now.date())) >= _PEOPLE,
            people,
        ),
        Step(
            _("Proof of control"),
            _("Findings are shown for what you have proven to be yours, and for nothing else."),
            bool(queries.proven_assets(place.id, viewer=place.viewer)),
            assets,
        ),
        Step(
            _("Contacts"),
            _("A mailbox that many read is verified by the link that it receives."),
            bool(verified),
            contacts,
        ),
        Step(
            _("Keys"),
            _("With an OpenPGP or S/MIME key, mails to you are encrypted."),
            keyed,
            f"{one}#keys" if cards else one,
        ),
        Step(
            _("Language, quiet hours and intervals"),
            _("Say in which language, when, and how often you want to be told."),
            any(_has_wishes(card) for card in cards),
            one,
        ),
    ]


_LOOKED_AT = 3
"""Contacts whose keys are looked for."""


def _has_wishes(card: ContactCard) -> bool:
    facts = card.facts
    said = (facts.quiet_from, facts.business_days, facts.intervals, facts.language != "en")
    return any(said)


@workspace
def begin(request: HttpRequest, *, place: Place) -> HttpResponse:
    """The steps with their progress; each leads to the page on which it is done."""
    found = steps(place)
    done = sum(step.done for step in found)
    ahead = [step for step in found if not step.done]
    context = place.frame(
        steps=found,
        done=done,
        all=len(found),
        next=ahead[0] if ahead else None,
        progress=_("%(done)s of %(all)s steps are done") % {"done": done, "all": len(found)},
    )
    return render(request, "workspace/begin.html", context)
