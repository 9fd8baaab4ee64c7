"""ThreatFox of abuse.ch: addresses, names, URLs and hashes of malware, with its family.

Format: https://threatfox.abuse.ch/export/: CSV, JSON (one object that holds lists under their ids),
and lists of addresses or names alone. Times are UTC: the observation is of the first sighting,
`until` of the last one. Hashes name no asset and are in `extra` under the names of the IntelMQ data
format. The full export is the whole list; exports of recent additions are a stream of their own.
Whoever reported an indicator is left out (R67).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec
import polars as pl

from pehra.intake import typed
from pehra.intake.abusech import open_export
from pehra.intake.columns import Plan
from pehra.intake.content import content_rules
from pehra.intake.listing import Listing, reading
from pehra.intake.source import Covers, Delivery, Reading, Source
from pehra.kernel.labels import Role

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pehra.intake.stretches import Stretch

_C2, _SAMPLE, _URL = "c2-server", "malware-sample", "malware-url"
_IDENTIFIERS = (_C2, _URL)
_COLUMNS = (
    *("first_seen_utc", "ioc_id", "ioc_value", "ioc_type", "threat_type", "malware"),
    *("malware_alias", "malware_printable", "last_seen_utc", "confidence_level", "is_compromised"),
    *("reference", "tags", "anonymous", "reporter"),
)
_OLDER = tuple(name for name in _COLUMNS if name != "is_compromised")
_KNOWN = {
    **{name: name for name in _COLUMNS},
    "fk_malware": "malware",
    "address": "ioc_value",
    "url": "note",
}
_PLAIN = ("ioc_value",)
_NOTED = ("ioc_value", "note")
_WIDTHS = {1: _PLAIN, 2: _NOTED, 14: _OLDER, 15: _COLUMNS}
_HASHES = {
    "md5_hash": ("md5", r"^[0-9A-Fa-f]{32}$"),
    "sha1_hash": ("sha1", r"^[0-9A-Fa-f]{40}$"),
    "sha256_hash": ("sha256", r"^[0-9A-Fa-f]{64}$"),
}
_ENDPOINT = r"^\[?(.*?)\]?:(\d+)$"
_NUMERIC = r"^[0-9.]+$|:"
"""An address; a name has a letter in its last label."""


def _computed(frame: pl.DataFrame) -> Mapping[str, pl.Expr]:
    from_url = typed.url_address(typed.url(pl.col("url")))
    found = {"ip": pl.coalesce(typed.address(pl.col("ip")), from_url)}
    if "threat_type" in frame.columns:
        threat = pl.col("threat_type").str.to_lowercase()
        kind = pl.col("ioc_type").str.to_lowercase() if "ioc_type" in frame.columns else threat
        control = threat == "botnet_cc"
        sample = pl.when(kind.is_in(list(_HASHES))).then(pl.lit(_SAMPLE)).otherwise(pl.lit(_URL))
        found["type"] = pl.when(control).then(pl.lit(_C2)).otherwise(pl.lit("malware-distribution"))
        found["identifier"] = pl.when(control).then(pl.lit(_C2)).otherwise(sample)
    if "malware_printable" in frame.columns:
        family = typed.word(pl.col("malware_printable"))
        found["family"] = pl.when(family != "unknown malware").then(family)
    return found


_PLAN = Plan(
    takes={
        "observed_at": ("first_seen_utc", "first_seen"),
        "ip": ("ip",),
        "port": ("port",),
        "host": ("host",),
        "url": ("url",),
        "confidence": ("confidence_level",),
        "family": ("malware_printable",),
        "tags": ("tags",),
        "until": ("last_seen_utc", "last_seen"),
    },
    constants={
        "class": "malicious-code",
        "type": "c2-server",
        "identifier": _C2,
        "severity": "critical",
        "role": Role.BLOCKLIST.value,
    },
    names={name: f"malware.hash.{name}" for name, _ in _HASHES.values()},
    kinds={"is_compromised": "flag"},
    known=frozenset({"url", "tags", "malware_alias", "reference"}),
    computed=_computed,
    instead=tuple(name for name, _ in _HASHES.values()),
    content=content_rules("threatfox"),
)


def _guess(fields: list[str]) -> tuple[str, ...]:
    return _WIDTHS.get(len(fields), ())


def _told_apart(stretches: Iterator[Stretch]) -> Iterator[Stretch]:
    """What an indicator is, in a column of its own; one that is none of these stays as it came."""
    for stretch in stretches:
        frame = stretch.frame
        for name in ("ioc_value", "ioc_type"):
            if name not in frame.columns:
                frame = frame.with_columns(pl.lit("").alias(name))
        yield msgspec.structs.replace(stretch, frame=_apart(frame))


def _apart(frame: pl.DataFrame) -> pl.DataFrame:
    value, kind = pl.col("ioc_value"), pl.col("ioc_type").str.to_lowercase()
    numeric = value.str.contains(_NUMERIC)
    bare = kind == ""
    found = {
        "ip": pl.when(kind == "ip:port").then(pl.coalesce(value.str.extract(_ENDPOINT, 1), value))
        .when(bare & numeric).then(value),
        "port": pl.when(kind == "ip:port").then(value.str.extract(_ENDPOINT, 2)),
        "host": pl.when((kind == "domain") | (bare & ~numeric)).then(value),
        "url": pl.when(kind == "url").then(value),
        **{
            name: pl.when((kind == of) & value.str.contains(form)).then(value.str.to_lowercase())
            for of, (name, form) in _HASHES.items()
        },
    }  # fmt: skip
    frame = frame.with_columns(part.fill_null("").alias(name) for name, part in found.items())
    taken = pl.any_horizontal(pl.col(name) != "" for name in found)
    return frame.with_columns(pl.when(taken).then(pl.lit("")).otherwise(value).alias("ioc_value"))


def read(delivery: Delivery) -> Reading:
    """Open an export; raises `UnreadableFile` where it is none."""
    export = open_export(delivery, _KNOWN, _guess, "ioc_id")
    plain = export.names in (_PLAIN, _NOTED)
    recent = any("recent" in note.lower() for note in export.notes)
    kind = "names" if export.names == _NOTED else "addresses"
    if not plain:
        kind = "recent" if recent else ""
    listing = Listing(kind, _IDENTIFIERS, export.date, timed=not plain)
    return reading(delivery, _told_apart(export.stretches), _PLAN, listing)


SOURCE = Source(
    slug="threatfox",
    title="ThreatFox (abuse.ch), indicators of malware",
    url="https://threatfox.abuse.ch/export/",
    licence="CC0 1.0",
    role=Role.BLOCKLIST,
    read=read,
    every=timedelta(days=1),
    covers=Covers.CONSTITUENCY,
    fetch=("https://threatfox-api.abuse.ch/v2/files/exports/{secret}/full.csv.zip",),
    snapshot=True,
)
