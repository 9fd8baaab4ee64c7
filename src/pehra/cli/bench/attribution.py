"""Attribution alone: the address table, a claim on each of its networks, and a day's addresses."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import polars_iptools as iptools

from pehra.cli.bench.measure import Stopwatch, cpu_seconds, peak_rss_mib, percentiles
from pehra.cli.bench.prefixes import Prefixes, chosen
from pehra.cli.bench.prefixes import networks as networks_of
from pehra.cli.bench.reports import universe
from pehra.kernel.time import clock
from pehra.observations.attribution import attribute
from pehra.observations.schema import UTC_MICROS
from pehra.registry.holdings import Holdings, compile_holdings
from pehra.registry.networks import Networks, build

_CHUNK = 250_000
_MOMENT = datetime(2026, 11, 20, tzinfo=UTC)


def claims_of(prefixes: Prefixes) -> pl.DataFrame:
    """A claim on each ASN and one on each of its prefixes, as `registry.queries.claims_frame`.

    Each ASN has an organisation of its own; so every address has a claim that wins and one that
    it beat.
    """
    asns = pl.Series("asn", prefixes.asn).unique().sort().to_frame().with_row_index("organisation")
    cut = networks_of(prefixes).join(asns, on="asn", maintain_order="left")
    network = pl.format("{}/{}", iptools.numeric_to_ipv4("network"), "length")
    held = pl.concat(
        [
            asns.select("organisation", kind=pl.lit("asn"), value=pl.col("asn").cast(pl.String)),
            cut.select("organisation", kind=pl.lit("prefix"), value=network),
        ]
    )
    return held.select(
        pl.int_range(1, pl.len() + 1).alias("claim"),
        pl.col("organisation").cast(pl.Int64) + 1,
        pl.lit(1, pl.Int64).alias("team"),
        "kind",
        "value",
        pl.lit("registry").alias("source"),
        pl.lit(60, pl.Int16).alias("confidence"),
        pl.lit("static").alias("use"),
        pl.lit(None, UTC_MICROS).alias("valid_from"),
        pl.lit(None, UTC_MICROS).alias("valid_to"),
    )


def measure(options: dict[str, Any]) -> dict[str, Any]:
    """Step: build and compile the indexes, then attribute `rows` rows, by chunks.

    Args:
        options: `prefixes` (path of an address table, or a number), `rows`.
    """
    with tempfile.TemporaryDirectory(prefix="pehra-bench-") as name:
        folder = Path(name)
        prefixes, table = chosen(options["prefixes"], folder)
        claims = claims_of(prefixes)
        watch = Stopwatch()
        networks = build([table], folder / "networks", now=clock())
        built = watch.read().wall_seconds
        watch = Stopwatch()
        compile_holdings(claims, networks, folder / "holdings", 1)
        compiled = watch.read().wall_seconds
        watch = Stopwatch()
        networks, holdings = Networks.load(folder / "networks"), Holdings.load(folder / "holdings")
        loaded = watch.read().wall_seconds
        return {
            "prefixes": len(prefixes),
            "claims": claims.height,
            "segments": holdings.segments,
            "build_seconds": built,
            "compile_seconds": compiled,
            "load_ms": round(loaded * 1000, 1),
            **_attributed(prefixes, networks, holdings, int(options["rows"])),
        }


def _attributed(
    prefixes: Prefixes, networks: Networks, holdings: Holdings, rows: int
) -> dict[str, Any]:
    over = universe(prefixes)
    seconds: list[float] = []
    spent, found = 0.0, 0
    for start in range(0, rows, _CHUNK):
        pairs = np.arange(start, min(start + _CHUNK, rows), dtype=np.uint64)
        address, _ = over.places(pairs)
        frame = pl.DataFrame({"address": address}).select(
            ip=iptools.to_address(iptools.numeric_to_ipv4("address")).ext.storage(),
            observed_at=pl.lit(_MOMENT, UTC_MICROS),
        )
        watch, before = Stopwatch(), cpu_seconds()
        found += attribute(frame, holdings, networks)["organisation"].count()
        spent += cpu_seconds() - before
        seconds.append(watch.read().wall_seconds)
    return {
        "rows": rows,
        "attributed": found,
        "rows_per_second": round(rows / sum(seconds)),
        "rows_per_cpu_second": round(rows / max(spent, 1e-6)),
        "chunk": percentiles(seconds),
        "peak_rss_mib": peak_rss_mib(),
    }
