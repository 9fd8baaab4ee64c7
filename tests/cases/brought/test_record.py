"""What every reader of another system's cases is built of."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.cases.brought import iris, misp, record, rtir, thehive
from pehra.cases.brought.record import (
    LARGEST,
    LONGEST,
    Indicator,
    Line,
    Unreadable,
    began,
    decoded,
    items,
    kind_of,
    line_of,
    lines_of,
    long_title,
    merged,
    moment,
    required,
    said,
    strange,
    tlp_of,
    within,
)
from pehra.cases.rules import Kind
from pehra.kernel.errors import UsageError
from pehra.kernel.labels import Tlp

if TYPE_CHECKING:
    from collections.abc import Callable

    from pehra.cases.brought.record import Read

TEN = datetime(2026, 11, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        "2026-11-01T10:00:00Z",
        "2026-11-01 15:00:00",
        "Sun Nov 01 15:00:00 2026",
        "Sun, Nov 1, 2026 03:00:00 PM",
        "Sun, 01 Nov 2026 15:00:00 +0500",
        1_793_527_200,
        "1793527200000",
    ],
)
def test_a_moment_is_read_however_it_is_written(written: object) -> None:
    assert moment(written, ZoneInfo("Asia/Karachi")) == TEN


@pytest.mark.parametrize(
    "written", ["", None, "1970-01-01T00:00:00Z", "0", "soon", "9" * 30, "-1", True, "9999-12-31"]
)
def test_what_is_no_moment(written: object) -> None:
    assert moment(written, ZoneInfo("Asia/Karachi")) is None


@given(st.text() | st.integers() | st.floats())
def test_anything_is_a_moment_or_none(written: object) -> None:
    found = moment(written)
    assert found is None or found.tzinfo is UTC


@pytest.mark.parametrize(
    ("written", "label"),
    [
        (0, Tlp.CLEAR), (1, Tlp.GREEN), ("2", Tlp.AMBER), (3, Tlp.RED), (4, Tlp.RED),
        ("TLP:AMBER+STRICT", Tlp.AMBER_STRICT), ("white", Tlp.CLEAR), (None, None), ("x", None),
        (-1, None),
    ],
)  # fmt: skip
def test_labels_are_words_or_numbers(written: object, label: Tlp | None) -> None:
    assert tlp_of(written) == label


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("Spear-Phishing", Kind.PHISHING), ("DDoS", Kind.DDOS), ("Denial of Service", Kind.DDOS),
        ("Windows", Kind.OTHER), ("web_compromise", Kind.WEB_COMPROMISE), ("C2 server", Kind.C2),
        ("System Compromise", Kind.INTRUSION), ("Query", Kind.OTHER),
    ],
)  # fmt: skip
def test_a_kind_is_guessed_by_words(words: str, kind: Kind) -> None:
    assert kind_of("", words) == kind


def test_nothing_that_was_said_is_lost() -> None:
    whole = Line("7", TEN, "amna", "x" * LONGEST + "y")
    assert lines_of(whole) == [
        msgspec.structs.replace(whole, text="x" * LONGEST),
        msgspec.structs.replace(whole, ref="7#1", text="y"),
    ]
    assert lines_of(msgspec.structs.replace(whole, text="")) == []
    title = "a" * 201
    assert (line_of(title), long_title(title)) == ("a" * 194 + " [cut]", title)
    assert (line_of("a\n b"), long_title("a b"), said(" a\x00\r\nb ")) == ("a b", "", "a\nb")


def test_an_indicator_stands_once_with_all_that_was_said_of_it() -> None:
    seen = [
        Indicator("ip", "192.0.2.7", "a", "RED"),
        Indicator("host", "a.example"),
        Indicator("ip", "192.0.2.7", "b", "GREEN"),
        Indicator("ip", "192.0.2.7", "", ""),
    ]
    assert merged(seen) == (Indicator("ip", "192.0.2.7", "a; b", "RED"), seen[1])


def test_what_is_no_object_is_named() -> None:
    one = {"a": [{}, 1], "b": {"x": {"y": 1}}, "c": 7, "d": None}
    assert strange(one, "a", "b", "c", "d", "e") == ["1 in `a`: no objects", "`c`: no list"]
    assert (items(one["b"]), within(one, "b", "x", "y"), within(one, "c", "x")) == (
        *([{"y": 1}], 1),
        None,
    )


def test_what_a_record_must_have() -> None:
    assert (required("x", "title"), began(None, TEN)) == ("x", TEN)
    with pytest.raises(Unreadable, match="it has no title"):
        required("", "title")
    with pytest.raises(Unreadable, match="when it began"):
        began(None)


READERS = (iris.read, misp.read, thehive.read, lambda data, name: rtir.read(data, name, UTC))


@pytest.mark.parametrize("read", READERS, ids=["iris", "misp", "thehive", "rtir"])
@given(st.binary(max_size=40), st.sampled_from([b"", b"[", b"{", b"id,Subject,Created\n", b"[1"]))
def test_any_bytes_are_read_or_refused(
    read: Callable[[bytes, str], Read], data: bytes, before: bytes
) -> None:
    with suppress(UsageError):
        found = read(before + data, "x")
        assert all(one.place and one.why for one in found.rejects)


def test_a_file_that_is_too_large_or_no_json(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (decoded(b"\xef\xbb\xbf[1]", "x"), LARGEST) == ([1], 64 * 1024**2)
    with pytest.raises(UsageError, match="x is no JSON"):
        decoded(b"[" * 100_000, "x")
    monkeypatch.setattr(record, "LARGEST", 3)
    with pytest.raises(UsageError, match="over 0 MiB"):
        decoded(b"[1,2]", "x")
