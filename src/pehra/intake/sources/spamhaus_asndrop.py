"""Spamhaus ASN-DROP: autonomous systems that are hijacked or run by criminals.

Format: https://www.spamhaus.org/blocklists/do-not-route-or-peer/: text, `AS260 ; AE | NAME` with
notes after `;`, or JSON lines. Time: as for DROP. A row names an AS and no address: it is
attributed to whoever holds the AS and makes no finding.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec
import polars as pl

from pehra.intake.columns import Plan
from pehra.intake.listing import Listing, reading
from pehra.intake.source import Covers, Delivery, Reading, Source
from pehra.intake.spamhaus import open_drop
from pehra.kernel.labels import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pehra.intake.stretches import Stretch

_IDENTIFIER = "dropped-asn"
_PLAN = Plan(
    takes={"asn": ("asn",), "country": ("cc",)},
    constants={
        "class": "other",
        "type": "other",
        "identifier": _IDENTIFIER,
        "severity": "high",
        "role": Role.BLOCKLIST.value,
    },
    names={"asname": "source.as_name"},
    instead=("asn",),
)


def read(delivery: Delivery) -> Reading:
    """Open a list; raises `UnreadableFile` where it is no text."""
    drop = open_drop(delivery, ("asn", "holder"))
    listing = Listing("", (_IDENTIFIER,), drop.date)
    return reading(delivery, _held(drop.stretches), _PLAN, listing)


def _held(stretches: Iterator[Stretch]) -> Iterator[Stretch]:
    """`AE | NAME` in two columns."""
    for stretch in stretches:
        if "holder" in stretch.frame.columns and "asname" not in stretch.frame.columns:
            parts = pl.col("holder").str.splitn("|", 2).struct
            frame = stretch.frame.with_columns(
                parts.field("field_0").str.strip_chars().fill_null("").alias("cc"),
                parts.field("field_1").str.strip_chars().fill_null("").alias("asname"),
            ).drop("holder")
            yield msgspec.structs.replace(stretch, frame=frame)
        else:
            yield stretch


SOURCE = Source(
    slug="spamhaus-asndrop",
    title="Spamhaus ASN-DROP, autonomous systems not to peer with",
    url="https://www.spamhaus.org/blocklists/do-not-route-or-peer/",
    licence="free of charge; credit Spamhaus with date and copyright (its DROP terms)",
    role=Role.BLOCKLIST,
    read=read,
    every=timedelta(days=1),
    covers=Covers.CONSTITUENCY,
    fetch=("https://www.spamhaus.org/drop/asndrop.json",),
    snapshot=True,
)
