"""Plan a round: who would be told of what, written down before anything goes out.

A plan is written in pieces, each a short transaction, under a round that is `writing`; the last one
says what the round is. So a plan that was cut short is known by its state and age, and a later
planning takes it away.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import polars as pl
from django.db import connection, transaction

from pehra.engines.tables import bulk
from pehra.findings.queries import told as findings
from pehra.jobs.actions import enqueue
from pehra.kernel.errors import Refused, UsageError
from pehra.ledger import actions as ledger
from pehra.mandate.queries.places import critical_infrastructure
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import SYSTEM_VIEWER
from pehra.notices import bundles, exercises, letters, queries, rules
from pehra.notices.actions.control import hold_back
from pehra.notices.models import Approval, Call, Named, Notice, Party, Round
from pehra.notices.warned import Early, Placed, Wish, early
from pehra.registry.queries import subscriptions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from pehra.kernel.actors import Actor
    from pehra.mandate.calendar import Calendar
    from pehra.notices.control import Control

RELEASE = "notices.release"
"""Kind of job; the payload names the round as `round`."""
_CHUNK = 5_000
_WRITTEN_WITHIN = timedelta(hours=1)
"""A plan that is older and still being written was cut short."""


class Scene(msgspec.Struct, frozen=True):
    """What a planning knows of the world.

    Attributes:
        now: the moment, aware.
        zone: of the nation; digests go out by its clock.
        calendar: says on which days offices are closed.
        sending: whether messages may leave; else the round is a preview and changes nothing.
        only: organisations to which sending is on; null: to all.
        exercise: the round is part of an exercise, and counts in no figure.
        control: how much is held back by lot.
    """

    now: datetime
    zone: ZoneInfo
    calendar: Calendar
    sending: bool
    only: frozenset[int] | None = None
    exercise: bool = False
    control: Control | None = None


def plan(
    scene: Scene, *, urgent: bool, actor: Actor, progress: Callable[[int, int], None]
) -> queries.RoundView | None:
    """Plan a round of one kind; None where nothing is to be said now.

    A round that waits for a person keeps its place: until it is decided, no other of its kind is
    planned.
    """
    clear_half_plans(scene.now)
    standing = queries.standing_round(urgent=urgent)
    if standing is not None:
        return standing
    found = _bundled(scene, urgent=urgent, progress=progress)
    _note_calls(found.untold.filter(pl.col("organisation").is_in(critical_infrastructure())), scene)
    if not found.notices.height:
        return None
    number = write(found, scene, urgent=urgent)
    return close(number, found, scene, urgent=urgent, actor=actor)


def _bundled(
    scene: Scene, *, urgent: bool, progress: Callable[[int, int], None]
) -> bundles.Bundles:
    # A preview shows what would go out once the sources are approved too.
    allowed = findings.source_bits(queries.approved(Approval.Kind.SOURCE)) if scene.sending else -1
    warned = _early()
    if urgent:
        least = int(rules.least_urgent(critical_infrastructure=True))
        rows = findings.outstanding(states=findings.NEW, least=least, progress=progress)
        more = findings.of_numbers(warned.at_once - set(rows["id"]) if warned.at_once else ())
        marked = bundles.mark_urgent(
            _meant(pl.concat([rows, more]), scene), critical_infrastructure(), warned.at_once
        )
        return bundles.urgent(marked, _told(marked.filter("urgent"), scene), allowed)
    rows = _meant(
        findings.outstanding(states=findings.OUTSTANDING, least=1, progress=progress), scene
    )
    told = _told(rows, scene)
    if scene.control is not None and scene.sending and not scene.exercise:
        rows = hold_back(rows, told.chosen["organisation"], allowed, scene.control, scene.now)
    return bundles.routine(rows, told, _due(scene, told.contacts), allowed, warned.digest)


def _early() -> Early:
    """New findings of which their holders want to hear early."""
    wanted = [
        Wish(**{name: getattr(one, name) for name in Wish.__struct_fields__})
        for one in subscriptions(viewer=SYSTEM_VIEWER)
    ]
    if not wanted:
        return Early()
    holders = sorted({one.organisation for one in wanted})
    return early((Placed(*row) for row in findings.new_of(holders)), wanted)


def _meant(rows: pl.DataFrame, scene: Scene) -> pl.DataFrame:
    return rows if scene.only is None else rows.filter(pl.col("organisation").is_in(scene.only))


def _told(rows: pl.DataFrame, scene: Scene) -> bundles.Recipients:
    holders = rows["organisation"].unique().to_list()
    return bundles.recipients(queries.contacts_at(holders, now=scene.now))


def _due(scene: Scene, contacts: dict[str, rules.Contact]) -> pl.DataFrame:
    """Mailboxes whose hour has come; in a preview, all of them."""
    local = scene.now.astimezone(scene.zone)
    rests = scene.calendar.rests(local.date())
    sent = queries.last_sent(scene.now)
    found: dict[str, tuple[rules.Kind, frozenset[int]]] = {}
    for mailbox, contact in contacts.items():
        before = sent.get(mailbox, rules.Sent())
        kind = rules.due(contact, before, local, rests=rests)
        if not scene.sending:
            kind = kind or rules.Kind.DIGEST
        if kind is not None:
            found[mailbox] = kind, rules.severities_due(contact, before, scene.now)
    return bundles.due_frame(found)


def write(found: bundles.Bundles, scene: Scene, *, urgent: bool) -> int:
    """Write the plan in pieces; returns the round's number."""
    size = found.size
    written = Round.objects.create(
        at=scene.now,
        urgent=urgent,
        rung=found.rung,
        exercise=scene.exercise,
        recipients=size.recipients,
        findings=size.findings,
        untold=int(found.untold["findings"].sum()),
        unapproved=found.unapproved,
    )
    numbers: dict[str, int] = {}
    with as_system():
        for rows in _pieces(found.notices):
            made = [
                Notice(round=written, rung=found.rung, planned_at=scene.now, **row)
                for row in rows.to_dicts()
            ]
            with transaction.atomic():
                Notice.objects.bulk_create(made, batch_size=1_000)
            numbers.update((one.mailbox, one.pk) for one in made)
        for rows in _pieces(found.parties):
            parties = [
                Party(
                    notice_id=numbers[row["mailbox"]],
                    organisation_id=row["organisation"],
                    team_id=row["team"],
                    findings=row["findings"],
                    severity=row["severity"],
                )
                for row in rows.to_dicts()
            ]
            with transaction.atomic():
                Party.objects.bulk_create(parties, batch_size=1_000)
    ordered = (
        found.named.with_columns(notice=found.named["mailbox"].replace_strict(numbers))
        .select("notice", "finding")
        .sort("notice", "finding")
    )
    for rows in _pieces(ordered):
        with as_system(), transaction.atomic(), connection.cursor() as cursor:
            bulk.insert(
                cursor.cursor, Named._meta.db_table, ("notice_id", "finding_id"), rows.rows()
            )
    return written.pk


