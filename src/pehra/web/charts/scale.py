"""Scales: round ticks from a zero base, and which labels have room."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable

_STEPS = (1, 2, 5, 10)
CHARACTER = 7.0
"""Width of a character of an axis, which is 12 px high; digits are about as wide as that."""
_THOUSAND = 1_000


class Frame(msgspec.Struct, frozen=True):
    """Where a chart is drawn, in pixels; `left` and `right` leave room for words."""

    width: int
    height: int
    left: float
    right: float
    top: float = 10.0
    bottom: float = 24.0

    @property
    def across(self) -> float:
        """Width of the plot."""
        return self.width - self.left - self.right

    @property
    def base(self) -> float:
        """Where zero is."""
        return self.height - self.bottom

    @property
    def numbers_end(self) -> float:
        """Where the numbers beside the plot end."""
        return self.left - 6

    @property
    def labels_at(self) -> float:
        """Where the words under the plot stand."""
        return self.height - 6

    def y(self, value: float, most: int) -> float:
        """Height of a value on a scale from zero to `most`."""
        return round(self.base - (self.base - self.top) * value / most, 2)


class Tick(msgspec.Struct, frozen=True):
    """A line across the plot with its number."""

    y: float
    text: str


class Label(msgspec.Struct, frozen=True):
    """Words under the plot."""

    x: float
    text: str


def ticks(most: int, wanted: int = 4) -> list[int]:
    """Round numbers from zero to at least `most`, about `wanted` steps apart.

    The last one is the top of the scale; it is never zero.
    """
    rough = max(most, 1) / wanted
    power = 1
    while power * _STEPS[-1] < rough:
        power *= 10
    step = next(factor * power for factor in _STEPS if factor * power >= rough)
    return [step * number for number in range(-(-max(most, 1) // step) + 1)]


def short(value: int) -> str:
    """A tick's number: `25000` as `25k`, `1500000` as `1.5M`."""
    for size, letter in ((_THOUSAND**2, "M"), (_THOUSAND, "k")):
        if value >= 10 * size or (value >= size and value % (size // 10) == 0):
            return f"{value / size:g}{letter}"
    return str(value)


def grid(numbers: Iterable[int], frame: Frame, most: int) -> list[Tick]:
    """Lines for the numbers of `ticks`."""
    return [Tick(frame.y(number, most), short(number)) for number in numbers]


def margin(numbers: Iterable[int]) -> float:
    """Room for the numbers of `ticks` beside the plot."""
    return round(max(len(short(number)) for number in numbers) * CHARACTER + 10, 2)


def shown_labels(texts: list[str], step: float) -> set[int]:
    """Places of the labels that have room; the last one always has it.

    Args:
        texts: all labels in order.
        step: pixels from one to the next.
    """
    longest = max((len(text) for text in texts), default=0) * CHARACTER + 8
    every = max(1, -(-longest // step)) if step > 0 else 1
    return {place for place in range(len(texts)) if (len(texts) - 1 - place) % every == 0}
