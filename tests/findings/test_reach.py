"""What a batch covers: only what was read well, or a list that is believed."""

from __future__ import annotations

from datetime import UTC, date, datetime

import msgspec
import polars as pl
import pytest

from pehra.findings.reach import Reach, covered, stream_of
from pehra.intake.actions import Covered, Received
from pehra.intake.discover import source
from pehra.intake.source import Reading
from pehra.kernel.addresses import pack

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
BATCH = Received(
    id="b", sha256="", source="", file_name="", received_at=NOW, options={}, part_bytes=1,
    state="reading", rows=0, accepted=0, rejected=0, parts=0, applied_through=0,
)  # fmt: skip
LIST, REPORT = source("ipsum"), source("shadowserver")


def reach() -> Reach:
    made = Reach()
    made.take(
        pl.DataFrame(
            {
                "identifier": ["x", None],
                "asn": [64500, None],
                "ip": [pack("192.0.2.1"), pack("2001:db8::1")],
                "observed_at": [NOW, None],
            }
        )
    )
    return made


def test_what_rows_name() -> None:
    made = reach()
    assert (made.identifiers, made.networks, made.newest) == ({"x"}, {129_000, 1}, NOW)


@pytest.mark.parametrize(
    ("counts", "spoke"), [((100, 5), True), ((100, 6), False), ((0, 0), False)]
)
def test_a_report_must_be_read_well(counts: tuple[int, int], *, spoke: bool) -> None:
    reading = Reading("scan", None, ("y",), iter(()))
    told = covered(REPORT, reading, reach(), BATCH, counts)
    expected = (
        Covered(("x", "y"), date(2026, 11, 22), told.scope, (1, 129_000), "scan") if told else None
    )
    assert (told is not None, told) == (spoke, expected)


@pytest.mark.parametrize(
    ("verdict", "spoke"), [("good", True), ("accepted", True), ("held", False), ("late", False)]
)
def test_a_list_must_be_believed(verdict: str, *, spoke: bool) -> None:
    reading = Reading("", date(2026, 11, 1), ("y",), iter(()))
    batch = msgspec.structs.replace(BATCH, verdict=verdict)
    told = covered(LIST, reading, Reach(), batch, (0, 0))
    assert (told is not None) is spoke
    assert told is None or (told.whole, told.day, told.scope) == (
        True,
        date(2026, 11, 1),
        "constituency",
    )


def test_a_stream_is_named_or_goes_by_its_kind() -> None:
    assert stream_of(Reading("kind", None, (), iter(()))) == "kind"
    assert stream_of(Reading("kind", None, (), iter(()), stream="s")) == "s"
