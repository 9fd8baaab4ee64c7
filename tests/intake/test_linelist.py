"""Text lists: heads, notes, records, defects, and places of each."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pehra.intake.linelist import LINE, open_lines, read_lines
from pehra.intake.source import Delivery
from pehra.intake.stretches import RECORD_BYTES, Place
from pehra.kernel.errors import UnreadableFile

Deliver = Callable[..., Delivery]
QUIET = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


def _read(delivery: Delivery, part_bytes: int = 1 << 20, *, headed: bool = False) -> list[object]:
    """Lines as they are, others as (line, reason), in order."""
    found: list[tuple[int, object]] = []
    for stretch in read_lines(open_lines(delivery.path, "#;"), part_bytes, headed=headed):
        assert stretch.frame.height + len(stretch.rejects) == stretch.rows
        found += zip(stretch.numbers.to_list(), stretch.frame[LINE].to_list(), strict=True)
        found += [(one.row, (one.line, one.reason)) for one in stretch.rejects]
    return [value for _, value in sorted(found, key=lambda pair: pair[0])]


def test_the_head_tells_notes_and_the_first_record(deliver: Deliver) -> None:
    listed = open_lines(deliver(b"\xef\xbb\xbf# A list #\n\n;; of 2\r\n a \nb\n").path, "#;")
    assert (listed.notes, listed.first) == (("A list", "", "of 2"), "a")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "The file is empty."),
        (b" \n\t", "The file is empty."),
        (b"<html>", "The file is a web page, not a list."),
        (b"\x1f\x8b\x08", "The file is compressed (gzip)."),
        (b"\xff\xfea\0", "The file is UTF-16, not UTF-8."),
        (b"a\0b\0c\0", "The file is no text."),
    ],
)
def test_what_is_no_list_is_refused(deliver: Deliver, data: bytes, message: str) -> None:
    with pytest.raises(UnreadableFile) as refused:
        open_lines(deliver(data).path, "#")
    assert refused.value.message == message


def test_a_defect_is_no_end(deliver: Deliver) -> None:
    data = b"head\na\n# note\nb\xff\n\n" + b"c" * (RECORD_BYTES + 1) + b"\nd"
    assert _read(deliver(data), headed=True) == ["a", (4, "encoding"), (6, "fields"), "d"]


def test_a_line_longer_than_a_piece_is_passed_over(deliver: Deliver) -> None:
    data = b"a\n" + b"c" * (3 * RECORD_BYTES) + b"\n#" + b"c" * (3 * RECORD_BYTES) + b"\nd\n"
    assert _read(deliver(data), 1000) == ["a", (2, "fields"), "d"]


def test_a_row_knows_its_place(deliver: Deliver) -> None:
    stretch = next(read_lines(open_lines(deliver(b"# n\r\n a\r\n\nb\n").path, "#"), 1 << 20))
    assert [stretch.place(index) for index in (0, 1)] == [
        Place(1, 2, 5, b" a"),
        Place(2, 4, 10, b"b"),
    ]


@QUIET
@given(
    st.lists(st.text("ab #;é\t", max_size=8), min_size=1, max_size=12), st.sampled_from([1, 7, 99])
)
def test_the_cut_changes_nothing(deliver: Deliver, told: list[str], part_bytes: int) -> None:
    delivery = deliver("\n".join(["first", *told]).encode())
    wanted = [line.strip() for line in told]
    assert _read(delivery, part_bytes) == [
        "first", *(line for line in wanted if line and line[0] not in "#;"),
    ]  # fmt: skip
