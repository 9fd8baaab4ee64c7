"""Scenarios: what is put in when, as data. Pure.

What an inject does is an act of the house, told in the case of the exercise; see `actions.play`.
"""

from __future__ import annotations

import hashlib
import tomllib
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

from pehra.kernel.errors import UsageError

SLUGS = ("power-utility", "bank-wiper", "oil-servers")
MARK = "EXERCISE / مشق: "
"""Before the title of the case, so that every list, letter and file says so."""
WORDS = "This is a drill. Nothing in it is real. / یہ مشق ہے، اس میں کچھ بھی حقیقی نہیں"


class Does(StrEnum):
    """What an inject does."""

    NOTE = "note"
    """Somebody tells something: a line of the timeline."""
    CLAIM = "claim"
    """Somebody of the affected says what happened; it stays unverified."""
    GRADE = "grade"
    STEP = "step"
    PLAYBOOK = "playbook"
    MARK = "mark"
    """A step of the playbook is done or skipped."""
    LETTERS = "letters"
    """Letters of an exercise to those who take part; another person lets them go."""
    PING = "ping"
    """Everybody in the lead team's call tree is asked."""
    SITUATION = "situation"
    LESSON = "lesson"
    """Something learned, with an owner and a day."""


class Inject(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is put in.

    Attributes:
        after: minutes since the beginning.
        by: who would say or do it.
        facts: what the act needs.
    """

    after: int
    does: Does
    by: str
    text: str
    text_ur: str
    facts: dict[str, Any] = {}


class Scenario(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A scenario; `kind` is its case's, `sector` of whom takes part where nobody is named."""

    slug: str
    name: str
    name_ur: str
    about: str
    about_ur: str
    drawn_from: str
    kind: str
    sector: str
    injects: tuple[Inject, ...]

    @property
    def minutes(self) -> int:
        """How long it takes."""
        return self.injects[-1].after


def _text(slug: str) -> bytes:
    return (files("pehra.cases.exercises") / "data" / f"{slug}.toml").read_bytes()


@cache
def scenarios() -> dict[str, Scenario]:
    """All by slug."""
    return {slug: msgspec.convert(tomllib.loads(_text(slug).decode()), Scenario) for slug in SLUGS}


def scenario(slug: str) -> Scenario:
    """One scenario.

    Raises:
        UsageError: there is none of this name.
    """
    found = scenarios().get(slug)
    if found is None:
        message = f"`{slug[:60]}` is no scenario of an exercise."
        raise UsageError(message, mend=f"Possible: {', '.join(SLUGS)}.")
    return found


def version(slug: str) -> str:
    """Which words were played: the SHA-256 of the scenario's text."""
    return hashlib.sha256(_text(slug)).hexdigest()


def title(told: Scenario) -> str:
    """What the case of an exercise is called."""
    return f"{MARK}{told.name}"
