"""Observations as plain values of JSON, the way every format of exchange begins to write them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import polars as pl
import polars_iptools as ipt

from pehra.observations.schema import ATTRIBUTED, REPORTED

if TYPE_CHECKING:
    from collections.abc import Iterator

DERIVED = frozenset({"url_host", "url_path_hash"})
"""Columns that follow from the URL and are worked out again by whoever reads it."""

NOT_CARRIED = DERIVED | {"row"} | ATTRIBUTED.keys()
"""Columns that no format of exchange carries: what is derived, the place in a file of ours, and who
we say holds the asset, which is for its holder and for teams, not for every partner."""

CARRIED = tuple(name for name in REPORTED if name not in NOT_CARRIED)
"""Columns that MISP, STIX and XARF carry out and in again."""

_MOMENTS = ("observed_at", "until", "expires", "received_at")
_STAMP = "%Y-%m-%dT%H:%M:%S%.fZ"


def plain(rows: pl.DataFrame) -> Iterator[dict[str, Any]]:
    """Each observation as its columns' values, without the empty ones.

    Addresses are text, moments ISO 8601 in UTC, `extra` is an object, `id` hexadecimal.
    """
    shown = rows.select(
        pl.col("id").bin.encode("hex"),
        "source",
        pl.col("received_at").dt.strftime(_STAMP),
        *(_value(name) for name in CARRIED),
    )
    for row in shown.iter_rows(named=True):
        kept = {name: value for name, value in row.items() if value is not None}
        if "extra" in kept:
            kept["extra"] = msgspec.json.decode(kept["extra"])
        yield kept


def _value(name: str) -> pl.Expr:
    column = pl.col(name)
    if name in _MOMENTS:
        return column.dt.strftime(_STAMP)
    return ipt.to_string(column).alias(name) if name in {"ip", "peer_ip"} else column
