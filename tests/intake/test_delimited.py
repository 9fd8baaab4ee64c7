"""Delimited text is read exactly: the fast way, the slow way, and wherever a part is cut."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pehra.intake.delimited import open_delimited
from pehra.intake.rfc4180 import Grammar, spans
from pehra.intake.source import Delivery
from pehra.intake.stretches import RECORD_BYTES
from pehra.kernel.errors import UnreadableFile

Deliver = Callable[..., Delivery]
QUIET = settings(
    deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
FIELD = st.text(alphabet='ab,"\n\\ é;', max_size=5)
ROWS = st.lists(st.lists(FIELD, min_size=3, max_size=3), max_size=6)


def _read(delivery: Delivery, part_bytes: int = 1 << 20) -> list[tuple[Any, ...]]:
    """Every record: (row, line, offset, fields), or the reason instead of fields."""
    found: list[tuple[Any, ...]] = []
    for stretch in open_delimited(delivery.path, part_bytes).stretches:
        assert stretch.frame.height + len(stretch.rejects) == stretch.rows
        for index, (number, fields) in enumerate(
            zip(stretch.numbers.to_list(), stretch.frame.rows(), strict=True)
        ):
            place = stretch.place(index)
            assert place.row == number
            found.append((number, place.line, place.offset, fields))
        found += [(one.row, one.line, one.offset, one.reason) for one in stretch.rejects]
    return sorted(found)


@QUIET
@given(rows=ROWS, quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]))
def test_what_a_csv_writer_writes_is_read_back(
    deliver: Deliver, rows: list[list[str]], quoting: int
) -> None:
    file = io.StringIO()
    writer = csv.writer(file, quoting=quoting, lineterminator="\n")  # type: ignore[arg-type]  # the constants are plain integers to mypy
    writer.writerow(["a", "b", "c"])
    writer.writerows(rows)
    assert [row[3] for row in _read(deliver(file.getvalue().encode()))] == [
        tuple(row) for row in rows
    ]


@QUIET
@given(data=st.text(alphabet='ab,"\n\\\r\0', max_size=60), part_bytes=st.integers(1, 40))
@example(data=",,\\", part_bytes=1)
def test_the_cut_changes_nothing(deliver: Deliver, data: str, part_bytes: int) -> None:
    delivery = deliver(b"a,b,c\n" + data.encode())
    assert _read(delivery, part_bytes) == _read(delivery)


@QUIET
@given(data=st.lists(st.text(alphabet='ab,"\\', max_size=9), max_size=8))
def test_the_fast_way_and_the_slow_way_agree(deliver: Deliver, data: list[str]) -> None:
    text = "\n".join(["x,y", *data, ""]).encode()
    walked, _ = spans(text, Grammar.of(",", 2), (4, len(text)), last=True, before=text[:4])
    assert [row[3] for row in _read(deliver(b"x,y\n" + text[4:])) if row[2] >= 4] == [
        span.reason or span.fields for span in walked
    ]


@pytest.mark.parametrize(
    ("line", "read"),
    [
        (b"1,2", "fields"),
        (b"1,2,3,4", "fields"),
        (b'1,"2,3', "quote"),
        (b'1,"2"x,3', "quote"),
        (b"1,\xff,3", "encoding"),
        (b"1,\x00,3", "encoding"),
        (b'1,"say ""x""",3', ("1", 'say "x"', "3")),
        (b'1,"say \\"x\\"",3', ("1", 'say "x"', "3")),
        (b'1,a"b,3', ("1", 'a"b', "3")),
        (b'1," ,",3', ("1", " ,", "3")),
        (b'1,"two\nlines",3', ("1", "two\nlines", "3")),
    ],
)
def test_a_line_between_two_good_ones(deliver: Deliver, line: bytes, read: object) -> None:
    data = b"a,b,c\r\n7,8,9\r\n\r\n" + line + b"\r\n4,5,6\r\n"
    after = 4 + line.count(b"\n")
    assert _read(deliver(data)) == [
        (1, 2, 7, ("7", "8", "9")),
        (2, 4, 16, read),
        (3, after + 1, 16 + len(line) + 2, ("4", "5", "6")),
    ]


def test_a_row_that_lacks_its_last_empty_field_is_read(deliver: Deliver) -> None:
    data = b"a,b,c\n1,2,\n3,4\n5,6,7\n8,9\n1,2,\n3,4"
    assert [row[3] for row in _read(deliver(data))] == [
        ("1", "2", ""),
        ("3", "4", ""),
        ("5", "6", "7"),
        "fields",
        ("1", "2", ""),
        "fields",
    ]


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf", b"\n\n", b'"a\n', b"\xff\xfe\n", b"a\0b\n"])
def test_a_file_without_a_header_is_refused(deliver: Deliver, data: bytes) -> None:
    with pytest.raises(UnreadableFile):
        open_delimited(deliver(data).path, 100)


def test_a_header_alone_is_a_report_without_rows(deliver: Deliver) -> None:
    table = open_delimited(deliver(b"\xef\xbb\xbfa;b;a;\r\n").path, 100)
    assert (table.names, list(table.stretches)) == (("a", "b", "a.3", "column 4"), [])


def test_a_record_without_end_costs_no_more_than_its_bound(deliver: Deliver) -> None:
    data = b'a,b\n1,"' + b"x" * (RECORD_BYTES + 10) + b"\n2,3\n"
    assert [row[3] for row in _read(deliver(data), 1000)] == ["quote", ("2", "3")]
