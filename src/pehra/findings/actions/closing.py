"""What coverage does to findings that stand: end as gone those that it shows to be gone.

The table is walked in stretches of ids and decided by columns. A finding that a report names
between the look and the write is left for the next run.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import polars as pl
from django.db import connection, transaction

from pehra.engines.tables import bulk
from pehra.findings.actions.settled import SHARED_BIT, record_steps, take_turn
from pehra.findings.models import SourceNumber
from pehra.findings.rules import CLEAN_CYCLES, CLEAN_TIME, STANDING, Act, State, step
from pehra.intake import queries as intake
from pehra.intake.discover import sources
from pehra.kernel.time import micros
from pehra.ledger import actions as ledger
from pehra.mandate.tenancy import as_system

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from pehra.kernel.actors import Actor
    from pehra.ledger.body import JSON

_STRETCH = 200_000
_CHUNK = 5_000
_DAY_US = 86_400_000_000
_LOOK_BACK = timedelta(days=120)
_POOL = 3
_HOST = 2
_NEVER = np.iinfo(np.int64).max

_STANDING_ROWS = (
    "SELECT f.id, f.identifier, f.state, f.exposed, f.asset_kind, f.asset, f.asn, s.last_seen,"
    " s.sources FROM findings_finding f JOIN findings_findingseen s ON s.id = f.id"
    " WHERE f.id > %s AND f.id <= %s AND f.state IN ({0})"
)
_STANDING_NOW = (
    "SELECT f.id, f.state, s.last_seen FROM findings_finding f"
    " JOIN findings_findingseen s ON s.id = f.id WHERE f.id IN ({0})"
)
_SCHEMA = {
    "id": pl.Int64,
    "identifier": pl.String,
    "state": pl.Int64,
    "exposed": pl.Boolean,
    "asset_kind": pl.Int64,
    "asset": pl.String,
    "asn": pl.Int64,
    "last_seen": pl.Int64,
    "sources": pl.Int64,
}


def close_covered(*, now: datetime, actor: Actor, progress: Callable[[int, int], None]) -> int:
    """End as gone what three clean cycles and 72 hours of coverage show to be gone.

    Pools are never ended here: their addresses change hands by the hour, so silence about one
    says nothing. Returns how many ended.
    """
    days = _coverage(now)
    gone = 0
    for done, total, rows in _stretches():
        shown = _shown(rows.filter(pl.col("asset_kind") != _POOL), days)
        for chunk in shown.iter_slices(_CHUNK):
            gone += _end(chunk, actor, now)
        progress(done, total)
    return gone


def _stretches() -> Iterator[tuple[int, int, pl.DataFrame]]:
    """Findings that stand, some ids at a time, with how far that is."""
    states = ", ".join(str(int(state)) for state in sorted(STANDING))
    with as_system(), connection.cursor() as cursor:
        cursor.execute("SELECT max(id) FROM findings_finding")
        total = cursor.fetchone()[0] or 0
    for first in range(0, total, _STRETCH):
        with as_system(), connection.cursor() as cursor:
            cursor.execute(_STANDING_ROWS.format(states), [first, first + _STRETCH])
            rows = pl.DataFrame(cursor.fetchall(), schema=_SCHEMA, orient="row")
        yield min(first + _STRETCH, total), total, rows


class Covering(msgspec.Struct, frozen=True):
    """What one stream of a source covered for one identifier.

    Attributes:
        bit: of the source.
        window: of event kinds, microseconds.
        networks: network as `Coverage.networks` writes it -> ends of the days on which the stream
            spoke of it, microseconds. A stream says nothing of networks that it never named.
    """

    bit: int
    window: int
    networks: dict[int, frozenset[int]]

    def ends(self, networks: tuple[int, ...]) -> NDArray[np.int64] | None:
        """Ends of the days that speak of any of `networks`, in order; None where none ever did."""
        known = [self.networks[network] for network in networks if network in self.networks]
        return np.array(sorted(frozenset().union(*known)), dtype=np.int64) if known else None


def _coverage(now: datetime) -> dict[str, list[Covering]]:
    """What each stream covered, up to the last whole day before `now`, by identifier."""
    numbers = dict(SourceNumber.objects.values_list("slug", "number"))
    known = sources()
    gathered: dict[tuple[str, str, str], dict[int, set[int]]] = {}
    everywhere: dict[tuple[str, str, str], set[int]] = {}
    for one in intake.coverage_since(now - _LOOK_BACK):
        end = micros(datetime.combine(one.day, datetime.min.time(), UTC)) + _DAY_US
        # Bit 62 is shared by several sources: one's silence must not speak for another.
        if numbers.get(one.source, SHARED_BIT) >= SHARED_BIT or end > micros(now):
            continue
        stream = one.identifier, one.source, one.stream
        days = gathered.setdefault(stream, {})
        for network in one.networks:
            days.setdefault(network, set()).add(end)
        if one.scope == "constituency":
            everywhere.setdefault(stream, set()).add(end)
    found: dict[str, list[Covering]] = {}
    for (identifier, slug, name), days in gathered.items():
        window = timedelta(days=known[slug].event_days) if slug in known else CLEAN_TIME
        always = everywhere.get((identifier, slug, name), set())
        covering = Covering(
            bit=1 << numbers[slug],
            window=int(window / timedelta(microseconds=1)),
            networks={network: frozenset(ends | always) for network, ends in days.items()},
        )
        found.setdefault(identifier, []).append(covering)
    return found


def _networks(asn: int | None, kind: int, six: object) -> tuple[int, ...]:
    """The network of a finding as `Coverage` writes it; a host's may be of either family."""
    code = (asn or 0) * 2
    return (code, code + 1) if kind == _HOST else (code + bool(six),)


