"""What lies inside an envelope: the letter and the recipient's keys, sealed in the home."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec
import zstandard

from pehra.dispatch.letters import Letter  # noqa: TC001 msgspec reads the annotation when it runs
from pehra.engines.sealed.stream import open_value, seal_value

if TYPE_CHECKING:
    from pehra.engines.sealed.ring import Key, Ring

_LEVEL = 3


class Inside(msgspec.Struct, frozen=True):
    """A letter with its label on it, and the keys of whom it is for."""

    letter: Letter
    openpgp: bytes = b""
    smime: bytes = b""


def packed(inside: Inside) -> tuple[str, bytes]:
    """SHA-256 of what is inside, in hexadecimal, and the same made small."""
    plain = msgspec.msgpack.encode(inside)
    return hashlib.sha256(plain).hexdigest(), zstandard.compress(plain, _LEVEL)


def seal(packed_inside: bytes, key: Key, envelope_key: str) -> bytes:
    """Seal what `packed` made; it opens as this envelope's and no other's."""
    return seal_value(packed_inside, key, _place(envelope_key))


def opened(sealed: bytes, ring: Ring, envelope_key: str) -> Inside:
    """What lies inside.

    Raises:
        Damaged: it was altered, or is another envelope's.
        EnvironmentFault: its data key is not in the ring.
    """
    plain = zstandard.decompress(open_value(sealed, ring, _place(envelope_key)))
    return msgspec.msgpack.decode(plain, type=Inside)


def resealed(sealed: bytes, ring: Ring, envelope_key: str) -> bytes:
    """The same under the data key in use."""
    place = _place(envelope_key)
    return seal_value(open_value(sealed, ring, place), ring.current, place)


def _place(envelope_key: str) -> bytes:
    return f"envelope:{envelope_key}".encode()
