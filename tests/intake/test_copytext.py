"""Tables of a dump: what was escaped is read back, and what is no row has its place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pehra.intake.copytext import open_copied
from pehra.intake.source import Delivery
from pehra.intake.stretches import RECORD_BYTES
from pehra.kernel.errors import UnreadableFile

Deliver = Callable[..., Delivery]
QUIET = settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
CELLS = st.text('ab\\N.\t\n\r\b"é,', max_size=6).filter(lambda cell: cell != "\\.")
ROWS = st.lists(st.tuples(st.none() | CELLS, CELLS, CELLS), max_size=6)
ESCAPED = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\b": "\\b"}


def _written(cell: str | None) -> str:
    return "\\N" if cell is None else "".join(ESCAPED.get(one, one) for one in cell)


def _dump(*rows: tuple[str | None, ...], names: str = 'a, "b.c", d') -> bytes:
    lines = ["\t".join(_written(cell) for cell in row) for row in rows]
    head = "COPY public.other (a) FROM stdin;\nCOPY x (a, b, d) FROM stdin;\n\\.\n\n"
    return "\n".join([head, f"COPY e ({names}) FROM stdin;", *lines, "\\.", "", "-- end"]).encode()


def _wanted(names: frozenset[str]) -> bool:
    return "b.c" in names


def _read(delivery: Delivery, part_bytes: int = 1 << 20) -> list[Any]:
    found: list[tuple[int, Any]] = []
    for stretch in open_copied(delivery.path, part_bytes, _wanted).stretches:
        assert stretch.frame.height + len(stretch.rejects) == stretch.rows
        found += zip(stretch.numbers.to_list(), stretch.frame.rows(), strict=True)
        found += [(one.row, (one.line, one.offset, one.reason)) for one in stretch.rejects]
    return [value for _, value in sorted(found, key=lambda pair: pair[0])]


@QUIET
@given(rows=ROWS, part_bytes=st.sampled_from([1, 9, 4000]))
def test_rows_are_read_back(
    deliver: Deliver, rows: list[tuple[str | None, str, str]], part_bytes: int
) -> None:
    wanted = [tuple(cell or "" for cell in row) for row in rows]
    assert _read(deliver(_dump(*rows)), part_bytes) == wanted


def test_several_tables_are_read_each_by_its_columns(deliver: Deliver) -> None:
    first, second = _dump(("1", "2", "3")), _dump(("5", "4"), names='"b.c", a')
    stretches = open_copied(deliver(first + b"\n" + second).path, 1000, _wanted).stretches
    told = [(one.frame.rows(named=True), one.numbers.to_list()) for one in stretches]
    assert told == [
        ([{"a": "1", "b.c": "2", "d": "3"}], [1]),
        ([{"b.c": "5", "a": "4"}], [2]),
    ]


@pytest.mark.parametrize("part_bytes", [1, 1 << 20])
def test_what_is_no_row_has_its_line_and_offset(deliver: Deliver, part_bytes: int) -> None:
    whole = _dump(("1", "2", "3"))
    at = whole.index(b"1\t2\t3")
    line = 1 + whole.count(b"\n", 0, at)
    bad = b"short\n" + b"\xff\t2\t3\n" + b"n\0\t2\t3\n" + b"x" * (RECORD_BYTES + 9) + b"\n"
    data = whole[:at] + bad + whole[at:]
    lengths = [at, at + 6, at + 12, at + 19]
    assert _read(deliver(data), part_bytes) == [
        (line, lengths[0], "fields"),
        (line + 1, lengths[1], "encoding"),
        (line + 2, lengths[2], "encoding"),
        (line + 3, lengths[3], "fields"),
        ("1", "2", "3"),
    ]


def test_a_place_is_found_later_and_a_dump_that_was_cut_off_keeps_what_was_whole(
    deliver: Deliver,
) -> None:
    data = _dump(("1", "2", "3"), ("4", "5", "6"))
    cut = data[: data.index(b"\t6") + 1]
    (stretch,) = open_copied(deliver(cut).path, 1000, _wanted).stretches
    assert stretch.frame.rows() == [("1", "2", "3"), ("4", "5", "")]
    assert [stretch.place(at).raw for at in (0, 1)] == [b"1\t2\t3", b"4\t5\t"]
    assert stretch.place(1).offset == cut.index(b"4\t5")
    crlf = data.replace(b"\n", b"\r\n")
    assert _read(deliver(crlf)) == [("1", "2", "3"), ("4", "5", "6")]


def test_a_dump_without_such_a_table_is_refused(deliver: Deliver) -> None:
    for data in (b"", b"INSERT INTO e VALUES (1);\n", _dump(names="a, b, d")):
        with pytest.raises(UnreadableFile, match="no table"):
            open_copied(deliver(data).path, 1000, _wanted)
