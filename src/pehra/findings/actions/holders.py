"""Find holders for findings that had none, when the register has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
from django.db import connection, transaction

from pehra.engines.tables import bulk
from pehra.findings.actions.rows import clocks_began, opening_for
from pehra.findings.actions.settled import take_turn
from pehra.findings.keys import ADDRESS
from pehra.findings.models.epochs import InAnyEpoch
from pehra.findings.rules import ENDED
from pehra.kernel.time import micros
from pehra.ledger import actions as ledger
from pehra.mandate.tenancy import as_system
from pehra.observations.attribution import attribute
from pehra.registry.ranges import addresses_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from pehra.kernel.actors import Actor
    from pehra.registry.holdings import Holdings
    from pehra.registry.networks import Networks

_STRETCH = 5_000
"""Findings looked at in one transaction, at most."""
_UNHELD = (
    "SELECT f.id, f.asset_kind, f.asset, f.asn, f.severity, f.opened_at, s.last_seen"
    " FROM findings_finding f"
    " JOIN findings_findingseen s ON s.id = f.id"
    " WHERE f.organisation_id IS NULL AND f.id > %s AND f.state NOT IN ({0}) {2} LIMIT {1}"
)
_IN_ORDER = {
    # As the index by holder has them there.
    "sqlite": f"AND {InAnyEpoch.template} ORDER BY (f.id >> 16), f.id" % {"expressions": "f.id"},
    "postgresql": "ORDER BY f.id",
}
_SCHEMA = {
    "id": pl.Int64,
    "asset_kind": pl.Int64,
    "asset": pl.String,
    "asn": pl.Int64,
    "severity": pl.Int64,
    "opened_at": pl.Int64,
    "last_seen": pl.Int64,
}


@as_system()
def find_holders(
    holdings: Holdings,
    networks: Networks | None,
    *,
    now: datetime,
    actor: Actor,
    progress: Callable[[int, int], None],
) -> int:
    """Attribute findings without a holder as of their last sighting; returns how many found one.

    Each stretch of findings has its own transaction and its own entry in the ledger.
    """
    ended = ", ".join(str(int(state)) for state in sorted(ENDED))
    query = _UNHELD.format(ended, _STRETCH, _IN_ORDER[connection.vendor])
    after = found = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(query, [after])
            rows = pl.DataFrame(cursor.fetchall(), schema=_SCHEMA, orient="row")
        if not rows.height:
            break
        after = int(rows["id"][-1])
        held = _attributed(rows, holdings, networks)
        if held.height:
            with transaction.atomic():
                given = _give(held, now)
                if given:
                    _enter(given, holdings.revision, now, actor)
            found += given
        progress(found, after)
    return found


def _enter(given: int, revision: int, now: datetime, actor: Actor) -> None:
    ledger.append(
        "findings.find-holders",
        actor=actor,
        subject="findings",
        facts={"found": given, "revision": revision},
        now=now,
    )


def _attributed(rows: pl.DataFrame, holdings: Holdings, networks: Networks | None) -> pl.DataFrame:
    named = pl.when(pl.col("asset_kind") == ADDRESS)
    asked = rows.select(
        "id",
        "asn",
        "severity",
        "opened_at",
        observed_at=pl.from_epoch("last_seen", time_unit="us").dt.replace_time_zone("UTC"),
        ip=addresses_of(rows.select(named.then(pl.col("asset"))).to_series()),
        host=named.then(None).otherwise(pl.col("asset")),
        url_host=pl.lit(None, pl.String),
        country=pl.lit(None, pl.String),
    )
    told = attribute(asked, holdings, networks)
    return told.filter(pl.col("organisation").is_not_null())


def holder_of(
    address: str, holdings: Holdings, networks: Networks | None, *, now: datetime
) -> int | None:
    """Who holds an address now and for itself; null: nobody, or it is one of a moving pool's."""
    seen = [(0, ADDRESS, address, None, 1, micros(now), micros(now))]
    asked = pl.DataFrame(seen, schema=_SCHEMA, orient="row")
    told = _attributed(asked, holdings, networks)
    if not told.height or told["pool"][0] is not None:
        return None
    return int(told["organisation"][0])


def _give(held: pl.DataFrame, now: datetime) -> int:
    """Write the holders and their deadlines down; a finding that got one meanwhile keeps it."""
    take_turn()
    rows = _timed(held, now)
    with connection.cursor() as cursor:
        changed = bulk.update(
            cursor.cursor,
            "UPDATE findings_finding AS f SET organisation_id = {0}, team_id = {1}, claim = {2},"
            " due_at = {3} FROM given WHERE f.id = {4} AND f.organisation_id IS NULL",
            ("bigint", "bigint", "bigint", "bigint", "bigint"),
            rows,
        )
        bulk.update(
            cursor.cursor,
            "UPDATE findings_findingseen AS s SET holder = {0} FROM given WHERE s.id = {1}"
            " AND s.holder IS NULL",
            ("bigint", "bigint"),
            [(row[0], row[-1]) for row in rows],
        )
    return changed


def _timed(held: pl.DataFrame, now: datetime) -> list[tuple[int | None, ...]]:
    """Organisation, team, claim, deadline by the holder's own clock, and id, row by row."""
    opening = opening_for(held["organisation"].unique().to_list(), now, None)
    began = clocks_began(held["id"].to_list())
    told = held.select("organisation", "team", "claim", "severity", "opened_at", "id").rows()
    return [
        (holder, team, claim, opening.due_at(severity, holder, began.get(number, opened)), number)
        for holder, team, claim, severity, opened, number in told
    ]
