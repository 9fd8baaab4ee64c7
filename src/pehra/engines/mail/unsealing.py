"""Opens sealed mail in a process of its own: what was packed small may unfold without end.

Anybody can encrypt to a key that everybody knows. So it is opened where little memory and time are
given, and where those run out nothing came of it.
"""

from __future__ import annotations

import contextlib
import resource
import subprocess
import sys
from typing import TYPE_CHECKING

import msgspec

from pehra.engines.mail import openpgp
from pehra.engines.mail.cms import Signature  # noqa: TC001 msgspec reads the annotation

if TYPE_CHECKING:
    from collections.abc import Sequence

_MEMORY = 512 << 20
_SECONDS = 20
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
    command = [sys.executable, "-I", "-m", "pehra.engines.mail.unsealing"]
    try:
        done = subprocess.run(  # noqa: S603 our own program, and nothing of the message in its arguments
            command, input=asked, capture_output=True, timeout=_SECONDS, check=True
        )
        return msgspec.msgpack.decode(done.stdout, type=Unsealed)
    except (subprocess.SubprocessError, OSError, msgspec.MsgspecError):
        return None


def answer(data: bytes) -> bytes:
    """What the process says to what it was asked; empty: it could not be read."""
    asked = msgspec.msgpack.decode(data, type=_Asked)
    found = openpgp.opened(asked.sealed, asked.secret, asked.certificates)
    if found is None or len(found[0]) > LARGEST:
        return b""
    return msgspec.msgpack.encode(Unsealed(*found))


def _confine() -> None:
    # A core would hold the key.
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))


if __name__ == "__main__":
    _confine()
    sys.stdout.buffer.write(answer(sys.stdin.buffer.read()))
