"""A batch read again adds what can be read by now, and nothing twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from pehra.findings import jobs, replays
from pehra.intake import discover
from pehra.intake.models import Batch
from pehra.kernel.errors import UsageError
from pehra.observations.store import open_lake

if TYPE_CHECKING:
    from pathlib import Path

    from tests.findings.conftest import House

    from pehra.intake.source import Delivery, Reading

pytestmark = pytest.mark.django_db


def test_what_a_list_left_out_is_read_by_a_better_reader(
    watch: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ipsum.txt"
    good = "".join(f"192.0.2.{host}\t3\n" for host in range(1, 30))
    path.write_text(good)
    watch.take_in(path, "ipsum")
    path.write_text(f"{good}none\t3\n")
    told = watch.take_in(path, "ipsum")
    assert (told.unchanged, told.rejected, told.verdict) == (29, 1, "good")
    source = discover.source("ipsum")

    def read(delivery: Delivery) -> Reading:
        mended = tmp_path / "mended"
        mended.write_text(delivery.path.read_text().replace("none", "192.0.2.99"))
        return source.read(msgspec.structs.replace(delivery, path=mended))

    better = msgspec.structs.replace(source, read=read)
    monkeypatch.setattr(replays, "find_source", lambda _: better)
    for added in (1, 0):
        again = jobs.replay(told.batch, home=watch.home, now=watch.now)
        assert (again.accepted, again.rejected, again.rows) == (added, 0, 30)
    row = Batch.objects.get(id=told.batch)
    assert (row.rows, row.accepted, row.rejected, row.unchanged) == (30, 1, 0, 29)
    assert open_lake(watch.home.lake).scan().collect().height == 30


def test_there_must_be_such_a_batch(watch: House) -> None:
    with pytest.raises(UsageError, match="no batch `x`"):
        jobs.replay("x", home=watch.home, now=watch.now)
