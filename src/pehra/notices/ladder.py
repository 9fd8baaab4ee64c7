"""Which findings go a step up the ladder: one pass over columns, by the clocks that bind each.

Pure. `rules.next_rung` says the same of one finding; the tests hold the two together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import polars as pl

from pehra.kernel.labels import Severity
from pehra.mandate.rules import hours as resolved
from pehra.notices.rules import Rung

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from pehra.mandate.rules import ClockFacts

ANSWER = "notice-answer"
"""Kind of the clock after which a notice that nobody answered counts as silence."""
LEAST = Severity.MEDIUM
"""What is less severe is in the weekly message only (rules, section 4.2)."""
_HOUR = 3_600_000_000
_HOURS = {"like": pl.Int64, "severity": pl.Int64, "step": pl.Int64, "hours": pl.Int64}
CLIMBED = {"id": pl.Int64, "rung": pl.Int64, "climbed_at": pl.Int64}
"""How far up each finding was told, and when, in microseconds since 1970."""


class Clocks(msgspec.Struct, frozen=True):
    """The clocks of the ladder on a day.

    Attributes:
        hours: like, severity, step, hours; `like` stands for all that have the same clocks.
        like: organisation -> who stands for it.
        answers: like, severity -> after how many hours a notice counts as unanswered.
    """

    hours: pl.DataFrame
    like: dict[int, int]
    answers: dict[tuple[int, int], int]

    def answer(self, organisation: int, severity: int) -> int | None:
        """After how many hours a notice counts as unanswered; None where no clock says."""
        return self.answers.get((self.like.get(organisation, organisation), severity))


def clocks_of(
    holders: Iterable[int],
    clocks: Iterable[ClockFacts],
    sectors: Mapping[int, int | None],
    on: date,
) -> Clocks:
    """Resolve the clocks of the ladder for holders: organisation over sector over nation."""
    table = [clock for clock in clocks if clock.kind.startswith("notice-")]
    named = {clock.organisation for clock in table}
    like: dict[int, int] = {}
    first: dict[int | None, int] = {}
    rows: list[tuple[int, int, int, int]] = []
    for one in sorted(set(holders)):
        sector = sectors.get(one)
        stands = one if one in named else first.setdefault(sector, one)
        like[one] = stands
        if stands != one:
            continue
        for severity in Severity:
            for step in Rung:
                kind = step.clock if step else ANSWER
                found = resolved(
                    table, kind=kind, severity=severity, sector=sector, organisation=one, on=on
                )
                if found is not None:
                    rows.append((one, int(severity), int(step), found.hours))
    answers = {(one, severity): hours for one, severity, step, hours in rows if step == 0}
    return Clocks(pl.DataFrame(rows, schema=_HOURS, orient="row"), like, answers)


class Standing(msgspec.Struct, frozen=True):
    """What stands unanswered, and how far it climbed.

    Attributes:
        rows: `findings.queries.told.unanswered`.
        climbed: `CLIMBED`; what climbed before the holder was told anew counts no more.
    """

    rows: pl.DataFrame
    climbed: pl.DataFrame

    def whole(self) -> pl.DataFrame:
        """The rows, with `rung`: how far each was told."""
        joined = self.rows.join(self.climbed, on="id", how="left", maintain_order="left")
        counts = pl.col("climbed_at") >= pl.col("notified_at")
        rung = pl.when(counts).then(pl.col("rung")).otherwise(0).fill_null(0)
        return joined.with_columns(rung=rung).drop("climbed_at")


def due(whole: pl.DataFrame, clocks: Clocks, top: Iterable[int], now: int) -> pl.DataFrame:
    """Rows whose next step has come, with `step`: the highest that has.

    Args:
        whole: `Standing.whole`.
        clocks: of all holders in it.
        top: organisations whose ladder goes beyond the lead team: critical infrastructure and the
            state, where a ground is confirmed (rules, decision 1.5).
        now: microseconds since 1970.
    """
    like = pl.DataFrame(
        list(clocks.like.items()), schema={"organisation": pl.Int64, "like": pl.Int64}, orient="row"
    )
    last = (
        pl.when(pl.col("organisation").is_in(sorted(top)))
        .then(int(Rung.COUNCIL))
        .otherwise(int(Rung.TEAM))
    )
    steps = (
        whole.join(like, on="organisation", how="inner")
        .join(clocks.hours, on=["like", "severity"], how="inner")
        .filter(
            pl.col("step") > pl.col("rung"),
            pl.col("step") <= last,
            now - pl.col("notified_at") >= pl.col("hours") * _HOUR,
        )
        .group_by("id")
        .agg(pl.col("step").max())
    )
    return whole.join(steps, on="id", how="inner", maintain_order="left")


def by_holder(rows: pl.DataFrame, *keys: str) -> pl.DataFrame:
    """Findings counted by organisation and `keys`: team, severity of the worst, how many."""
    return (
        rows.group_by("organisation", *keys)
        .agg(pl.col("team").first(), pl.col("severity").max(), findings=pl.len().cast(pl.Int64))
        .sort("organisation", *keys)
    )
