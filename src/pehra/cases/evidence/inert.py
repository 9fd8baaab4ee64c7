"""What leaves the evidence room through a browser: a ZIP under a password, that nothing runs.

AES-256 as WinZip has it (AE-2). A single item is under the password that the trade uses for
malware, `infected`, which hides nothing and keeps it from being opened by a click or eaten by a
scanner; a package is under a passphrase of its own. Written as it is read: no size is too large.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NoReturn

import pyzipper

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PASSWORD = b"infected"
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST = 80


def plain_name(name: str) -> str:
    """A name without signs that a system might act on, and with an ending that none opens."""
    found = _UNSAFE.sub("_", name).strip("._")[:_LONGEST]
    return f"{found or 'item'}.bin"


class _Pipe:
    """What the ZIP is written to, and taken away from as soon as it is there; it cannot seek."""

    def __init__(self) -> None:
        self._held: list[bytes] = []

    def write(self, data: bytes) -> int:
        """Take some bytes."""
        self._held.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """There is nothing to wait for."""

    def tell(self) -> NoReturn:
        """Say that this is a pipe."""
        raise OSError

    def drained(self) -> bytes:
        """All that was written since."""
        found = b"".join(self._held)
        self._held.clear()
        return found


def sealed_zip(
    files: Iterable[tuple[str, Iterable[bytes]]], password: bytes = PASSWORD
) -> Iterator[bytes]:
    """A ZIP of some files under a password, piece by piece.

    Args:
        files: name, and content piece by piece; one is read to its end before the next.
        password: at least one byte.
    """
    pipe = _Pipe()
    with pyzipper.AESZipFile(
        pipe, "w", compression=pyzipper.ZIP_STORED, encryption=pyzipper.WZ_AES
    ) as made:
        made.setpassword(password)
        for name, content in files:
            info = made.zipinfo_cls(name)  # its time is 1980: nothing of ours stands in it
            with made.open(info, "w", force_zip64=True) as entry:
                for piece in content:
                    entry.write(piece)
                    yield pipe.drained()
            yield pipe.drained()
    yield pipe.drained()