def _shown(rows: pl.DataFrame, covered: dict[str, list[Covering]]) -> pl.DataFrame:
    """Rows that coverage shows to be gone, with `gone_at`: `rules.is_clear` by columns.

    Each source is asked for itself, and all its streams that ever named the network must show it;
    where several sources do, the first moment stands.
    """
    parts = [rows.clear().with_columns(gone_at=pl.lit(None, pl.Int64))]
    groups = rows.with_columns(six=pl.col("asset").str.contains(":", literal=True)).partition_by(
        "identifier", "asn", "asset_kind", "six", as_dict=True
    )
    for (identifier, asn, kind, six), group in groups.items():
        networks = _networks(asn, kind, six)
        told: dict[tuple[int, int], list[NDArray[np.int64]]] = {}
        for covering in covered.get(str(identifier), []):
            ends = covering.ends(networks)
            if ends is not None:
                told.setdefault((covering.bit, covering.window), []).append(ends)
        for (bit, window), streams in told.items():
            mine = group.drop("six").filter((pl.col("sources") & bit) != 0)
            if mine.height:
                parts.append(_clear(mine, streams, window))
    shown = pl.concat(parts).sort("gone_at", "id")
    return shown.unique("id", keep="first", maintain_order=True).sort("id")


def _clear(rows: pl.DataFrame, streams: list[NDArray[np.int64]], window: int) -> pl.DataFrame:
    """Rows that every stream shows to be gone, since the last of them does."""
    moments = np.max([_moments(rows, ends, window) for ends in streams], axis=0)
    return rows.with_columns(pl.Series("gone_at", moments)).filter(pl.col("gone_at") < _NEVER)


def _moments(rows: pl.DataFrame, ends: NDArray[np.int64], window: int) -> NDArray[np.int64]:
    """When days that end at `ends` have shown each row to be gone; `_NEVER` where they do not."""
    seen = rows["last_seen"].to_numpy()
    patience = int(CLEAN_TIME / timedelta(microseconds=1))
    needed = np.where(rows["exposed"].to_numpy(), patience, max(window, patience))
    # The first day that began after the sighting, then the third of those, then the first late
    # enough: `ends - one day` are the days' beginnings.
    first = np.searchsorted(ends - _DAY_US, seen, side="right")
    chosen = np.maximum(first + CLEAN_CYCLES - 1, np.searchsorted(ends, seen + needed, side="left"))
    return np.append(ends, _NEVER)[np.minimum(chosen, ends.size)]


@as_system()
def _end(chunk: pl.DataFrame, actor: Actor, now: datetime) -> int:
    """End a chunk of findings, with one entry in the ledger; returns how many ended."""
    with transaction.atomic():
        take_turn()
        rows = _unchanged(chunk)
        if not rows:
            return 0
        with connection.cursor() as cursor:
            bulk.update(
                cursor.cursor,
                "UPDATE findings_finding AS f SET state = {0}, gone_at = {1}, last_covered = {1},"
                " covered_clean = {2} FROM given WHERE f.id = {3}",
                ("smallint", "bigint", "smallint", "bigint"),
                [(after, gone, CLEAN_CYCLES, number) for number, after, gone in rows],
            )
            bulk.update(
                cursor.cursor,
                "UPDATE findings_findingseen AS s SET settled = {1} FROM given WHERE s.id = {0}",
                ("bigint", "boolean"),
                [(number, True) for number, _, _ in rows],
            )
        why = f"{CLEAN_CYCLES} clean cycles"
        record_steps([(number, gone, State.GONE, "coverage", why) for number, _, gone in rows])
        words = "".join(f"{number} {gone}\n" for number, _, gone in rows)
        digest = hashlib.sha256(words.encode()).hexdigest()
        facts: dict[str, JSON] = {"gone": len(rows), "digest": digest}
        ledger.append("findings.close", actor=actor, subject="findings", facts=facts, now=now)
    return len(rows)


def _unchanged(chunk: pl.DataFrame) -> list[tuple[int, int, int]]:
    """Of a chunk, (id, new state, gone at) of the findings that still are as they were read."""
    ids = chunk["id"].to_list()
    marks = ", ".join(["%s"] * len(ids))
    with connection.cursor() as cursor:
        cursor.execute(_STANDING_NOW.format(marks), ids)
        standing = {number: (state, seen) for number, state, seen in cursor.fetchall()}
    return [
        (number, int(step(State(state), Act.CLEAR)), gone)
        for number, state, seen, gone in chunk.select(
            "id", "state", "last_seen", "gone_at"
        ).iter_rows()
        if standing.get(number) == (state, seen)
    ]
