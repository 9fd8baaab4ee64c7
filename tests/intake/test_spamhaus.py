"""DROP lists: text and JSON lines, and when each was made."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from pehra.intake.source import Delivery
from pehra.intake.spamhaus import open_drop

Deliver = Callable[..., Delivery]
TEXT = (
    b"; Spamhaus DROP List\n; Last-Modified: Wed, 15 May 2024 14:40:00 GMT\n192.0.2.0/24 ; SBL1\n"
)
LINES = b'{"cidr":"192.0.2.0/24"}\n{"type":"metadata","timestamp":1715784000,"records":1}\n'


@pytest.mark.parametrize("data", [TEXT, LINES])
def test_a_list_says_when_it_was_made(deliver: Deliver, data: bytes) -> None:
    drop = open_drop(deliver(data), ("cidr", "sblid"))
    assert drop.date == datetime(2024, 5, 15, 14, 40, tzinfo=UTC)
    frames = [stretch.frame for stretch in drop.stretches]
    assert [frame["cidr"].to_list() for frame in frames] == [["192.0.2.0/24"]]


def test_a_list_need_not_say(deliver: Deliver) -> None:
    assert open_drop(deliver(b"192.0.2.0/24\n"), ("cidr", "sblid")).date is None
    assert open_drop(deliver(LINES[:24]), ("cidr", "sblid")).date is None
