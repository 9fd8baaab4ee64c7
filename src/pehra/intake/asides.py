"""Records that are no rows: a publisher's word about the list, written as one of its records."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np
import polars as pl

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pehra.intake.stretches import Place, Stretch


def without_asides(stretches: Iterator[Stretch], column: str, value: str) -> Iterator[Stretch]:
    """The stretches without the records whose `column` is `value`; the others are numbered anew."""
    gone = 0
    for stretch in stretches:
        if column not in stretch.frame.columns:
            aside = pl.Series([False]).new_from_index(0, stretch.frame.height)
        else:
            aside = stretch.frame[column] == value
        if gone or aside.any():
            kept = _without(stretch, aside, gone)
            gone += int(aside.sum())
            yield kept
        else:
            yield stretch


def _without(stretch: Stretch, aside: pl.Series, gone: int) -> Stretch:
    """One stretch; `gone` asides stood before it."""
    numbers = stretch.numbers.to_numpy()
    asides = numbers[aside.to_numpy()]
    kept = np.flatnonzero(~aside.to_numpy())
    anew = numbers[kept] - gone - np.searchsorted(asides, numbers[kept])

    def place(index: int) -> Place:
        found = stretch.place(int(kept[index]))
        return msgspec.structs.replace(found, row=int(anew[index]))

    rejects = [
        msgspec.structs.replace(one, row=one.row - gone - int(np.searchsorted(asides, one.row)))
        for one in stretch.rejects
    ]
    return msgspec.structs.replace(
        stretch,
        frame=stretch.frame.filter(~aside),
        numbers=pl.Series(anew, dtype=pl.Int64),
        rejects=rejects,
        rows=stretch.rows - len(asides),
        place=place,
    )
