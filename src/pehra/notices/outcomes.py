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

from pehra.kernel.labels import Severity
from pehra.kernel.time import micros
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
    """

    first: datetime
    last: datetime
    whole: Figures
    sectors: dict[str, Figures]
    holders: tuple[Holder, ...]


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


def _within(name: str, first: int) -> pl.Expr:
    return pl.col(name).is_not_null() & (pl.col(name) >= first)


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
    begun, ended = micros(first), micros(last)
    names = {"opened": "opened", "told": "told", "acknowledged": "answered", "claimed": "claimed",
             "last_gone": "gone", "came_back": "relapsed"}  # fmt: skip
    # A claim that a report refuted is no return: it was never gone.
    rows = rows.with_columns(
        came_back=pl.when(pl.col("relapsed") > pl.col("gone")).then("relapsed")
    )
    counted = rows.select(**{
        word: _within(name, begun).fill_null(value=False).sum() for name, word in names.items()
    }).row(0, named=True)  # fmt: skip
    standing = dict(
        rows.filter("standing").group_by("severity").len().select("severity", "len").iter_rows()
    )
    here = rows.filter(pl.col("standing") | _within("opened", begun))
    holders = set(here["organisation"].drop_nulls().to_list())
    noticed = curve(rows.filter(_within("opened", begun)), Clock.NOTIFY, ended)
    since = min(begun, micros(last - COHORT))
    fixed = curve(rows.filter(_within("told", since)), Clock.VERIFY, ended)
    answered = rows.filter(_within("acknowledged", begun))
    return Figures(
        holders=len(holders),
        **counted,
        standing={
            level.word: standing.get(int(level), 0)
            for level in sorted(Severity, reverse=True)
            if level
        },
        notice=noticed.median,
        noticed=noticed.watched,
        within_7=Timed(fixed.by(7), fixed.watched),
        within_30=Timed(fixed.by(30), fixed.watched),
        contactable=Count(len(holders & set(reached)), len(holders)),
        misattributed=Count(int(answered["upheld"].sum()), answered.height),
        relapses=Count(counted["relapsed"], rows.filter(pl.col("gone").is_not_null()).height),
    )


def _holders(rows: pl.DataFrame, first: datetime) -> tuple[Holder, ...]:
    begun = micros(first)
    severe = pl.col("standing") & (pl.col("severity") >= int(Severity.HIGH))
    found = (
        rows.filter(pl.col("organisation").is_not_null())
        .group_by("organisation")
        .agg(
            opened=_within("opened", begun).sum(),
            told=_within("told", begun).sum(),
            answered=_within("acknowledged", begun).sum(),
            gone=_within("last_gone", begun).sum(),
            standing=pl.col("standing").sum(),
            severe=severe.sum(),
        )
        .filter(pl.sum_horizontal("opened", "told", "answered", "gone", "standing") > 0)
        .sort("severe", "standing", "organisation", descending=[True, True, False])
    )
    return tuple(Holder(**row) for row in found.iter_rows(named=True))


def period(rows: pl.DataFrame, span: tuple[datetime, datetime], reached: Collection[int]) -> Period:
    """All of a period over courses with the sector of their holder."""
    first, last = span
    known = known_by(rows, last)
    named = known.with_columns(pl.col("sector").fill_null(""))
    parts = named.partition_by("sector", as_dict=True)
    return Period(
        first=first,
        last=last,
        whole=figures(known, first, last, reached),
        sectors={
            str(key[0]): figures(part, first, last, reached) for key, part in sorted(parts.items())
        },
        holders=_holders(known, first),
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
    return msgspec.structs.replace(found, sectors=kept, holders=())


def numbers(one: Figures) -> dict[str, Any]:
    """Figures as files and commands give them."""
    told: dict[str, Any] = msgspec.to_builtins(one)
    for name in ("contactable", "misattributed", "relapses"):
        told[name]["share"] = msgspec.to_builtins(getattr(one, name).share)
    return told
