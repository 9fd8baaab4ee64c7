"""Exit nodes of the Tor network: context for who reads a case, never a sign of badness (R68).

Format: https://check.torproject.org/torbulkexitlist: an address a line, IPv4 and IPv6; lines after
`#` are notes. Rows have the severity `info`, so they make no finding, score nothing and block
nothing; the witness is a report, not a block list. Time: the receipt.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec
import polars as pl

from pehra.intake.columns import Plan
from pehra.intake.linefields import Layout, open_fields
from pehra.intake.linelist import open_lines
from pehra.intake.listing import Listing, reading
from pehra.intake.source import Covers, Delivery, Reading, Source
from pehra.kernel.labels import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pehra.intake.stretches import Stretch

_LAYOUT = Layout(names=("ip",), least=1, quoted=False)
_TOR = "tor"
_PLAN = Plan(
    takes={"ip": ("ip",)},
    constants={
        "class": "other",
        "type": "other",
        "identifier": "tor-exit",
        "severity": "info",
        "role": Role.REPORT.value,
    },
    names={_TOR: "source.tor_node"},
    kinds={_TOR: "flag"},
)


def read(delivery: Delivery) -> Reading:
    """Open a list; raises `UnreadableFile` where it is no text."""
    table = open_fields(open_lines(delivery.path, "#"), _LAYOUT, delivery.part_bytes)
    return reading(delivery, _marked(table.stretches), _PLAN, Listing("", ()))


def _marked(stretches: Iterator[Stretch]) -> Iterator[Stretch]:
    for stretch in stretches:
        frame = stretch.frame.with_columns(pl.lit("true").alias(_TOR))
        yield msgspec.structs.replace(stretch, frame=frame)


SOURCE = Source(
    slug="tor-exits",
    title="The Tor Project, exit addresses",
    url="https://check.torproject.org/",
    licence="free to use",
    role=Role.REPORT,
    read=read,
    every=timedelta(days=1),
    covers=Covers.NOTHING,
    fetch=("https://check.torproject.org/torbulkexitlist",),
    snapshot=True,
)
