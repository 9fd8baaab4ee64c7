"""Findings that stand, by columns, for the rules by which they open cases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
from django.db import connection

from pehra.findings.rules import STANDING, State
from pehra.mandate.tenancy import as_system

if TYPE_CHECKING:
    from collections.abc import Callable

_STRETCH = 250_000
_ROWS = (
    "SELECT f.id, f.organisation_id, f.severity, f.identifier, f.rsit_class, f.what,"
    " s.last_seen, CASE WHEN f.state = {relapsed} AND EXISTS (SELECT 1 FROM findings_step t"
    " WHERE t.finding_id = f.id AND t.state = {claimed}) THEN 1 ELSE 0 END"
    " FROM findings_finding f JOIN findings_findingseen s ON s.id = f.id"
    " WHERE f.id > %s AND f.id <= %s AND f.state IN ({states}) AND f.severity >= %s"
    " AND f.organisation_id IS NOT NULL"
)
SCHEMA: dict[str, type[pl.DataType]] = {
    "id": pl.Int64,
    "organisation": pl.Int64,
    "severity": pl.Int64,
    "identifier": pl.String,
    "rsit_class": pl.String,
    "what": pl.String,
    "last_seen": pl.Int64,
    "relapsed": pl.Int64,
}


def _nothing(done: int, total: int) -> None:
    del done, total


def standing_rows(*, least: int, progress: Callable[[int, int], None] = _nothing) -> pl.DataFrame:
    """Every finding that needs somebody, of at least a severity, whose holder is known.

    Reads everybody's rows: for a job of the system, never for a page of one tenant.

    Returns:
        id, organisation, severity, identifier, rsit_class, what, last_seen (microseconds since
        1970), relapsed (1: it came back after its holder said that it was fixed), in order of id.
    """
    with as_system(), connection.cursor() as cursor:
        cursor.execute("SELECT max(id) FROM findings_finding")
        total = cursor.fetchone()[0] or 0
    states = ", ".join(str(int(state)) for state in sorted(STANDING - {State.EXCEPTION}))
    words = {"relapsed": int(State.RELAPSED), "claimed": int(State.FIX_CLAIMED)}
    statement = _ROWS.format(states=states, **words)
    parts = [pl.DataFrame(schema=SCHEMA)]
    for first in range(0, total, _STRETCH):
        with as_system(), connection.cursor() as cursor:
            cursor.execute(statement, [first, first + _STRETCH, least])
            parts.append(pl.DataFrame(cursor.fetchall(), schema=SCHEMA, orient="row"))
        progress(min(first + _STRETCH, total), total)
    return pl.concat(parts).sort("id")
