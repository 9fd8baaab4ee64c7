"""Whom to tell at an organisation, how they want to be told, and the keys that seal their mail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from pehra.kernel.errors import PehraError, Refused
from pehra.registry import actions, queries
from pehra.registry.certificates import Unreadable, read_key
from pehra.web import figures, marks, phrases
from pehra.web.paging import LARGEST
from pehra.web.tables import Cell, Column, Table, badge_cell, moment_cell, table
from pehra.web.workspace.contact_form import ContactForm
from pehra.web.workspace.mailing import mail_contact
from pehra.web.workspace.place import workspace

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from django.http.response import HttpResponseBase

    from pehra.registry.queries import ContactCard
    from pehra.web.workspace.place import Place

_LARGEST_KEY = 256 * 1024


def _state(card: ContactCard) -> marks.Badge:
    if not card.facts.active:
        return marks.Badge("off", _("Not told"))
    if card.health.unhealthy_since:
        return marks.Badge("bad", _("Does not answer"))
    if card.verified_at:
        return marks.Badge("done", _("Verified"))
    return marks.Badge("wait", _("Not verified"))


def _table(place: Place, cards: list[ContactCard]) -> Table:
    columns = [
        Column(_("For what")),
        Column(_("Name")),
        Column(_("Mail")),
        Column(_("Telephone")),
        Column(_("State")),
    ]
    cells = [
        [
            Cell(
                str(phrases.CONTACT_PURPOSE.get(card.facts.purpose, card.facts.purpose)),
                href=reverse("workspace-contact", args=[place.slug, card.id]),
                main=True,
            ),
            Cell(card.facts.name or figures.NOTHING),
            Cell(card.facts.email or figures.NOTHING, code=True),
            Cell(card.facts.phone or figures.NOTHING, code=True),
            badge_cell(_state(card)),
        ]
        for card in cards
    ]
    empty = _("No contact is recorded: nobody can be told yet.")
    return table(columns, cells, caption=_("Contacts"), empty=empty)


@workspace
def contacts(request: HttpRequest, *, place: Place) -> HttpResponseBase:
    """Whom to tell; sent, one more."""
    form = ContactForm(request.POST or None, initial={"active": True, "language": "en"})
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.add_contact(
                actions.Holder(organisation=place.id),
                form.facts("workspace"),
                actor=place.actor,
                now=place.now,
            )
        except Refused:
            form.add_error(None, _("There is such a contact already."))
        else:
            messages.success(request, _("The contact is kept. Send it the link that verifies it."))
            return HttpResponseRedirect(reverse("workspace-contact", args=[place.slug, made]))
    cards = queries.contact_cards(place.id, viewer=place.viewer)
    context = place.frame(contacts=_table(place, cards), form=form)
    status = 422 if request.method == "POST" else 200
    return render(request, "workspace/contacts.html", context, status=status)


def _card(place: Place, number: int) -> ContactCard:
    found = queries.contact_card(number, viewer=place.viewer) if number <= LARGEST else None
    if found is None or found.organisation != place.id:
        raise Http404
    return found


def _initial(card: ContactCard) -> dict[str, Any]:
    facts = card.facts
    names = ("purpose", "name", "email", "phone", "language", "quiet_from", "quiet_to",
             "business_days", "active")  # fmt: skip
    given: dict[str, Any] = {name: getattr(facts, name) for name in names}
    return {**given, **facts.intervals, "inhibits": " ".join(facts.inhibits)}


def _keys(card: ContactCard, place: Place) -> list[dict[str, object]]:
    return [
        {
            "id": key.id,
            "kind": phrases.KEY_KIND.get(key.kind, key.kind),
            "fingerprint": " ".join(
                key.fingerprint[at : at + 4] for at in range(0, len(key.fingerprint), 4)
            ),
            "added": figures.moment(key.added_at, now=place.now),
            "expires": figures.moment(key.expires_at, now=place.now),
            "over": key.expires_at is not None and key.expires_at <= place.now,
            "verified": key.verified_at is not None,
        }
        for key in queries.keys_of(card.id, viewer=place.viewer)
    ]


@workspace
def contact(request: HttpRequest, *, place: Place, number: int) -> HttpResponseBase:
    """One contact: its wishes, its health, its keys; sent, it is changed."""
    card = _card(place, number)
    form = ContactForm(request.POST or None, initial=_initial(card))
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_contact(
                number, form.facts(card.facts.source), actor=place.actor, now=place.now
            )
        except Refused:
            form.add_error(None, _("There is such a contact already."))
        else:
            messages.success(request, _("Kept."))
            return HttpResponseRedirect(request.path)
    context = place.frame(
        number=number,
        heading=str(phrases.CONTACT_PURPOSE.get(card.facts.purpose, card.facts.purpose)),
        mail=card.facts.email,
        state=_state(card),
        verified=figures.moment(card.verified_at, now=place.now),
        asked=figures.moment(card.asked_at, now=place.now),
        health=_health(card, place),
        keys=_keys(card, place),
        form=form,
    )
    status = 422 if request.method == "POST" else 200
    return render(request, "workspace/contact.html", context, status=status)


def _health(card: ContactCard, place: Place) -> Table:
    health = card.health
    columns = [Column(_("What was learned")), Column(_("Times"), number=True), Column(_("Last"))]
    cells = [
        [
            Cell(_("Bounces in a row"), main=True),
            Cell(figures.number(health.bounces)),
            moment_cell(figures.moment(health.last_bounce, now=place.now)),
        ],
        [
            Cell(_("Notices in a row without an answer"), main=True),
            Cell(figures.number(health.silences)),
            moment_cell(figures.moment(health.last_answer, now=place.now)),
        ],
        [
            Cell(_("Answers that say “not ours”"), main=True),
            Cell(figures.number(health.wrong_owner)),
            Cell(figures.NOTHING),
        ],
    ]
    return table(columns, cells, caption=_("How it answers"), empty="")


@require_POST
@workspace
def verify(request: HttpRequest, *, place: Place, number: int) -> HttpResponse:
    """Send the link that verifies the address."""
    card = _card(place, number)
    try:
        token = actions.ask_verification(number, actor=place.actor, now=place.now)
        mail_contact(card, token, place)
    except PehraError:
        messages.error(request, _("This contact has no mail address."))
    else:
        messages.success(request, _("The link is on its way, as far as sending is switched on."))
    return HttpResponseRedirect(reverse("workspace-contact", args=[place.slug, number]))


@require_POST
@workspace
def remove(request: HttpRequest, *, place: Place, number: int) -> HttpResponse:
    """Forget a contact and its keys."""
    _card(place, number)
    actions.remove_contact(number, actor=place.actor, now=place.now)
    messages.success(request, _("The contact and its keys are forgotten."))
    return HttpResponseRedirect(reverse("workspace-contacts", args=[place.slug]))


@require_POST
@workspace
def key(request: HttpRequest, *, place: Place, number: int) -> HttpResponse:
    """Keep a key that was uploaded."""
    _card(place, number)
    given = request.FILES.get("key")
    text = request.POST.get("text", "").encode()
    content = given.read(_LARGEST_KEY + 1) if given else text
    try:
        found = read_key(content)
        actions.add_key(number, found, actor=place.actor, now=place.now)
    except Unreadable:
        messages.error(request, _("That is neither an OpenPGP nor an X.509 certificate for mail."))
    except Refused:
        messages.error(request, _("The key has expired, or is here already."))
    else:
        messages.success(request, _("The key is kept. Compare its fingerprint."))
    target = reverse("workspace-contact", args=[place.slug, number])
    return HttpResponseRedirect(f"{target}#keys")


@require_POST
@workspace
def key_act(request: HttpRequest, *, place: Place, number: int, key: int) -> HttpResponse:
    """Confirm a key's fingerprint, or forget the key."""
    card = _card(place, number)
    mine = {one.id for one in queries.keys_of(card.id, viewer=place.viewer)}
    if key not in mine:
        raise Http404
    if request.POST.get("act") == "confirm":
        actions.verify_key(key, actor=place.actor, now=place.now)
        messages.success(request, _("The fingerprint is confirmed."))
    else:
        actions.remove_key(key, actor=place.actor, now=place.now)
        messages.success(request, _("The key is forgotten."))
    target = reverse("workspace-contact", args=[place.slug, number])
    return HttpResponseRedirect(f"{target}#keys")
