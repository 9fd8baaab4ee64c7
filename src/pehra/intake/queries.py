"""Batches and rejects, for those who may see whole reports: national staff and the system."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
from django.db.models import Count, Q

from pehra.engines.sealed.ring import ring
from pehra.engines.sealed.stream import open_value
from pehra.intake.health import OF_A_SNAPSHOT
from pehra.intake.models import Alarm, Batch, Coverage, Hold, Reject
from pehra.kernel.ids import reject_context
from pehra.kernel.settings import home_path
from pehra.kernel.time import iso

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date
    from zoneinfo import ZoneInfo

    from pehra.mandate.viewers import Viewer


class BatchPage(msgspec.Struct, frozen=True):
    """Batches, the newest first."""

    rows: list[Batch]
    has_next: bool


class RejectPage(msgspec.Struct, frozen=True):
    """Rejects of a batch in the order of the file."""

    rows: list[Reject]
    has_next: bool


def batches(
    *,
    viewer: Viewer,
    after: str | None = None,
    size: int = 50,
    source: str = "",
    state: str = "",
) -> BatchPage:
    """A page of batches, newest first; `after` is the id with which the last page ended.

    Args:
        viewer: who reads.
        after: see above.
        size: at most so many.
        source: only those of one source.
        state: only those in one state.
    """
    if not viewer.sees_all:
        return BatchPage([], has_next=False)
    wanted = {"source": source, "state": state}
    narrowed = {name: value for name, value in wanted.items() if value}
    rows = Batch.objects.filter(**narrowed).order_by("-received_at", "-id")
    last = Batch.objects.filter(id=after).first() if after else None
    if last is not None:
        older = Q(received_at__lt=last.received_at)
        rows = rows.filter(older | Q(received_at=last.received_at, id__lt=last.id))
    found = list(rows[: size + 1])
    return BatchPage(found[:size], has_next=len(found) > size)


def batch(name: str, *, viewer: Viewer) -> Batch | None:
    """One batch; None where it is absent or the reader may not see it."""
    return Batch.objects.filter(id=name).first() if viewer.sees_all else None


def batches_of(names: Iterable[str], *, viewer: Viewer) -> list[Batch]:
    """Those of the batches that are there, the newest first."""
    if not viewer.sees_all:
        return []
    return list(Batch.objects.filter(id__in=list(names)).order_by("-received_at"))


def rejects(name: str, *, viewer: Viewer, after: int | None = None, size: int = 50) -> RejectPage:
    """A page of a batch's rejects; `after` is the row number with which the last page ended."""
    if not viewer.sees_all:
        return RejectPage([], has_next=False)
    rows = Reject.objects.filter(batch_id=name).order_by("row")
    if after is not None:
        rows = rows.filter(row__gt=after)
    found = list(rows[: size + 1])
    return RejectPage(list(_unsealed(found[:size])), has_next=len(found) > size)


def newest_rejects(name: str, *, viewer: Viewer, size: int) -> list[Reject]:
    """Rejects of a batch, or of all batches the newest first where `name` is empty."""
    if not viewer.sees_all:
        return []
    rows = Reject.objects.order_by("-batch__received_at", "row")
    return list(_unsealed((rows.filter(batch_id=name) if name else rows)[:size]))


def count(*, viewer: Viewer, state: str = "") -> int:
    """How many batches there are, or are in one state."""
    if not viewer.sees_all:
        return 0
    return (Batch.objects.filter(state=state) if state else Batch.objects).count()


def reject_reasons(name: str, *, viewer: Viewer) -> dict[str, int]:
    """How many rows of a batch could not be read, by reason, the most frequent first."""
    if not viewer.sees_all:
        return {}
    rows = Reject.objects.filter(batch_id=name).order_by().values_list("reason")
    return dict(rows.annotate(found=Count("id")).order_by("-found", "reason"))


def every_reject(name: str, *, viewer: Viewer) -> Iterator[Reject]:
    """All rejects of a batch in the order of the file, some at a time."""
    if viewer.sees_all:
        rows = Reject.objects.filter(batch_id=name).order_by("row")
        yield from _unsealed(rows.iterator(chunk_size=500))


def _unsealed(rows: Iterable[Reject]) -> Iterator[Reject]:
    """The same rows with their text as it was received; it lies sealed in the table."""
    held = ring(home_path())
    for one in rows:
        one.raw = open_value(bytes(one.raw), held, reject_context(one.batch_id, one.row))
        yield one


