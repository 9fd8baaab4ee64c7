"""Spamhaus DROP: networks that are hijacked or leased to criminals; also EDROP and DROPv6.

Format: https://www.spamhaus.org/blocklists/do-not-route-or-peer/: text, `1.2.3.0/24 ; SBL123` with
notes after `;`, or JSON lines. Time: the note `Last-Modified`, or that of the JSON's last line,
else the receipt. A row is about the whole of its `network`; `ip` is its first address, by which
the row is kept in order, attributed and made a finding: one a network. Which list it is says the
file's name, or the first row: IPv4 (EDROP apart, as long as there was one) and IPv6.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import polars as pl

from pehra.intake import typed
from pehra.intake.columns import Plan
from pehra.intake.listing import Listing, reading, stem
from pehra.intake.source import Covers, Delivery, Reading, Source
from pehra.intake.spamhaus import open_drop
from pehra.kernel.labels import Role

if TYPE_CHECKING:
    from collections.abc import Mapping

_IDENTIFIER = "dropped-network"
_SIX = "drop-v6"


def _first_address(frame: pl.DataFrame) -> Mapping[str, pl.Expr]:
    """The address before the slash."""
    name = next((name for name in ("network", "cidr") if name in frame.columns), None)
    if name is None:
        return {}
    is_network = typed.network(pl.col(name)).is_not_null()
    first = typed.address(pl.col(name).str.splitn("/", 2).struct.field("field_0").fill_null(""))
    return {"ip": pl.when(is_network).then(first)}


_PLAN = Plan(
    takes={"ip": ("network", "cidr"), "network": ("network", "cidr")},
    constants={
        "class": "other",
        "type": "other",
        "identifier": _IDENTIFIER,
        "severity": "high",
        "role": Role.BLOCKLIST.value,
    },
    names={"sblid": "sbl"},
    computed=_first_address,
)


def read(delivery: Delivery) -> Reading:
    """Open a list; raises `UnreadableFile` where it is no text."""
    drop = open_drop(delivery, ("network", "sbl"))
    listing = Listing(_kind(delivery.file_name, drop.first), (_IDENTIFIER,), drop.date)
    return reading(delivery, drop.stretches, _PLAN, listing)


def _kind(file_name: str, first: str) -> str:
    named = stem(file_name)
    if "v6" in named or "::" in first:
        return _SIX
    return "edrop" if "edrop" in named else "drop"


SOURCE = Source(
    slug="spamhaus-drop",
    title="Spamhaus DROP, networks not to route",
    url="https://www.spamhaus.org/blocklists/do-not-route-or-peer/",
    licence="free of charge; credit Spamhaus with date and copyright (its DROP terms)",
    role=Role.BLOCKLIST,
    read=read,
    every=timedelta(days=1),
    covers=Covers.CONSTITUENCY,
    fetch=(
        "https://www.spamhaus.org/drop/drop_v4.json",
        "https://www.spamhaus.org/drop/drop_v6.json",
    ),
    snapshot=True,
)
