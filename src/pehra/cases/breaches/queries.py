"""Breaches for their readers: one with its texts, and the register, un-notified ones too."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 msgspec reads the annotation when it runs
from typing import TYPE_CHECKING, Any

import msgspec

from pehra.cases.breaches.risk import Answer
from pehra.cases.breaches.rules import Contents, missing
from pehra.cases.models.breach import Breach, BreachText
from pehra.mandate.tenancy import seen_by

if TYPE_CHECKING:
    from pehra.mandate.viewers import Viewer


class BreachView(msgspec.Struct, frozen=True, kw_only=True):
    """A breach; fields as in `models.breach.Breach`."""

    id: int
    case: int
    exercise: bool
    organisation: str
    slug: str
    name: str
    name_ur: str
    processor: str
    processor_aware_at: datetime | None
    state: str
    aware_at: datetime
    recorded_at: datetime
    changed_at: datetime
    contents: Contents
    missing: tuple[str, ...]
    answers: dict[str, Answer]
    risk: str
    risk_why: str
    assessed_at: datetime | None
    assessed_by: str
    authority_due: datetime | None
    people_due: datetime | None
    processor_due: datetime | None
    unconfirmed: bool
    authority_at: datetime | None
    people_at: datetime | None
    people_told: int | None
    late_reason: str
    exemption: str
    exemption_why: str
    public_notice: str
    closed_at: datetime | None

    def overdue(self, now: datetime) -> bool:
        """Whether the authority should have been told by now; at no risk nobody need be."""
        waits = self.authority_at is None and self.risk != "none" and self.closed_at is None
        return waits and self.authority_due is not None and self.authority_due <= now


class TextView(msgspec.Struct, frozen=True, kw_only=True):
    """A text about a breach."""

    id: int
    to: str
    addressee: str
    language: str
    subject: str
    body: str
    drafted_at: datetime
    edited_at: datetime | None
    edited_by: str
    released_at: datetime | None
    released_by: str
    envelope: int | None
    outcome: str


_BUILT = frozenset(
    {"id", "case", "exercise", "organisation", "slug", "name", "name_ur", "contents", "missing",
     "answers"}
)  # fmt: skip
_PLAIN = tuple(name for name in BreachView.__struct_fields__ if name not in _BUILT)


def _view(row: Breach) -> BreachView:
    contents = msgspec.convert(row.contents, Contents)
    holder = row.organisation
    plain: dict[str, Any] = {name: getattr(row, name) for name in _PLAIN}
    return BreachView(
        id=row.pk,
        case=row.case_id,
        exercise=row.case.exercise,
        organisation=holder.slug,
        slug=holder.slug,
        name=holder.name,
        name_ur=holder.name_ur,
        contents=contents,
        missing=missing(contents),
        answers=msgspec.convert(row.answers, dict[str, Answer]),
        **plain,
    )


def register(
    *, viewer: Viewer, before: int | None = None, size: int = 50, exercises: bool = False
) -> list[BreachView]:
    """Breaches that a viewer may see, notified or not, those recorded last first."""
    with seen_by(viewer):
        rows = Breach.objects.select_related("organisation", "case")
        rows = rows.filter(case__exercise=exercises)
        if before is not None:
            rows = rows.filter(pk__lt=before)
        return [_view(row) for row in rows.order_by("-pk")[:size]]


def one(number: int, *, viewer: Viewer) -> BreachView | None:
    """A breach; null: there is none that this viewer may see."""
    with seen_by(viewer):
        row = Breach.objects.select_related("organisation", "case").filter(pk=number).first()
        return _view(row) if row else None


def texts(number: int, *, viewer: Viewer) -> list[TextView]:
    """Texts about a breach, those to the authority first."""
    with seen_by(viewer):
        rows = BreachText.objects.filter(breach=number).order_by("to", "addressee", "pk")
        names = TextView.__struct_fields__
        return [TextView(**{name: getattr(row, name) for name in names}) for row in rows]
