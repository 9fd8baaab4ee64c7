"""Observations into the lake: ids, order, and the one append for each part of a batch."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pyarrow as pa

from pehra.engines.lake.delta import Lake
from pehra.kernel.ids import observation_prefix
from pehra.kernel.time import micros
from pehra.observations.schema import OBSERVATION, complete

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

_ID_BYTES = 16


def open_lake(path: Path) -> Lake:
    """The table of observations in a home's `lake/`."""
    return Lake(path, OBSERVATION, day="received_day", key="ip_key")


def ids(batch: str, received_at: datetime, rows: pl.Series) -> pl.Series:
    """Ids of rows: 48 bits of time, 40 bits that name the batch, 40 bits of row number.

    The same row of the same batch always has the same id, and no two rows share one.
    """
    count = len(rows)
    made = np.zeros((count, _ID_BYTES), dtype=np.uint8)
    prefix = observation_prefix(micros(received_at) // 1000).to_bytes(6, "big")
    made[:, :6] = np.frombuffer(prefix, dtype=np.uint8)
    made[:, 6:11] = np.frombuffer(hashlib.sha256(batch.encode()).digest()[:5], dtype=np.uint8)
    numbers = rows.to_numpy().astype(">u8").view(np.uint8).reshape(count, 8)
    made[:, 11:] = numbers[:, 3:]
    fixed = pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(_ID_BYTES), count, [None, pa.py_buffer(made.tobytes())]
    )
    return pl.Series("id", fixed.cast(pa.binary()))


def mapped(ip: pl.Expr) -> pl.Expr:
    """Which 16-byte addresses are IPv4, mapped (RFC 4291, section 2.5.5.2)."""
    return ip.bin.starts_with(b"\x00" * 10 + b"\xff\xff")


def sort_key() -> pl.Expr:
    """`kernel.addresses.sort_key` of the column `ip`."""
    ip = pl.col("ip")
    low = ip.bin.slice(12, 4).bin.reinterpret(dtype=pl.UInt32, endianness="big").cast(pl.Int64)
    high = ip.bin.slice(0, 8).bin.reinterpret(dtype=pl.Int64, endianness="big")
    return pl.when(mapped(ip)).then(low).otherwise(high)


def received(
    frame: pl.DataFrame, *, batch: str, source: str, received_at: datetime
) -> pl.DataFrame:
    """The whole row of the schema: what the reader said, what attribution found, where from."""
    told = frame.with_columns(
        ids(batch, received_at, frame["row"]),
        pl.lit(batch).alias("batch"),
        pl.lit(source).alias("source"),
        pl.lit(received_at).alias("received_at"),
        pl.lit(received_at.date()).alias("received_day"),
        (sort_key() if "ip" in frame.columns else pl.lit(None)).alias("ip_key"),
    )
    return complete(told, OBSERVATION)
