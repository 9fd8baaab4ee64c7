"""What messages do: how long holders take, by group, and beside findings that were held back. Pure.

A clock runs from one step of a finding to another. A finding whose clock has not ended is watched
until now, or until it left our sight: passed to a subscriber, handed over, or withdrawn. A group of
fewer than five organisations is not shown to anybody but the national team (rules, section 6).
"""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 msgspec reads the annotation when it runs
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import polars as pl

from pehra.notices.survival import Curve, Length, Share, difference, estimate

if TYPE_CHECKING:
    from collections.abc import Sequence

FEWEST = 5
"""Organisations; numbers of fewer are numbers of one's neighbours."""
DAYS = 30
"""Days of a curve that are kept."""
HORIZON = 7
"""Day at which what was told is compared with what was held back."""
_DAY = 86_400_000_000
BY = ("class", "sector", "severity", "channel")
_COLUMN = {"class": "rsit_class", "sector": "sector", "severity": "severity", "channel": "channel"}

SCHEMA = {
    "id": pl.Int64,
    "organisation": pl.Int64,
    "team": pl.Int64,
    "severity": pl.Int64,
    "rsit_class": pl.String,
    "opened": pl.Int64,
    "told": pl.Int64,
    "acknowledged": pl.Int64,
    "claimed": pl.Int64,
    "gone": pl.Int64,
    "left": pl.Int64,
    "channel": pl.String,
}
"""Courses of findings; moments are microseconds since 1970, null where the step never was."""


class Clock(StrEnum):
    """From which step to which."""

    NOTIFY = "notify"
    """From our learning of it until its holder was told."""
    ACKNOWLEDGE = "acknowledge"
    """From the message until any answer."""
    CLAIM = "claim"
    """From the message until the holder said that it is fixed."""
    VERIFY = "verify"
    """From the message until reports showed that it is gone."""
    GONE = "gone"
    """From our learning of it until reports showed that it is gone, told or not."""


_ENDS = {
    Clock.NOTIFY: ("opened", "told"),
    Clock.ACKNOWLEDGE: ("told", "acknowledged"),
    Clock.CLAIM: ("told", "claimed"),
    Clock.VERIFY: ("told", "gone"),
    Clock.GONE: ("opened", "gone"),
}


class Group(msgspec.Struct, frozen=True):
    """Findings that go together.

    Attributes:
        by: what they have in common: empty, of all; else one of `BY`.
        name: which: a class, a sector's slug, a number of severity, a way of answering; empty
            where it is not known.
        clocks: by `Clock`; null: too few organisations to be shown.
    """

    by: str
    name: str
    clocks: dict[str, Curve] | None


class Effect(msgspec.Struct, frozen=True):
    """Findings that were told beside such that were held back, drawn by lot from the same.

    Attributes:
        gap: by how much more often what was told was gone by `HORIZON`; null: not known.
    """

    told: Curve
    held: Curve
    gap: Share | None


class Measured(msgspec.Struct, frozen=True):
    """All that one measurement says.

    Attributes:
        opened_from: only findings that we learnt of from then on, and before `opened_to`.
        effect: null where nothing was held back by lot, or too few organisations took part.
    """

    at: datetime
    opened_from: datetime
    opened_to: datetime
    findings: int
    organisations: int
    groups: tuple[Group, ...]
    effect: Effect | None

    def of(self, by: str, name: str = "") -> Group | None:
        """A group; None where there is none."""
        return next((one for one in self.groups if (one.by, one.name) == (by, name)), None)


def curve(rows: pl.DataFrame, clock: Clock, now: int) -> Curve:
    """The curve of a clock over courses."""
    first, last = _ENDS[clock]
    # What was gone before its holder was told says nothing of the message.
    running = rows.filter(
        pl.col(first).is_not_null(),
        pl.col(last).is_null() | (pl.col(last) >= pl.col(first)),
    )
    end = pl.coalesce(pl.col(last), pl.min_horizontal("left", pl.lit(now)))
    return _curve(
        running.select(
            length=(end - pl.col(first)).clip(0) / _DAY,
            happened=pl.col(last).is_not_null(),
            organisation="organisation",
        )
    )


def _curve(frame: pl.DataFrame) -> Curve:
    return estimate(
        frame["length"].to_numpy().astype(np.float64),
        frame["happened"].to_numpy().astype(bool),
        frame["organisation"].fill_null(-1).to_numpy().astype(np.int64),
        days=DAYS,
    )


def _names(rows: pl.DataFrame, column: str) -> list[tuple[str, pl.DataFrame]]:
    filled = rows.with_columns(pl.col(column).cast(pl.String).fill_null("").alias("_name"))
    parts = filled.partition_by("_name", as_dict=True)
    return sorted((str(key[0]), part.drop("_name")) for key, part in parts.items())


