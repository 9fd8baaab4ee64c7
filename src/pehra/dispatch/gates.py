"""Who may get what: the gates that stand before everything that leaves. Pure.

Each refusal has a code for machines and a sentence for people. Sources: FIRST TLP 2.0 and PAP.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from pehra.dispatch.html import foreign_html
from pehra.dispatch.letters import is_address, is_media_type
from pehra.dispatch.rules import Channel
from pehra.kernel.labels import Pap, Tlp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pehra.dispatch.rules import Outgoing

COMPULSORY = frozenset({"order", "escalation", "disclosure", "evidence"})
"""Kinds that leave only with a ground in law that is in force and confirmed."""

_LONGEST_KEY = 128
"""Characters; the length of the column."""
_STRICT = frozenset({Tlp.AMBER_STRICT, Tlp.RED})


class Entry(msgspec.Struct, frozen=True):
    """A contact of the register, as the gates see it."""

    contact: int
    organisation: int | None
    team: int | None
    verified: bool


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What the gates must know.

    Attributes:
        entries: address in lower case -> contacts of the register that have it.
        organisations: ids that are registered.
        teams: ids that are registered.
        leads: organisation -> its lead team.
        own: the team whose home this is, which sees everything; null: none is in force.
        grounds: slugs of grounds that are in force and confirmed.
    """

    entries: Mapping[str, tuple[Entry, ...]] = {}
    organisations: frozenset[int] = frozenset()
    teams: frozenset[int] = frozenset()
    leads: Mapping[int, int] = {}
    own: int | None = None
    grounds: frozenset[str] = frozenset()


class Refusal(msgspec.Struct, frozen=True):
    """Why something does not leave."""

    code: str
    sentence: str


SENTENCES = {
    "no-channel": "There is no such channel.",
    "no-address": "The address is none that this channel can reach.",
    "no-key": "It has no key by which it could be recognised, or too long a one.",
    "html": "Its HTML runs, loads or hides something.",
    "attachment": "A file beside it has no media type of a single file.",
    "exercise-compulsory": "A drill compels nobody: it takes no ground and is no order.",
    "stranger": "The register does not know this recipient at this address.",
    "unverified": "The recipient never answered from this address, and the label asks for it.",
    "tlp-red": "TLP:RED goes to one named person whom the register knows.",
    "tlp-strict": "TLP:AMBER+STRICT stays inside the organisation or team that it is about.",
    "tlp-amber": "TLP:AMBER goes to the organisations that it is about, and to their lead team.",
    "tlp-green": "TLP:GREEN goes to registered organisations and teams.",
    "pap-machine": "PAP:RED and PAP:AMBER go to no machine, which would act on them.",
    "pap-person": "PAP:RED goes to one named person, who can hold to it.",
    "no-ground": "What is compulsory needs a ground in law.",
    "ground": "The ground that is named is not in force, or not confirmed.",
    "tenancy": "It has facts of an organisation whose facts the recipient may not see.",
}
"""Code -> sentence, in the order in which the gates stand."""


def judge(item: Outgoing, known: Known) -> Refusal | None:
    """The first gate that does not let it pass; None where all do."""
    code = _form(item) or _recipient(item, known) or _label(item, known) or _law(item, known)
    if not code and not _sees(item, known):
        code = "tenancy"
    return Refusal(code, SENTENCES[code]) if code else None


def _form(item: Outgoing) -> str:
    if item.channel not in list(Channel):
        return "no-channel"
    compels = item.kind in COMPULSORY or item.ground != ""
    faults = {
        "no-key": not 1 <= len(item.key) <= _LONGEST_KEY,
        "no-address": not _has_address(item),
        "html": bool(foreign_html(item.letter.html)),
        "attachment": not all(is_media_type(one.media_type) for one in item.letter.attachments),
        "exercise-compulsory": item.exercise and compels,
    }
    return next((code for code, found in faults.items() if found), "")


