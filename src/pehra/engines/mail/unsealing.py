"""Opens sealed mail in a process of its own: what was packed small may unfold without end.

Anybody can encrypt to a key that everybody knows. So it is opened where little memory and time are
given, and where those run out nothing came of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from pehra.engines.confined import Limits, asked_apart, serve
from pehra.engines.mail import openpgp
from pehra.engines.mail.cms import Signature  # noqa: TC001 msgspec reads the annotation

if TYPE_CHECKING:
    from collections.abc import Sequence

_LIMITS = Limits(memory=512 << 20, seconds=20)
LARGEST = 10 << 20
"""Bytes of what may be inside."""


class _Asked(msgspec.Struct, frozen=True):
    sealed: bytes
    secret: bytes
    certificates: list[bytes]


class Unsealed(msgspec.Struct, frozen=True):
    """What was inside, and the signature in it that holds."""

    content: bytes
    signature: Signature | None = None


def unsealed(sealed: bytes, secret: bytes, certificates: Sequence[bytes]) -> Unsealed | None:
    """What was encrypted to our key by OpenPGP; null: we cannot read it, or it is too large.

    Args:
        sealed: the message, armoured or not.
        secret: our key.
        certificates: of those whose signature would be believed.
    """
    if not secret:
        return None
    asked = msgspec.msgpack.encode(_Asked(sealed, secret, list(certificates)))
    try:
        found = asked_apart("pehra.engines.mail.unsealing", asked, _LIMITS)
        return msgspec.msgpack.decode(found, type=Unsealed) if found else None
    except msgspec.MsgspecError:
        return None


def answer(data: bytes) -> bytes:
    """What the process says to what it was asked; empty: it could not be read."""
    asked = msgspec.msgpack.decode(data, type=_Asked)
    found = openpgp.opened(asked.sealed, asked.secret, asked.certificates)
    if found is None or len(found[0]) > LARGEST:
        return b""
    return msgspec.msgpack.encode(Unsealed(*found))


if __name__ == "__main__":
    serve(answer, _LIMITS)
