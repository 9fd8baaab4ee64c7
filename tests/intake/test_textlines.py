"""Lines with comments: records, what is passed over, what is refused."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pehra.intake.records import Found, Row
from pehra.intake.source import Delivery
from pehra.intake.stretches import RECORD_BYTES
from pehra.intake.textlines import Line, lines, records

Deliver = Callable[..., Delivery]
QUIET = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def _row(fields: list[str]) -> Row:
    if len(fields) != 2:
        message = f"has {len(fields)} fields"
        raise ValueError(message)
    return {"ip": fields[0], "port": fields[1]}


def test_comments_and_blank_lines_are_no_records(deliver: Deliver) -> None:
    data = b"\xef\xbb\xbf# note\r\n\n 192.0.2.1 | 80 \r\n  # note\n192.0.2.2\nx\xff|1\ny\0|1"
    assert list(records(deliver(data).path, "#", _row, "|")) == [
        Found(12, 30, 3, [{"ip": "192.0.2.1", "port": "80"}]),
        Found(39, 49, 5, [], "fields", "has 1 fields"),
        Found(49, 54, 6, [], "encoding", "is no UTF-8, or too long for a line"),
        Found(54, 58, 7, [], "encoding", "holds a NUL"),
    ]


def test_a_long_line_is_passed_over(deliver: Deliver) -> None:
    data = b"a" * (2 * RECORD_BYTES + 5) + b"\nb\n"
    assert list(lines(deliver(data).path)) == [
        Line(1, 0, 2 * RECORD_BYTES + 6, None),
        Line(2, 2 * RECORD_BYTES + 6, 2 * RECORD_BYTES + 8, "b"),
    ]


@QUIET
@given(st.binary(max_size=200))
def test_lines_are_the_file_without_a_gap(deliver: Deliver, data: bytes) -> None:
    found = list(lines(deliver(data).path))
    assert [line.begin for line in found] == [0, *(line.end for line in found)][: len(found)]
    assert (found[-1].end if found else 0) == len(data)
