"""Silence is an alarm where something was to come; who never delivered is not silent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pehra.intake import actions, queries
from pehra.intake.fetching import actions as fetching
from pehra.intake.fetching.actions import Changes, Delivered
from pehra.intake.models import Batch
from pehra.kernel.actors import SYSTEM
from pehra.mandate.viewers import SYSTEM_VIEWER

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
DAY = timedelta(days=1)

pytestmark = pytest.mark.django_db


def silent(days: float) -> list[tuple[str, str]]:
    told = actions.listen(actor=SYSTEM, now=NOW + days * DAY)
    found = queries.open_alarms(viewer=SYSTEM_VIEWER)
    assert len(found) == told
    return found


def test_from_the_last_that_came() -> None:
    assert silent(0) == []
    fetching.note_delivery("ipsum", Delivered("b", 7, new=True), now=NOW)
    assert (silent(3), silent(3.1), silent(9)) == ([], [("ipsum", "silent")], [("ipsum", "silent")])
    fetching.note_delivery("ipsum", Delivered("c", 7, new=True), now=NOW + 9 * DAY)
    assert silent(10) == []


def test_who_never_delivered_is_not_silent() -> None:
    fetching.set_source("ipsum", Changes(enabled=True), actor=SYSTEM, now=NOW)
    assert silent(99) == []


def test_who_is_switched_off_is_not_silent() -> None:
    fetching.note_delivery("ipsum", Delivered("b", 7, new=True), now=NOW)
    assert silent(9) == [("ipsum", "silent")]
    fetching.set_source("ipsum", Changes(enabled=False), actor=SYSTEM, now=NOW)
    assert silent(9) == []


def test_whose_habit_it_is_to_pause_is_not_silent_so_soon() -> None:
    for number in range(5):
        Batch.objects.create(
            id=f"{number}", sha256="", source="ipsum", file_name="", size=1,
            received_at=NOW - (4 - number) * 7 * DAY,
        )  # fmt: skip
    fetching.note_delivery("ipsum", Delivered("4", 7, new=True), now=NOW)
    assert silent(9) == []
    assert silent(22) == [("ipsum", "silent")]