def organisations(rows: pl.DataFrame) -> int:
    """How many known holders courses have."""
    return rows["organisation"].drop_nulls().n_unique()


def hidden(sizes: Sequence[int]) -> frozenset[int]:
    """Places of groups that must not be shown: the small ones, and never one alone.

    One hidden group could be had by taking the shown ones from the whole, so the smallest of the
    others is hidden with it.
    """
    small = {place for place, size in enumerate(sizes) if size < FEWEST}
    if len(small) == 1 and len(sizes) > 1:
        others = [place for place in range(len(sizes)) if place not in small]
        small.add(min(others, key=lambda place: (sizes[place], place)))
    return frozenset(small)


def groups(rows: pl.DataFrame, now: int, *, national: bool) -> tuple[Group, ...]:
    """All findings, then by class, sector, severity and way of answering."""
    made = [_group("", "", rows, now, shown=national or organisations(rows) >= FEWEST)]
    for by in BY:
        whole = rows.filter(pl.col("channel").is_not_null()) if by == "channel" else rows
        parts = _names(whole, _COLUMN[by])
        away = frozenset() if national else hidden([organisations(part) for _, part in parts])
        made += [
            _group(by, name, part, now, shown=place not in away)
            for place, (name, part) in enumerate(parts)
        ]
    return tuple(made)


def _group(by: str, name: str, rows: pl.DataFrame, now: int, *, shown: bool) -> Group:
    if not shown:
        return Group(by, name, None)
    return Group(by, name, {clock.value: curve(rows, clock, now) for clock in Clock})


def compared(rows: pl.DataFrame, draws: pl.DataFrame, now: int, *, national: bool) -> Effect | None:
    """What was told beside what was held back.

    Both begin when they were drawn, and are watched for `HORIZON` days at most; what was held back
    is watched no longer than until its holder was told after all.

    Args:
        rows: courses of findings.
        draws: finding, at (microseconds), held (Boolean), until (microseconds).
        now: microseconds.
        national: whether few organisations may be shown.
    """
    joined = draws.join(
        rows.select("id", "organisation", "told", "gone", "left"),
        left_on="finding",
        right_on="id",
        how="inner",
    ).filter(pl.col("gone").is_null() | (pl.col("gone") >= pl.col("at")))
    watched = pl.min_horizontal(
        pl.col("at") + HORIZON * _DAY,
        pl.lit(now),
        "left",
        pl.when("held").then(pl.min_horizontal("told", "until")),
    )
    happened = pl.col("gone").is_not_null() & (pl.col("gone") <= watched)
    frame = joined.with_columns(
        length=((pl.when(happened).then("gone").otherwise(watched)) - pl.col("at")).clip(0) / _DAY,
        happened=happened,
    )
    held, told = frame.filter("held"), frame.filter(~pl.col("held"))
    few = min(organisations(held), organisations(told)) < FEWEST
    if not held.height or not told.height or (few and not national):
        return None
    ours, theirs = _curve(told), _curve(held)
    return Effect(ours, theirs, difference(ours, theirs, HORIZON))


def _share(one: Share | None) -> dict[str, float] | None:
    if one is None:
        return None
    return {name: round(getattr(one, name), 4) for name in ("value", "low", "high")}


def _length(one: Length) -> dict[str, float | None]:
    told = {"days": one.value, "low": one.low, "high": one.high}
    return {name: None if value is None else round(value, 2) for name, value in told.items()}


def numbers(one: Curve) -> dict[str, Any]:
    """A curve in few numbers, as files and commands give it: a share that is not known is null."""
    return {
        "findings": one.watched,
        "happened": one.happened,
        "organisations": one.clusters,
        "median": _length(one.median),
        "by_day_7": _share(one.by(7)),
        "by_day_30": _share(one.by(30)),
    }


def summary(found: Measured) -> dict[str, Any]:
    """A measurement as files and commands give it; `hidden` groups have too few organisations."""
    effect = None
    if found.effect is not None:
        effect = {
            "day": HORIZON,
            "told": numbers(found.effect.told),
            "held": numbers(found.effect.held),
            "difference": _share(found.effect.gap),
        }
    return {
        "at": found.at.isoformat(),
        "opened_from": found.opened_from.isoformat(),
        "opened_to": found.opened_to.isoformat(),
        "findings": found.findings,
        "organisations": found.organisations,
        "groups": [
            {
                "by": one.by or "all",
                "name": one.name,
                "hidden": one.clocks is None,
                "clocks": {clock: numbers(each) for clock, each in (one.clocks or {}).items()},
            }
            for one in found.groups
        ],
        "effect": effect,
    }