def _pieces(rows: pl.DataFrame) -> Iterator[pl.DataFrame]:
    return rows.iter_slices(_CHUNK)


def close(
    number: int, found: bundles.Bundles, scene: Scene, *, urgent: bool, actor: Actor
) -> queries.RoundView:
    """Say what the round is: a preview, ready to go, or held for a person.

    Raises:
        Refused: it was taken away while it was written.
    """
    state, why = _judged(found, scene, urgent=urgent)
    with transaction.atomic():
        if not found.rung:
            drop_previews(urgent=urgent, exercise=scene.exercise)
        written = Round.objects.filter(pk=number, state=Round.State.WRITING)
        if not written.update(state=state, held_why=why):
            raise _gone(number)
        if state == Round.State.READY:
            enqueue(RELEASE, {"round": number}, now=scene.now, unique_key=f"round:{number}")
        ledger.append(
            "notices.plan",
            actor=actor,
            subject=f"round:{number}",
            facts={
                "state": state.value,
                "urgent": urgent,
                "rung": found.rung,
                "exercise": scene.exercise,
                "recipients": found.size.recipients,
                "findings": found.size.findings,
                "untold": int(found.untold["findings"].sum()),
                "unapproved": found.unapproved,
                "held": why,
            },
            now=scene.now,
        )
    view = queries.round_of(number)
    if view is None:
        raise _gone(number)
    return view


def _gone(number: int) -> Refused:
    message = f"Round {number} was taken away before its plan was whole."
    return Refused(message, mend="Plan it again.")


def _judged(found: bundles.Bundles, scene: Scene, *, urgent: bool) -> tuple[Round.State, str]:
    if not scene.sending:
        return Round.State.PREVIEW, ""
    lacking = unapproved(exercise=scene.exercise)
    if lacking:
        return Round.State.HELD, lacking[0][0]
    if scene.exercise:
        return Round.State.HELD, "exercise"
    size = found.size
    hour = None if urgent or found.rung else scene.now.hour
    before = queries.sizes(urgent=urgent, hour=hour, now=scene.now, rung=found.rung)
    today = queries.sent_today(scene.now) if urgent else rules.Size(0, 0)
    whole = rules.Size(size.recipients + today.recipients, size.findings + today.findings)
    why = rules.held_why(whole, before, both_ways=not urgent and not found.rung)
    return (Round.State.HELD if why else Round.State.READY), why


def unapproved(*, exercise: bool = False) -> list[tuple[str, str]]:
    """What no round may leave without and two persons have not approved yet: kind and name."""
    needed = [(Approval.Kind.TEMPLATE, letters.version()), (Approval.Kind.ROUTING, rules.ROUTING)]
    if exercise:
        needed.append((Approval.Kind.TEMPLATE, exercises.version()))
    return [(kind.value, name) for kind, name in needed if name not in queries.approved(kind)]


def clear_half_plans(now: datetime) -> None:
    """Take away plans that were cut short; a young one may still be being written elsewhere."""
    half = Round.objects.filter(state=Round.State.WRITING, at__lt=now - _WRITTEN_WITHIN)
    for number in list(half.values_list("pk", flat=True)):
        remove(number)


