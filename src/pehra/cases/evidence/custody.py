"""The chain of custody of one item: who did what with it, when and what for, each line bound.

A line is canonical JSON (keys sorted, nothing padded, UTF-8); its digest is the SHA-256 of that
text, and stands as `previous` in the next one. The first names 64 zeros. So a line that is changed,
left out, put between or put elsewhere breaks all after it; and since each digest is in the ledger
too, so does the whole chain when it is written anew.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import msgspec

from pehra.kernel.errors import Damaged

if TYPE_CHECKING:
    from collections.abc import Iterable

FIRST = "0" * 64


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line.

    Attributes:
        item: number of the item.
        seq: from 0.
        at: RFC 3339, UTC.
        act: `rules.Act`.
        by: account of the person.
        office: in whose name.
        purpose: what for.
        facts: numbers, digests and short words of the act.
        previous: digest of the line before.
    """

    item: int
    seq: int
    at: str
    act: str
    by: str
    office: str
    purpose: str
    facts: dict[str, Any]
    previous: str

    @property
    def text(self) -> str:
        """As it is hashed and handed over."""
        return canonical(msgspec.to_builtins(self))

    @property
    def digest(self) -> str:
        """SHA-256, hexadecimal."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def canonical(value: object) -> str:
    """JSON in its one spelling."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def check(item: int, lines: Iterable[Line]) -> str:
    """Digest of the last line of a chain that holds; `FIRST` where it has none.

    Raises:
        Damaged: a line is of another item, out of order, earlier than the one before, or does not
            continue it.
    """
    previous, at, seq = FIRST, "", -1
    for seq, line in enumerate(lines):
        wrong = (
            "of another item" if line.item != item
            else "out of order" if line.seq != seq
            else "earlier than the one before" if _moment(line.at) < _moment(at)
            else "not what follows the one before" if line.previous != previous
            else ""
        )  # fmt: skip
        if wrong:
            message = f"Line {line.seq} of the custody of item {item} is {wrong}."
            raise Damaged(message, mend="Compare with the ledger, and with a backup.")
        previous, at = line.digest, line.at
    return previous


def _moment(text: str) -> str:
    """A moment in UTC as a text that sorts; a fraction is left out where it is nought."""
    whole, dot, fraction = text.removesuffix("Z").partition(".")
    return f"{whole}.{fraction if dot else ''}".ljust(26, "0")


def lines(text: str) -> list[Line]:
    """Read `custody.jsonl`.

    Raises:
        Damaged: a line is none.
    """
    try:
        return [msgspec.json.decode(line, type=Line) for line in text.split("\n") if line]
    except msgspec.MsgspecError as error:
        message = f"This is no custody: {error}."
        raise Damaged(message, mend="Take the file out of the package anew.") from None
