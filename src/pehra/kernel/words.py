"""Words as they are searched for: one spelling of what keyboards and scripts write in several ways.

Urdu and Arabic keyboards give different letters for the same sound, three sets of digits are in
use, and a joiner that nobody sees may stand inside a word. What is searched and what is asked are
folded the same way, here and, by the tables below, in SQL.
"""

from __future__ import annotations

SAME: dict[str, str] = {
    "\u064a": "\u06cc",  # yeh: Arabic to Farsi
    "\u0649": "\u06cc",  # alef maksura
    "\u0626": "\u06cc",  # yeh with hamza
    "\u06d2": "\u06cc",  # yeh barree
    "\u0643": "\u06a9",  # kaf to keheh
    "\u0647": "\u06c1",  # heh to heh goal
    "\u06be": "\u06c1",  # heh doachashmee
    "\u0629": "\u06c1",  # teh marbuta
    "\u06c3": "\u06c1",
    "\u06c0": "\u06c1",
    "\u06c2": "\u06c1",
    "\u0622": "\u0627",  # alef with madda, with hamza
    "\u0623": "\u0627",
    "\u0625": "\u0627",
    "\u0671": "\u0627",
    "\u0624": "\u0648",  # waw with hamza
    **{chr(0x0660 + digit): str(digit) for digit in range(10)},
    **{chr(0x06F0 + digit): str(digit) for digit in range(10)},
    **dict.fromkeys("%_\"'`()[]{}<>,;:!?*+=|/\\.&-\u00a0\u060c\u061b\u061f\u06d4", " "),
}
"""A character and what stands for it; marks become spaces."""

GONE = (
    "\u200b\u200c\u200d\u200e\u200f\ufeff\u0640\u0670"
    "\u064b\u064c\u064d\u064e\u064f\u0650\u0651\u0652\u0653\u0654\u0655"
)
"""Characters that count for nothing: joiners, direction marks, kashida, vowel signs."""

_TABLE = str.maketrans(SAME | dict.fromkeys(GONE, ""))
_DIGITS = str.maketrans(
    {char: to for char, to in SAME.items() if to.isdigit()} | dict.fromkeys(GONE, "")
)


def folded(text: str) -> str:
    """`text` in the one spelling: lower case, folded letters and digits, marks as spaces."""
    return text.lower().translate(_TABLE)


def words(text: str, *, most: int = 8) -> list[str]:
    """The words that are asked for, folded; no more than `most`."""
    return folded(text).replace("\x00", " ").split()[:most]


def latin_digits(text: str) -> str:
    """`text` with Latin digits and without what nobody sees, else as it is."""
    return text.translate(_DIGITS)
