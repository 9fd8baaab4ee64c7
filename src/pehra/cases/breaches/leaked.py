"""Whether a password is in a published leak, asked by the first five digits of its digest only.

The one who asks sends a prefix and compares the rest itself (k-anonymity, as the ranges of Pwned
Passwords do it): neither password nor digest comes here. An operator lays the data beside the home:
`leaked/sha1/21BD1.txt` with lines `SUFFIX:COUNT`, or one sorted file `leaked/sha1.txt` with lines
`DIGEST:COUNT`; `ntlm` likewise. They name nobody.
"""

from __future__ import annotations

import hashlib
import re
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from pehra.kernel.errors import EnvironmentFault, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

PREFIX = 5
_MOST = 200_000
"""Lines of one range; those that are published have some thousand."""
_LONGEST_LINE = 256


class Kind(StrEnum):
    """Which digest."""

    SHA1 = "sha1"
    NTLM = "ntlm"

    @property
    def digits(self) -> int:
        """Hexadecimal digits of one."""
        return 40 if self == Kind.SHA1 else 32


class Line(msgspec.Struct, frozen=True):
    """The rest of a digest, and how often it was seen."""

    suffix: str
    count: int


def check_prefix(prefix: str) -> str:
    """A prefix in capitals.

    Raises:
        UsageError: it is not five hexadecimal digits: what is longer was not to be sent.
    """
    if not re.fullmatch(f"[0-9A-Fa-f]{{{PREFIX}}}", prefix):
        message = f"A range is asked by {PREFIX} hexadecimal digits, and by no more."
        raise UsageError(message, mend="Send the first five digits of the digest; keep the rest.")
    return prefix.upper()


def ranged(folder: Path, kind: Kind, prefix: str) -> list[Line]:
    """All that is known under a prefix.

    Args:
        folder: `leaked` of a home.
        kind: of digest.
        prefix: five digits.

    Raises:
        UsageError: the prefix is none.
        EnvironmentFault: nobody laid such data there.
    """
    wanted = check_prefix(prefix)
    one, whole = folder / kind / f"{wanted}.txt", folder / f"{kind}.txt"
    if one.is_file():
        with one.open("rb") as file:
            return [line for line in map(_suffix, _lines(file)) if line]
    if (folder / kind).is_dir():
        return []
    if whole.is_file():
        return list(_searched(whole, wanted, kind))
    message = f"There is no data of leaked passwords by {kind.upper()} here."
    raise EnvironmentFault(message, mend=f"Lay it into `{folder.name}/`; see `docs/breaches.md`.")


def _lines(file: BinaryIO) -> Iterator[bytes]:
    for _ in range(_MOST):
        line = file.readline(_LONGEST_LINE)
        if not line:
            return
        yield line


def _parsed(line: bytes, digits: int) -> tuple[str, int] | None:
    text = line.decode("ascii", "replace").strip()
    word, _, count = text.partition(":")
    if not re.fullmatch(f"[0-9A-Fa-f]{{{digits}}}", word):
        return None
    return word.upper(), int(count) if count.isascii() and count.isdigit() else 1


def _suffix(line: bytes) -> Line | None:
    for kind in Kind:
        found = _parsed(line, kind.digits - PREFIX)
        if found:
            return Line(*found)
    return None


def _searched(file: Path, prefix: str, kind: Kind) -> Iterator[Line]:
    """Lines under a prefix of a sorted file, found by halving it."""
    key = prefix.encode()
    with file.open("rb") as opened:
        low, high = 0, file.stat().st_size
        while low < high:
            middle = (low + high) // 2
            opened.seek(middle)
            if middle:
                opened.readline()  # the rest of a line that began before
            line = opened.readline(_LONGEST_LINE)
            if line and line[:PREFIX].upper() < key:
                low = middle + 1
            else:
                high = middle
        opened.seek(low)
        if low:
            opened.readline()
        for line in _lines(opened):
            found = _parsed(line, kind.digits)
            if found is None or found[0][:PREFIX] > prefix:
                return
            if found[0][:PREFIX] == prefix:
                yield Line(found[0][PREFIX:], found[1])


def digest_of(password: str, kind: Kind) -> str:
    """The digest of a password, for the one who asks; in capitals."""
    if kind == Kind.SHA1:
        return hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper()
    from Cryptodome.Hash import MD4  # noqa: PLC0415 only who asks by NTLM needs it

    made = MD4.new(password.encode("utf-16-le"))  # noqa: S303 it is what NTLM is
    return made.hexdigest().upper()


def count_in(lines: list[Line], digest: str) -> int:
    """How often a digest was seen, from the range of its prefix; 0: never."""
    return next((one.count for one in lines if one.suffix == digest[PREFIX:].upper()), 0)
