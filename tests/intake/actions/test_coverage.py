"""What a batch covers, as rows: of reports what they name, of lists all that they ever named."""

from __future__ import annotations

from datetime import UTC, date, datetime

import msgspec
import pytest

from pehra.intake.actions.coverage import Covered, cover
from pehra.intake.models import Batch, Coverage
from pehra.intake.source import ANY_OF_KIND

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
ONE = date(2026, 11, 1)
WHOLE = Covered(("x",), ONE, "constituency", (2,), "s", whole=True)

pytestmark = pytest.mark.django_db


def batch(name: str) -> Batch:
    return Batch.objects.create(
        id=name, sha256=name, source="one", file_name=name, size=1, received_at=NOW, kind="k"
    )


def rows() -> list[tuple[str, int, list[int]]]:
    found = Coverage.objects.order_by("day", "identifier")
    return [(row.identifier, row.day.day, row.networks) for row in found]


def test_a_report_covers_what_its_stream_ever_named() -> None:
    told = Covered(("x",), ONE, "constituency", (2, 4), "s")
    cover(batch("a"), told)
    cover(batch("b"), msgspec.structs.replace(told, day=ONE.replace(day=2), networks=(6,)))
    cover(batch("c"), msgspec.structs.replace(told, stream="other", networks=(8,)))
    assert rows() == [("x", 1, [2, 4]), ("x", 1, [8]), ("x", 2, [2, 4, 6])]


def test_a_report_of_networks_covers_those_it_names() -> None:
    told = Covered(("x",), ONE, "networks", (2, 4), "s")
    cover(batch("a"), told)
    cover(batch("b"), msgspec.structs.replace(told, day=ONE.replace(day=2), networks=(6,)))
    assert rows() == [("x", 1, [2, 4]), ("x", 2, [6])]


def test_any_of_a_kind_is_what_its_kind_ever_named() -> None:
    cover(batch("a"), Covered(("x", "y"), ONE, "constituency", (2,), "s"))
    later = Covered((ANY_OF_KIND, "z"), ONE.replace(day=2), "constituency", (), "s")
    cover(batch("b"), later)
    assert [name for name, day, _ in rows() if day == 2] == ["x", "y", "z"]


def test_a_list_covers_all_that_it_ever_named_once_a_day() -> None:
    cover(batch("a"), WHOLE)
    cover(batch("b"), msgspec.structs.replace(WHOLE, identifiers=("y",), networks=(4,)))
    assert rows() == [("x", 1, [2, 4]), ("y", 1, [2, 4])]
    empty = msgspec.structs.replace(WHOLE, identifiers=(), networks=(), day=ONE.replace(day=2))
    cover(batch("c"), empty)
    assert rows()[2:] == [("x", 2, [2, 4]), ("y", 2, [2, 4])]
