"""Playbooks that are known here, and how far each was followed in a case."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 msgspec reads the annotation when it runs
from typing import TYPE_CHECKING

import msgspec

from pehra.cases.models.playbook import KnownPlaybook, PlaybookRun, StepMark
from pehra.cases.playbooks import shipped
from pehra.cases.playbooks.cacao import Playbook  # noqa: TC001 msgspec reads it when it runs
from pehra.cases.playbooks.following import Mark, Marked, Standing, standing
from pehra.cases.playbooks.reading import read
from pehra.mandate.tenancy import as_system, seen_by

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from pehra.mandate.viewers import Viewer


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a playbook that was brought in; fields as in `models.playbook`."""

    id: int
    cacao_id: str
    version: str
    name: str
    kind: str
    sha256: str
    content: str
    shipped: bool
    added_by: str
    added_at: datetime


class MarkView(msgspec.Struct, frozen=True, kw_only=True):
    """A mark with who made it and when."""

    mark: Mark
    by: str
    office: str
    at: datetime


class RunView(msgspec.Struct, frozen=True, kw_only=True):
    """A run of a playbook: `marks` by step are those that count, `standing` how far it is."""

    id: int
    case: int
    known: int
    playbook: Playbook
    begun_at: datetime
    begun_by: str
    marks: dict[str, MarkView]
    standing: Standing


def _view(row: KnownPlaybook) -> Known:
    names = [name for name in Known.__struct_fields__ if name != "id"]
    return Known(id=row.pk, **{name: getattr(row, name) for name in names})


def brought_in() -> list[Known]:
    """Playbooks that were brought in, the newest first."""
    return [_view(row) for row in KnownPlaybook.objects.filter(shipped=False).order_by("-pk")]


def known_of(number: int) -> Known | None:
    """A version of a playbook by its number."""
    row = KnownPlaybook.objects.filter(pk=number).first()
    return _view(row) if row else None


def content_of(which: str) -> bytes | None:
    """The bytes of a playbook by its slug or number, as they are given away."""
    if which in shipped.SLUGS:
        return shipped.content(which)
    found = known_of(int(which)) if which.isdecimal() and len(which) < 10 else None  # noqa: PLR2004 fits a row's number
    return found.content.encode() if found else None


def marks_of(run: int) -> list[Mark]:
    """All marks of a run, in the order in which they were made, for an act."""
    with as_system():
        return [_mark(row) for row in StepMark.objects.filter(run=run).order_by("pk")]


def _mark(row: StepMark) -> Mark:
    return Mark(step=row.step, state=row.state, chosen=row.chosen, why=row.why)


def runs(case: int, *, viewer: Viewer) -> list[RunView]:
    """Playbooks that are followed in a case, the one that was begun last first."""
    with seen_by(viewer):
        rows = PlaybookRun.objects.filter(case=case).order_by("-pk")
        return _runs(rows)


def run_of(number: int, *, viewer: Viewer) -> RunView | None:
    """One run."""
    with seen_by(viewer):
        found = _runs(PlaybookRun.objects.filter(pk=number))
    return found[0] if found else None


def _runs(rows: QuerySet[PlaybookRun]) -> list[RunView]:
    begun = list(rows.select_related("playbook"))
    marks: dict[int, list[StepMark]] = {row.pk: [] for row in begun}
    for one in StepMark.objects.filter(run__in=list(marks)).order_by("pk"):
        marks[one.run_id].append(one)
    return [_run(row, marks[row.pk]) for row in begun]


def _run(row: PlaybookRun, rows: list[StepMark]) -> RunView:
    playbook = read(row.playbook.content.encode())
    newest = {
        one.step: MarkView(mark=_mark(one), by=one.by, office=one.office, at=one.at) for one in rows
    }
    return RunView(
        id=row.pk,
        case=row.case_id,
        known=row.playbook_id,
        playbook=playbook,
        begun_at=row.begun_at,
        begun_by=row.begun_by,
        marks={step: one for step, one in newest.items() if one.mark.state != Marked.OPEN},
        standing=standing(playbook, [_mark(one) for one in rows]),
    )
