"""A kept file is read as of when its bytes came; one on its way in before it is kept."""

from __future__ import annotations

import gc
import weakref
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec
import pytest

from pehra.findings.kept import coming, delivery, given
from pehra.intake import actions as intake
from pehra.intake.discover import source
from pehra.intake.source import Delivery
from pehra.kernel.errors import UnreadableFile

if TYPE_CHECKING:
    from tests.findings.conftest import House

pytestmark = pytest.mark.django_db


def test_the_bytes_and_their_moment(watch: House) -> None:
    told = watch.telnet("2026-11-20", 10)
    batch = intake.take_up(told.batch)
    with delivery(watch.home, batch) as given:
        assert given.path.read_bytes().endswith(b"192.0.2.10,tcp,23,telnet,64500,PK\n")
        assert (given.received_at, given.file_name) == (batch.received_at, batch.file_name)
    earlier = batch.received_at - timedelta(days=2)
    with delivery(watch.home, msgspec.structs.replace(batch, came_at=earlier)) as given:
        assert given.received_at == earlier


def test_a_file_on_its_way_in_is_read_as_its_batch_was_told(watch: House) -> None:
    told = watch.telnet("2026-11-20", 10, 11)
    batch, telnet = intake.take_up(told.batch), source("shadowserver")
    with delivery(watch.home, batch) as kept:
        path = watch.home.root / batch.file_name
        path.write_bytes(kept.path.read_bytes())
    came = Delivery(path, batch.file_name, batch.received_at, part_bytes=batch.part_bytes)
    with coming(watch.home, telnet, came, largest=1 << 20) as file:
        path.write_bytes(b"")
        with given(watch.home, batch, file) as same:
            assert same == file.given
            assert [part.rows for part in same.read(telnet).parts] == [2]
        # The same bytes came before, and were told otherwise then.
        earlier = batch.received_at - timedelta(days=2)
        with given(watch.home, msgspec.structs.replace(batch, came_at=earlier), file) as other:
            assert (other.begun, other.delivery.received_at) == (None, earlier)
            assert [part.rows for part in other.read(telnet).parts] == [2]
    with given(watch.home, batch) as kept_file:
        assert [part.rows for part in kept_file.read(telnet).parts] == [2]


def test_what_cannot_be_read_says_so_where_it_is_asked_for(watch: House) -> None:
    path = watch.home.root / "empty.csv"
    path.write_bytes(b"")
    for slug, begun in (("shadowserver", True), ("ipsum", False)):
        told = Delivery(path, path.name, watch.now)
        with coming(watch.home, source(slug), told, largest=1 << 20) as file:
            assert (file.given.begun is not None) == begun
            with pytest.raises(UnreadableFile):
                file.given.read(source(slug))
    known = Delivery(path, path.name, watch.now)
    with coming(watch.home, source("shadowserver"), known, largest=1 << 20, read=False) as file:
        assert file.given.begun is None


def test_the_first_part_is_let_go_of_like_the_others(watch: House) -> None:
    batch = intake.take_up(watch.telnet("2026-11-20", *range(10, 60)).batch)
    telnet = source("shadowserver")
    with delivery(watch.home, batch) as kept:
        told = msgspec.structs.replace(kept, part_bytes=600)
        with coming(watch.home, telnet, told, largest=1 << 20) as file:
            parts = file.given.read(telnet).parts
            tables = []
            for part in parts:
                tables.append(weakref.ref(part.table))
                del part
                gc.collect()
                assert [table() is None for table in tables[:-1]] == [True] * (len(tables) - 1)
    assert len(tables) > 2
