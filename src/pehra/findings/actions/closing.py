"""What coverage does to findings that stand: end as gone those that it shows to be gone.

The table is walked in stretches of ids and decided by columns. A finding that a report names
between the look and the write is left for the next run.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import polars as pl
from django.db import connection, transaction

from pehra.engines.tables import bulk
from pehra.findings.actions.settled import record_steps, take_turn
from pehra.findings.models import SourceNumber
from pehra.findings.rules import CLEAN_CYCLES, CLEAN_TIME, STANDING, Act, State, step
from pehra.intake import queries as intake
from pehra.intake.discover import sources
from pehra.kernel.time import micros
from pehra.ledger import actions as ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from pehra.kernel.actors import Actor
    from pehra.ledger.body import JSON

_STRETCH = 200_000
_CHUNK = 5_000
_DAY_US = 86_400_000_000
_LOOK_BACK = timedelta(days=120)
_POOL = 3

_STANDING_ROWS = (
    "SELECT f.id, f.identifier, f.state, f.exposed, f.asset_kind, f.asn, s.last_seen, s.sources"
    " FROM findings_finding f JOIN findings_findingseen s ON s.id = f.id"
    " WHERE f.id > %s AND f.id <= %s AND f.state IN ({0})"
)
_SCHEMA = {
    "id": pl.Int64,
    "identifier": pl.String,
    "state": pl.Int64,
    "exposed": pl.Boolean,
    "asset_kind": pl.Int64,
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
    digest = hashlib.sha256()
    for done, total, rows in _stretches():
        shown = _shown(rows.filter(pl.col("asset_kind") != _POOL), days)
        for chunk in shown.iter_slices(_CHUNK):
            gone += _end(chunk, digest)
        progress(done, total)
    if gone:
        with transaction.atomic():
            facts: dict[str, JSON] = {"gone": gone, "digest": digest.hexdigest()}
            ledger.append("findings.close", actor=actor, subject="findings", facts=facts, now=now)
    return gone


def _stretches() -> Iterator[tuple[int, int, pl.DataFrame]]:
    """Findings that stand, some ids at a time, with how far that is."""
    states = ", ".join(str(int(state)) for state in sorted(STANDING))
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(id) FROM findings_finding")
        total = cursor.fetchone()[0] or 0
    for first in range(0, total, _STRETCH):
        with connection.cursor() as cursor:
            cursor.execute(_STANDING_ROWS.format(states), [first, first + _STRETCH])
            rows = pl.DataFrame(cursor.fetchall(), schema=_SCHEMA, orient="row")
        yield min(first + _STRETCH, total), total, rows


class Covering(msgspec.Struct, frozen=True):
    """The days that one source covered for one identifier, as their ends in microseconds.

    Attributes:
        bit: of the source.
        window: of event kinds, microseconds.
        everywhere: days on which it spoke of all our networks.
        networks: origin ASN -> further days on which it spoke of that network.
    """

    bit: int
    window: int
    everywhere: frozenset[int]
    networks: dict[int, frozenset[int]]

    def ends(self, asn: object) -> NDArray[np.int64]:
        """Ends of the days that speak of an ASN, in order."""
        own = self.networks.get(asn, frozenset()) if isinstance(asn, int) else frozenset()
        return np.array(sorted(self.everywhere | own), dtype=np.int64)

    def apart(self, rows: pl.DataFrame) -> Iterator[tuple[NDArray[np.int64], pl.DataFrame]]:
        """The source's own rows, those together to which the same days speak."""
        mine = rows.filter((pl.col("sources") & self.bit) != 0)
        if not self.networks:
            yield self.ends(None), mine
            return
        for (asn,), some in mine.partition_by("asn", as_dict=True).items():
            yield self.ends(asn), some


def _coverage(now: datetime) -> dict[str, list[Covering]]:
    """Which days each source covered, up to the last whole day before `now`, by identifier."""
    numbers = dict(SourceNumber.objects.values_list("slug", "number"))
    known = sources()
    gathered: dict[tuple[str, str], dict[int | None, set[int]]] = {}
    for one in intake.coverage_since(now - _LOOK_BACK):
        end = micros(datetime.combine(one.day, datetime.min.time(), UTC)) + _DAY_US
        if one.source in numbers and end <= micros(now):
            days = gathered.setdefault((one.identifier, one.source), {})
            for network in one.networks if one.scope == "networks" else (None,):
                days.setdefault(network, set()).add(end)
    found: dict[str, list[Covering]] = {}
    for (identifier, slug), days in gathered.items():
        window = timedelta(days=known[slug].event_days) if slug in known else CLEAN_TIME
        covering = Covering(
            bit=1 << numbers[slug],
            window=int(window / timedelta(microseconds=1)),
            everywhere=frozenset(days.get(None, ())),
            networks={asn: frozenset(ends) for asn, ends in days.items() if asn is not None},
        )
        found.setdefault(identifier, []).append(covering)
    return found


