"""JSON rows: arrays and lines, cut anywhere, defective in any way."""

from __future__ import annotations

import json
from collections.abc import Callable
from math import isqrt
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pehra.intake.jsonrows import CELLS, open_json
from pehra.intake.source import Delivery
from pehra.intake.stretches import COLUMNS, RECORD_BYTES
from pehra.kernel.errors import UnreadableFile

Deliver = Callable[..., Delivery]
QUIET = settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
OBJECTS = st.lists(
    st.dictionaries(st.sampled_from("abc"), st.text('x"},{[]\\\n é', min_size=1), min_size=1),
    max_size=6,
)


def _read(delivery: Delivery, part_bytes: int = 1 << 22) -> list[Any]:
    """Good records as objects without empty values, others as (line, reason)."""
    found: list[tuple[int, Any]] = []
    for stretch in open_json(delivery.path, part_bytes).stretches:
        assert stretch.frame.height + len(stretch.rejects) == stretch.rows
        rows = stretch.frame.rows(named=True)
        for number, row in zip(stretch.numbers.to_list(), rows, strict=True):
            found.append((number, {name: value for name, value in row.items() if value}))
        found += [(one.row, (one.line, one.reason)) for one in stretch.rejects]
    return [value for _, value in sorted(found, key=lambda pair: pair[0])]


@QUIET
@given(
    objects=OBJECTS, indent=st.sampled_from([None, 2]), part_bytes=st.sampled_from([4, 90, 4000])
)
def test_an_array_is_read_back(
    deliver: Deliver, objects: list[dict[str, str]], indent: int | None, part_bytes: int
) -> None:
    data = json.dumps(objects, indent=indent, ensure_ascii=False).encode()
    assert _read(deliver(data), part_bytes) == objects


@QUIET
@given(objects=OBJECTS, part_bytes=st.sampled_from([4, 90, 4000]))
def test_lines_are_read_back(
    deliver: Deliver, objects: list[dict[str, str]], part_bytes: int
) -> None:
    data = "\n\n".join(json.dumps(one) for one in objects).encode()
    assert (_read(deliver(data), part_bytes) if objects else []) == objects


def test_an_array_that_is_cut_off_keeps_what_was_whole(deliver: Deliver) -> None:
    assert _read(deliver(b'[{"a":"1"},\n{"a":"2"},\n{"a":')) == [
        {"a": "1"},
        {"a": "2"},
        (3, "json"),
    ]


@pytest.mark.parametrize(
    ("data", "read"),
    [
        (b'[{"a":1},7,{"a":2}]', [{"a": "1"}, (1, "json"), {"a": "2"}]),
        (b'{"a":true,"b":null}\n[1]', [{"a": "true"}, (2, "json")]),
        (b'{"a":{"b":[1,2]}}', [{"a.b": "[1,2]"}]),
        (b'{"a":"\xff"}\n{"a":"ok"}', [(1, "json"), {"a": "ok"}]),
        (b"[" * 100_000, [(1, "json")]),
        (b'[{"a":' * 5_000, [(1, "json")]),
        (b"[]", []),
    ],
)
def test_defective_records_are_set_aside(deliver: Deliver, data: bytes, read: list[Any]) -> None:
    assert _read(deliver(data)) == read


@pytest.mark.parametrize("part_bytes", [4, 90, 4000])
@pytest.mark.parametrize(
    ("data", "read"),
    [
        (b'[{"a":1}]\n{"a":2}\n{"a":3}\n', [{"a": "1"}, (2, "json"), (3, "json")]),
        (b'[{"a":1}] [{"a":2},\n{"a":3}]\n\n[]\n', [{"a": "1"}, {"a": "2"}, {"a": "3"}]),
        (b'[{"a":1}],{"a":2}', [{"a": "1"}, (1, "json")]),
        (b'[{"a":1}]]', [{"a": "1"}, (1, "json")]),
        (b'[{"a":1}]\n]\n[{"a":2}]', [{"a": "1"}, (2, "json"), {"a": "2"}]),
        (b"[]\n\n<html>\n", [(3, "json")]),
        (b'[{"a":1}] \r\n\t\n', [{"a": "1"}]),
    ],
)
def test_nothing_after_an_array_is_lost(
    deliver: Deliver, data: bytes, read: list[Any], part_bytes: int
) -> None:
    assert _read(deliver(data), part_bytes) == read


def test_what_follows_an_array_keeps_place_and_text(deliver: Deliver) -> None:
    data = b'[{"a":1}]\n\n  {"a":2}\nend'
    stretches = open_json(deliver(data).path, 4000).stretches
    rejects = [one for stretch in stretches for one in stretch.rejects]
    assert [(one.row, one.line, one.raw, one.detail) for one in rejects] == [
        (2, 3, b'{"a":2}', "stands after the end of the array"),
        (3, 4, b"end", "stands after the end of the array"),
    ]
    assert [data[one.offset :].startswith(one.raw) for one in rejects] == [True, True]


@pytest.mark.parametrize("separator", [b"\n", b","])
def test_few_keys_a_row_do_not_fill_the_memory(deliver: Deliver, separator: bytes) -> None:
    rows = 3 * isqrt(CELLS) + 1
    lines = [b'{"k%d":%d}' % (row % COLUMNS, row) for row in range(rows)]
    data = separator.join(lines)
    delivery = deliver(b"[" + data + b"]" if separator == b"," else data)
    begun, stretches = 1, 0
    for stretch in open_json(delivery.path, 1 << 24).stretches:
        assert stretch.frame.height * stretch.frame.width <= CELLS
        assert stretch.numbers.to_list() == list(range(begun, begun + stretch.rows))
        last = stretch.place(stretch.frame.height - 1)
        assert (last.row, last.raw) == (begun + stretch.rows - 1, lines[last.row - 1])
        begun, stretches = begun + stretch.rows, stretches + 1
    assert (begun, stretches) == (rows + 1, 4)


def test_depth_keys_and_size_are_bounded(deliver: Deliver) -> None:
    deep = b'{"a":' * 20 + b"1" + b"}" * 20
    wide = json.dumps({f"k{number}": 1 for number in range(COLUMNS + 1)}).encode()
    long = b'{"a":"' + b"x" * RECORD_BYTES + b'"}'
    data = b"\n".join([deep, wide, long, b'{"a":"ok"}'])
    assert _read(deliver(data)) == [(1, "json"), (2, "json"), (3, "json"), {"a": "ok"}]


@pytest.mark.parametrize("data", [b"", b"  \n", b"<html>", b'"text"'])
def test_other_files_are_refused(deliver: Deliver, data: bytes) -> None:
    with pytest.raises(UnreadableFile):
        open_json(deliver(data).path, 100)
