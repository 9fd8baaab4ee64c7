"""Which findings stand behind each number of a report. Pure.

A number is the count of the rows that its expression marks, here as in `outcomes`: so what a reader
who follows a number is shown cannot be other rows than those that were counted. The marks of a
period are kept as a small file of columns, in which a finding is its id and nothing more.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import polars as pl

from pehra.kernel.labels import Severity

if TYPE_CHECKING:
    from collections.abc import Collection

LEVELS = tuple(level for level in sorted(Severity, reverse=True) if level)
"""Severities that a report counts, the worst first."""
STANDING = {f"standing-{level.word}": level for level in LEVELS}
WORK = ("opened", "told", "answered", "claimed", "gone", "relapsed")
ORGANISATIONS = frozenset({"holders", "reached"})
"""Numbers that count organisations, not findings."""
FIGURES = (
    *WORK, "standing", "severe", *STANDING,
    "noticed", "watched", "upheld", "ever-gone", "holders", "reached",
)  # fmt: skip
"""Every number that leads to rows: a bit of `marks` each, in this order for ever."""
_STEP = {
    "opened": "opened",
    "told": "told",
    "answered": "acknowledged",
    "claimed": "claimed",
    "gone": "last_gone",
}
_KEPT = {
    "id": pl.Int64,
    "organisation": pl.Int64,
    "team": pl.Int64,
    "sector": pl.String,
    "marks": pl.Int64,
}


def _within(name: str, first: int) -> pl.Expr:
    return pl.col(name).is_not_null() & (pl.col(name) >= first)


def _runs(first: str, last: str) -> pl.Expr:
    """Whether a clock from one step to another says anything, as `effect.curve` asks it."""
    return pl.col(first).is_not_null() & (pl.col(last).is_null() | (pl.col(last) >= pl.col(first)))


def expressions(begun: int, since: int, reached: Collection[int]) -> dict[str, pl.Expr]:
    """What each number counts, over courses that `outcomes.known_by` has cut at the period's end.

    Args:
        begun: the period's first moment, microseconds.
        since: from then on what was told is watched for shares by day 7 and 30.
        reached: organisations with a confirmed and healthy contact.
    """
    found = {word: _within(step, begun) for word, step in _STEP.items()}
    # A claim that a report refuted is no return: it was never gone.
    back = pl.col("relapsed") > pl.col("gone")
    found["relapsed"] = back.fill_null(value=False) & _within("relapsed", begun)
    stands = pl.col("standing")
    found["standing"] = stands
    found["severe"] = stands & (pl.col("severity") >= int(Severity.HIGH))
    for word, level in STANDING.items():
        found[word] = stands & (pl.col("severity") == int(level))
    found["noticed"] = found["opened"] & _runs("opened", "told")
    found["watched"] = _within("told", since) & _runs("told", "gone")
    found["upheld"] = found["answered"] & pl.col("upheld")
    found["ever-gone"] = pl.col("gone").is_not_null()
    found["holders"] = (stands | found["opened"]) & pl.col("organisation").is_not_null()
    able = pl.Series(sorted(reached), dtype=pl.Int64).implode()
    found["reached"] = found["holders"] & pl.col("organisation").is_in(able)
    return {name: found[name] for name in FIGURES}


def counts(rows: pl.DataFrame, told: dict[str, pl.Expr]) -> dict[str, int]:
    """Every number in one pass: findings, or of some numbers organisations."""
    wanted = {
        name: pl.col("organisation").filter(mark).drop_nulls().n_unique()
        if name in ORGANISATIONS
        else mark.fill_null(value=False).sum()
        for name, mark in told.items()
    }
    return rows.select(**wanted).row(0, named=True)


def marks(rows: pl.DataFrame, told: dict[str, pl.Expr]) -> pl.DataFrame:
    """Findings with the numbers that count them, as bits; what no number counts is left out.

    Args:
        rows: courses, with or without the `sector` of their holder.
        told: `expressions`.
    """
    bits = [
        mark.fill_null(value=False).cast(pl.Int64) * (1 << place)
        for place, mark in enumerate(told.values())
    ]
    sector = pl.col("sector") if "sector" in rows.columns else pl.lit(None, pl.String)
    return (
        rows.select(
            "id",
            "organisation",
            "team",
            sector=sector.fill_null(""),
            marks=pl.sum_horizontal(bits),
        )
        .filter(pl.col("marks") != 0)
        .cast(_KEPT)  # type: ignore[arg-type] # names and their types
    )


def packed(found: pl.DataFrame) -> bytes:
    """`marks` as they are kept."""
    out = io.BytesIO()
    found.write_parquet(out, compression="zstd")
    return out.getvalue()


def unpacked(content: bytes) -> pl.DataFrame:
    """`marks` as they were kept."""
    return pl.read_parquet(io.BytesIO(content))


def _is_of(figure: str) -> pl.Expr:
    return (pl.col("marks") & (1 << FIGURES.index(figure))) != 0


def of_figure(found: pl.DataFrame, figure: str, **narrowed: str | int | None) -> pl.DataFrame:
    """The rows of `marks` that one number counts, in all or in a sector, a team, a holder.

    Args:
        found: `marks`.
        figure: one of `FIGURES`.
        narrowed: column -> its value; null: any.
    """
    rows = found.filter(_is_of(figure))
    for name, value in narrowed.items():
        if value is not None:
            rows = rows.filter(pl.col(name) == value)
    return rows


def by_holder(found: pl.DataFrame, figures: Collection[str]) -> pl.DataFrame:
    """Some numbers of each organisation: `organisation` and a column for each, from `marks`."""
    return (
        found.filter(pl.col("organisation").is_not_null())
        .group_by("organisation")
        .agg(**{name: _is_of(name).sum() for name in figures})
        .sort("organisation")
    )
