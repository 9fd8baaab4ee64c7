"""What waits for a person: replies that did not count, and steps of the ladder."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 msgspec reads the annotation when it runs
from typing import TYPE_CHECKING

import msgspec

from pehra.mandate.tenancy import seen_by
from pehra.notices.models import Call, Escalation, Incoming, Round

if TYPE_CHECKING:
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
    sha256: str
    at: datetime
    decided_by: str
    decided_at: datetime | None


class EscalationView(msgspec.Struct, frozen=True, kw_only=True):
    """A step of the ladder that a person takes."""

    id: int
    organisation: int
    slug: str
    name: str
    name_ur: str
    rung: int
    findings: int
    severity: int
    ground: str
    opened_at: datetime


class Waiting(msgspec.Struct, frozen=True):
    """How much waits for a person."""

    held: int
    replies: int
    calls: int
    escalations: int


_REPLY = tuple(name for name in ReplyView.__struct_fields__ if name != "notice")


def replies(
    *, viewer: Viewer, notice: int | None = None, state: str = "", size: int = 100
) -> list[ReplyView]:
    """What came by mail about notices that the viewer may see, the newest first."""
    with seen_by(viewer):
        rows = Incoming.objects.filter(notice__isnull=False).order_by("-pk")
        if notice is not None:
            rows = rows.filter(notice=notice)
        if state:
            rows = rows.filter(state=state)
        found = rows.values(*_REPLY, "notice_id")[:size]
        return [ReplyView(notice=row.pop("notice_id"), **row) for row in found]


def escalations(*, viewer: Viewer, size: int = 100) -> list[EscalationView]:
    """Steps of the ladder that wait for a person, the highest and worst first."""
    with seen_by(viewer):
        rows = Escalation.objects.filter(done_at__isnull=True).select_related("organisation")
        return [
            EscalationView(
                id=row.pk,
                organisation=row.organisation_id,
                slug=row.organisation.slug,
                name=row.organisation.name,
                name_ur=row.organisation.name_ur,
                rung=row.rung,
                findings=row.findings,
                severity=row.severity,
                ground=row.ground,
                opened_at=row.opened_at,
            )
            for row in rows.order_by("-rung", "-severity", "opened_at")[:size]
        ]


def waiting(*, viewer: Viewer) -> Waiting:
    """How much waits for a person; rounds and replies are for those who see everything."""
    held = waiting_replies = 0
    with seen_by(viewer):
        if viewer.sees_all:
            held = Round.objects.filter(state=Round.State.HELD).count()
            waiting_replies = Incoming.objects.filter(state=Incoming.State.UNVERIFIED).count()
        return Waiting(
            held,
            waiting_replies,
            Call.objects.filter(done_at__isnull=True).count(),
            Escalation.objects.filter(done_at__isnull=True).count(),
        )
