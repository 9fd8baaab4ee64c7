"""A secret of 32 bytes in n shares, of which any m give it back and fewer say nothing of it.

Shamir's scheme ("How to share a secret", CACM 22(11), 1979) over GF(2^128) as PyCryptodome has it;
the two halves of the secret are shared apart, under the same numbers. A share is a line of text
that can be printed, read out and typed in again:

    pehra-share ID NUMBER/HOLDERS NEEDED DATA CHECK

ID names the escrow, DATA is base 32 in groups of four, CHECK the first eight hexadecimal digits of
the SHA-256 of what stands before it, so that a slip of the pen is seen.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import TYPE_CHECKING

import msgspec
from Cryptodome.Protocol.SecretSharing import Shamir

from pehra.kernel.errors import Refused, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

SIZE = 32
MOST_HOLDERS = 32
_HALF = 16
_WORD = "pehra-share"
_MEND = "Read it from the paper again, letter by letter."


class Share(msgspec.Struct, frozen=True):
    """What one holder keeps.

    Attributes:
        escrow: name of the escrow, the same in all of its shares.
        number: of this share, from 1.
        holders: how many shares there are.
        needed: how many give the secret back.
        data: 32 bytes.
    """

    escrow: str
    number: int
    holders: int
    needed: int
    data: bytes

    @property
    def text(self) -> str:
        """The line to be printed."""
        coded = base64.b32encode(self.data).decode().rstrip("=")
        groups = "-".join(coded[start : start + 4] for start in range(0, len(coded), 4))
        line = f"{_WORD} {self.escrow} {self.number}/{self.holders} {self.needed} {groups}"
        return f"{line} {_check(line)}"


def _check(line: str) -> str:
    return hashlib.sha256(line.encode()).hexdigest()[:8]


def parse(text: str) -> Share:
    """A share from its line, in small or capital letters and with any spaces between words.

    Raises:
        UsageError: it is no share, or a letter is wrong.
    """
    words = text.split()
    try:
        word, escrow, numbers, needed, groups, check = words
        line = f"{word.lower()} {escrow.lower()} {numbers} {needed} {groups.upper()}"
        number, holders = numbers.split("/")
        coded = groups.upper().replace("-", "")
        data = base64.b32decode(coded + "=" * (-len(coded) % 8))
        share = Share(escrow.lower(), int(number), int(holders), int(needed), data)
        holds = word.lower() == _WORD and len(data) == SIZE and check.lower() == _check(line)
    except (ValueError, binascii.Error):
        holds, share = False, Share("", 0, 0, 0, b"")
    if not holds or not 0 < share.number <= share.holders:
        message = f"`{' '.join(words)[:40]}...` is no share, or a letter of it is wrong."
        raise UsageError(message, mend=_MEND)
    return share


def split(secret: bytes, escrow: str, needed: int, holders: int) -> list[Share]:
    """Shares of a secret of 32 bytes.

    Raises:
        UsageError: not 2 <= needed <= holders <= 32.
    """
    if not 1 < needed <= holders <= MOST_HOLDERS:
        message = f"{needed} of {holders} is no way to share a secret."
        raise UsageError(message, mend=f"Name 2 to {MOST_HOLDERS} holders, and no fewer than 2.")
    halves = [
        dict(Shamir.split(needed, holders, secret[start : start + _HALF], False))
        for start in (0, _HALF)
    ]
    return [
        Share(escrow, number, holders, needed, halves[0][number] + halves[1][number])
        for number in range(1, holders + 1)
    ]


def combine(shares: Sequence[Share]) -> bytes:
    """The secret; whether the shares were of one secret is the caller's to check.

    Raises:
        Refused: fewer than needed.
        UsageError: they are of different escrows.
    """
    if len({(one.escrow, one.holders, one.needed) for one in shares}) > 1:
        message = "The shares are of different escrows."
        raise UsageError(message, mend="Bring shares that carry the same name.")
    found = {one.number: one for one in shares}
    needed = shares[0].needed if shares else 2
    if len(found) < needed:
        message = f"{needed} shares are needed, and {len(found)} are here."
        raise Refused(message, mend="Ask more holders.")
    some = [found[number] for number in sorted(found)[:needed]]
    return b"".join(
        Shamir.combine([(one.number, one.data[start : start + _HALF]) for one in some], False)
        for start in (0, _HALF)
    )
