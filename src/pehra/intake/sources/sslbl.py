"""SSLBL of abuse.ch: servers that command bots over TLS, and the certificates that they show.

Format: https://sslbl.abuse.ch/blacklist/: CSV, unquoted, of addresses with their port, or of
certificates with SHA-1 and the reason of listing; or addresses alone. Times are UTC. A certificate
names no asset: its fingerprint is in `extra` as `sha1_fingerprint`, as in reports of TLS scans, by
which the two are joined. The reason names the family.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec
import polars as pl

from pehra.intake import typed
from pehra.intake.abusech import open_export
from pehra.intake.columns import Plan
from pehra.intake.listing import Listing, reading
from pehra.intake.source import Covers, Delivery, Reading, Source
from pehra.kernel.labels import Role

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pehra.intake.stretches import Stretch

_IDENTIFIER = "c2-server"
_ADDRESSES = ("firstseen", "dstip", "dstport")
_CERTIFICATES = ("listingdate", "sha1", "listingreason")
_PLAIN = ("dstip",)
_KNOWN = {name: name for name in (*_ADDRESSES, *_CERTIFICATES)}
_SHA1 = r"^[0-9A-Fa-f]{40}$"
_FINGERPRINT = "sha1_fingerprint"
_REASON = r" (?:c&c|malware distribution|malware)$"


def _family(frame: pl.DataFrame) -> Mapping[str, pl.Expr]:
    if "listingreason" not in frame.columns:
        return {}
    family = typed.word(pl.col("listingreason")).str.replace(_REASON, "")
    return {"family": pl.when(family != "malware").then(family)}


_PLAN = Plan(
    takes={
        "observed_at": ("firstseen", "listingdate"),
        "ip": ("dstip",),
        "port": ("dstport",),
        "family": ("listingreason",),
    },
    constants={
        "class": "malicious-code",
        "type": "c2-server",
        "identifier": _IDENTIFIER,
        "severity": "critical",
        "role": Role.BLOCKLIST.value,
    },
    also=frozenset({"listingreason"}),
    computed=_family,
    instead=(_FINGERPRINT,),
)


def _guess(fields: list[str]) -> tuple[str, ...]:
    if len(fields) == len(_ADDRESSES):
        return _CERTIFICATES if re.match(_SHA1, fields[1]) else _ADDRESSES
    return _PLAIN if len(fields) == 1 else ()


def _fingerprints(stretches: Iterator[Stretch]) -> Iterator[Stretch]:
    """A SHA-1 that is one, in lower case, in a column of its own."""
    for stretch in stretches:
        is_one = pl.col("sha1").str.contains(_SHA1)
        frame = stretch.frame.with_columns(
            pl.when(is_one).then(pl.col("sha1").str.to_lowercase()).otherwise(pl.lit(""))
            .alias(_FINGERPRINT),
            pl.when(is_one).then(pl.lit("")).otherwise("sha1").alias("sha1"),
        )  # fmt: skip
        yield msgspec.structs.replace(stretch, frame=frame)


def read(delivery: Delivery) -> Reading:
    """Open an export; raises `UnreadableFile` where it is none."""
    export = open_export(delivery, _KNOWN, _guess, "id")
    if "sha1" in export.names:
        stretches = _fingerprints(export.stretches)
        return reading(
            delivery, stretches, _PLAN, Listing("certificates", (), export.date, timed=True)
        )
    timed = export.names != _PLAIN
    listing = Listing("addresses", (_IDENTIFIER,), export.date, timed=timed)
    return reading(delivery, export.stretches, _PLAN, listing)


SOURCE = Source(
    slug="sslbl",
    title="SSLBL (abuse.ch), control servers over TLS and their certificates",
    url="https://sslbl.abuse.ch/blacklist/",
    licence="CC0 1.0",
    role=Role.BLOCKLIST,
    read=read,
    every=timedelta(days=1),
    covers=Covers.CONSTITUENCY,
    fetch=(
        "https://sslbl.abuse.ch/blacklist/sslipblacklist.csv",
        "https://sslbl.abuse.ch/blacklist/sslblacklist.csv",
    ),
    snapshot=True,
)
