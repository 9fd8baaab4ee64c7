"""Shifts as files."""

from __future__ import annotations

from datetime import timedelta, timezone

import pytest
from tests.mandate.roster.test_rules import NOON, shift

from pehra.mandate.roster import files, ical, sheet
from pehra.mandate.roster.queries import ShiftView

NAME = "amna@cert.example"


@pytest.mark.parametrize("form", [*files.FORMS])
def test_shifts_are_written_in_utc_as_they_are_planned(form: str) -> None:
    there = NOON.astimezone(timezone(timedelta(hours=5)))
    view = ShiftView(*(1, "national", "duty", NAME, "Amna", ""), there, there + timedelta(hours=8))
    told = {"csv": sheet.write([shift(0, 8)]), "ics": ical.write([shift(0, 8)], now=NOON)}
    assert files.write([view], form, now=NOON) == told[form]
