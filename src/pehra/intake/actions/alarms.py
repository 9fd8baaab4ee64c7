"""Acts on alarms: raise one, say that somebody looks, say that what the source says is true."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.db.models import F, Max

from pehra.intake.health import OF_A_SNAPSHOT, Flag, Kind
from pehra.intake.models import Alarm, Batch
from pehra.jobs import actions as jobs
from pehra.kernel.errors import UsageError
from pehra.kernel.ids import batch_id
from pehra.ledger import actions as ledger

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from pehra.kernel.actors import Actor
    from pehra.ledger.body import JSON

LASTING = (Alarm.State.OPEN, Alarm.State.ACKNOWLEDGED)
_WHY = 240


def raise_alarm(  # noqa: PLR0913 what an alarm says
    source: str,
    flag: Flag,
    *,
    stream: str = "",
    batch: str | None = None,
    actor: Actor,
    now: datetime,
) -> int:
    """Say that something is wrong with a source; one that lasts is the same alarm. Its id."""
    with transaction.atomic():
        lasting = Alarm.objects.filter(
            source=source, stream=stream, kind=flag.kind, state__in=LASTING
        )
        changed = lasting.update(
            last_at=now,
            times=F("times") + 1,
            facts=flag.facts,
            **({"batch": batch} if batch else {}),
        )
        if changed:
            return lasting.values_list("id", flat=True)[0]
        try:
            with transaction.atomic():
                row = Alarm.objects.create(
                    source=source,
                    stream=stream,
                    kind=flag.kind,
                    opened_at=now,
                    last_at=now,
                    batch_id=batch,
                    facts=flag.facts,
                )
        except IntegrityError:
            # Another process raised the same meanwhile.
            return lasting.values_list("id", flat=True)[0]
        _record("intake.alarm", row, actor, now)
    return row.pk


def _record(act: str, row: Alarm, actor: Actor, now: datetime) -> None:
    facts: dict[str, JSON] = {"source": row.source, "stream": row.stream, "kind": str(row.kind)}
    numbers = {name: value for name, value in row.facts.items() if isinstance(value, int)}
    ledger.append(act, actor=actor, subject=f"alarm:{row.pk}", facts=facts | numbers, now=now)


def end_alarms(
    source: str, kinds: Collection[Kind], *, stream: str = "", actor: Actor, now: datetime
) -> int:
    """End alarms of which the reason is gone; how many."""
    with transaction.atomic():
        rows = Alarm.objects.select_for_update().filter(
            source=source, stream=stream, kind__in=[*kinds], state__in=LASTING
        )
        ended = list(rows)
        for row in ended:
            row.state, row.ended_at = Alarm.State.OVER, now
            row.save(update_fields=["state", "ended_at"])
            _record("intake.alarm-over", row, actor, now)
    return len(ended)


def acknowledge(number: int, *, actor: Actor, why: str = "", now: datetime) -> None:
    """Somebody looks into it.

    Raises:
        UsageError: there is no such alarm, or it is over.
    """
    with transaction.atomic():
        row = _lasting(number)
        row.state, row.by, row.why = Alarm.State.ACKNOWLEDGED, str(actor)[:160], why[:_WHY]
        row.save(update_fields=["state", "by", "why"])
        _record("intake.acknowledge", row, actor, now)


def accept(number: int, *, actor: Actor, why: str, now: datetime) -> str:
    """Somebody says: what the source says is true. Its newest list counts, and is the new measure.

    Every alarm that this list raised is accepted with it. The list is taken in again as of when it
    came, as a batch of its own: what it leaves out is gone, and it is coverage.

    Returns:
        The batch, which a job brings to its end.

    Raises:
        UsageError: there is no such alarm, it is over, it is of no list, or a list is under way.
    """
    with transaction.atomic():
        alarm = _lasting(number)
        held = _held(alarm)
        count = Batch.objects.filter(source=held.source, sha256=held.sha256).count()
        name = batch_id(held.sha256, f"{held.source} {count}")
        Batch.objects.create(
            id=name,
            sha256=held.sha256,
            source=held.source,
            file_name=held.file_name,
            size=held.size,
            received_at=now,
            options=held.options,
            part_bytes=held.part_bytes,
            stream=held.stream,
            verdict=Batch.Verdict.ACCEPTED,
            against=held.id,
            place=(held.place or 0) + 1,
            as_of=held.as_of,
            listed=held.listed,
        )
        for row in Alarm.objects.filter(
            source=held.source, stream=held.stream, kind__in=[*OF_A_SNAPSHOT], state__in=LASTING
        ):
            row.state, row.by, row.why = Alarm.State.ACCEPTED, str(actor)[:160], why[:_WHY]
            row.ended_at = now
            row.save(update_fields=["state", "by", "why", "ended_at"])
            _record("intake.accept", row, actor, now)
        jobs.enqueue("findings.ingest", {"batch": name}, now=now)
    return name


def _lasting(number: int) -> Alarm:
    row = Alarm.objects.select_for_update().filter(id=number, state__in=LASTING).first()
    if row is None:
        message = f"There is no alarm {number} that lasts."
        raise UsageError(message, mend="It may be over: look at the list of alarms again.")
    return row


def _held(alarm: Alarm) -> Batch:
    """The newest list of the alarm's stream, which is the one that is held."""
    of_stream = Batch.objects.filter(source=alarm.source, stream=alarm.stream)
    newest = of_stream.aggregate(newest=Max("place"))["newest"]
    row = of_stream.filter(place=newest).first() if newest else None
    if row is None or row.verdict != Batch.Verdict.HELD:
        message = f"Alarm {alarm.pk} is about no list that is held."
        raise UsageError(message, mend="Acknowledge it; it ends when the source does as it did.")
    if row.state != Batch.State.APPLIED:
        message = "The list is being taken in."
        raise UsageError(message, mend="Try again in a minute.")
    return row