def _has_address(item: Outgoing) -> bool:
    to = item.recipient
    if item.channel == Channel.MAIL:
        return is_address(to.address)
    if item.channel == Channel.WEBHOOK:
        return _is_endpoint(to.address)
    return not to.address and (to.organisation, to.team) != (None, None)


def _is_endpoint(address: str) -> bool:
    try:
        parts = urlsplit(address)
        named = bool(parts.hostname) and parts.username is None and parts.port != 0
    except ValueError:
        return False
    return named and parts.scheme == "https" and address.isprintable() and " " not in address


def _entries(item: Outgoing, known: Known) -> tuple[Entry, ...]:
    """Contacts of the register that are this recipient, or share its mailbox."""
    return known.entries.get(item.recipient.address.lower(), ())


def _itself(item: Outgoing, known: Known) -> Entry | None:
    """The contact that is addressed, where the register has it as it is addressed."""
    to = item.recipient
    for entry in _entries(item, known):
        if to.contact not in (None, entry.contact):
            continue
        if to.organisation in (None, entry.organisation) and to.team in (None, entry.team):
            return entry
    return None


def _recipient(item: Outgoing, known: Known) -> str:
    to = item.recipient
    if item.tlp == Tlp.CLEAR and not item.about and to.contact is None:
        return ""
    if to.organisation is not None and to.organisation not in known.organisations:
        return "stranger"
    if to.team is not None and to.team not in known.teams:
        return "stranger"
    if item.channel != Channel.MAIL:
        # Where a webhook is, an organisation's head says in person; what is pulled, a session asks.
        return "" if (to.organisation, to.team) != (None, None) else "stranger"
    entry = _itself(item, known)
    if entry is None:
        return "stranger"
    return "unverified" if item.tlp in _STRICT and not entry.verified else ""


def _bodies(item: Outgoing, known: Known) -> tuple[set[int], set[int]]:
    """Organisations and teams that read at the address."""
    to = item.recipient
    organisations = {one.organisation for one in _entries(item, known)} | {to.organisation}
    teams = {one.team for one in _entries(item, known)} | {to.team}
    return {one for one in organisations if one is not None}, {
        one for one in teams if one is not None
    }


def _label(item: Outgoing, known: Known) -> str:
    to, about = item.recipient, item.about
    organisations, teams = _bodies(item, known)
    if item.tlp == Tlp.RED and not (item.channel == Channel.MAIL and to.person and to.contact):
        return "tlp-red"
    if item.tlp == Tlp.AMBER_STRICT and not _is_inside(item, known):
        return "tlp-strict"
    inside = known.own in teams or bool(about & organisations)
    if item.tlp == Tlp.AMBER and not inside and not {known.leads.get(one) for one in about} & teams:
        return "tlp-amber"
    if item.tlp == Tlp.GREEN and not organisations and not teams:
        return "tlp-green"
    return _permitted(item)


def _is_inside(item: Outgoing, known: Known) -> bool:
    """Whether all facts are the recipient's own: one organisation's, or those a team leads on."""
    to = item.recipient
    if to.team is not None:
        led = all(known.leads.get(one) == to.team for one in item.about)
        return to.team == known.own or (bool(item.about) and led)
    return to.organisation is not None and item.about == {to.organisation}


def _permitted(item: Outgoing) -> str:
    if item.channel != Channel.MAIL and item.pap in (Pap.RED, Pap.AMBER):
        return "pap-machine"
    if item.pap == Pap.RED and not item.recipient.person:
        return "pap-person"
    return ""


def _law(item: Outgoing, known: Known) -> str:
    if item.kind in COMPULSORY and not item.ground:
        return "no-ground"
    return "ground" if item.ground and item.ground not in known.grounds else ""


def _sees(item: Outgoing, known: Known) -> bool:
    """Whether the recipient may see the facts of every organisation inside."""
    if item.tlp == Tlp.CLEAR:
        return True
    organisations, teams = _bodies(item, known)
    if known.own in teams:
        return True
    return all(one in organisations or known.leads.get(one) in teams for one in item.about)
