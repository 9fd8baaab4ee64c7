"""Acts on snapshots: what one is compared with and whether it is believed, fixed beforehand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.db import transaction
from django.db.models import F, Max

from pehra.intake.actions.alarms import end_alarms, raise_alarm
from pehra.intake.actions.batches import TRUSTED, Received, as_received
from pehra.intake.health import OF_A_SNAPSHOT, Flag, Kind, Taken, flags
from pehra.intake.models import Alarm, Batch

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from pehra.kernel.actors import Actor
    from pehra.ledger.body import JSON

_NO_LIST = (Kind.UNREADABLE, Kind.EMPTY)
_HISTORY = 5_000
"""Snapshots of which a stream's habits are learnt; an hourly list of half a year."""


class Found(msgspec.Struct, frozen=True):
    """What a snapshot was found to be, before any of it is stored.

    Attributes:
        stream: which of the source's lists.
        as_of: moment of the list.
        listed: rows that could be read, each once.
        rejected: rows that could not be read.
        canaries: that it names, but for those that were accepted.
    """

    stream: str
    as_of: datetime
    listed: int
    rejected: int
    canaries: Sequence[str] = ()


def judge(name: str, found: Found, *, against: str, actor: Actor, now: datetime) -> Received:
    """Fix what a snapshot is compared with and whether it is trusted, once; raise what is wrong.

    Whoever calls holds the source's turn.

    Args:
        name: of the batch.
        found: what it was found to be.
        against: the batch of the list before, `newest` as a rule; empty: it stands alone.
        actor: whose act it is.
        now: the moment of the act.
    """
    with transaction.atomic():
        row = Batch.objects.select_for_update().get(id=name)
        if row.against is None:
            stream = found.stream[:160]
            past = _history(row.source, stream)
            now_taken = Taken(
                found.listed, found.as_of, row.sha256, rejected=found.rejected, came=row.received_at
            )
            wrong = flags(now_taken, past, found.canaries)
            late = bool(past) and found.as_of < max(one.at for one in past)
            row.verdict = _verdict(wrong, late=late)
            row.stream, row.against, row.as_of = stream, against, found.as_of
            row.listed, row.place = found.listed, _next_place(row.source, stream)
            row.save(update_fields=["verdict", "stream", "against", "as_of", "listed", "place"])
            if not late:
                _tell(row, wrong, actor, now)
        return as_received(row)


def _verdict(wrong: list[Flag], *, late: bool) -> Batch.Verdict:
    if late:
        return Batch.Verdict.LATE
    return Batch.Verdict.HELD if wrong else Batch.Verdict.GOOD


def _tell(row: Batch, wrong: list[Flag], actor: Actor, now: datetime) -> None:
    """Raise what is wrong, and end the alarms of what is right again."""
    for flag in wrong:
        raise_alarm(row.source, flag, stream=row.stream, batch=row.id, actor=actor, now=now)
    right = OF_A_SNAPSHOT - {flag.kind for flag in wrong}
    end_alarms(row.source, right, stream=row.stream, actor=actor, now=now)
    if row.stream:
        # What could not be read before the list had ever been read was laid to no list.
        end_alarms(row.source, _NO_LIST, stream="", actor=actor, now=now)


def refuse(name: str, *, actor: Actor, now: datetime) -> None:
    """Raise that what came in place of a list is none: empty, a web page, something else."""
    row = Batch.objects.get(id=name)
    named = Batch.objects.filter(
        source=row.source, file_name=row.file_name, place__isnull=False
    ).order_by("-place")
    stream = named.values_list("stream", flat=True).first() or ""
    kind = Kind.UNREADABLE if row.size else Kind.EMPTY
    facts: dict[str, JSON] = {"bytes": row.size}
    raise_alarm(row.source, Flag(kind, facts), stream=stream, batch=name, actor=actor, now=now)


def _next_place(source: str, stream: str) -> int:
    of_stream = Batch.objects.filter(source=source, stream=stream)
    newest = of_stream.aggregate(newest=Max("place"))["newest"]
    return (newest or 0) + 1


def _history(source: str, stream: str) -> list[Taken]:
    rows = Batch.objects.filter(source=source, stream=stream, place__isnull=False)
    values = rows.order_by("-place").values_list(
        "listed", "as_of", "sha256", "verdict", "rejected", "received_at"
    )
    accepted = Batch.Verdict.ACCEPTED
    return [
        Taken(listed or 0, as_of, digest, verdict in TRUSTED, verdict == accepted, rejected, came)
        for listed, as_of, digest, verdict, rejected, came in reversed(values[:_HISTORY])
        if as_of is not None and verdict != Batch.Verdict.LATE
    ]


def accepted_canaries(source: str, stream: str) -> frozenset[str]:
    """Canaries of which somebody said that this list names them rightly."""
    told = Alarm.objects.filter(
        source=source, stream=stream[:160], kind=Kind.CANARY, state=Alarm.State.ACCEPTED
    )
    return frozenset(
        name for facts in told.values_list("facts", flat=True) for name in facts["canaries"]
    )


def newest(source: str, stream: str) -> str:
    """The snapshot of the stream that was judged last; empty where there is none."""
    rows = Batch.objects.filter(source=source, stream=stream[:160], place__isnull=False)
    return rows.order_by("-place").values_list("id", flat=True).first() or ""


def standing(name: str) -> list[Received]:
    """The snapshots that tell together what stood after one: itself, back to the last trusted.

    The newest first; each set of bytes once; those that failed are left out.
    """
    found: dict[str, Received] = {}
    while name:
        row = Batch.objects.get(id=name)
        if row.state != Batch.State.FAILED:
            found.setdefault(row.sha256, as_received(row))
            if row.verdict in TRUSTED:
                break
        name = row.against or ""
    return list(found.values())


def under_way(source: str) -> list[str]:
    """Snapshots that are judged and not at their end, in the order in which they were judged."""
    rows = Batch.objects.filter(source=source, place__isnull=False)
    waiting = rows.exclude(state__in=(Batch.State.APPLIED, Batch.State.FAILED))
    return list(waiting.order_by(F("received_at"), "place").values_list("id", flat=True))


def needed_blobs() -> set[str]:
    """SHA-256 of the files with which the next snapshot of each stream will be compared.

    Retention keeps these however old they are: without them the next list would be new as a whole.
    """
    rows = Batch.objects.filter(place__isnull=False)
    streams = rows.values_list("source", "stream").distinct().order_by()
    return {one.sha256 for stream in streams for one in standing(newest(*stream))}
