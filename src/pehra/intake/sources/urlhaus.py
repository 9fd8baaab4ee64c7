"""URLhaus of abuse.ch: URLs from which malware is fetched.

Format: https://urlhaus.abuse.ch/api/ (CSV, JSON, or URLs alone), also the feeds for a country, an
AS or a top-level domain, https://urlhaus.abuse.ch/feeds/, which name the address, and the list of
payloads. Times are UTC: the observation is of the day a URL was added, `until` of the day it last
answered. A URL that no longer answers has the severity `info`.

Whoever reported a URL is left out (R67).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import polars as pl

from pehra.intake import typed
from pehra.intake.abusech import open_export
from pehra.intake.columns import Plan
from pehra.intake.content import content_rules
from pehra.intake.listing import Listing, reading
from pehra.intake.source import Covers, Delivery, Reading, Source
from pehra.kernel.labels import Role

if TYPE_CHECKING:
    from collections.abc import Mapping

_IDENTIFIER = "malware-url"
_DATABASE = (
    *("id", "dateadded", "url", "url_status", "last_online", "threat", "tags", "urlhaus_link"),
    "reporter",
)
_OLDER = tuple(name for name in _DATABASE if name != "last_online")
_NETWORK = (
    *("dateadded", "url", "url_status", "threat", "host", "ipaddress", "asnumber", "country"),
)
_NETWORK_TAGS = (*_NETWORK[:4], "tags", *_NETWORK[4:])
_PAYLOADS = ("firstseen", "url", "filetype", "md5", "sha256", "signature")
_KNOWN = {name: name for name in (*_DATABASE, *_NETWORK, *_PAYLOADS)}
_KINDS = {_DATABASE: "", _OLDER: "", _PAYLOADS: "payloads", ("url",): "urls"}
_FEED = "network"


def _computed(frame: pl.DataFrame) -> Mapping[str, pl.Expr]:
    found = {}
    if "url" in frame.columns:
        named = typed.address(pl.col("ipaddress" if "ipaddress" in frame.columns else "url"))
        found["ip"] = pl.coalesce(named, typed.url_address(typed.url(pl.col("url"))))
    if "url_status" in frame.columns:
        offline = pl.col("url_status").str.to_lowercase() == "offline"
        found["severity"] = pl.when(offline).then(pl.lit("info")).otherwise(pl.lit("critical"))
    if "signature" in frame.columns:
        found["family"] = typed.word(pl.col("signature"))
    return found


_PLAN = Plan(
    takes={
        "observed_at": ("dateadded", "firstseen"),
        "ip": ("ipaddress",),
        "asn": ("asnumber",),
        "country": ("country",),
        "host": ("host",),
        "url": ("url",),
        "family": ("signature",),
        "tags": ("tags",),
        "until": ("last_online",),
    },
    constants={
        "class": "malicious-code",
        "type": "malware-distribution",
        "identifier": _IDENTIFIER,
        "severity": "critical",
        "role": Role.BLOCKLIST.value,
    },
    names={
        "url_status": "status",
        "md5": "malware.hash.md5",
        "sha256": "malware.hash.sha256",
    },
    known=frozenset({"url", "tags"}),
    computed=_computed,
    content=content_rules("urlhaus"),
)


def _guess(fields: list[str]) -> tuple[str, ...]:
    """By the number of columns, and by whether the first is an id."""
    identified = fields[0].isdigit()
    found = {
        1: ("url",),
        6: _PAYLOADS,
        8: _OLDER if identified else _NETWORK,
        9: _DATABASE if identified else _NETWORK_TAGS,
    }
    return found.get(len(fields), ())


def read(delivery: Delivery) -> Reading:
    """Open an export; raises `UnreadableFile` where it is none."""
    export = open_export(delivery, _KNOWN, _guess, "id")
    kind = _KINDS.get(export.names, _FEED) if export.names else ""
    timed = export.names != ("url",)
    listing = Listing(kind, (_IDENTIFIER,), export.date, timed=timed)
    return reading(delivery, export.stretches, _PLAN, listing)


SOURCE = Source(
    slug="urlhaus",
    title="URLhaus (abuse.ch), URLs of malware",
    url="https://urlhaus.abuse.ch/api/",
    licence="CC0 1.0",
    role=Role.BLOCKLIST,
    read=read,
    every=timedelta(hours=1),
    covers=Covers.CONSTITUENCY,
    fetch=("https://urlhaus.abuse.ch/downloads/csv_online/",),
    snapshot=True,
)
