"""Observations under the names of the IntelMQ data format 3.5, and back out as JSON Lines.

What has no field there is an `extra.` field; keys of our `extra` that are fields of the format
(`source.reverse_dns`) are written as such. Times are ISO 8601 in UTC.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import polars as pl
import polars_iptools as ipt

from pehra.kernel.cells import FORMULA_CLASS
from pehra.observations.schema import OBSERVATION, complete

if TYPE_CHECKING:
    from collections.abc import Iterator

FIELDS = frozenset(
    {
        "classification.identifier", "classification.taxonomy", "classification.type", "comment",
        "destination.abuse_contact", "destination.account", "destination.allocated",
        "destination.as_name", "destination.asn", "destination.domain_suffix", "destination.fqdn",
        "destination.geolocation.cc", "destination.geolocation.city",
        "destination.geolocation.country", "destination.geolocation.latitude",
        "destination.geolocation.longitude", "destination.geolocation.region",
        "destination.geolocation.state", "destination.ip", "destination.local_hostname",
        "destination.local_ip", "destination.network", "destination.port", "destination.registry",
        "destination.reverse_dns", "destination.tor_node", "destination.url", "destination.urlpath",
        "event_description.target", "event_description.text", "event_description.url", "event_hash",
        "extra", "feed.accuracy", "feed.code", "feed.documentation", "feed.name", "feed.provider",
        "feed.url", "malware.hash", "malware.hash.md5", "malware.hash.sha1", "malware.hash.sha256",
        "malware.name", "malware.version", "misp.attribute_uuid", "misp.event_uuid", "output",
        "product.full_name", "product.name", "product.vendor", "product.version",
        "product.vulnerabilities", "protocol.application", "protocol.transport", "raw", "rtir_id",
        "screenshot_url", "severity", "source.abuse_contact", "source.account", "source.allocated",
        "source.as_name", "source.asn", "source.domain_suffix", "source.fqdn",
        "source.geolocation.cc", "source.geolocation.city", "source.geolocation.country",
        "source.geolocation.cymru_cc", "source.geolocation.geoip_cc", "source.geolocation.latitude",
        "source.geolocation.longitude", "source.geolocation.region", "source.geolocation.state",
        "source.ip", "source.local_hostname", "source.local_ip", "source.network", "source.port",
        "source.registry", "source.reverse_dns", "source.tor_node", "source.url", "source.urlpath",
        "status", "time.observation", "time.source", "tlp",
    }
)  # fmt: skip
"""Fields of the format, by name."""

NAMES = {
    "class": "classification.taxonomy",
    "type": "classification.type",
    "identifier": "classification.identifier",
    "severity": "severity",
    "tlp": "tlp",
    "confidence": "feed.accuracy",
    "port": "source.port",
    "protocol": "protocol.transport",
    "application": "protocol.application",
    "asn": "source.asn",
    "network": "source.network",
    "country": "source.geolocation.cc",
    "host": "source.fqdn",
    "url": "source.url",
    "peer_port": "destination.port",
    "peer_host": "destination.fqdn",
    "family": "malware.name",
    "product_vendor": "product.vendor",
    "product_name": "product.name",
    "product_version": "product.version",
    "source": "feed.code",
}
_EXTRAS = (
    "pap",
    "role",
    "url_host",
    "count",
    "organisation",
    "team",
    "claim",
    "why",
    "batch",
    "row",
)


def columns(rows: pl.DataFrame) -> pl.DataFrame:
    """Observations with the format's names, `extra` still one JSON text; for CSV and Parquet."""
    stamp = "%Y-%m-%dT%H:%M:%S%.f+00:00"
    return rows.select(
        pl.col("observed_at").dt.strftime(stamp).alias("time.source"),
        pl.col("received_at").dt.strftime(stamp).alias("time.observation"),
        ipt.to_string(pl.col("ip")).alias("source.ip"),
        ipt.to_string(pl.col("peer_ip")).alias("destination.ip"),
        *(pl.col(ours).alias(theirs) for ours, theirs in NAMES.items()),
        pl.col("cves").list.join(",").alias("product.vulnerabilities"),
        pl.col("tags").list.join(",").alias("extra.tags"),
        pl.col("until").dt.strftime(stamp).alias("extra.until"),
        pl.col("expires").dt.strftime(stamp).alias("extra.expires"),
        *(pl.col(name).alias(f"extra.{name}") for name in _EXTRAS),
        pl.col("id").bin.encode("hex").alias("extra.observation"),
        pl.col("extra"),
    )


COLUMNS = tuple(columns(complete(pl.DataFrame(), OBSERVATION)).columns)
"""Names of `columns`, in their order."""


def _event(row: dict[str, Any]) -> dict[str, Any]:
    event = {name: value for name, value in row.items() if value is not None and value != ""}
    for key, value in msgspec.json.decode(event.pop("extra", "{}")).items():
        if key in FIELDS:  # `feed.code` of an event that came from elsewhere names its first feed
            event[key] = value
        else:  # a report's own column `batch` or `row` does not stand for ours
            event.setdefault(f"extra.{key}", value)
    return event


def json_lines(rows: pl.DataFrame) -> Iterator[bytes]:
    """One event a row, as a line of JSON."""
    for row in columns(rows).iter_rows(named=True):
        yield msgspec.json.encode(_event(row)) + b"\n"


def guarded(rows: pl.DataFrame) -> pl.DataFrame:
    """Text that a spreadsheet would take for a formula, made harmless by an apostrophe."""
    risky = pl.col(pl.String).str.contains(f"^{FORMULA_CLASS}")
    text = pl.col(pl.String)
    return rows.with_columns(
        pl.when(risky).then(pl.format("'{}", text)).otherwise(text).name.keep()
    )
