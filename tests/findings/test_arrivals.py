"""What arrives is unpacked, each plain file is taken in, and its source's health says so."""

from __future__ import annotations

import gzip
import io
import os
import zipfile
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from pehra.findings import jobs
from pehra.findings.arrivals import Arrival, By, clear, ingest_each, room
from pehra.intake.fetching import queries
from pehra.intake.models import Batch
from pehra.kernel.actors import SYSTEM
from pehra.kernel.errors import UsageError
from pehra.mandate.viewers import SYSTEM_VIEWER

if TYPE_CHECKING:
    from pathlib import Path

    from tests.findings.conftest import House

    from pehra.findings.ingest import Result

pytestmark = pytest.mark.django_db
ONE, TWO = b"192.0.2.1\t3\n192.0.2.2\t3\n", b"192.0.2.1\t3\n"


def arrive(watch: House, path: Path) -> list[tuple[str, Result]]:
    by = By(SYSTEM, watch.now, lambda *_: None)
    return list(ingest_each(jobs.desk(watch.home, watch.now), Arrival("ipsum", path), by))


def health(watch: House) -> queries.SourceState:
    states = queries.source_states(viewer=SYSTEM_VIEWER, now=watch.now)
    return next(one for one in states if one.slug == "ipsum")


def test_each_file_of_an_archive_is_a_batch(watch: House, tmp_path: Path) -> None:
    path = tmp_path / "lists.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a/one.txt", ONE)
        archive.writestr("two.txt.gz", gzip.compress(TWO))
    found = arrive(watch, path)
    assert [(name, told.rows, told.error) for name, told in found] == [
        ("one.txt", 2, None), ("two.txt", 1, None),
    ]  # fmt: skip
    assert list(Batch.objects.order_by("place").values_list("file_name", flat=True)) == [
        "one.txt", "two.txt",
    ]  # fmt: skip
    told = health(watch)
    assert (told.last_success, told.last_new, told.last_rows) == (watch.now, watch.now, 1)
    assert list(watch.home.incoming.iterdir()) == []


def test_what_cannot_be_unpacked_is_kept_and_says_why(watch: House, tmp_path: Path) -> None:
    path = tmp_path / "list.gz"
    path.write_bytes(gzip.compress(ONE)[:-4])
    ((name, told),) = arrive(watch, path)
    assert (name, told.rows) == ("list.gz", 0)
    row = Batch.objects.get()
    assert (row.state, row.error) == ("failed", told.error)
    assert (health(watch).failures, health(watch).fault) == (1, told.error)


def test_a_bomb_is_refused_in_bounded_space(watch: House, tmp_path: Path) -> None:
    path = tmp_path / "bomb.gz"
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb") as file:
        for _ in range(100):
            file.write(bytes(1 << 20))
    path.write_bytes(packed.getvalue())
    ((_, told),) = arrive(watch, path)
    assert told.error
    assert "turns into more than" in told.error


def test_no_such_file_or_source(watch: House, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        arrive(watch, tmp_path / "none")


def test_what_the_killed_left_is_cleared(watch: House) -> None:
    with room(watch.home) as folder:
        (folder / "file").write_bytes(b"x")
        old = (watch.now - timedelta(days=3)).timestamp()
        os.utime(folder, (old, old))
        clear(watch.home, watch.now - timedelta(days=4))
        assert folder.is_dir()
        clear(watch.home, watch.now - timedelta(days=1))
        assert not folder.exists()
