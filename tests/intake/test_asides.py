"""Records that are no rows are left out, and the others numbered anew."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pehra.intake.asides import without_asides
from pehra.intake.jsonrows import open_json
from pehra.intake.source import Delivery

Deliver = Callable[..., Delivery]


@pytest.mark.parametrize("part_bytes", [1, 200, 1 << 20])
def test_others_are_numbered_anew(deliver: Deliver, part_bytes: int) -> None:
    data = b'{"a":"1"}\n{"type":"word"}\n{"a":\n{"a":"2"}\n{"type":"word"}\n{"a":"3"}\n'
    found: list[tuple[int, str, int]] = []
    rows = 0
    table = open_json(deliver(data).path, part_bytes)
    for stretch in without_asides(table.stretches, "type", "word"):
        values = stretch.frame["a"].to_list() if "a" in stretch.frame.columns else []
        numbers = stretch.numbers.to_list()
        found += [
            (number, str(value), stretch.place(index).line)
            for index, (number, value) in enumerate(zip(numbers, values, strict=False))
        ]
        assert [stretch.place(index).row for index in range(len(numbers))] == numbers
        found += [(one.row, one.reason, one.line) for one in stretch.rejects]
        rows += stretch.rows
    assert (rows, sorted(found)) == (4, [(1, "1", 1), (2, "json", 3), (3, "2", 4), (4, "3", 6)])
