"""Mails that carry a link: to a contact's address, or to a mailbox that a registry names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from pehra.dispatch.actions.releasing import release
from pehra.dispatch.letters import Letter
from pehra.dispatch.rules import Outgoing, Recipient
from pehra.kernel.ids import digest
from pehra.kernel.labels import Tlp

if TYPE_CHECKING:
    from pehra.registry.actions import Asked
    from pehra.registry.queries import ContactCard
    from pehra.web.workspace.place import Place


def _letter(subject: str, lines: list[str], link: str, language: str) -> Letter:
    text = "\n\n".join([*lines, link, _("The link works once and for 14 days.")])
    return Letter(subject=subject, text=f"{text}\n", language=language)


def _link(route: str, token: str) -> str:
    return f"{settings.PEHRA.outside}{reverse(route, args=[token])}"


def mail_contact(card: ContactCard, token: str, place: Place) -> None:
    """Send a contact the link that verifies its address."""
    link = _link("verify-contact", token)
    language = card.facts.language
    with override(language):
        letter = _letter(
            _("Please confirm that you want our notices"),
            [
                _("%(name)s named this address as one to be told of findings on its networks.")
                % {"name": place.found.name},
                _("If that is right, open the page and press its button."),
            ],
            link,
            language,
        )
    recipient = Recipient(
        organisation=place.id, contact=card.id, address=card.facts.email, language=language
    )
    _release(f"contact:{card.id}", recipient, letter, link, place)


def mail_control(asked: Asked, token: str, place: Place) -> None:
    """Send the mailbox of a registry the link that proves control."""
    link = _link("verify-control", token)
    with override("en"):
        letter = _letter(
            _("Please confirm who controls an asset of yours"),
            [
                _(
                    "%(name)s asks us to be told of findings on an asset for which a registry"
                    " names this mailbox."
                )
                % {"name": place.found.name},
                _("If that is right, open the page and press its button. If not, do nothing."),
            ],
            link,
            "en",
        )
    recipient = Recipient(address=asked.mailbox, language="en")
    _release(f"control:{asked.proof}", recipient, letter, link, place)


def _release(reference: str, recipient: Recipient, letter: Letter, link: str, place: Place) -> None:
    item = Outgoing(
        kind="verification",
        reference=reference,
        key=f"verification:{digest(link.encode())[:40]}",
        recipient=recipient,
        letter=letter,
        tlp=Tlp.CLEAR,
        urgent=True,
    )
    release([item], actor=place.actor, now=place.now)
