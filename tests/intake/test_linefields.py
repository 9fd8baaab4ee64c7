"""Lines cut into fields: bare, quoted, mixed, and what fits no layout."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pehra.intake.linefields import Layout, announced, open_fields
from pehra.intake.linelist import open_lines
from pehra.intake.source import Delivery

Deliver = Callable[..., Delivery]
QUIET = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
AB = Layout(names=("a", "b"), least=2)


def _read(delivery: Delivery, layout: Layout) -> list[object]:
    """Rows as tuples, others as (line, reason, detail), in order."""
    found: list[tuple[int, object]] = []
    for stretch in open_fields(open_lines(delivery.path, "#"), layout, 1 << 20).stretches:
        assert stretch.frame.height + len(stretch.rejects) == stretch.rows
        assert tuple(stretch.frame.columns) == layout.names
        found += zip(stretch.numbers.to_list(), stretch.frame.rows(), strict=True)
        found += [(one.row, (one.line, one.reason, one.detail)) for one in stretch.rejects]
        for index, number in enumerate(stretch.numbers):
            assert stretch.place(index).row == number
    return [value for _, value in sorted(found, key=lambda pair: pair[0])]


def test_every_way_of_quoting(deliver: Deliver) -> None:
    data = b'1, 2\n"1","2"\n"1", "2,2"\n1,"2 ""x"""\n"1","2"x\n1\n1,2,3\n"1","2","3"\n'
    unclosed = "a quote is not closed, or something follows the closing quote"
    assert _read(deliver(data), AB) == [
        ("1", "2"),
        ("1", "2"),
        ("1", "2,2"),
        ("1", '2 "x"'),
        (5, "quote", unclosed),
        (6, "fields", "has 1 fields, a row has 2"),
        (7, "fields", "has 3 fields, a row has 2"),
        (8, "fields", "has 3 fields, a row has 2"),
    ]


def test_fields_that_a_line_may_lack_are_empty(deliver: Deliver) -> None:
    layout = Layout(names=("a", "b", "c"), least=1, separator="\t", quoted=False)
    data = b'1\n1\t"2\n1\t2\t3\n1\t2\t3\t4\n'
    assert _read(deliver(data), layout) == [
        ("1", "", ""),
        ("1", '"2', ""),
        ("1", "2", "3"),
        (4, "fields", "has 4 fields, a row has 1 to 3"),
    ]


def test_the_last_column_may_take_the_rest(deliver: Deliver) -> None:
    layout = Layout(names=("a", "b"), least=1, separator=";", quoted=False, rest=True)
    assert _read(deliver(b"1 ; 2 ; 3\n4\n"), layout) == [("1", "2 ; 3"), ("4", "")]


def test_the_only_column_takes_the_whole_line(deliver: Deliver) -> None:
    layout = Layout(names=("url",), least=1, quoted=False)
    assert _read(deliver(b'http://a.example/?a=1,2,"3\n'), layout) == [
        ('http://a.example/?a=1,2,"3',),
    ]  # fmt: skip


@QUIET
@given(st.lists(st.tuples(*[st.text('x",é ', min_size=1, max_size=6)] * 2), min_size=1))
def test_what_csv_writes_is_read_again(deliver: Deliver, told: list[tuple[str, str]]) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(told)
    wanted = [tuple(field.strip() for field in row) for row in told]
    assert _read(deliver(text.getvalue().encode()), AB) == wanted


@pytest.mark.parametrize(
    ("data", "named"),
    [
        (b"# a list\n# First Seen (UTC), URL\n1,2\n", (("seen", "url"), False)),
        (b'"url","first seen"\n1,2\n', (("url", "seen"), True)),
        (b"url,else,more,most\n", None),
        (b"# url, url\n1,2\n", None),
        (b"1,2\n", None),
    ],
)
def test_a_note_or_the_first_record_names_the_columns(
    deliver: Deliver, data: bytes, named: object
) -> None:
    known = {"first seen": "seen", "url": "url"}
    assert announced(open_lines(deliver(data).path, "#"), known) == named
