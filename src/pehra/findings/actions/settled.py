"""Sightings that change more than counts: relapses, worse severity, another holder.

A bulk update refuses these rows by its condition; here they are looked at one by one and decided
by `rules.on_sighting`, still set by set in SQL.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import polars as pl
from django.db import connection, transaction

from pehra.engines.tables import bulk
from pehra.findings.actions.rows import added, clocks_began, insert
from pehra.findings.models import SourceNumber
from pehra.findings.rules import ENDED, SETTLED, Act, Known, Outcome, State, on_sighting, step

if TYPE_CHECKING:
    from pehra.findings.actions.rows import Opening

SHARED_BIT = 62
_LOCK = 0x7065_6872_61

_STANDING = (
    "SELECT s.id, s.holder, s.severity, s.last_seen, s.settled, f.state, f.gone_at,"
    " f.fix_claimed_at, f.opened_at FROM findings_findingseen s"
    " JOIN findings_finding f ON f.id = s.id WHERE s.id IN ({0})"
)
_COUNT_ANYWAY = {
    vendor: (
        "UPDATE findings_findingseen AS s"  # noqa: S608 only engine words
        f" SET first_seen = {least}(s.first_seen, {{0}}), last_seen = {most}(s.last_seen, {{1}}),"
        f" count = s.count + {{2}}, sources = s.sources | {{3}},"
        f" severity = {most}(s.severity, {{4}}) FROM given WHERE s.id = {{5}}"
    )
    for vendor, least, most in (("sqlite", "min", "max"), ("postgresql", "least", "greatest"))
}
_PREVIOUS = (
    "SELECT f.id, p.id, p.organisation_id FROM findings_finding f"
    " JOIN findings_finding p ON p.id = f.previous WHERE f.id IN ({0})"
)
_STANDING_SCHEMA = {
    "id": pl.Int64,
    "known_holder": pl.Int64,
    "known_severity": pl.Int64,
    "known_last": pl.Int64,
    "settled": pl.Boolean,
    "state": pl.Int64,
    "gone_at": pl.Int64,
    "fix_claimed_at": pl.Int64,
    "known_opened": pl.Int64,
}


def take_turn() -> None:
    """Begin a transaction that writes findings: PostgreSQL's take turns, as SQLite's do anyway.

    So numbers are given out in order, and none waits for a row of another that waits for its own:
    a finding has two rows, and who begins with the one meets who begins with the other.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def source_bit(slug: str) -> int:
    """The bit of a source, given out at first use; all from the 63rd source on share one."""
    known = SourceNumber.objects.filter(slug=slug).values_list("number", flat=True).first()
    if known is None:
        with transaction.atomic():
            take_turn()
            number = min(SourceNumber.objects.count(), SHARED_BIT)
            row, _ = SourceNumber.objects.get_or_create(slug=slug, defaults={"number": number})
        known = row.number
    return 1 << known


class Done(msgspec.Struct, frozen=True):
    """What was decided: findings that relapsed, and findings that were opened for other holders."""

    relapsed: int = 0
    opened: int = 0


def apply(known: pl.DataFrame, bit: int, batch: str, opening: Opening) -> Done:
    """Decide the rows of `known` that the bulk update left alone."""
    left = _left_alone(known)
    outcomes: dict[Outcome, list[dict[str, Any]]] = {outcome: [] for outcome in Outcome}
    for row in left.iter_rows(named=True):
        state = State(row["state"])
        settled_at = row["fix_claimed_at"] if state == State.FIX_CLAIMED else row["gone_at"]
        standing = Known(state, row["known_holder"], row["known_last"], settled_at)
        outcome = on_sighting(standing, row["organisation"], row["last_seen"])
        outcomes[outcome].append(row)
        if outcome == Outcome.ADOPT and _again(standing, row):
            outcomes[Outcome.RELAPSE].append({**row, "known_holder": row["organisation"]})
    relapsed = outcomes[Outcome.RELAPSE]
    adopted = {row["id"] for row in outcomes[Outcome.ADOPT]}
    _count_anyway(
        outcomes[Outcome.COUNT]
        + outcomes[Outcome.ADOPT]
        + [row for row in relapsed if row["id"] not in adopted],
        bit,
    )
    _relapse(relapsed, batch, opening)
    _adopt(outcomes[Outcome.ADOPT], opening)
    _worsen(outcomes[Outcome.COUNT] + outcomes[Outcome.ADOPT], opening)
    _transfer(outcomes[Outcome.TRANSFER], bit, batch, opening)
    ended = _before(outcomes[Outcome.BEFORE], bit, opening)
    return Done(relapsed=len(relapsed), opened=len(outcomes[Outcome.TRANSFER]) + ended)


