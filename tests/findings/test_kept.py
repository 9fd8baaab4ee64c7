"""A kept file is read as of when its bytes came."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec
import pytest

from pehra.findings.kept import delivery
from pehra.intake import actions as intake

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
