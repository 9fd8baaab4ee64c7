"""A roster as CSV: read as it was written, and refused with the line that is wrong."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.kernel.errors import PehraError, UsageError
from pehra.mandate.roster.rules import Duty, Shift
from pehra.mandate.roster.sheet import read, write

ZONE = ZoneInfo("Asia/Karachi")
HEAD = b"team,person,role,from,to\n"
FIRST = datetime(2026, 11, 30, tzinfo=UTC)


def test_local_moments_and_offsets_are_the_same_moment() -> None:
    lines = (
        b"national,Amna@cert.example,duty,2026-11-30T08:00,2026-11-30T16:00\n"
        b"national,bilal@cert.example,,2026-11-30T11:00+00:00,2026-11-30T19:00Z\n"
    )
    early = FIRST + timedelta(hours=3)
    assert read(HEAD + lines, ZONE) == [
        Shift(early, early + timedelta(hours=8), "national", "duty", "amna@cert.example"),
        Shift(
            early + timedelta(hours=8), early + timedelta(hours=16), "national", "duty",
            "bilal@cert.example",
        ),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xff", "not UTF-8"),
        (b"team,person,from,to\n", "column `role` is missing"),
        (HEAD + b"national,a@b.example,duty,monday,2026-11-30T16:00\n", "line 2: `monday`"),
        (HEAD + b"national,a@b.example,duty,2026-11-30T16:00,2026-11-30T08:00\n", "line 2: The"),
        (
            HEAD
            + b"national,a@b.example,duty,2026-11-30T08:00,2026-11-30T16:00\n"
            + b"national,a@b.example,duty,2026-11-30T12:00,2026-11-30T20:00\n",
            "would be `duty` twice at 2026-11-30T07:00:00",
        ),
    ],
)
def test_what_is_wrong_is_said(content: bytes, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        read(content, ZONE)


@given(
    st.lists(
        st.tuples(
            st.integers(0, 5_000), st.integers(1, 300), st.sampled_from(Duty),
            st.sampled_from(["amna@cert.example", "bilal@cert.example"]),
        ),
        max_size=6,
        unique_by=lambda one: (one[2], one[3]),
    )
)  # fmt: skip
def test_what_is_written_is_read_again(spans: list[tuple[int, int, Duty, str]]) -> None:
    shifts = sorted(
        Shift(
            FIRST + timedelta(minutes=first),
            FIRST + timedelta(minutes=first + length),
            "national",
            role.value,
            person,
        )
        for first, length, role, person in spans
    )
    assert read(write(shifts), ZONE) == shifts


@given(st.binary(max_size=200))
def test_any_bytes_are_shifts_or_refused(content: bytes) -> None:
    found: list[Shift] = []
    with contextlib.suppress(PehraError):
        found = read(HEAD + content, ZONE)
    assert found == sorted(found)
