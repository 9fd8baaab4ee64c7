"""Every grade and state has a shape, a word and a tone."""

from __future__ import annotations

import pytest

from pehra.findings.rules import State
from pehra.kernel.labels import Severity
from pehra.web import marks, phrases


def test_every_severity_has_its_own_shape_and_word() -> None:
    shown = [marks.severity(level) for level in Severity]
    assert len({mark.shape for mark in shown}) == len(Severity)
    assert len({mark.word for mark in shown}) == len(Severity)


@pytest.mark.parametrize("state", State)
def test_every_state_has_a_badge(state: State) -> None:
    assert marks.state(state).tone in {"work", "wait", "done", "bad", "off"}


def test_an_unknown_code_shows_itself() -> None:
    assert marks.badge(phrases.JOB_STATE, "asleep") == marks.Badge("off", "asleep")
