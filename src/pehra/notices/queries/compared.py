"""The rounds that wait beside an export of IntelMQ."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import polars as pl

from pehra.findings.queries.told import NEW, OUTSTANDING
from pehra.findings.rules import State
from pehra.findings.traced import EVENT, traced, with_findings
from pehra.mandate.tenancy import as_system
from pehra.notices import bundles, comparison, intelmq
from pehra.notices.models import Named, Notice, Round
from pehra.notices.queries import contacts_at

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from pehra.findings.ingest import Desk

_WAITING = (Round.State.PREVIEW, Round.State.HELD, Round.State.READY)


class Compared(msgspec.Struct, frozen=True):
    """What was found.

    Attributes:
        rounds: numbers of those that wait.
        counts: the differences.
        rows: `comparison.pairs`, with asset, identifier, feed and holder of each event.
    """

    rounds: list[int]
    counts: comparison.Comparison
    rows: pl.DataFrame


def waiting() -> list[int]:
    """The newest round of each kind that is in preview, or that a person or the worker holds."""
    rows = Round.objects.filter(state__in=_WAITING, rung=0, exercise=False)
    kinds = [rows.filter(urgent=urgent).order_by("-pk").first() for urgent in (True, False)]
    return sorted(one.pk for one in kinds if one is not None)


def against_intelmq(
    desk: Desk, path: Path, *, now: datetime, progress: Callable[[int, int], None]
) -> Compared:
    """Compare the rounds that wait with what IntelMQ would have sent of the events of a file.

    Reads everybody's rows: for the command, never for a page.

    Raises:
        UnreadableFile: it is no export of events.
    """
    rounds = waiting()
    ours, notices = _ours(rounds)
    theirs: list[pl.DataFrame] = [pl.DataFrame(schema=intelmq.TOLD)]
    events: list[pl.DataFrame] = []
    done = 0
    for text, told in traced(desk, path, now):
        theirs.append(intelmq.told(text))
        events.append(told)
        done += told.height
        progress(done, done)
    whole = with_findings(pl.concat([pl.DataFrame(schema=EVENT), *events]))
    whole = comparison.fated(whole, ours, _reach(whole, planned=bool(rounds), now=now))
    told_to = pl.concat(theirs)
    way = intelmq.way_of(told_to)
    sides = comparison.Sides(whole, told_to.filter(pl.col("way") == way.value), ours, way, notices)
    found = comparison.pairs(sides)
    facts = whole.select("row", "asset", "identifier", "feed", "holder")
    rows = found.join(facts, on="row", how="left", maintain_order="left")
    return Compared(rounds, comparison.compared(sides, found), rows)


def _ours(rounds: list[int]) -> tuple[pl.DataFrame, int]:
    """Mailbox and finding, each pair once, and how many messages they are."""
    with as_system():
        mailboxes = dict(Notice.objects.filter(round__in=rounds).values_list("pk", "mailbox"))
        named = Named.objects.filter(notice__round__in=rounds).order_by()
        rows = list(named.values_list("notice_id", "finding_id"))
    frame = pl.DataFrame(rows, schema={"notice": pl.Int64, "finding": pl.Int64}, orient="row")
    names = pl.DataFrame(
        list(mailboxes.items()), schema={"notice": pl.Int64, "mailbox": pl.String}, orient="row"
    )
    pairs = frame.join(names, on="notice", how="inner").select("mailbox", "finding").unique()
    return pairs, len(mailboxes)


def _reach(events: pl.DataFrame, *, planned: bool, now: datetime) -> comparison.Reach:
    holders = events["holder"].drop_nulls().unique().to_list()
    able = bundles.recipients(contacts_at(holders, now=now))
    return comparison.Reach(
        planned=planned,
        standing=frozenset(map(int, OUTSTANDING)),
        new=frozenset(map(int, NEW)),
        words={int(state): state.word for state in State},
        holders=comparison.silenced(able.inhibits, able.chosen),
    )
