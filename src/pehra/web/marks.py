"""Small things that carry meaning by shape, word and colour: severities, states, doubts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from pehra.findings.rules import State
from pehra.kernel.labels import Severity
from pehra.web import phrases

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django_stubs_ext import StrPromise

SHAPE = {
    Severity.CRITICAL: "M8 .8 15.2 8 8 15.2 .8 8Z",
    Severity.HIGH: "M2 2h12v12H2Z",
    Severity.MEDIUM: "M1 11.5a7 7 0 0 1 14 0Z",
    Severity.LOW: "M8 2a6 6 0 1 1 0 12A6 6 0 1 1 8 2Z",
    Severity.INFO: "M8 5a3 3 0 1 1 0 6A3 3 0 1 1 8 5Z",
}
"""Paths in a box of 16 by 16: diamond, square, half-round, circle, dot."""


class SeverityMark(msgspec.Struct, frozen=True):
    """A severity on a page."""

    code: str
    word: str
    shape: str


class Badge(msgspec.Struct, frozen=True):
    """A state on a page: its tone chooses the look, the word says it."""

    tone: str
    word: str


def severity(value: int) -> SeverityMark:
    """The mark of a severity, 0 to 4."""
    grade = Severity(value)
    return SeverityMark(grade.word, str(phrases.SEVERITY[grade]), SHAPE[grade])


def state(value: int) -> Badge:
    """The badge of a finding's state."""
    known = State(value)
    return Badge(phrases.STATE_TONE[known], str(phrases.STATE[known]))


def badge(words: Mapping[str, tuple[str, StrPromise]], code: str) -> Badge:
    """The badge of a code in one of the tables of `phrases`; an unknown code shows itself."""
    tone, word = words.get(code, ("off", code))
    return Badge(tone, str(word))