def _again(standing: Known, row: dict[str, Any]) -> bool:
    """Whether the finding that finds its holder has also come back."""
    held = msgspec.structs.replace(standing, holder=row["organisation"])
    return on_sighting(held, row["organisation"], row["last_seen"]) == Outcome.RELAPSE


def _left_alone(known: pl.DataFrame) -> pl.DataFrame:
    """Rows whose finding does not meet the bulk update's condition, with what is known of it."""
    ids = known["id"].to_list()
    marks = ", ".join(["%s"] * len(ids))
    with connection.cursor() as cursor:
        cursor.execute(_STANDING.format(marks), ids)
        rows = cursor.fetchall()
    standing = pl.DataFrame(rows, schema=_STANDING_SCHEMA, orient="row")
    joined = known.join(standing, on="id", how="inner")
    return joined.filter(
        pl.col("settled")
        | (pl.col("known_severity") < pl.col("severity"))
        | pl.col("known_holder").ne_missing(pl.col("organisation"))
    )


def _run(statement: str, kinds: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    with connection.cursor() as cursor:
        bulk.update(cursor.cursor, statement, kinds, rows)


def _count_anyway(rows: list[dict[str, Any]], bit: int) -> None:
    _run(
        _COUNT_ANYWAY[connection.vendor],
        ("bigint", "bigint", "bigint", "bigint", "smallint", "bigint"),
        [(r["first_seen"], r["last_seen"], r["count"], bit, r["severity"], r["id"]) for r in rows],
    )
    _run(
        "UPDATE findings_finding AS f SET severity = {0} FROM given"
        " WHERE f.id = {1} AND f.severity < {0}",
        ("smallint", "bigint"),
        [(r["severity"], r["id"]) for r in rows if r["severity"] > r["known_severity"]],
    )


def _relapse(rows: list[dict[str, Any]], batch: str, opening: Opening) -> None:
    """The same thing is there again: a new clock, and one relapse more."""
    changes = []
    for r in rows:
        after = step(State(r["state"]), Act.SEE)
        due = opening.due_at(
            max(r["severity"], r["known_severity"]), r["known_holder"], opening.opened_at
        )
        changes.append((int(after), due, r["id"]))
    _run(
        "UPDATE findings_finding AS f SET state = {0}, due_at = {1}, relapses = f.relapses + 1,"
        " gone_at = NULL, fix_claimed_at = NULL, covered_clean = 0 FROM given WHERE f.id = {2}",
        ("smallint", "bigint", "bigint"),
        changes,
    )
    _run(
        "UPDATE findings_findingseen AS s SET settled = {0} FROM given WHERE s.id = {1}",
        ("boolean", "bigint"),
        [(False, r["id"]) for r in rows],
    )
    record_steps(
        [(r["id"], opening.opened_at, State.RELAPSED, f"batch {batch}", "seen again") for r in rows]
    )


def _adopt(rows: list[dict[str, Any]], opening: Opening) -> None:
    """The holder was not known when it was opened, and is now: its own clock counts from then."""
    if not rows:
        return
    began = clocks_began([r["id"] for r in rows])
    changes = []
    for r in rows:
        since = began.get(r["id"], r["known_opened"])
        severity = max(r["severity"], r["known_severity"])
        due = opening.due_at(severity, r["organisation"], since)
        changes.append((r["organisation"], r["team"], r["claim"], due, r["id"]))
    _run(
        "UPDATE findings_finding AS f SET organisation_id = {0}, team_id = {1}, claim = {2},"
        " due_at = {3} FROM given WHERE f.id = {4}",
        ("bigint", "bigint", "bigint", "bigint", "bigint"),
        changes,
    )
    _run(
        "UPDATE findings_findingseen AS s SET holder = {0} FROM given WHERE s.id = {1}",
        ("bigint", "bigint"),
        [(r["organisation"], r["id"]) for r in rows],
    )


def _worsen(rows: list[dict[str, Any]], opening: Opening) -> None:
    """A worse severity may bring the deadline forward, counted from when it was opened."""
    changes = []
    for r in rows:
        if r["severity"] > r["known_severity"] and State(r["state"]) not in SETTLED:
            holder = r["organisation"] or r["known_holder"]
            due = opening.due_at(r["severity"], holder, r["known_opened"])
            if due is not None:
                changes.append((due, r["id"]))
    _run(
        "UPDATE findings_finding AS f SET due_at = {0} FROM given WHERE f.id = {1}"
        " AND (f.due_at IS NULL OR f.due_at > {0})",
        ("bigint", "bigint"),
        changes,
    )


def _transfer(rows: list[dict[str, Any]], bit: int, batch: str, opening: Opening) -> None:
    """The asset changed hands: the old finding ends with its holder, a new one takes its key."""
    if not rows:
        return
    _run(
        "UPDATE findings_finding AS f SET state = {0}, key = NULL FROM given WHERE f.id = {1}",
        ("smallint", "bigint"),
        [(_after_transfer(State(r["state"])), r["id"]) for r in rows],
    )
    record_steps(
        [
            (
                r["id"],
                opening.opened_at,
                State.TRANSFERRED,
                f"batch {batch}",
                "held by another since",
            )
            for r in rows
            if State(r["state"]) not in ENDED
        ]
    )
    new = pl.DataFrame(rows, infer_schema_length=None).with_columns(previous=pl.col("id"))
    _insert(new, bit, opening)


def _after_transfer(state: State) -> int:
    """What was withdrawn stays so: it only lets go of its key."""
    return int(state if state in ENDED else step(state, Act.TRANSFER))


def _insert(new: pl.DataFrame, bit: int, opening: Opening) -> None:
    with connection.cursor() as cursor:
        first = highest() + 1
        numbered = new.with_columns(
            id=pl.int_range(first, first + new.height, dtype=pl.Int64),
            severity=pl.col("severity").cast(pl.Int8),
            organisation=pl.col("organisation").cast(pl.Int64),
            team=pl.col("team").cast(pl.Int64),
            ip=pl.col("ip").cast(pl.Binary),
            name=pl.col("name").cast(pl.String),
        )
        insert(cursor.cursor, *added(numbered, bit, opening))


def _before(rows: list[dict[str, Any]], bit: int, opening: Opening) -> int:
    """An older report of a holder before the present one: it only adds to that one's counts.

    Returns for how many holders there was no finding yet; theirs begin and end here.
    """
    if not rows:
        return 0
    predecessors = _predecessors([r["id"] for r in rows])
    found: list[dict[str, Any]] = []
    lost: list[dict[str, Any]] = []
    for r in rows:
        former = predecessors.get((r["id"], r["organisation"]))
        (found if former else lost).append({**r, "id": former} if former else r)
    _count_anyway(found, bit)
    waiting = lost
    while waiting:
        # One former holder of a finding at a time, so that each hangs before the next.
        first = {r["id"]: r for r in reversed(waiting)}
        waiting = [r for r in waiting if first[r["id"]] is not r]
        ended = pl.DataFrame(list(first.values()), infer_schema_length=None).with_columns(
            lake_key=pl.col("key"), key=pl.lit(None, pl.Int64), previous=pl.lit(None, pl.Int64)
        )
        before = highest()
        _insert(ended, bit, opening)
        _link(before, list(first))
    return len(lost)


def highest() -> int:
    """The greatest id of a finding; 0 where there is none."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(id) FROM findings_finding")
        return int(cursor.fetchone()[0] or 0)


def _link(before: int, successors: list[int]) -> None:
    """End the rows after `before` as transferred, and hang each before its successor.

    What stood there until now comes before it, so that the next such report finds them all.
    """
    pairs = [(before + n, successor) for n, successor in enumerate(successors, start=1)]
    _run(
        "UPDATE findings_finding AS f SET state = {0}, previous ="
        " (SELECT n.previous FROM findings_finding n WHERE n.id = {1}) FROM given WHERE f.id = {2}",
        ("smallint", "bigint", "bigint"),
        [(int(State.TRANSFERRED), successor, new) for new, successor in pairs],
    )
    _run(
        "UPDATE findings_finding AS f SET previous = {0} FROM given WHERE f.id = {1}",
        ("bigint", "bigint"),
        pairs,
    )


def _predecessors(ids: list[int]) -> dict[tuple[int, int], int]:
    """(finding, organisation) -> the ended finding of that organisation before it."""
    chain: dict[tuple[int, int], int] = {}
    heads = {number: number for number in ids}
    while heads:
        marks = ", ".join(["%s"] * len(heads))
        with connection.cursor() as cursor:
            cursor.execute(_PREVIOUS.format(marks), list(heads))
            rows = cursor.fetchall()
        following: dict[int, int] = {}
        for number, previous, organisation in rows:
            chain.setdefault((heads[number], organisation), previous)
            following[previous] = heads[number]
        heads = following
    return chain


def record_steps(steps: list[tuple[int, int, State, str, str]]) -> None:
    """Keep the history of changed states: (finding, microseconds, state, by, why)."""
    with connection.cursor() as cursor:
        bulk.insert(
            cursor.cursor,
            "findings_step",
            ("finding_id", "at", "state", "by", "why"),
            [(finding, at, int(state), by, why) for finding, at, state, by, why in steps],
        )
