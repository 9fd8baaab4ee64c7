"""Lists as readings: whose moment a row has."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from pehra.intake.columns import Plan
from pehra.intake.linefields import Layout, open_fields
from pehra.intake.linelist import open_lines
from pehra.intake.listing import Listing, reading, stem
from pehra.intake.source import Delivery, Reading

Deliver = Callable[..., Delivery]
Rows = Callable[[Reading], list[dict[str, Any]]]
MADE = datetime(2026, 11, 20, 10, tzinfo=UTC)
PLAN = Plan(
    takes={"observed_at": ("seen",), "ip": ("ip",)},
    constants={"class": "other", "type": "other", "identifier": "x"},
)


@pytest.mark.parametrize(
    ("listing", "at", "seen"),
    [
        (Listing("k", ("x",), MADE), MADE, MADE),
        (Listing("k", ("x",)), datetime(2026, 11, 21, 4, tzinfo=UTC), None),
        (Listing("k", ("x",), MADE, timed=True), None, datetime(2026, 11, 19, tzinfo=UTC)),
    ],
)
def test_rows_are_of_their_own_moment_or_the_lists(
    deliver: Deliver, rows: Rows, listing: Listing, at: datetime | None, seen: datetime | None
) -> None:
    own = b"2026-11-19" if listing.timed else b""
    delivery = deliver(own + b",192.0.2.1\n")
    table = open_fields(open_lines(delivery.path, "#"), Layout(("seen", "ip"), 2), 1 << 20)
    found = reading(delivery, table.stretches, PLAN, listing)
    assert (found.kind, found.stream, found.identifiers, found.at) == ("k", "k", ("x",), at)
    assert [row["observed_at"] for row in rows(found)] == [(seen or at or MADE).isoformat()]


@pytest.mark.parametrize("name", ["lists/SSH.txt.gz", "ssh", "ssh.txt"])
def test_the_stem_is_the_first_word_of_a_name(name: str) -> None:
    assert stem(name) == "ssh"