def drop_previews(*, urgent: bool, exercise: bool = False) -> None:
    """Mark former previews as dropped; `sweep` takes their rows away."""
    former = Round.objects.filter(state=Round.State.PREVIEW, urgent=urgent, exercise=exercise)
    former.update(state=Round.State.DROPPED)


def sweep() -> int:
    """Take the rows of dropped rounds away; returns how many rounds."""
    dropped = list(Round.objects.filter(state=Round.State.DROPPED).values_list("pk", flat=True))
    for number in dropped:
        remove(number)
    return len(dropped)


def remove(number: int) -> None:
    """Delete a round that told nobody, in short transactions, its rows before itself."""
    with as_system():
        notices = list(Notice.objects.filter(round=number).values_list("pk", flat=True))
        for start in range(0, len(notices), 500):
            some = notices[start : start + 500]
            while rows := list(
                Named.objects.filter(notice__in=some).values_list("pk", flat=True)[:_CHUNK]
            ):
                Named.objects.filter(pk__in=rows).delete()
            with transaction.atomic():
                Party.objects.filter(notice__in=some).delete()
                Notice.objects.filter(pk__in=some).delete()
    Round.objects.filter(pk=number).delete()


def _note_calls(untold: pl.DataFrame, scene: Scene) -> None:
    """Somebody must telephone critical infrastructure that has no address (rules, decision 1.5)."""
    with as_system():
        for row in untold.to_dicts() if scene.sending else []:
            facts = {
                "team_id": row["team"],
                "findings": row["findings"],
                "severity": row["severity"],
            }
            Call.objects.update_or_create(
                organisation_id=row["organisation"],
                why="no-contact",
                done_at=None,
                defaults=facts,
                create_defaults={**facts, "opened_at": scene.now},
            )


def decide(number: int, *, go: bool, actor: Actor, now: datetime) -> None:
    """Let a held round go, or drop it.

    Raises:
        UsageError: there is no such round.
        Refused: it does not wait for anybody, what it needs is not approved, or it is an exercise
            that the same person began.
    """
    with transaction.atomic():
        row = Round.objects.select_for_update().filter(pk=number).first()
        if row is None:
            message = f"There is no round {number}."
            raise UsageError(message, mend="`pehra notices rounds` lists them.")
        if row.state != Round.State.HELD:
            message = f"Round {number} is {row.state}: it does not wait for a decision."
            raise Refused(message, mend="`pehra notices rounds` lists those that are held.")
        if go and row.exercise and row.begun_by == actor.name[:160]:
            message = f"{actor.name} began exercise {number}: another person lets it go."
            raise Refused(message, mend="Ask a colleague to send it, or drop it.")
        lacking = unapproved(exercise=row.exercise) if go else []
        if lacking:
            kind, name = lacking[0]
            message = f"Two persons have not approved the {kind} `{name}` yet."
            raise Refused(message, mend=f"Each says: `pehra notices approve {kind} {name}`.")
        row.state = Round.State.READY if go else Round.State.DROPPED
        row.decided_by, row.decided_at = actor.name[:160], now
        row.save(update_fields=["state", "decided_by", "decided_at"])
        if go:
            enqueue(RELEASE, {"round": number}, now=now, unique_key=f"round:{number}")
        ledger.append(
            "notices.let-go" if go else "notices.drop",
            actor=actor,
            subject=f"round:{number}",
            facts={"recipients": row.recipients, "findings": row.findings, "held": row.held_why},
            now=now,
        )


def approve(kind: str, names: Iterable[str], *, actor: Actor, now: datetime) -> dict[str, bool]:
    """Say of sources, templates or rules that they may be used; the second person's word counts.

    Returns:
        Name -> whether two persons have approved it now.

    Raises:
        Refused: the first and the second would be one person.
        UsageError: no such kind.
    """
    if kind not in Approval.Kind.values:
        message = f"`{kind}` is nothing that is approved."
        raise UsageError(message, mend=f"Possible: {', '.join(Approval.Kind.values)}.")
    result: dict[str, bool] = {}
    with transaction.atomic():
        for name in names:
            result[name] = _approve(kind, name, actor, now)
        facts: dict[str, Any] = {"kind": kind, "approved": dict(result)}
        ledger.append("notices.approve", actor=actor, subject=kind, facts=facts, now=now)
    return result


def _approve(kind: str, name: str, actor: Actor, now: datetime) -> bool:
    row, made = Approval.objects.select_for_update().get_or_create(
        kind=kind, name=name, defaults={"first_by": actor.name[:160], "first_at": now}
    )
    if made or row.second_at is not None:
        return row.second_at is not None
    if row.first_by == actor.name[:160]:
        message = f"{actor.name} approved {kind} `{name}` already: another person must."
        raise Refused(message, mend="Ask a colleague to approve it too.")
    row.second_by, row.second_at = actor.name[:160], now
    row.save(update_fields=["second_by", "second_at"])
    return True