def _shown(rows: pl.DataFrame, covered: dict[str, list[Covering]]) -> pl.DataFrame:
    """Rows that coverage shows to be gone, with `gone_at`: `rules.is_clear` by columns.

    Each source is asked for itself; where several show it, the first moment stands.
    """
    parts = [rows.clear().with_columns(gone_at=pl.lit(None, pl.Int64))]
    for (identifier,), group in rows.partition_by("identifier", as_dict=True).items():
        for covering in covered.get(str(identifier), []):
            parts += [
                _clear(some, ends, covering.window)
                for ends, some in covering.apart(group)
                if ends.size and some.height
            ]
    told = pl.concat(parts).sort("gone_at", "id")
    return told.unique("id", keep="first", maintain_order=True).sort("id")


def _clear(rows: pl.DataFrame, ends: NDArray[np.int64], window: int) -> pl.DataFrame:
    seen = rows["last_seen"].to_numpy()
    patience = int(CLEAN_TIME / timedelta(microseconds=1))
    needed = np.where(rows["exposed"].to_numpy(), patience, max(window, patience))
    # The first day that began after the sighting, then the third of those, then the first late
    # enough: `ends - one day` are the days' beginnings.
    first = np.searchsorted(ends - _DAY_US, seen, side="right")
    chosen = np.maximum(first + CLEAN_CYCLES - 1, np.searchsorted(ends, seen + needed, side="left"))
    there = chosen < ends.size
    gone = ends[np.minimum(chosen, ends.size - 1)]
    return rows.with_columns(pl.Series("gone_at", gone)).filter(pl.Series(there))


def _end(chunk: pl.DataFrame, digest: Any) -> int:  # noqa: ANN401 hashlib names no type
    rows: list[tuple[int, ...]] = [
        (int(step(State(state), Act.CLEAR)), gone, CLEAN_CYCLES, number, seen, state)
        for number, state, seen, gone in chunk.select(
            "id", "state", "last_seen", "gone_at"
        ).iter_rows()
    ]
    with transaction.atomic():
        take_turn()
        with connection.cursor() as cursor:
            ended = bulk.update(
                cursor.cursor,
                "UPDATE findings_finding AS f SET state = {0}, gone_at = {1}, last_covered = {1},"
                " covered_clean = {2} FROM given WHERE f.id = {3} AND f.state = {5} AND EXISTS"
                " (SELECT 1 FROM findings_findingseen s WHERE s.id = f.id AND s.last_seen = {4})",
                ("smallint", "bigint", "smallint", "bigint", "bigint", "smallint"),
                rows,
            )
            bulk.update(
                cursor.cursor,
                "UPDATE findings_findingseen AS s SET settled = {1} FROM given WHERE s.id = {0}"
                " AND EXISTS (SELECT 1 FROM findings_finding f WHERE f.id = s.id"
                " AND f.state = {2})",
                ("bigint", "boolean", "smallint"),
                [(row[3], True, int(State.GONE)) for row in rows],
            )
        steps = _gone_steps(rows)
        record_steps(steps)
    for number, gone, *_ in steps:
        digest.update(f"{number} {gone}\n".encode())
    return ended


def _gone_steps(rows: Sequence[tuple[int, ...]]) -> list[tuple[int, int, State, str, str]]:
    ids = [row[3] for row in rows]
    marks = ", ".join(["%s"] * len(ids))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id FROM findings_finding WHERE state = %s AND id IN ({marks})",  # noqa: S608 only marks
            [int(State.GONE), *ids],
        )
        ended = {row[0] for row in cursor.fetchall()}
    return [
        (row[3], row[1], State.GONE, "coverage", f"{CLEAN_CYCLES} clean cycles")
        for row in rows
        if row[3] in ended
    ]
