"""The daily job that takes leftovers away."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pehra.cases.evidence.jobs import take_leftovers_away
from pehra.engines.vault import files
from pehra.kernel.settings import home_path
from pehra.kernel.time import clock

pytestmark = pytest.mark.django_db


def test_a_leftover_goes_after_a_day() -> None:
    files.begin(home_path(), "ef" * 16)
    days = (clock(), clock() + timedelta(days=2))
    gone = [take_leftovers_away({}, now=now, progress=print) for now in days]
    assert gone == [{"gone": 0}, {"gone": 1}]
