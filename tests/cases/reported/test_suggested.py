"""A guess is a guess: nothing is guessed of incidents and weaknesses."""

from __future__ import annotations

from pehra.cases.reported.rules import Door, Kind, Wish
from pehra.cases.reported.suggested import Suggested, suggested


def test_nothing_is_guessed_of_an_incident() -> None:
    for kind in (Kind.INCIDENT, Kind.VULNERABILITY):
        assert suggested(Wish(kind=kind, door=Door.FORM, text="evil.example/")) == Suggested()
