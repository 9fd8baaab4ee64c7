"""Feodo Tracker of abuse.ch: servers that command bots (Dridex, Emotet, QakBot, Pikabot).

Format: https://feodotracker.abuse.ch/blocklist/: CSV and JSON with the moment each was first seen
and the day it last answered, or addresses alone. Times are UTC: the observation is of the first,
`until` of the last. A server that no longer answers is less severe, and is on the list for a month.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import polars as pl

from pehra.intake import typed
from pehra.intake.abusech import open_export
from pehra.intake.columns import Plan
from pehra.intake.listing import Listing, reading
from pehra.intake.source import Covers, Delivery, Reading, Source
from pehra.kernel.labels import Role

if TYPE_CHECKING:
    from collections.abc import Mapping

_IDENTIFIER = "c2-server"
_COLUMNS = ("first_seen_utc", "dst_ip", "dst_port", "c2_status", "last_online", "malware")
_KNOWN = {
    **{name: name for name in _COLUMNS},
    "firstseen": "first_seen_utc",
    "dstip": "dst_ip",
    "dstport": "dst_port",
    "lastonline": "last_online",
}
_WIDTHS = {1: ("dst_ip",), 5: tuple(name for name in _COLUMNS if name != "c2_status"), 6: _COLUMNS}


def _status(frame: pl.DataFrame) -> Mapping[str, pl.Expr]:
    """How severe by whether it answers; families in lower case, as other sources have them."""
    found = {}
    status = next((name for name in ("c2_status", "status") if name in frame.columns), None)
    if status:
        offline = pl.col(status).str.to_lowercase() == "offline"
        found["severity"] = pl.when(offline).then(pl.lit("medium")).otherwise(pl.lit("critical"))
    if "malware" in frame.columns:
        found["family"] = typed.word(pl.col("malware"))
    return found


_PLAN = Plan(
    takes={
        "observed_at": ("first_seen_utc", "first_seen", "last_online"),
        "ip": ("dst_ip", "ip_address"),
        "port": ("dst_port", "port"),
        "asn": ("as_number",),
        "country": ("country",),
        "family": ("malware",),
        "until": ("last_online",),
    },
    constants={
        "class": "malicious-code",
        "type": "c2-server",
        "identifier": _IDENTIFIER,
        "severity": "critical",
        "role": Role.BLOCKLIST.value,
    },
    names={
        "c2_status": "status",
        "hostname": "source.reverse_dns",
        "as_name": "source.as_name",
    },
    computed=_status,
)


def _guess(fields: list[str]) -> tuple[str, ...]:
    return _WIDTHS.get(len(fields), ())


def read(delivery: Delivery) -> Reading:
    """Open an export; raises `UnreadableFile` where it is none."""
    export = open_export(delivery, _KNOWN, _guess, "id")
    plain = export.names == _WIDTHS[1]
    listing = Listing("addresses" if plain else "", (_IDENTIFIER,), export.date, timed=not plain)
    return reading(delivery, export.stretches, _PLAN, listing)


SOURCE = Source(
    slug="feodo",
    title="Feodo Tracker (abuse.ch), control servers of bots",
    url="https://feodotracker.abuse.ch/blocklist/",
    licence="CC0 1.0",
    role=Role.BLOCKLIST,
    read=read,
    every=timedelta(hours=1),
    covers=Covers.CONSTITUENCY,
    fetch=("https://feodotracker.abuse.ch/downloads/ipblocklist.csv",),
    snapshot=True,
)
