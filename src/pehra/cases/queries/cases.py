"""Cases for their readers: one, or a page of a list."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 msgspec reads the annotation when it runs
from typing import TYPE_CHECKING

import msgspec
from django.db.models import Q

from pehra.cases.models.case import Case, Link, Party
from pehra.cases.queries.family import numbers_of
from pehra.cases.queries.waiting import offered_to
from pehra.cases.rules import OPEN, PartyRole, State
from pehra.mandate.tenancy import seen_by

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pehra.mandate.viewers import Viewer


class CaseView(msgspec.Struct, frozen=True, kw_only=True):
    """A case; fields as in `models.case.Case`."""

    number: int
    title: str
    kind: str
    state: int
    severity: int | None
    provisional: bool
    tlp: str
    aware_at: datetime
    opened_at: datetime
    closed_at: datetime | None
    merged_into: int | None
    exercise: bool
    origin: str
    handed_at: datetime | None
    changed_at: datetime
    next_due: datetime | None
    malicious: str
    cross_border: str

    @property
    def open(self) -> bool:
        """Whether somebody works on it, or must."""
        return State(self.state) in OPEN

    def overdue(self, now: datetime) -> bool:
        """Whether one of its clocks is over."""
        return self.next_due is not None and self.next_due <= now


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which cases a list shows. Empty: all.

    Attributes:
        states: `rules.State`.
        open: only those that are worked on.
        severity: 1 to 6; 0: those that nobody graded.
        provisional: only those whose grade the director must confirm.
        overdue: only those with a clock that is over.
        exercises: those of exercises instead.
        text: a part of the title.
        offered: only those whose lead waits for a team of the viewer's to accept it.
    """

    open: bool = True
    states: tuple[int, ...] = ()
    severity: int | None = None
    provisional: bool = False
    kind: str = ""
    overdue: bool = False
    exercises: bool = False
    text: str = ""
    offered: bool = False


def view_of(row: Case) -> CaseView:
    """A row as pages and other rooms see it."""
    names = [name for name in CaseView.__struct_fields__ if name != "merged_into"]
    given = {name: getattr(row, name) for name in names}
    return CaseView(merged_into=row.merged_into_id, **given)


def one(number: int, *, viewer: Viewer) -> CaseView | None:
    """A case that `viewer` may see; null: there is none."""
    with seen_by(viewer):
        row = Case.objects.filter(pk=number).first()
    return view_of(row) if row else None


def page(
    wanted: Wanted, *, viewer: Viewer, now: datetime, before: int | None = None, size: int = 50
) -> list[CaseView]:
    """Cases from the newest on, below the number `before`."""
    with seen_by(viewer):
        rows = Case.objects.filter(_fits(wanted, now), exercise=wanted.exercises)
        if wanted.offered:
            rows = rows.filter(pk__in=offered_to(viewer))
        if before is not None:
            rows = rows.filter(pk__lt=before)
        return [view_of(row) for row in rows.order_by("-pk")[:size]]


def _fits(wanted: Wanted, now: datetime) -> Q:
    """The condition that a filter means."""
    states = wanted.states or (tuple(sorted(OPEN)) if wanted.open else tuple(State))
    parts = {
        "state__in": states,
        "severity": wanted.severity,
        "severity__isnull": True if wanted.severity == 0 else None,
        "provisional": wanted.provisional or None,
        "kind": wanted.kind or None,
        "next_due__lte": now if wanted.overdue else None,
        "title__icontains": wanted.text or None,
    }
    if wanted.severity == 0:
        del parts["severity"]
    return Q(**{name: value for name, value in parts.items() if value is not None})


def about(kind: str, ref: str | int, *, viewer: Viewer, size: int = 20) -> list[CaseView]:
    """Cases that are linked with a thing, the newest first, for those who work on them."""
    with seen_by(viewer):
        linked = Link.objects.filter(kind=kind, ref=str(ref)).values("case")
        rows = Case.objects.filter(pk__in=linked).order_by("-pk")
        return [view_of(row) for row in rows[:size]]


def lead_of(number: int, *, viewer: Viewer) -> int | None:
    """Id of the team that leads on a case, where `viewer` may see that."""
    with seen_by(viewer):
        rows = Party.objects.filter(case=number, role=PartyRole.LEAD)
        return rows.values_list("team_id", flat=True).first()


def leads_of(numbers: Iterable[int], *, viewer: Viewer) -> dict[int, int]:
    """Case -> id of the team that leads on it."""
    with seen_by(viewer):
        rows = Party.objects.filter(case__in=list(numbers), role=PartyRole.LEAD)
        return {case: team for case, team in rows.values_list("case_id", "team_id") if team}


def affected(number: int, *, viewer: Viewer) -> frozenset[int]:
    """Organisations that are affected in a case, as far as `viewer` may see them."""
    with seen_by(viewer):
        rows = Party.objects.filter(case__in=numbers_of(number), role=PartyRole.AFFECTED)
        found = rows.filter(organisation__isnull=False)
        return frozenset(found.values_list("organisation_id", flat=True))


def works_on(number: int, *, viewer: Viewer) -> bool:
    """Whether one of the viewer's teams is in a case, or the viewer is of the nation's staff."""
    with seen_by(viewer):
        return Party.objects.filter(case=number, team__isnull=False).exists()
