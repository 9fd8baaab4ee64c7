"""Columns of an observation (house design, section 5): one dated fact about an address or a name.

Names of export are those of the IntelMQ data format 3.5 (`pehra.observations.intelmq`). There is no
column for traffic content or for what a subscriber visited, and a test fails the build if one is
added (R67).
"""

from __future__ import annotations

import polars as pl

UTC_MICROS = pl.Datetime("us", "UTC")

REPORTED: dict[str, pl.DataType] = {
    "row": pl.Int64(),
    "observed_at": UTC_MICROS,
    "class": pl.String(),
    "type": pl.String(),
    "identifier": pl.String(),
    "severity": pl.String(),
    "tlp": pl.String(),
    "pap": pl.String(),
    "confidence": pl.Int16(),
    "role": pl.String(),
    "ip": pl.Binary(),
    "port": pl.Int32(),
    "protocol": pl.String(),
    "application": pl.String(),
    "asn": pl.Int64(),
    "network": pl.String(),
    "country": pl.String(),
    "host": pl.String(),
    "url_host": pl.String(),
    "url_path_hash": pl.String(),
    "url": pl.String(),
    "peer_ip": pl.Binary(),
    "peer_port": pl.Int32(),
    "peer_host": pl.String(),
    "family": pl.String(),
    "product_vendor": pl.String(),
    "product_name": pl.String(),
    "product_version": pl.String(),
    "cves": pl.List(pl.String()),
    "tags": pl.List(pl.String()),
    "count": pl.Int64(),
    "until": UTC_MICROS,
    "expires": UTC_MICROS,
    "extra": pl.String(),
}
"""What a source's reader says. `ip` is 16 bytes (`pehra.kernel.addresses`); `host` is a forward
name that the report is about (a reverse name is in `extra` as `source.reverse_dns`); `confidence`
is per cent; `extra` is a JSON object."""

RECEIVED: dict[str, pl.DataType] = {
    "id": pl.Binary(),
    "batch": pl.String(),
    "source": pl.String(),
    "received_at": UTC_MICROS,
    "received_day": pl.Date(),
    "ip_key": pl.Int64(),
}
"""What intake adds: where the row came from, and the key by which the lake is sorted."""

ATTRIBUTED: dict[str, pl.DataType] = {
    "organisation": pl.Int64(),
    "claim": pl.Int64(),
    "beaten": pl.Int64(),
    "team": pl.Int64(),
    "why": pl.String(),
    "use": pl.String(),
    "pool": pl.Int64(),
    "finding_key": pl.Int64(),
}
"""What attribution adds: the holder, the claim that won, the best claim that lost, the reason in
words, how its addresses are used, the pool (id of the holder's first claim on it; null: it is none)
and the finding that the row belongs to (null: none)."""

OBSERVATION: dict[str, pl.DataType] = {**REPORTED, **RECEIVED, **ATTRIBUTED}

EXPOSED_CLASSES = frozenset({"vulnerable"})
"""RSIT classes that speak of a service that others can reach, not of something that happened."""


def complete(frame: pl.DataFrame, columns: dict[str, pl.DataType]) -> pl.DataFrame:
    """Order `frame` as `columns`, cast to their types, and add what is missing as nulls."""
    if not frame.width:  # no column says how many rows there are, and one literal makes a row
        return pl.DataFrame(schema=columns)
    return frame.select(
        pl.col(name).cast(dtype) if name in frame.columns else pl.lit(None, dtype).alias(name)
        for name, dtype in columns.items()
    )
