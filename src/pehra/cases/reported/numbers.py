"""Numbers of reports, such as `K7P-2M4Q-R9T`: said over the telephone, written on a hand.

Nine random characters and one that checks them. The alphabet is Crockford's: no I, L, O or U, which
are read as the 1, 0 and V that they look like. Whoever has a number sees the report's fate, and
nothing else of it. With ten million reports kept, one guess in three million hits one.
"""

from __future__ import annotations

import re
from functools import reduce

from pehra.kernel.errors import UsageError

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RANDOM_BYTES = 6
_RANDOM = 9
_BITS = 5
_GROUPS = (3, 4, 3)
_FIELD = 0b100101
"""x^5 + x^2 + 1, of which x is a primitive element: the powers of x below are all different."""
_VALUES = {character: value for value, character in enumerate(ALPHABET)} | {
    "O": 0, "I": 1, "L": 1, "U": ALPHABET.index("V"),
}  # fmt: skip
_BETWEEN = re.compile(r"[\s\-\u2010-\u2015\u200e\u200f_.]+")


def number_of(random: bytes) -> str:
    """The number that `RANDOM_BYTES` random bytes make."""
    drawn = int.from_bytes(random[:RANDOM_BYTES], "big")
    values = [drawn >> (_BITS * place) & 0b11111 for place in range(_RANDOM)]
    return _grouped([*values, _check(values)])


def number_in(text: str) -> str:
    """A number as somebody typed it, in the form in which it is kept.

    Raises:
        UsageError: it is none, or a character of it is wrong.
    """
    bare = _BETWEEN.sub("", text).upper()
    values = [_VALUES[one] for one in bare if one in _VALUES]
    if len(bare) != _RANDOM + 1 or len(values) != len(bare) or _check(values[:-1]) != values[-1]:
        message = "That is no number of a report."
        raise UsageError(message, mend="It has ten characters, such as K7P-2M4Q-R9T.")
    return _grouped(values)


def _grouped(values: list[int]) -> str:
    text, groups = "".join(ALPHABET[value] for value in values), []
    for size in _GROUPS:
        groups.append(text[:size])
        text = text[size:]
    return "-".join(groups)


def _check(values: list[int]) -> int:
    """A sum over GF(32), each place with a weight of its own.

    So one wrong character, and two that changed places, are always seen.
    """
    return reduce(lambda total, value: _times_x(total) ^ _times_x(value), values, 0)


def _times_x(value: int) -> int:
    doubled = value << 1
    return doubled ^ _FIELD if doubled >> _BITS else doubled
