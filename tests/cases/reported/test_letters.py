"""Letters to reporters hold the number, the verdict and the officer's words, and nothing else."""

from __future__ import annotations

import pytest

from pehra.cases.reported.letters import answered, received

NUMBER = "6BS-8PH9-C1J"
LINK = f"https://c.example/track/{NUMBER}/"


@pytest.mark.parametrize("language", ["en", "ur"])
def test_the_number_at_once(language: str) -> None:
    letter = received(NUMBER, "https://c.example", language)
    assert (NUMBER in letter.subject, LINK in letter.text, "{" in letter.text) == (
        True,
        True,
        False,
    )


@pytest.mark.parametrize("language", ["en", "ur"])
@pytest.mark.parametrize("verdict", ["case", "lawful", "spam", "duplicate"])
def test_what_became_of_it(language: str, verdict: str) -> None:
    letter = answered(NUMBER, "https://c.example", language, (verdict, "Look: {number} {x}"))
    assert LINK in letter.text
    assert "Look: {number} {x}" in letter.text
    without = answered(NUMBER, "https://c.example", language, (verdict, ""))
    assert "\n\n\n" not in without.text
