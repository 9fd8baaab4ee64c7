"""Batches and rejects as those read them who may see whole reports; pages by key."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pehra.intake import queries
from pehra.intake.models import Batch, Reject
from pehra.mandate.viewers import SYSTEM_VIEWER, Viewer

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
TENANT = Viewer("bank", teams=frozenset({1}), organisations=frozenset({1}))


@pytest.fixture(autouse=True)
def received() -> None:
    """Seven batches, two at each moment; the first has five rejects, the last one."""
    for number in range(7):
        Batch.objects.create(
            id=f"{number:032}",
            sha256="0" * 64,
            source="csv",
            file_name=f"{number}.csv",
            size=1,
            received_at=NOW + timedelta(minutes=number // 2),
        )
    for batch, rows in ((0, (5, 1, 3, 2, 4)), (6, (9,))):
        for row in rows:
            Reject.objects.create(
                batch_id=f"{batch:032}",
                row=row,
                line=row,
                offset=row,
                reason="time",
                detail="",
                raw=b"",
            )


@pytest.mark.parametrize("size", [1, 2, 3, 6, 7, 8])
def test_pages_of_batches_hold_each_once_the_newest_first(size: int) -> None:
    seen: list[str] = []
    more = True
    while more:
        page = queries.batches(viewer=SYSTEM_VIEWER, after=seen[-1] if seen else None, size=size)
        assert len(page.rows) <= size
        seen += [row.id for row in page.rows]
        more = page.has_next
    assert seen == [f"{number:032}" for number in range(6, -1, -1)]


def test_a_page_after_a_batch_that_is_gone_begins_again() -> None:
    assert len(queries.batches(viewer=SYSTEM_VIEWER, after="gone").rows) == 7


@pytest.mark.parametrize("size", [1, 2, 5, 6])
def test_pages_of_rejects_hold_each_once_in_the_order_of_the_file(size: int) -> None:
    seen: list[int] = []
    more = True
    while more:
        page = queries.rejects(
            f"{0:032}", viewer=SYSTEM_VIEWER, after=seen[-1] if seen else None, size=size
        )
        seen += [row.row for row in page.rows]
        more = page.has_next
    assert seen == [1, 2, 3, 4, 5]
    assert [row.row for row in queries.every_reject(f"{0:032}", viewer=SYSTEM_VIEWER)] == seen


def test_the_newest_rejects_come_from_the_newest_batch() -> None:
    found = queries.newest_rejects("", viewer=SYSTEM_VIEWER, size=3)
    assert [row.row for row in found] == [9, 1, 2]
    assert [
        row.row for row in queries.newest_rejects(f"{0:032}", viewer=SYSTEM_VIEWER, size=2)
    ] == [
        1,
        2,
    ]


def test_a_tenant_sees_no_whole_report() -> None:
    name = f"{0:032}"
    assert queries.batch(name, viewer=TENANT) is None
    assert (queries.batches(viewer=TENANT).rows, queries.count(viewer=TENANT)) == ([], 0)
    assert queries.rejects(name, viewer=TENANT).rows == []
    assert queries.newest_rejects(name, viewer=TENANT, size=9) == []
    assert list(queries.every_reject(name, viewer=TENANT)) == []
    found = queries.batch(name, viewer=SYSTEM_VIEWER)
    assert found is not None
    assert (found.id, queries.count(viewer=SYSTEM_VIEWER)) == (name, 7)
