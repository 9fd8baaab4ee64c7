"""Bars: a count for each of some days. What is not known is a gap, and no zero."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from pehra.web.charts.scale import CHARACTER, Frame, Label, Tick, grid, margin, shown_labels, ticks

if TYPE_CHECKING:
    from collections.abc import Sequence

_SHARE = 0.72
"""Of the way to the next bar, how much a bar takes."""
_LEAST = 1.0
"""A count that is not zero is seen."""


class Bar(msgspec.Struct, frozen=True):
    """One value.

    Attributes:
        label: what stands under it.
        value: None: not known.
        title: what it says when pointed at.
        hatched: not complete yet.
        quiet: only for comparison.
    """

    label: str
    value: int | None
    title: str
    hatched: bool = False
    quiet: bool = False


class Mark(msgspec.Struct, frozen=True):
    """A bar as it is drawn; `tone` is its look."""

    x: float
    y: float
    width: float
    height: float
    title: str
    tone: str


class Drawn(msgspec.Struct, frozen=True):
    """The chart; a value that is not known has no mark."""

    frame: Frame
    marks: list[Mark]
    ticks: list[Tick]
    labels: list[Label]


def draw(bars: Sequence[Bar], *, width: int, height: int = 180) -> Drawn:
    """Draw `bars` from left to right."""
    numbers = ticks(max((bar.value or 0 for bar in bars), default=0))
    # The last label stands under the middle of the last bar, and has to end inside.
    frame = Frame(width, height, left=margin(numbers), right=_right([bar.label for bar in bars]))
    step = frame.across / max(len(bars), 1)
    middle = [frame.left + step * (place + 0.5) for place in range(len(bars))]
    shown = shown_labels([bar.label for bar in bars], step)
    return Drawn(
        frame=frame,
        marks=[
            _mark(bar, x, step * _SHARE, frame, numbers[-1])
            for bar, x in zip(bars, middle, strict=True)
            if bar.value is not None
        ],
        ticks=grid(numbers, frame, numbers[-1]),
        labels=[Label(round(middle[place], 2), bars[place].label) for place in sorted(shown)],
    )


def _right(labels: list[str]) -> float:
    return max(4.0, round(len(labels[-1]) * CHARACTER / 2 - 4, 2)) if labels else 4.0


def _mark(bar: Bar, middle: float, width: float, frame: Frame, most: int) -> Mark:
    value = bar.value or 0
    y = frame.y(value, most)
    if value:
        y = min(y, frame.base - _LEAST)
    tone = "hatched" if bar.hatched else "quiet" if bar.quiet else "full"
    return Mark(
        x=round(middle - width / 2, 2),
        y=y,
        width=round(width, 2),
        height=round(frame.base - y, 2),
        title=bar.title,
        tone=tone,
    )
