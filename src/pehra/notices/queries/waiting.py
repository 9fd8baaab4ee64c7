"""What waits for a person: replies that did not count, and steps of the ladder."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 msgspec reads the annotation when it runs
from typing import TYPE_CHECKING, Any

import msgspec

from pehra.mandate.tenancy import seen_by
from pehra.notices.models import Call, Escalation, Incoming, Round

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from pehra.mandate.viewers import Viewer


class ReplyView(msgspec.Struct, frozen=True, kw_only=True):
    """A message that came by mail; fields as in `models.Incoming`."""

    id: int
    notice: int
    kind: str
    state: str
    why: str
    author: str
    subject: str
    said: str
    words: str
    believed: str
    signed: str
    signer: str
    sha256: str
    at: datetime
    decided_by: str
    decided_at: datetime | None


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """A call, or a step of the ladder, that a person takes.

    Attributes:
        kind: `call` or `step`.
        why: of a call, its code; of a step, its rung.
        ground: slug of the ground in law, of a step that leaves the CERTs.
    """

    kind: str
    id: int
    organisation: int
    slug: str
    name: str
    name_ur: str
    team: int | None
    why: str
    findings: int
    severity: int
    ground: str
    opened_at: datetime
    done_at: datetime | None
    done_by: str
    outcome: str


_KINDS: dict[str, type[Call | Escalation]] = {"call": Call, "step": Escalation}


class Waiting(msgspec.Struct, frozen=True):
    """How much waits for a person."""

    held: int
    replies: int
    calls: int
    steps: int


_REPLY = tuple(name for name in ReplyView.__struct_fields__ if name != "notice")


def replies(
    *, viewer: Viewer, notice: int | None = None, state: str = "", size: int = 100
) -> list[ReplyView]:
    """What came by mail about notices that the viewer may see, the newest first.

    What was said in an exercise stands with its own notice alone.
    """
    with seen_by(viewer):
        rows = Incoming.objects.filter(notice__isnull=False).order_by("-pk")
        if notice is None:
            rows = rows.filter(notice__round__exercise=False)
        else:
            rows = rows.filter(notice=notice)
        if state:
            rows = rows.filter(state=state)
        found = rows.values(*_REPLY, "notice_id")[:size]
        return [ReplyView(notice=row.pop("notice_id"), **row) for row in found]


def reply(number: int, *, viewer: Viewer) -> ReplyView | None:
    """One of them."""
    with seen_by(viewer):
        found = Incoming.objects.filter(pk=number, notice__isnull=False)
        row = found.values(*_REPLY, "notice_id").first()
    return None if row is None else ReplyView(notice=row.pop("notice_id"), **row)


def tasks(kind: str, *, viewer: Viewer, size: int = 100) -> list[Task]:
    """Calls to make or steps to take that wait for the viewer's teams, the worst first."""
    with seen_by(viewer):
        rows = _open(kind, viewer).select_related("organisation")
        return [_task(kind, row) for row in rows.order_by("-severity", "opened_at", "pk")[:size]]


def task(kind: str, number: int, *, viewer: Viewer) -> Task | None:
    """One, done or not; null where there is none, or it is not for the viewer."""
    with seen_by(viewer):
        rows = _all(kind, viewer).filter(pk=number).select_related("organisation")
        return next((_task(kind, row) for row in rows), None)


def _all(kind: str, viewer: Viewer) -> QuerySet[Any]:
    """Tasks are for those who lead, never for the organisation that they are about."""
    rows: QuerySet[Any] = _KINDS[kind].objects.all()
    return rows if viewer.sees_all else rows.filter(team__in=viewer.teams)


def _open(kind: str, viewer: Viewer) -> QuerySet[Any]:
    return _all(kind, viewer).filter(done_at__isnull=True)


def _task(kind: str, row: Any) -> Task:  # noqa: ANN401 a row of either table
    return Task(
        kind=kind,
        id=row.pk,
        organisation=row.organisation_id,
        slug=row.organisation.slug,
        name=row.organisation.name,
        name_ur=row.organisation.name_ur,
        team=row.team_id,
        why=row.why if kind == "call" else str(row.rung),
        findings=row.findings,
        severity=row.severity,
        ground="" if kind == "call" else row.ground,
        opened_at=row.opened_at,
        done_at=row.done_at,
        done_by=row.done_by,
        outcome=row.outcome,
    )


def waiting(*, viewer: Viewer) -> Waiting:
    """How much waits for a person; rounds and replies are for those who see everything.

    Exercises are in no number: their own pages show what waits there.
    """
    held = waiting_replies = 0
    with seen_by(viewer):
        if viewer.sees_all:
            held = Round.objects.filter(state=Round.State.HELD, exercise=False).count()
            rows = Incoming.objects.filter(state=Incoming.State.UNVERIFIED)
            waiting_replies = rows.exclude(notice__round__exercise=True).count()
        return Waiting(
            held,
            waiting_replies,
            _open("call", viewer).count(),
            _open("step", viewer).count(),
        )
