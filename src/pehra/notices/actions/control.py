"""Hold back by lot a share of what a round would name, and write down who drew what."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import polars as pl
from django.db import connection, transaction

from pehra.engines.tables import bulk
from pehra.kernel.actors import SYSTEM
from pehra.kernel.time import micros
from pehra.ledger import actions as ledger
from pehra.mandate.queries.groups import grouped
from pehra.mandate.tenancy import as_system
from pehra.notices.control import LONGEST, Control, Holder, candidates, drawn, may_wait
from pehra.notices.models import Drawn
from pehra.notices.queries.drawn import drawn_of, held_now

if TYPE_CHECKING:
    from datetime import datetime

_CHUNK = 5_000


def hold_back(
    rows: pl.DataFrame, reachable: pl.Series, allowed: int, control: Control, now: datetime
) -> pl.DataFrame:
    """Take out of `rows` what is held back now; what takes part for the first time is drawn.

    A finding that has become severe since, or whose holder has become critical infrastructure, is
    held no longer: what may wait is asked again each time.

    Args:
        rows: what the round would name, as `findings.queries.told.outstanding` gives it.
        reachable: organisations that have an address; others are told nothing in either group.
        allowed: sources, as a bit set, whose findings are told.
        control: how much is held back.
        now: the moment.
    """
    waiting = _may_wait() & set(reachable.to_list())
    able = candidates(rows, waiting).filter((pl.col("sources") & allowed) != 0)
    fresh = able.filter(~pl.col("id").is_in(drawn_of(able["id"]).implode()))
    _draw(fresh["id"].sort(), control, now)
    away = set(able["id"].to_list()) & held_now(now)
    return rows.filter(~pl.col("id").is_in(pl.Series(sorted(away), dtype=pl.Int64).implode()))


def _may_wait() -> set[int]:
    return {
        one.organisation
        for one in grouped()
        if may_wait(Holder(one.organisation, one.graded, one.is_public, one.sector, one.role))
    }


@as_system()
def _draw(findings: pl.Series, control: Control, now: datetime) -> None:
    """Draw, and write down what each drew; one entry of the ledger for them all."""
    if not findings.len():
        return
    lots = drawn(findings, control)
    frame = pl.DataFrame({"id": findings, "held": lots})
    begun, until = micros(now), micros(now + LONGEST)
    with transaction.atomic():
        for held in (True, False):
            fixed = {"held": held, "at": begun, "until": until}
            ids = frame.filter(pl.col("held") == held).select("id")
            for part in ids.iter_slices(_CHUNK):
                with connection.cursor() as cursor:
                    table = Drawn._meta.db_table
                    bulk.insert(cursor.cursor, table, ("finding_id",), part.rows(), fixed)
        words = "".join(f"{number} {held}\n" for number, held in frame.iter_rows())
        ledger.append(
            "notices.draw",
            actor=SYSTEM,
            subject="notices",
            facts={
                "percent": control.percent,
                "drawn": frame.height,
                "held": int(lots.sum()),
                "digest": hashlib.sha256(words.encode()).hexdigest(),
            },
            now=now,
        )