def unfinished(*, viewer: Viewer, before: datetime) -> list[str]:
    """Batches that came before a moment and are not at their end yet, the oldest first."""
    if not viewer.sees_all:
        return []
    states = (Batch.State.RECEIVED, Batch.State.READING)
    rows = Batch.objects.filter(state__in=states, received_at__lt=before)
    return list(rows.order_by("received_at").values_list("id", flat=True))


def open_alarms(*, viewer: Viewer) -> list[tuple[str, str]]:
    """Source and kind of each alarm that nobody has answered, the newest first."""
    if not viewer.sees_all:
        return []
    rows = Alarm.objects.filter(state=Alarm.State.OPEN).order_by("-opened_at", "-id")
    return list(rows.values_list("source", "kind"))


class AlarmView(msgspec.Struct, frozen=True):
    """An alarm that lasts; fields as in `intake.models.Alarm`.

    Attributes:
        can_accept: it is about a list that is held, so somebody may say that the list is true.
    """

    id: int
    source: str
    stream: str
    kind: str
    state: str
    opened_at: datetime
    last_at: datetime
    times: int
    batch: str | None
    facts: dict[str, Any]
    by: str
    why: str
    ended_at: datetime | None
    can_accept: bool


def alarms(
    *, viewer: Viewer, source: str = "", ended: bool = False, size: int = 100
) -> list[AlarmView]:
    """Alarms that last, and those that have ended where `ended`: the unanswered first, by age."""
    if not viewer.sees_all:
        return []
    rows = Alarm.objects.select_related("batch")
    if not ended:
        rows = rows.filter(state__in=(Alarm.State.OPEN, Alarm.State.ACKNOWLEDGED))
    if source:
        rows = rows.filter(source=source)
    return [_alarm(row) for row in rows.order_by("-state", "-opened_at", "-id")[:size]]


def _alarm(row: Alarm) -> AlarmView:
    plain = [name for name in AlarmView.__struct_fields__ if name not in ("batch", "can_accept")]
    held = row.batch is not None and row.batch.verdict == Batch.Verdict.HELD
    return AlarmView(
        batch=row.batch_id,
        can_accept=held and row.kind in OF_A_SNAPSHOT,
        **{name: getattr(row, name) for name in plain},
    )


class Came(msgspec.Struct, frozen=True):
    """What came: files, and what became of their rows."""

    files: int = 0
    rows: int = 0
    accepted: int = 0
    rejected: int = 0
    opened: int = 0

    def __add__(self, other: Came) -> Came:
        """Both together."""
        names = self.__struct_fields__
        return Came(*(getattr(self, name) + getattr(other, name) for name in names))


def came(
    first: date, last: date, zone: ZoneInfo, *, viewer: Viewer, source: str = ""
) -> dict[tuple[date, str], Came]:
    """What came from each source on each day of `zone`; nothing where nothing came."""
    if not viewer.sees_all:
        return {}
    begun = datetime.combine(first, time(), zone)
    ended = datetime.combine(last + timedelta(days=1), time(), zone)
    found = Batch.objects.filter(received_at__gte=begun, received_at__lt=ended)
    if source:
        found = found.filter(source=source)
    told: dict[tuple[date, str], Came] = {}
    names = ("received_at", "source", "rows", "accepted", "rejected", "opened")
    for at, slug, *counts in found.order_by().values_list(*names):
        key = at.astimezone(zone).date(), slug
        told[key] = told.get(key, Came()) + Came(1, *counts)
    return told


def holds(*, viewer: Viewer) -> list[dict[str, str | int]]:
    """Legal holds in force, the oldest first."""
    if not viewer.sees_all:
        return []
    rows = Hold.objects.filter(lifted_at__isnull=True).order_by("since", "id")
    return [
        {
            "id": row.id,
            "kind": row.kind,
            "value": row.value,
            "ground": row.ground,
            "by": row.by,
            "since": iso(row.since),
        }
        for row in rows
    ]


class CoveredDay(msgspec.Struct, frozen=True):
    """A source's stream spoke of an identifier for a day, of some networks (`Coverage`)."""

    source: str
    stream: str
    identifier: str
    day: date
    scope: str
    networks: tuple[int, ...]


def coverage_since(since: datetime) -> Iterator[CoveredDay]:
    """Everything that was covered from the day of `since` on."""
    rows = Coverage.objects.filter(day__gte=since.date()).values_list(
        "source", "stream", "identifier", "day", "scope", "networks"
    )
    for source, stream, identifier, day, scope, networks in rows.iterator(chunk_size=2_000):
        yield CoveredDay(source, stream, identifier, day, scope, tuple(networks))
