"""The job that clocks wait for."""

from __future__ import annotations

from datetime import timedelta

from tests.cases.conftest import NOW, Nation, opened

from pehra.cases.jobs import fire


def test_what_is_over_is_noted_once(clocks: Nation) -> None:
    opened(clocks)
    later = NOW + timedelta(hours=4)
    told = [fire({}, now=at, progress=lambda *_: None) for at in (NOW, later, later)]
    assert told == [{"over": 0}, {"over": 1}, {"over": 0}]
