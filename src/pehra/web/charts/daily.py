"""A number a day over the last four weeks: a day that nobody counted is a gap."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import msgspec
from django.utils import formats
from django.utils.translation import gettext as _

from pehra.web import figures
from pehra.web.charts.bars import Bar
from pehra.web.charts.figure import Data, Figure, Words, bar_figure

if TYPE_CHECKING:
    from collections.abc import Mapping

WEEKS = 4
SHOWN = 7 * WEEKS
"""Days before today."""


class Told(msgspec.Struct, frozen=True):
    """One number by day: None where the day is not known."""

    label: str
    values: Mapping[date, int | None]


def days_to(today: date) -> list[date]:
    """The days that are shown, `today` last."""
    return [today - timedelta(days=back) for back in range(SHOWN, -1, -1)]


def weekday(day: date) -> str:
    """Its name in the reader's language."""
    return formats.date_format(day, "l")


def count_text(value: int | None) -> str:
    """A number, or what stands where it is not known."""
    return figures.NOTHING if value is None else figures.number(value)


def chart(told: Told, today: date, words: Words) -> Figure:
    """A number a day: the same weekday stands out, today is not over."""
    days = [*told.values]
    shown = [
        Bar(
            label=formats.date_format(day, "j M"),
            value=told.values[day],
            title=f"{weekday(day)} {figures.day(day)}: {count_text(told.values[day])}",
            hatched=day == today,
            quiet=day.weekday() != today.weekday(),
        )
        for day in days
    ]
    rows = [(figures.day(day), [told.values[day]]) for day in reversed(days)]
    return bar_figure(words, shown, Data([_("Day"), told.label], rows))
