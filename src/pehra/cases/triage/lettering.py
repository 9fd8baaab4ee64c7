"""How usual a name's letters are: a letter n-gram table, and letters that look like others.

The look-alikes are facts of the scripts (Unicode UTS 39 calls the idea a skeleton); the table
here is our own, and holds those that were seen to imitate Latin names.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

ORDER = 4
SYMBOLS = 40
"""26 letters, 10 digits, hyphen, dot, edge, anything else."""
_EDGE = 38
_CODES = np.full(256, 39, np.int64)
for _place, _letter in enumerate("abcdefghijklmnopqrstuvwxyz0123456789-."):
    _CODES[ord(_letter)] = _place
_CODES[ord("^")] = _CODES[ord("$")] = _EDGE
_PRIORS = (0.0, 1.0, 4.0, 8.0)
"""How many letters' worth the shorter context counts, by order."""
_STEP = 10.0
"""A byte of the table is a tenth of a nat."""

_ALIKE = str.maketrans(
    {
        **dict(zip("авекмнорстухіјѕԁԛԝһӏьɡꞓ", "abekmhopctyxijsdqwhlbgc", strict=True)),
        **dict(zip("αβγεικνορτυχωηµ", "abyeikvoptuxwnu", strict=True)),
        **dict(zip("օսոցհքզյ", "ounghpqj", strict=True)),
        "\u0131": "i",
        "ł": "l",
        "ø": "o",
        "đ": "d",
        "ħ": "h",
        "ŧ": "t",
        "ð": "d",
        "ß": "b",
        "i": "l",
        "0": "o",
        "1": "l",
        "3": "e",
        "4": "a",
        "5": "s",
        "7": "t",
        "8": "b",
        "9": "g",
        "!": "l",
        "|": "l",
        "$": "s",
    }
)
_PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"), ("ii", "u"))


def skeleton(text: str) -> str:
    """The text as a hasty eye reads it: marks dropped, look-alike letters replaced."""
    if text.isascii():
        return text.lower().translate(_ALIKE)
    plain = unicodedata.normalize("NFKD", text.lower())
    bare = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return bare.translate(_ALIKE)


def skeletons(text: str) -> set[str]:
    """Every reading of the text: with and without pairs of letters read as one."""
    found = {skeleton(text)}
    for pair, letter in _PAIRS:
        found |= {one.replace(pair, letter) for one in found if pair in one}
    return found


def joined(texts: Sequence[str]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """All texts as one row of bytes, each ended by 0, and which text each byte is of."""
    data = np.frombuffer(("\0".join(texts) + "\0").encode("utf-8", "replace"), np.uint8)
    ends = np.cumsum(data == 0)
    return data, np.concatenate(([0], ends[:-1])).astype(np.int64)


def _windows(texts: Sequence[str], order: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Each run of `order` letters as one number, and the text that it is of."""
    data, row = joined([f"^{'^' * (ORDER - 2)}{text}$" for text in texts])
    code, size = _CODES[data], len(data) - order + 1
    number = np.zeros(max(size, 0), np.int64)
    for place in range(order):
        number = number * SYMBOLS + code[place : place + size]
    # windows of each order end at the same letters: the padding is not predicted
    first = ORDER - order
    inside = (row[: size - first] == row[ORDER - 1 :]) & (data[ORDER - 1 :] != 0)
    return number[first:][inside], row[: size - first][inside]


def learn(texts: Sequence[str]) -> NDArray[np.uint8]:
    """The table of how surprising each letter is after the three before it."""
    chance: NDArray[np.float64] = np.full(SYMBOLS, 1 / SYMBOLS)
    for order in range(1, ORDER + 1):
        number, _ = _windows(texts, order)
        count = np.bincount(number, minlength=SYMBOLS**order).reshape(-1, SYMBOLS)
        lower = np.tile(chance.reshape(-1, SYMBOLS), (SYMBOLS if order > 1 else 1, 1))
        prior = _PRIORS[order - 1] or 1.0
        chance = ((count + prior * lower) / (count.sum(1, keepdims=True) + prior)).ravel()
    return np.clip(np.rint(-np.log(chance) * _STEP), 0, 255).astype(np.uint8)


def surprise(
    texts: Sequence[str], table: NDArray[np.uint8]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """For each text the mean, the sum and the greatest surprise of its letters, in nats."""
    number, row = _windows(texts, ORDER)
    nats = table[number] / _STEP
    total = np.bincount(row, nats, len(texts)).astype(np.float64)
    letters = np.bincount(row, minlength=len(texts))
    greatest = np.zeros(len(texts))
    np.maximum.at(greatest, row, nats)
    return total / np.maximum(letters, 1), total, greatest


_CONSONANT = np.zeros(256, bool)
_CONSONANT[[ord(letter) for letter in "bcdfghjklmnpqrstvwxz"]] = True


def consonants(texts: Sequence[str]) -> NDArray[np.float64]:
    """The longest run of consonants of each text."""
    data, row = joined(texts)
    inside = _CONSONANT[data]
    place = np.arange(len(data))
    run = place - np.maximum.accumulate(np.where(inside, -1, place))
    longest = np.zeros(len(texts))
    np.maximum.at(longest, row, np.where(inside, run, 0))
    return longest
