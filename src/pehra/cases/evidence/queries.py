"""Evidence and requests for their readers; whether a reader may ask at all, the doors see to."""

from __future__ import annotations

from datetime import date, datetime  # noqa: TC003 msgspec reads the annotations when it runs
from typing import TYPE_CHECKING, Any

import msgspec
from django.db.models import Q

from pehra.cases.evidence.custody import Line, lines
from pehra.cases.evidence.rules import (
    ASKERS,
    ENDED,
    HANDED,
    Count,
    Counted,
    Kind,
    State,
    public_counts,
)
from pehra.cases.models.evidence import (
    CustodyLine,
    EvidenceHold,
    EvidenceItem,
    HandOver,
    HandOverItem,
    HandOverPackage,
    HandOverStep,
)
from pehra.cases.queries.cases import works_on
from pehra.cases.queries.family import numbers_of
from pehra.mandate.queries.powers import grounds
from pehra.mandate.tenancy import as_system, seen_by

if TYPE_CHECKING:
    from pehra.mandate.viewers import Viewer


class ItemView(msgspec.Struct, frozen=True, kw_only=True):
    """An item; fields as in `models.evidence.EvidenceItem`."""

    id: int
    case: int
    state: str
    name: str
    size: int
    received: int
    sha256: str
    sha512: str
    harmful: bool
    tlp: str
    tool: str
    tool_version: str
    acquired_at: datetime
    clock_offset_seconds: float | None
    source: str
    collector: str
    order: str
    note: str
    derived_from: int | None
    added_at: datetime
    added_by: str
    kept_at: datetime | None
    destroyed_at: datetime | None


_OTHERWISE = {"case": "case_id", "derived_from": "derived_from_id"}


def _item(row: EvidenceItem) -> ItemView:
    names = ItemView.__struct_fields__
    return ItemView(**{name: getattr(row, _OTHERWISE.get(name, name)) for name in names})


def items(*, viewer: Viewer, case: int | None = None, before: int | None = None,
          size: int = 100) -> list[ItemView]:  # fmt: skip
    """Items of one case with those merged into it, or of all; the newest first."""
    with seen_by(viewer):
        rows = EvidenceItem.objects.order_by("-pk")
        if case is not None:
            rows = rows.filter(case__in=numbers_of(case))
        if before is not None:
            rows = rows.filter(pk__lt=before)
        return [_item(row) for row in rows[:size]]


class HoldView(msgspec.Struct, frozen=True):
    """A hold on an item that stands."""

    id: int
    reason: str
    set_at: datetime
    set_by: str
    until: date | None


class Whole(msgspec.Struct, frozen=True):
    """An item with its custody, oldest line first, and its holds."""

    item: ItemView
    custody: tuple[Line, ...]
    digests: tuple[str, ...]
    holds: tuple[HoldView, ...]


def whole(number: int, *, viewer: Viewer, on: date) -> Whole | None:
    """All that is known of an item; null: there is none for this reader."""
    with seen_by(viewer):
        row = EvidenceItem.objects.filter(pk=number).first()
        if row is None:
            return None
        chain = list(CustodyLine.objects.filter(item=row).order_by("seq"))
        held = EvidenceHold.objects.filter(item=row, lifted_at=None).order_by("pk")
        holds = held.filter(Q(until=None) | Q(until__gt=on))
        return Whole(
            _item(row),
            tuple(lines("\n".join(one.text for one in chain))),
            tuple(one.digest for one in chain),
            tuple(HoldView(one.pk, one.reason, one.set_at, one.set_by, one.until) for one in holds),
        )


def case_of(number: int, *, viewer: Viewer) -> int | None:
    """Number of the case whose evidence an item is; null: there is none for this reader."""
    with seen_by(viewer):
        return EvidenceItem.objects.filter(pk=number).values_list("case", flat=True).first()


@as_system()
def item_of_hold(number: int) -> int:
    """Number of the item that a hold keeps; 0: there is no such hold."""
    return EvidenceHold.objects.filter(pk=number).values_list("item", flat=True).first() or 0


class RequestView(msgspec.Struct, frozen=True, kw_only=True):
    """A request; fields as in `models.evidence.HandOver`, the agency by slug and names."""

    id: int
    case: int
    state: str
    kind: str
    agency: str
    agency_name: str
    agency_name_ur: str
    reference: str
    ordered_by: str
    ground: str
    law: str
    scope: str
    narrowed_to: str
    refused_why: str
    emergency: bool
    paper_due: datetime | None
    paper_at: datetime | None
    preserve_until: date | None
    asked_at: datetime
    asked_by: str
    changed_at: datetime
    retain_until: date | None

    def late(self, now: datetime) -> bool:
        """Whether the paper of an urgent request is overdue."""
        return bool(self.paper_due and not self.paper_at and self.paper_due < now)

    def runs_out(self, on: date, days: int = 7) -> bool:
        """Whether what is preserved is let go within some days, while nothing was decided."""
        if self.preserve_until is None or self.state in ENDED | HANDED:
            return False
        return (self.preserve_until - on).days <= days


