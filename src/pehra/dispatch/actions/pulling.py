"""What recipients fetch themselves: what waits for them, and that they have it."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 msgspec reads the annotation when it runs
from typing import TYPE_CHECKING, Any

import msgspec
from django.db import transaction

from pehra.dispatch.inside import opened
from pehra.dispatch.letters import Letter  # noqa: TC001 msgspec reads the annotation when it runs
from pehra.dispatch.models import Content, Envelope, Receipt
from pehra.dispatch.queries import sending
from pehra.dispatch.rules import Channel, Mode, Recipient, State, course
from pehra.engines.sealed.ring import ring
from pehra.kernel.labels import Tlp
from pehra.ledger.actions import append
from pehra.mandate.tenancy import seen_by

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

    from pehra.dispatch.rules import Sending
    from pehra.kernel.actors import Actor
    from pehra.kernel.settings import Home
    from pehra.mandate.viewers import Viewer

_MOST = 100
_NAMES = ("kind", "reference", "tlp", "pap", "exercise", "released_at")


class Waits(msgspec.Struct, frozen=True, kw_only=True):
    """A letter in the list of those that wait, unopened; `envelope` is the same each time."""

    id: int
    envelope: str
    kind: str
    reference: str
    tlp: str
    pap: str
    exercise: bool
    released_at: datetime


class Pulled(Waits, frozen=True, kw_only=True):
    """A letter as its recipient fetches it."""

    letter: Letter


def _waiting(viewer: Viewer) -> QuerySet[Envelope]:
    """Those of the viewer's own bodies; who sees all is no recipient of what is others'."""
    own = viewer.organisations, viewer.teams
    rows = Envelope.objects.filter(channel=Channel.PULL, state=State.WAITING)
    return rows.filter(organisation__in=own[0]) | rows.filter(team__in=own[1])


def _told(row: Envelope) -> dict[str, Any]:
    """What is told of a letter that waits."""
    return {"id": row.pk, "envelope": row.token} | {name: getattr(row, name) for name in _NAMES}


class Listed(msgspec.Struct, frozen=True):
    """A page of letters that wait; `after` is the next page's, null on the last one."""

    letters: list[Waits]
    after: int | None


def list_waiting(*, viewer: Viewer, after: int = 0, size: int = _MOST) -> Listed:
    """Letters that wait for the viewer's organisations and teams, the oldest first, unopened."""
    now = sending()
    with seen_by(viewer):
        rows = list(_waiting(viewer).filter(pk__gt=after).order_by("pk")[: size + 1])
    shown = rows[:size]
    letters = [Waits(**_told(row)) for row in shown if _goes(row, now)]
    return Listed(letters, shown[-1].pk if rows[size:] else None)


def waiting_letter(home: Home, number: int, *, viewer: Viewer) -> Pulled | None:
    """One letter that waits for the viewer's organisations or teams, opened; None: there is none.

    Raises: as `inside.opened`.
    """
    found = waiting_letters(home, viewer=viewer, size=1, after=number - 1)
    return found[0] if found and found[0].id == number else None


def waiting_letters(
    home: Home, *, viewer: Viewer, size: int = _MOST, after: int = 0
) -> list[Pulled]:
    """Letters that wait for the viewer's organisations and teams, opened, the oldest first.

    They stay until `fetched` says that they arrived.

    Raises: as `inside.opened`.
    """
    keys, now = ring(home), sending()
    with seen_by(viewer):
        rows = list(_waiting(viewer).filter(pk__gt=after).order_by("pk")[: min(size, _MOST)])
        insides = {
            number: bytes(inside)
            for number, inside in Content.objects.filter(
                pk__in=[row.pk for row in rows]
            ).values_list("pk", "inside")
        }
    return [
        Pulled(**_told(row), letter=opened(insides[row.pk], keys, row.key).letter)
        for row in rows
        if row.pk in insides and _goes(row, now)
    ]


def _goes(row: Envelope, now: Sending) -> bool:
    to = Recipient(organisation=row.organisation_id, team=row.team_id)
    return course(Mode(row.mode), now, to, Tlp(row.tlp)).state == State.WAITING


def fetched(numbers: Iterable[int], *, viewer: Viewer, actor: Actor, now: datetime) -> int:
    """The recipient has these letters: they left. Gives how many; said twice, it counts once."""
    with seen_by(viewer), transaction.atomic():
        rows = list(_waiting(viewer).select_for_update().filter(pk__in=list(numbers)))
        ids = [row.pk for row in rows]
        Envelope.objects.filter(pk__in=ids).update(state=State.SENT, sent_at=now, next_at=None)
        Receipt.objects.bulk_create(
            Receipt(envelope_id=number, at=now, outcome=Receipt.Outcome.PULLED, by=actor.name[:255])
            for number in ids
        )
        if ids:
            facts = {"envelopes": len(ids)}
            append(
                "dispatch.fetched",
                actor=actor,
                subject=f"envelopes:{min(ids)}-{max(ids)}",
                facts=facts,
                now=now,
            )
    return len(ids)
