"""Reports as rows and facts of a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.urls import reverse
from django.utils.translation import gettext as _

from pehra.web import figures, marks, phrases
from pehra.web.tables import Cell, Column, Fact, Table, badge_cell, moment_cell, table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from pehra.intake.models import Batch, Reject
    from pehra.jobs.queries import JobRow

_LONGEST_RAW = 2_000
_SMALLEST = 0.5
"""Per cent of the bar: a single reject among a million is still to be seen."""


def batch_table(batches: Sequence[Batch], *, now: datetime) -> Table:
    """Batches as a table."""
    columns = [
        Column(_("File")),
        Column(_("State")),
        Column(_("Received")),
        Column(_("Rows"), number=True),
        Column(_("Accepted"), number=True),
        Column(_("Rejected"), number=True),
        Column(_("Opened"), number=True),
    ]
    rows = [_batch_cells(batch, now) for batch in batches]
    return table(
        columns, rows, caption=_("Reports"), empty=_("No report has come in yet: pehra ingest")
    )


def _batch_cells(batch: Batch, now: datetime) -> list[Cell]:
    href = reverse("batch", args=[batch.pk])
    kind = f"{batch.source} · {batch.kind}" if batch.kind else batch.source
    numbers = (batch.rows, batch.accepted, batch.rejected, batch.opened)
    return [
        Cell(batch.file_name, sub=kind, href=href, main=True),
        badge_cell(marks.badge(phrases.BATCH_STATE, batch.state)),
        moment_cell(figures.moment(batch.received_at, now=now)),
        *(Cell(figures.number(value)) for value in numbers),
    ]


class Stretch(msgspec.Struct, frozen=True):
    """A part of the bar that shows what became of the rows; per cent of its width."""

    tone: str
    x: float
    width: float


class ShownBatch(msgspec.Struct, frozen=True):
    """A batch in full."""

    id: str
    file_name: str
    source: str
    kind: str
    state: marks.Badge
    error: str
    bar: list[Stretch]
    counts: list[Fact]
    balanced: bool
    sum_text: str
    facts: list[Fact]


def bar(batch: Batch) -> list[Stretch]:
    """What became of the rows as parts of a bar of width 100; no part is too small to be seen."""
    whole = max(batch.rows, 1)
    rest = batch.duplicates + batch.unchanged
    counts = {"ok": batch.accepted, "rest": rest, "bad": batch.rejected}
    widths = {tone: max(100 * count / whole, _SMALLEST) for tone, count in counts.items() if count}
    scale = 100 / max(sum(widths.values()), 100)
    stretches, x = [], 0.0
    for tone, width in widths.items():
        stretches.append(Stretch(tone, round(x, 2), round(width * scale, 2)))
        x += width * scale
    return stretches


def _counts(batch: Batch) -> list[Fact]:
    labels = (
        (_("Rows"), batch.rows),
        (_("Accepted"), batch.accepted),
        (_("Rejected"), batch.rejected),
        (_("Duplicates"), batch.duplicates),
        (_("Unchanged"), batch.unchanged),
        (_("Attributed to a holder"), batch.attributed),
        (_("Findings opened"), batch.opened),
        (_("Findings seen again"), batch.updated),
        (_("Findings relapsed"), batch.relapsed),
    )
    return [Fact(label, figures.number(value)) for label, value in labels]


def _sum_text(batch: Batch, *, balanced: bool) -> str:
    parts = (batch.accepted, batch.rejected, batch.duplicates, batch.unchanged)
    says = " + ".join(figures.number(part) for part in parts)
    if balanced:
        return _("%(sum)s = %(rows)s: every row is accounted for.") % {
            "sum": says,
            "rows": figures.number(batch.rows),
        }
    return _("%(sum)s is not %(rows)s yet: the report is still being taken in.") % {
        "sum": says,
        "rows": figures.number(batch.rows),
    }


def _facts(batch: Batch, now: datetime) -> list[Fact]:
    finished = figures.moment(batch.finished_at, now=now)
    return [
        Fact(_("Received"), at=figures.moment(batch.received_at, now=now)),
        Fact(_("Finished"), "" if finished else _("not yet"), at=finished),
        Fact(_("Day of the report"), figures.day(batch.day) if batch.day else _("not stated")),
        Fact(_("Size"), figures.size(batch.size)),
        Fact(_("Parts stored"), figures.number(batch.parts)),
        Fact("SHA-256", batch.sha256, code=True),
        Fact(_("Number"), batch.pk, code=True),
    ]


def shown_batch(batch: Batch, *, now: datetime) -> ShownBatch:
    """A batch as its page shows it."""
    parts = batch.accepted + batch.rejected + batch.duplicates + batch.unchanged
    balanced = parts == batch.rows
    return ShownBatch(
        id=batch.pk,
        file_name=batch.file_name,
        source=batch.source,
        kind=batch.kind,
        state=marks.badge(phrases.BATCH_STATE, batch.state),
        error=batch.error,
        bar=bar(batch),
        counts=_counts(batch),
        balanced=balanced,
        sum_text=_sum_text(batch, balanced=balanced),
        facts=_facts(batch, now),
    )


class ShownReject(msgspec.Struct, frozen=True):
    """A row that could not be read."""

    line: str
    offset: str
    reason: str
    detail: str
    raw: str


def raw_text(raw: bytes | memoryview) -> str:
    r"""Bytes as text that can be shown: what is not UTF-8 or not printable becomes `\x..`."""
    text = bytes(raw).decode("utf-8", "backslashreplace")
    return "".join(
        mark if mark.isprintable() or mark in "\t\n" else repr(mark)[1:-1] for mark in text
    )


def shown_reject(reject: Reject) -> ShownReject:
    """A reject as the page shows it; its text is cut where it is long."""
    raw = raw_text(reject.raw)
    return ShownReject(
        line=figures.number(reject.line),
        offset=_("byte %(offset)s") % {"offset": figures.number(reject.offset)},
        reason=str(phrases.REJECT_REASON.get(reject.reason, reject.reason)),
        detail=reject.detail,
        raw=f"{raw[:_LONGEST_RAW]} …" if len(raw) > _LONGEST_RAW else raw,
    )


def reason_table(reasons: Mapping[str, int], whole: int) -> Table:
    """Why rows could not be read, and how many of all rows that is."""
    columns = [Column(_("Why")), Column(_("Rows"), number=True)]
    cells = [
        [
            Cell(str(phrases.REJECT_REASON.get(reason, reason)), main=True),
            Cell(figures.number(count), sub=_("of %(total)s") % {"total": figures.number(whole)}),
        ]
        for reason, count in reasons.items()
    ]
    empty = _("Every row could be read.")
    return table(columns, cells, caption=_("Why rows could not be read"), empty=empty)


class ShownJob(msgspec.Struct, frozen=True):
    """How far a job is, or what came of it."""

    badge: marks.Badge
    running: bool
    done: int
    total: int
    text: str
    error: str


def shown_job(found: JobRow) -> ShownJob:
    """A job that reads a batch again."""
    result = found.result or {}
    text = ""
    if found.state == "done":
        text = _("%(added)s rows were added, %(rejected)s still cannot be read.") % {
            "added": figures.number(result.get("accepted", 0)),
            "rejected": figures.number(result.get("rejected", 0)),
        }
    elif found.total:
        told = {"done": figures.number(found.done), "total": figures.number(found.total)}
        text = _("%(done)s of %(total)s") % told
    return ShownJob(
        badge=marks.badge(phrases.JOB_STATE, found.state),
        running=found.state in ("queued", "running"),
        done=found.done,
        total=found.total,
        text=text,
        error=found.error,
    )