def _request(row: HandOver) -> RequestView:
    named: dict[str, Any] = {
        "case": row.case_id,
        "agency": row.agency.slug,
        "agency_name": row.agency.name,
        "agency_name_ur": row.agency.name_ur,
    }
    names = [name for name in RequestView.__struct_fields__ if name not in named]
    return RequestView(**named, **{name: getattr(row, name) for name in names})


def requests(*, viewer: Viewer, waiting: bool = False, before: int | None = None,
             size: int = 100) -> list[RequestView]:  # fmt: skip
    """Requests, the newest first; `waiting`: only those that somebody has to take on."""
    with seen_by(viewer):
        rows = HandOver.objects.select_related("agency").order_by("-pk")
        if waiting:
            rows = rows.exclude(state__in=sorted({*ENDED, State.RETAINED}))
        if before is not None:
            rows = rows.filter(pk__lt=before)
        return [_request(row) for row in rows[:size]]


def awaiting_second(*, viewer: Viewer) -> int:
    """Packages that the first key signed and the second did not."""
    with seen_by(viewer):
        return HandOver.objects.filter(state=State.PACKAGE).count()


class StepView(msgspec.Struct, frozen=True):
    """A step of a request."""

    state: str
    at: datetime
    by: str
    office: str
    text: str


class ChoiceView(msgspec.Struct, frozen=True):
    """An item that goes out, or what was left out and why."""

    item: int | None
    name: str
    what: str
    left_out: bool
    why: str


class Course(msgspec.Struct, frozen=True, kw_only=True):
    """A request with all that became of it. Choices and manifest are empty for who asked."""

    request: RequestView
    steps: tuple[StepView, ...]
    choices: tuple[ChoiceView, ...]
    manifest: str
    stamped_at: datetime | None


def course(number: int, *, viewer: Viewer) -> Course | None:
    """One request; null: there is none for this reader."""
    with seen_by(viewer):
        row = HandOver.objects.select_related("agency").filter(pk=number).first()
        if row is None:
            return None
        steps = HandOverStep.objects.filter(request=row).order_by("pk")
        chosen = HandOverItem.objects.filter(request=row).select_related("item").order_by("pk")
        packed = HandOverPackage.objects.filter(request=row).first()
        return Course(
            request=_request(row),
            steps=tuple(
                StepView(*one) for one in steps.values_list("state", "at", "by", "office", "text")
            ),
            choices=tuple(
                ChoiceView(
                    one.item_id, one.item.name if one.item else "", one.what, one.left_out, one.why
                )
                for one in chosen
            ),
            manifest=packed.manifest if packed else "",
            stamped_at=packed.stamped_at if packed else None,
        )


def handled(number: int, *, viewer: Viewer) -> bool:
    """Whether a request is of a case of one of the viewer's teams, and not only asked by them."""
    with seen_by(viewer):
        found = HandOver.objects.filter(pk=number).values_list("case_id", flat=True).first()
    if found is None:
        return False
    return works_on(found, viewer=viewer)


OWN_DATA, NONE = "own-data", "none"
"""In public counts: whoever asks for their own data; and a request without a known ground."""


class Public(msgspec.Struct, frozen=True):
    """What everybody may know of requests: by requester, by ground, by result."""

    agencies: tuple[Count, ...]
    grounds: tuple[Count, ...]
    results: tuple[Count, ...]


def _result(state: str, kind: str) -> str:
    if state == State.REFUSED:
        return "refused"
    if state in HANDED:
        return "preserved" if kind == Kind.PRESERVE else "handed-over"
    return "under-way"


@as_system()
def public() -> Public:
    """Counts of requests without those of exercises, small ones hidden; for everybody.

    Bodies that investigate or judge are named, nobody else; and laws that are known, no other
    word that was typed.
    """
    rows = HandOver.objects.filter(case__exercise=False).order_by("pk")
    laws = {one.slug: one.words for one in grounds()}
    found = [
        Counted(
            name if role in ASKERS else OWN_DATA, law or laws.get(ground, NONE),
            _result(state, kind),
        )
        for name, role, law, ground, state, kind in rows.values_list(
            "agency__name", "agency__role", "law", "ground", "state", "kind"
        )
    ]  # fmt: skip
    return Public(*(tuple(public_counts(found, by)) for by in ("agency", "ground", "result")))
