"""Lines: at most four series over the same days, each named where it ends."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import msgspec

from pehra.web.charts.scale import (
    CHARACTER,
    Frame,
    Label,
    Tick,
    grid,
    margin,
    shown_labels,
    ticks,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST = 4
_APART = 15.0
"""Names of two lines are no nearer to one another than this."""


class Series(msgspec.Struct, frozen=True):
    """One line: `values` has None where nothing is known, `titles` what each point says."""

    name: str
    tone: str
    values: list[int | None]
    titles: list[str]


class Dot(msgspec.Struct, frozen=True):
    """A point of a line."""

    x: float
    y: float
    title: str


class Line(msgspec.Struct, frozen=True):
    """A series as it is drawn.

    Attributes:
        path: SVG; a gap begins a new stroke.
        end: where its name stands.
    """

    name: str
    tone: str
    path: str
    dots: list[Dot]
    end: Label
    end_y: float


class Drawn(msgspec.Struct, frozen=True):
    """The chart."""

    frame: Frame
    lines: list[Line]
    ticks: list[Tick]
    labels: list[Label]


def draw(
    series: Sequence[Series], labels: Sequence[str], *, width: int, height: int = 200
) -> Drawn:
    """Draw `series` over `labels`.

    Raises:
        ValueError: more than `MOST` series, or one that has not a value for each label.
    """
    if len(series) > MOST or any(len(one.values) != len(labels) for one in series):
        message = f"At most {MOST} series, each with {len(labels)} values."
        raise ValueError(message)
    values = [value for one in series for value in one.values if value is not None]
    numbers = ticks(max(values, default=0))
    longest = max((len(one.name) for one in series), default=0)
    frame = Frame(width, height, left=margin(numbers), right=longest * CHARACTER + 14)
    step = frame.across / max(len(labels) - 1, 1)
    places = [round(frame.left + step * place, 2) for place in range(len(labels))]
    shown = shown_labels(list(labels), step)
    drawn = [_line(one, places, frame, numbers[-1]) for one in series]
    return Drawn(
        frame=frame,
        lines=_spread([one for one in drawn if one.dots], frame),
        ticks=grid(numbers, frame, numbers[-1]),
        labels=[Label(places[place], labels[place]) for place in sorted(shown)],
    )


def _line(one: Series, places: list[float], frame: Frame, most: int) -> Line:
    points = [
        None if value is None else Dot(x, frame.y(value, most), title)
        for x, value, title in zip(places, one.values, one.titles, strict=True)
    ]
    strokes = [
        list(group) for known, group in groupby(points, key=lambda dot: dot is not None) if known
    ]
    path = " ".join(
        "M" + " L".join(f"{dot.x:g} {dot.y:g}" for dot in stroke if dot) for stroke in strokes
    )
    dots = [dot for dot in points if dot is not None]
    end_y = dots[-1].y if dots else frame.base
    end = Label(round(frame.width - frame.right + 8, 2), one.name)
    return Line(one.name, one.tone, path, dots, end, end_y)


def _spread(drawn: list[Line], frame: Frame) -> list[Line]:
    """The same lines with names that do not lie on one another, the lowest kept in place."""
    placed: list[Line] = []
    ceiling = frame.base + _APART
    for line in sorted(drawn, key=lambda one: -one.end_y):
        ceiling = min(line.end_y, ceiling - _APART)
        placed.append(msgspec.structs.replace(line, end_y=round(ceiling, 2)))
    return sorted(placed, key=lambda one: [line.name for line in drawn].index(one.name))
