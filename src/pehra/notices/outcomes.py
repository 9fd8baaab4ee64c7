"""What a period brought: the outcome table and the work behind it, of all and by group. Pure.

Every number is a count, or a share of a count with its interval of 95 %; none has an asset, a host
or an address in it. A report of the past is made of what was known at its end: what came later is
left out, so that it says the same whenever it is made (contacts alone are as they are now).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import polars as pl

from pehra.kernel.time import micros
from pehra.notices.behind import STANDING, WORK, by_holder, counts, expressions
from pehra.notices.effect import FEWEST, Clock, curve, hidden
from pehra.notices.survival import Length, Share, wilson

if TYPE_CHECKING:
    from collections.abc import Collection

COHORT = timedelta(days=90)
"""Shares by day 7 and 30 are of findings told in so long before the period's end, or in the period
itself where that is longer: of those told within one week none was watched for 30 days."""
_STEPS = ("told", "acknowledged", "claimed", "gone", "left", "relapsed", "last_gone")


class Count(msgspec.Struct, frozen=True):
    """So many of so many."""

    hits: int
    of: int

    @property
    def share(self) -> Share | None:
        """As a share with Wilson's interval."""
        return wilson(self.hits, self.of)


class Timed(msgspec.Struct, frozen=True):
    """A share by Kaplan-Meier, of so many that were watched."""

    share: Share | None
    watched: int


class Figures(msgspec.Struct, frozen=True):
    """Numbers of a period, of one group.

    Attributes:
        holders: organisations with a finding that stood or was opened in the period.
        opened: findings that we learnt of; told, answered, claimed, gone, relapsed: findings to
            which that happened in the period.
        standing: at the end, by severity in words.
        notice: half were told so long after we learnt of them, and of how many that is known.
        contactable: of `holders`, those with a confirmed and healthy contact.
        misattributed: of findings answered in the period, those of which "not ours" or "a false
            alarm" was upheld.
        relapses: of findings ever shown to be gone, those that came back in the period.
    """

    holders: int
    opened: int
    told: int
    answered: int
    claimed: int
    gone: int
    relapsed: int
    standing: dict[str, int]
    notice: Length
    noticed: int
    within_7: Timed
    within_30: Timed
    contactable: Count
    misattributed: Count
    relapses: Count


class Holder(msgspec.Struct, frozen=True):
    """Numbers of a period, of one organisation."""

    organisation: int
    opened: int
    told: int
    answered: int
    gone: int
    standing: int
    severe: int
    """Of those, high and critical."""


class Period(msgspec.Struct, frozen=True):
    """All of a period.

    Attributes:
        sectors: by slug; empty: not known.
        holders: those with anything in the period, the most severe first.
        teams: by number, of what each leads on.
    """

    first: datetime
    last: datetime
    whole: Figures
    sectors: dict[str, Figures]
    holders: tuple[Holder, ...]
    teams: dict[int, Figures] = {}


def known_by(rows: pl.DataFrame, last: datetime) -> pl.DataFrame:
    """Courses as they were known at a moment: later steps are not there."""
    at = micros(last)
    steps = [pl.when(pl.col(name) < at).then(pl.col(name)).alias(name) for name in _STEPS]
    known = rows.filter(pl.col("opened") < at).with_columns(
        *steps, upheld=pl.col("upheld") & pl.col("left").is_not_null() & (pl.col("left") < at)
    )
    back = pl.col("relapsed").is_not_null() & (pl.col("relapsed") > pl.col("last_gone"))
    return known.with_columns(
        standing=pl.col("left").is_null() & (pl.col("last_gone").is_null() | back)
    )


def told_of(first: datetime, last: datetime, reached: Collection[int]) -> dict[str, pl.Expr]:
    """What each number of a period counts; see `behind.expressions`."""
    begun = micros(first)
    return expressions(begun, min(begun, micros(last - COHORT)), reached)


def figures(
    rows: pl.DataFrame, first: datetime, last: datetime, reached: Collection[int]
) -> Figures:
    """Numbers of a period over courses that `known_by` has cut at its end.

    Args:
        rows: courses.
        first: the period's first moment.
        last: the first moment after it.
        reached: organisations with a confirmed and healthy contact.
    """
    ended = micros(last)
    told = told_of(first, last, reached)
    counted = counts(rows, told)
    noticed = curve(rows.filter(told["noticed"]), Clock.NOTIFY, ended)
    fixed = curve(rows.filter(told["watched"]), Clock.VERIFY, ended)
    return Figures(
        holders=counted["holders"],
        **{name: counted[name] for name in WORK},
        standing={level.word: counted[name] for name, level in STANDING.items()},
        notice=noticed.median,
        noticed=noticed.watched,
        within_7=Timed(fixed.by(7), fixed.watched),
        within_30=Timed(fixed.by(30), fixed.watched),
        contactable=Count(counted["reached"], counted["holders"]),
        misattributed=Count(counted["upheld"], counted["answered"]),
        relapses=Count(counted["relapsed"], counted["ever-gone"]),
    )


def holders_of(found: pl.DataFrame) -> tuple[Holder, ...]:
    """Holders with anything in a period, the most severe first, from `behind.marks`."""
    names = ("opened", "told", "answered", "gone", "standing", "severe")
    counted = (
        by_holder(found, names)
        .filter(pl.sum_horizontal(names[:-1]) > 0)
        .sort("severe", "standing", "organisation", descending=[True, True, False])
    )
    return tuple(Holder(**row) for row in counted.iter_rows(named=True))


def with_sectors(rows: pl.DataFrame, last: datetime) -> pl.DataFrame:
    """Courses as they were known at a moment; the sector of a holder that has none is empty."""
    return known_by(rows, last).with_columns(pl.col("sector").fill_null(""))


def period(
    known: pl.DataFrame,
    marked: pl.DataFrame,
    span: tuple[datetime, datetime],
    reached: Collection[int],
) -> Period:
    """All of a period.

    Args:
        known: `with_sectors` of its end.
        marked: `behind.marks` of them.
        span: its first moment, and the first after it.
        reached: organisations with a confirmed and healthy contact.
    """
    first, last = span
    parts = known.partition_by("sector", as_dict=True)
    return Period(
        first=first,
        last=last,
        whole=figures(known, first, last, reached),
        sectors={
            str(key[0]): figures(part, first, last, reached) for key, part in sorted(parts.items())
        },
        holders=holders_of(marked),
        teams={
            int(str(key[0])): figures(part, first, last, reached)
            for key, part in sorted(
                known.drop_nulls("team").partition_by("team", as_dict=True).items()
            )
        },
    )


def open_edition(found: Period) -> Period | None:
    """What everybody may read: no organisation, and no sector of fewer than five of them.

    None where fewer than five had anything at all: then nothing is published.
    """
    if found.whole.holders < FEWEST:
        return None
    names = [name for name in found.sectors if name]
    away = hidden([found.sectors[name].holders for name in names])
    kept = {name: found.sectors[name] for place, name in enumerate(names) if place not in away}
    return msgspec.structs.replace(found, sectors=kept, holders=(), teams={})


def numbers(one: Figures) -> dict[str, Any]:
    """Figures as files and commands give them."""
    told: dict[str, Any] = msgspec.to_builtins(one)
    for name in ("contactable", "misattributed", "relapses"):
        told[name]["share"] = msgspec.to_builtins(getattr(one, name).share)
    return told
