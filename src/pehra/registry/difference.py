"""What a register would change among claims and organisations: decided in columns, pure.

The common rows, the new and the unchanged, are told apart by joins; only the others are looked at
one by one (`pehra.registry.succession`).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec
import polars as pl

from pehra.registry.register import CLAIMS
from pehra.registry.succession import Run, Standing, Steps, Word, meant, runs, span, succeed

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY = ["organisation", "kind", "value", "source"]
STANDING: dict[str, pl.DataType] = {
    "claim": pl.Int64(),
    **{name: dtype for name, dtype in CLAIMS.items() if name not in ("row", "note")},
}
"""Columns of claims that stand: as `register.CLAIMS`, with the claim's id."""

REPORT: dict[str, pl.DataType] = {
    "row": pl.Int64(),
    "outcome": pl.String(),
    "subject": pl.String(),
    "detail": pl.String(),
}
"""Columns of a report: line of the file (0: none), `added`, `changed`, `unchanged`, `rejected` or
`conflict`, what it is about, and the reason or change in words."""


class Difference(msgspec.Struct, frozen=True):
    """What is to be written of claims.

    Attributes:
        add: columns of `register.CLAIMS`.
        close: claim -> moment at which it ends.
        withdraw: claims that were never true.
        report: columns of `REPORT`, one row for each claim of the register.
    """

    add: pl.DataFrame
    close: dict[int, datetime]
    withdraw: list[int]
    report: pl.DataFrame


def difference(stated: pl.DataFrame, standing: pl.DataFrame, now: datetime) -> Difference:
    """Compare a register's claims (`register.CLAIMS`) with those that stand (`STANDING`)."""
    touched = stated.join(standing.select(KEY).unique(), on=KEY, how="semi")
    fresh = stated.join(standing, on=KEY, how="anti")
    once = touched.group_by(KEY).len().filter(pl.col("len") == 1)
    same = touched.join(once, on=KEY, how="semi").join(
        _lone_runs(standing),
        on=[*KEY, "valid_from", "valid_to", "confidence", "use"],
        how="semi",
        nulls_equal=True,
    )
    others = touched.join(same, on=KEY, how="anti")
    slow = _one_by_one(others, standing, now)
    reports = [_report(fresh, "added"), _report(same, "unchanged"), slow.report]
    return Difference(
        add=pl.concat([fresh, slow.add]),
        close=slow.close,
        withdraw=slow.withdraw,
        report=pl.concat(reports).sort("row", maintain_order=True),
    )


def _lone_runs(standing: pl.DataFrame) -> pl.DataFrame:
    """Keys whose claims are one run (`succession.runs`), each as the one holding that it is."""
    ordered = standing.sort([*KEY, "valid_from", "claim"], nulls_last=False)
    follows = pl.col("valid_to").shift(1).over(KEY) == pl.col("valid_from")
    return (
        ordered.with_columns(begins=~follows.fill_null(False))
        .group_by(KEY)
        .agg(
            pl.col("valid_from").first(),
            pl.col("valid_to", "confidence", "use").last(),
            pl.col("begins").sum(),
        )
        .filter(pl.col("begins") == 1)
    )


def subject_of(kind: str, value: str, organisation: str) -> str:
    """What a line of the report is about."""
    return f"{'AS' if kind == 'asn' else ''}{value} of {organisation}"


def _report(claims: pl.DataFrame, outcome: str) -> pl.DataFrame:
    shown = pl.when(kind="asn").then(pl.lit("AS")).otherwise(pl.lit("")) + pl.col("value")
    return claims.select(
        "row",
        outcome=pl.lit(outcome),
        subject=shown + pl.lit(" of ") + pl.col("organisation"),
        detail=pl.lit(""),
    )


def _one_by_one(stated: pl.DataFrame, standing: pl.DataFrame, now: datetime) -> Difference:
    mine = standing.join(stated.select(KEY).unique(), on=KEY, how="semi")
    held: dict[tuple[str, ...], list[Standing]] = {}
    for row in mine.sort([*KEY, "valid_from", "claim"], nulls_last=False).iter_rows(named=True):
        held.setdefault(_key(row), []).append(Standing(row["claim"], _word(row)))
    asked: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in stated.iter_rows(named=True):
        asked.setdefault(_key(row), []).append(row)
    found = _Found()
    for key, rows in asked.items():
        _decide(rows, runs(held.get(key, [])), now, found)
    return found.difference()


class _Found:
    """Gathers steps row by row."""

    def __init__(self) -> None:
        self.add: list[dict[str, Any]] = []
        self.close: dict[int, datetime] = {}
        self.withdraw: list[int] = []
        self.report: list[tuple[int, str, str, str]] = []

    def difference(self) -> Difference:
        return Difference(
            add=pl.DataFrame(self.add, schema=CLAIMS),
            close=self.close,
            withdraw=self.withdraw,
            report=pl.DataFrame(self.report, schema=REPORT, orient="row"),
        )


def _decide(rows: list[dict[str, Any]], held: list[Run], now: datetime, found: _Found) -> None:
    """All rows of one key together: a claim that one of them states is not another's error."""
    words = [meant(_word(row), held) for row in rows]
    left = runs([claim for run in held for claim in run if claim.word not in words])
    stand = {claim.word for run in held for claim in run}
    spoken = {word.since for word in words}
    for row, word in zip(rows, words, strict=True):
        mine = [run for run in left if run[0].word.since == word.since or _free(run, spoken)]
        steps = Steps("unchanged") if word in stand else succeed(word, mine, now)
        gone = set(steps.withdraw)
        left = [run for run in left if not any(claim.claim in gone for claim in run)]
        found.close.update(steps.close)
        found.withdraw.extend(steps.withdraw)
        found.add.extend(_row(row, added) for added in steps.add)
        subject = subject_of(row["kind"], row["value"], row["organisation"])
        found.report.append((row["row"], steps.outcome, subject, steps.detail))


def _free(run: Run, spoken: set[datetime | None]) -> bool:
    """Whether no row states this run."""
    return span(run).since not in spoken


def _key(row: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(row[name] for name in KEY)


def _word(row: Mapping[str, Any]) -> Word:
    return Word(_utc(row["valid_from"]), _utc(row["valid_to"]), row["confidence"], row["use"])


def _utc(moment: datetime | None) -> datetime | None:
    return moment.astimezone(UTC) if moment else None


def _row(row: Mapping[str, Any], word: Word) -> dict[str, Any]:
    return {
        **{name: row[name] for name in CLAIMS},
        "valid_from": word.since,
        "valid_to": word.until,
        "confidence": word.confidence,
        "use": word.use,
    }
