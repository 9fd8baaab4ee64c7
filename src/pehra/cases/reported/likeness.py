"""How alike two texts are, without comparing each with each: MinHash in bands (Broder 1997).

A text is the set of its pieces of five characters, after what differs between the copies of one
campaign is taken out: case, digits, addresses of pages, the several forms of one Arabic letter. The
share of equal values in two signatures estimates the share of equal pieces (Jaccard). A band is
four values of ten; two texts that are alike by 0.8 share a band in 99 of 100 cases, by 0.3 in 8.
So what is alike is found by ten look-ups, whatever the number of texts.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

PIECE = 5
BANDS, IN_BAND = 10, 4
ALIKE = 0.7
"""Of equal values: from here on two texts are near-identical."""
LONGEST = 8_000
"""Characters that are looked at."""
FEWEST = 24
"""Pieces; a shorter text is like too many others, and only its very words count."""

_VALUES = BANDS * IN_BAND
_PAGE = re.compile(r"(?:h(?:tt|xx)ps?://|www\.)\S+", re.IGNORECASE)
_DIGITS = re.compile(r"\d+(?: \d+)*")
_OTHER = re.compile(r"[\W_]+")
_ONE_FORM = {
    "\u064a": "\u06cc", "\u0649": "\u06cc",  # yeh
    "\u0643": "\u06a9",  # kaf
    "\u0647": "\u06c1", "\u06c3": "\u06c1", "\u0629": "\u06c1",  # heh
    "\u0623": "\u0627", "\u0625": "\u0627", "\u0622": "\u0627",  # alef
    "\u0640": "",  # tatweel
}  # fmt: skip
_FOLDED = str.maketrans(_ONE_FORM)


def normal(text: str) -> str:
    """A text without what differs between copies of one message."""
    folded = unicodedata.normalize("NFKC", text[:LONGEST])[:LONGEST].casefold()
    bare = "".join(one for one in folded if unicodedata.category(one) not in ("Mn", "Cf"))
    words = _OTHER.sub(" ", _PAGE.sub(" ", bare.translate(_FOLDED)))
    return _DIGITS.sub("0", words).strip()


def signature(text: str) -> bytes:
    """What stands for a text when it is compared; empty: it is too short.

    Args:
        text: as `normal` gives it.
    """
    pieces = _pieces(text)
    if pieces.size < FEWEST:
        return b""
    multiply, add = _chosen()
    mixed = pieces[np.newaxis, :] * multiply[:, np.newaxis] + add[:, np.newaxis]
    least: bytes = (mixed >> np.uint64(32)).min(axis=1).astype("<u4").tobytes()
    return least


def bands(made: bytes) -> list[bytes]:
    """Parts of a signature; texts that share one may be alike."""
    size = IN_BAND * 4
    return [made[start : start + size] for start in range(0, len(made), size)]


def likeness(one: bytes, other: bytes) -> float:
    """The share of values that are equal; 0 where one of them is too short."""
    if not one or len(one) != len(other):
        return 0.0
    same = np.frombuffer(one, "<u4") == np.frombuffer(other, "<u4")
    return float(same.mean())


def _pieces(text: str) -> NDArray[np.uint64]:
    """Numbers of all pieces of a text, each once."""
    letters = np.frombuffer(text.encode("utf-32-le", "replace"), "<u4").astype(np.uint64)
    if letters.size < PIECE:
        return np.empty(0, np.uint64)
    total = np.zeros(letters.size - PIECE + 1, np.uint64)
    for place in range(PIECE):
        total = total * np.uint64(0x9E3779B97F4A7C15) + letters[place : place + total.size]
    # Without this the low bits of a piece would be those of its last letter.
    total ^= total >> np.uint64(29)
    return np.unique(total * np.uint64(0xBF58476D1CE4E5B9))


@cache
def _chosen() -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Forty functions, the same for good: signatures are kept."""
    drawn = b"".join(
        hashlib.blake2b(b"pehra likeness %d" % number, digest_size=16).digest()
        for number in range(_VALUES)
    )
    both = np.frombuffer(drawn, "<u8").reshape(_VALUES, 2)
    return both[:, 0] | np.uint64(1), both[:, 1].copy()
