"""Courses of findings, by columns: when each was opened, told, answered, and shown to be gone.

Read by stretches of ids, for jobs and for pages of one organisation; moments are microseconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
from django.db.models import BigIntegerField, ExpressionWrapper, F, Max

from pehra.findings.models import Finding, Step
from pehra.findings.models.epochs import in_any_epoch
from pehra.findings.rules import State
from pehra.mandate.tenancy import seen_by

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from django.db.models import QuerySet

    from pehra.mandate.viewers import Viewer

_STRETCH = 200_000
_ANSWERS = (State.ACKNOWLEDGED, State.FIX_CLAIMED, State.DISPUTED, State.EXCEPTION)
_LEFT = (State.PASSED, State.TRANSFERRED, State.WITHDRAWN)
_TELLING = (State.NOTIFIED, State.GONE, State.RELAPSED, *_ANSWERS, *_LEFT)
_COLUMNS = {
    "id": pl.Int64,
    "organisation": pl.Int64,
    "team": pl.Int64,
    "severity": pl.Int64,
    "rsit_class": pl.String,
    "state": pl.Int64,
    "relapses": pl.Int64,
    "opened": pl.Int64,
    "notified_at": pl.Int64,
    "answered_at": pl.Int64,
    "fix_claimed_at": pl.Int64,
    "gone_at": pl.Int64,
}
_STEPS = {"id": pl.Int64, "step": pl.Int64, "at": pl.Int64, "by": pl.String}


def _nothing(done: int, total: int) -> None:
    del done, total


def courses(
    *,
    viewer: Viewer,
    opened: tuple[datetime, datetime],
    organisation: int | None = None,
    progress: Callable[[int, int], None] = _nothing,
) -> pl.DataFrame:
    """Findings that we learnt of from one moment on and before another, in order of id.

    Returns:
        id, organisation, team, severity, rsit_class, state, relapses; opened, told, acknowledged
        (any answer), claimed, gone, left (passed on, handed over or withdrawn): microseconds of the
        first time, null where it never was; relapsed, last_gone: of the last time; disputed, upheld
        (Boolean); channel: `mail`, `link`, `phone`, or `page`, of the first answer. Steps after the
        second moment of `opened` are there too: a reader of the past leaves them out.
    """
    with seen_by(viewer):
        if organisation is not None:
            return _held(opened, organisation).sort("id")
        total = Finding.objects.aggregate(last=Max("id"))["last"] or 0
        parts = [_joined(_frame([], _COLUMNS), _frame([], _STEPS))]
        for first in range(0, total, _STRETCH):
            parts.append(_stretch(first, opened))
            progress(min(first + _STRETCH, total), total)
    # A database gives rows in an order of its own, and another one once they were changed.
    return pl.concat(parts).sort("id")


def _frame(rows: list[tuple[object, ...]], schema: dict[str, type[pl.DataType]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=schema, orient="row")


def _plain(name: str) -> ExpressionWrapper[F]:
    """A moment as the number that the column holds: a million datetimes cost seconds."""
    return ExpressionWrapper(F(name), output_field=BigIntegerField())


def _stretch(first: int, opened: tuple[datetime, datetime]) -> pl.DataFrame:
    rows = Finding.objects.filter(id__gt=first, id__lte=first + _STRETCH)
    steps = Step.objects.filter(finding__gt=first, finding__lte=first + _STRETCH)
    return _read(rows.filter(opened_at__gte=opened[0], opened_at__lt=opened[1]), steps)


def _held(opened: tuple[datetime, datetime], organisation: int) -> pl.DataFrame:
    """Those of one holder, by its own index: a page of one does not look through all findings."""
    rows = Finding.objects.filter(in_any_epoch(), organisation=organisation)
    rows = rows.filter(opened_at__gte=opened[0], opened_at__lt=opened[1])
    return _read(rows, Step.objects.filter(finding__in=rows.order_by().values("pk")))


def _read(rows: QuerySet[Finding], steps: QuerySet[Step]) -> pl.DataFrame:
    moments = ("notified_at", "answered_at", "fix_claimed_at", "gone_at")
    found = rows.order_by().values_list(
        *("id", "organisation", "team", "severity", "rsit_class", "state", "relapses"),
        _plain("opened_at"),
        *(_plain(name) for name in moments),
    )
    told = steps.filter(state__in=_TELLING).order_by()
    history = told.values_list("finding", "state", _plain("at"), "by")
    return _joined(_frame(list(found), _COLUMNS), _frame(list(history), _STEPS))


def _is(*states: State) -> pl.Expr:
    return pl.col("step").is_in([int(state) for state in states])


def _first(*states: State) -> pl.Expr:
    return pl.col("at").filter(_is(*states)).min()


def _last(state: State) -> pl.Expr:
    return pl.col("at").filter(_is(state)).max()


def _joined(rows: pl.DataFrame, steps: pl.DataFrame) -> pl.DataFrame:
    """Findings with the first of each step; where a step was never kept, the finding's own word."""
    answer = pl.col("by").filter(_is(*_ANSWERS)).sort_by(pl.col("at").filter(_is(*_ANSWERS)))
    history = steps.group_by("id").agg(
        told=_first(State.NOTIFIED),
        acknowledged=_first(*_ANSWERS),
        claimed=_first(State.FIX_CLAIMED),
        gone=_first(State.GONE),
        left=_first(*_LEFT),
        relapsed=_last(State.RELAPSED),
        last_gone=_last(State.GONE),
        disputed=_is(State.DISPUTED).any(),
        withdrawn=_is(State.WITHDRAWN).any(),
        answered_by=answer.first(),
    )
    said = pl.col("answered_by").str.extract(r", by (link|mail|phone)$").fill_null("page")
    return rows.join(history, on="id", how="left", maintain_order="left").select(
        *("id", "organisation", "team", "severity", "rsit_class", "state", "relapses", "opened"),
        told=pl.min_horizontal("told", "notified_at"),
        acknowledged=pl.min_horizontal("acknowledged", "answered_at"),
        claimed=pl.min_horizontal("claimed", "fix_claimed_at"),
        gone=pl.min_horizontal("gone", "gone_at"),
        left="left",
        relapsed="relapsed",
        last_gone=pl.max_horizontal("last_gone", "gone_at"),
        disputed=pl.col("disputed").fill_null(value=False),
        upheld=(pl.col("disputed") & pl.col("withdrawn")).fill_null(value=False),
        channel=pl.when(pl.col("answered_by").is_not_null()).then(said),
    )
