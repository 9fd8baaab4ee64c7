"""The whole message of a letter: signed by the home, and encrypted where the recipient has a key.

Who has a key that cannot be used gets a pointer, never the details in clear: a key that ran out
must not be a way to read what was meant to be sealed.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec

from pehra.dispatch.letters import head_of, part_of, pointed
from pehra.engines.mail import openpgp, smime
from pehra.kernel.errors import UsageError

if TYPE_CHECKING:
    from datetime import datetime

    from pehra.dispatch.inside import Inside
    from pehra.dispatch.letters import Heading, Letter


class Signing(msgspec.Struct, frozen=True):
    """By what the home signs.

    Attributes:
        openpgp: secret key; empty: none.
        smime: key and certificates, as PEM; empty: none.
        prefers: `openpgp` or `smime`, for what is not encrypted.
        clear_details: who has no key gets details in clear; else a pointer.
    """

    openpgp: bytes = b""
    smime: bytes = b""
    prefers: str = "openpgp"
    clear_details: bool = True


def check_signing(signing: Signing) -> None:
    """See that the home's keys sign, before anything is taken in hand.

    Raises:
        UsageError: one does not.
    """
    part = b"Content-Type: text/plain\r\n\r\n"
    if signing.openpgp:
        openpgp.signed(part, signing.openpgp)
    if signing.smime:
        smime.check_identity(signing.smime)


class Wrapped(msgspec.Struct, frozen=True):
    """A message as a relay takes it, and how it is sealed: `openpgp`, `smime`, `pointer` or not."""

    content: bytes
    sealed: str


def wrapped(inside: Inside, heading: Heading, signing: Signing, *, now: datetime) -> Wrapped:
    """The message of what is inside.

    Args:
        inside: the letter and the recipient's keys.
        heading: what stands on the envelope.
        signing: by what the home signs.
        now: when keys must be in force.

    Raises:
        UsageError: an address is none, or the home's own key does not sign.
    """
    letter = inside.letter
    sealed = _sealed(inside, signing, now)
    if sealed is not None:
        name, entity = sealed
        return Wrapped(head_of(letter, heading, pointed(letter).subject) + entity, name)
    hidden = bool(inside.openpgp or inside.smime) or not signing.clear_details
    letter = pointed(letter) if hidden else letter
    return Wrapped(head_of(letter, heading) + _signed(letter, signing), "pointer" if hidden else "")


def _sealed(inside: Inside, signing: Signing, now: datetime) -> tuple[str, bytes] | None:
    """How it is encrypted, and to what; None where no key of the recipient can be used."""
    if not inside.openpgp and not inside.smime:
        return None
    part = part_of(inside.letter, subject=True)
    with suppress(UsageError):
        if inside.openpgp:
            return "openpgp", openpgp.encrypted(part, inside.openpgp, signing.openpgp, now=now)
    with suppress(UsageError):
        if inside.smime:
            whole = smime.signed(part, signing.smime) if signing.smime else part
            return "smime", smime.enveloped(whole, inside.smime, now=now)
    return None


def _signed(letter: Letter, signing: Signing) -> bytes:
    part = part_of(letter)
    if signing.prefers == "smime" and signing.smime:
        return smime.signed(part, signing.smime)
    return openpgp.signed(part, signing.openpgp) if signing.openpgp else part
