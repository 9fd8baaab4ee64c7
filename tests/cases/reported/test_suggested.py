"""A guess is a guess: with reasons, of what may harm; nothing is guessed of incidents."""

from __future__ import annotations

import pytest

from pehra.cases.reported.rules import Door, Kind, Wish
from pehra.cases.reported.suggested import Suggested, suggested


def test_nothing_is_guessed_of_an_incident() -> None:
    for kind in (Kind.INCIDENT, Kind.VULNERABILITY, Kind.NUMBER):
        assert suggested(Wish(kind=kind, door=Door.FORM, text="evil.example/")) == Suggested()
    assert suggested(Wish(kind=Kind.MAIL, door=Door.FORM)) == Suggested()


@pytest.mark.parametrize(
    ("url", "text"), [("https://a.example/x", ""), ("", "Pay now"), ("", "https://a.example/x")]
)
def test_a_guess_has_reasons(url: str, text: str) -> None:
    found = suggested(Wish(kind=Kind.LINK, door=Door.FORM, url=url, text=text))
    assert found.word in {"phishing", "malware", "scam", "lawful", "unclear"}
    assert 0 <= found.score <= 1
    assert "" not in found.reasons
