"""One act on all findings that a filter means: asked for, carried out by chunks, and taken back.

Each chunk is one transaction with the mark of how far the act is, and nothing in it is decided row
by row: a finding takes the act by its state (`rules.taken_from`). What every finding was before is
kept beside the act, so that undoing restores those that still stand as the act left them.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import msgspec
from django.db import connection, transaction
from django.db.models import Max

from pehra.findings.actions.answers import REASONED, state_columns
from pehra.findings.actions.settled import take_turn
from pehra.findings.models import BulkAct
from pehra.findings.queries.bulk import preview
from pehra.findings.queries.wanted import Filter, in_order, matching
from pehra.findings.rules import (
    ASSIGN,
    BULK,
    BULK_OF_HOLDERS,
    SETTLED,
    UNDO_TIME,
    Act,
    State,
    check_exception,
    left_in,
    taken_from,
)
from pehra.jobs.actions import enqueue
from pehra.kernel.actors import Actor
from pehra.kernel.errors import IllegalStep, Refused, UsageError
from pehra.kernel.time import iso, micros
from pehra.ledger import actions as ledger
from pehra.mandate.queries.people import colleagues
from pehra.mandate.tenancy import as_system, seen_by
from pehra.mandate.viewers import Viewer

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

CARRY_OUT, TAKE_BACK = "findings.bulk", "findings.bulk-undo"
"""Kinds of jobs; the payload names the act as `bulk`."""
CHUNK = 1_000

_KEEP = (
    "INSERT INTO findings_bulkrow (act_id, finding_id, refused, undone, state, answered_at,"
    " fix_claimed_at, gone_at, excepted_until, assignee, settled)"
    " SELECT %s, f.id, f.state NOT IN ({states}), %s, f.state, f.answered_at, f.fix_claimed_at,"
    " f.gone_at, f.excepted_until, f.assignee, s.settled FROM findings_finding f"
    " JOIN findings_findingseen s ON s.id = f.id WHERE f.id IN ({ids})"
)
_TAKEN = (
    "SELECT finding_id FROM findings_bulkrow"
    " WHERE act_id = %s AND finding_id > %s AND finding_id <= %s AND NOT refused"
)
_STEP = (
    "INSERT INTO findings_step (finding_id, at, state, by, why)"
    " SELECT finding_id, %s, {state}, %s, %s FROM findings_bulkrow"
    " WHERE act_id = %s AND finding_id > %s AND finding_id <= %s AND NOT refused"
)
_STANDS = (
    "UPDATE findings_bulkrow SET undone = %s"
    " WHERE act_id = %s AND finding_id > %s AND finding_id <= %s AND NOT refused AND EXISTS"
    " (SELECT 1 FROM findings_finding f WHERE f.id = findings_bulkrow.finding_id AND {stands})"
)
_OF_UNDONE = (
    " FROM findings_bulkrow r WHERE r.act_id = %s AND r.finding_id = {row}.id"
    " AND r.finding_id > %s AND r.finding_id <= %s AND r.undone"
)
_UNSETTLE = (
    "UPDATE findings_findingseen AS s SET settled = r.settled" + _OF_UNDONE.format(row="s")  # noqa: S608 our own words
)
_NEXT = (
    "SELECT max(finding_id) FROM (SELECT finding_id FROM findings_bulkrow"
    " WHERE act_id = %s AND finding_id > %s ORDER BY finding_id LIMIT %s) AS next"
)
_DIGESTED = "SELECT finding_id FROM findings_bulkrow WHERE act_id = %s AND {0} ORDER BY finding_id"

_ENDED_STEP = (
    "INSERT INTO findings_step (finding_id, at, state, by, why) SELECT id, %s, %s, %s, %s"
    " FROM findings_finding WHERE state = %s AND excepted_until <= %s"
)
_END_EXCEPTION = (
    "UPDATE findings_finding SET state = %s, excepted_until = NULL"
    " WHERE state = %s AND excepted_until <= %s"
)


class Wish(msgspec.Struct, frozen=True):
    """What is to be done, to which findings.

    Attributes:
        act: one of `rules.BULK`, or `assign`.
        wanted: which findings.
        why: the reason, where the act needs one.
        until: when an exception ends; it has an end, for other acts null.
        assignee: account of who is to work on them; null: nobody.
    """

    act: str
    wanted: Filter
    why: str = ""
    until: datetime | None = None
    assignee: int | None = None


def ask(wish: Wish, *, viewer: Viewer, actor: Actor, now: datetime) -> int:
    """Note a bulk act and queue it; returns its number.

    Raises:
        UsageError: no such act, no reason, no such colleague, or no finding.
        Refused: the act is not this reader's to do, or an exception would last too long.
    """
    _check(wish, viewer, now)
    counted = preview(wish.wanted, viewer=viewer)
    if not counted:
        message = "No finding fits the filter."
        raise UsageError(message, mend="Widen it.")
    with seen_by(viewer), transaction.atomic():
        last = matching(wish.wanted, viewer).order_by().aggregate(last=Max("id"))["last"]
        made = BulkAct.objects.create(
            by=viewer.name,
            office=actor.office,
            act=wish.act,
            why=wish.why.strip()[:240],
            until=wish.until if wish.act == Act.ACCEPT_RISK else None,
            assignee=wish.assignee if wish.act == ASSIGN else None,
            wanted=msgspec.json.encode(wish.wanted).decode(),
            viewer=msgspec.json.encode(viewer).decode(),
            asked_at=now,
            last=last or 0,
            total=sum(counted.values()),
        )
        enqueue(CARRY_OUT, {"bulk": made.pk}, now=now, unique_key=f"bulk:{made.pk}")
    return made.pk


def _check(wish: Wish, viewer: Viewer, now: datetime) -> None:
    if wish.act not in (*BULK, ASSIGN):
        message = f"`{wish.act}` cannot be done to many findings at once."
        raise UsageError(message, mend=f"Possible: {', '.join([*BULK, ASSIGN])}.")
    if wish.act not in BULK_OF_HOLDERS and not (viewer.sees_all or viewer.teams):
        message = f"To {wish.act} is for teams."
        raise Refused(message, mend="Ask the lead team.")
    if wish.act in REASONED and not wish.why.strip():
        message = f"To {wish.act} needs a reason."
        raise UsageError(message, mend="Say why.")
    if wish.act == Act.ACCEPT_RISK:
        check_exception(wish.until, now)
    if wish.act == ASSIGN and wish.assignee is not None:
        known = {person.id for person in colleagues(viewer, now.date())}
        if wish.assignee not in known:
            message = "There is no such colleague in your teams."
            raise UsageError(message, mend="Choose one of the list.")


def carry_out(
    number: int, *, now: datetime, progress: Callable[[int, int], None]
) -> dict[str, int]:
    """Do a bulk act from where it stands to its end; the closing entry carries what became of it.

    Raises:
        UsageError: there is no such act.
    """
    with as_system():
        act = locked(number, lock=False)
        rows = in_order(
            msgspec.json.decode(act.wanted, type=Filter),
            msgspec.json.decode(act.viewer, type=Viewer),
            newest_first=False,
        )
        meant = rows.filter(id__lte=act.last).values_list("id", flat=True)
        while act.finished_at is None:
            with transaction.atomic():
                take_turn()
                act = locked(number)
                ids = list(meant.filter(id__gt=act.through)[:CHUNK])
                if act.finished_at is None:
                    _do_chunk(act, ids) if ids else close(act, now)
            progress(act.done + act.refused, max(act.total, act.done + act.refused))
    return {"done": act.done, "refused": act.refused}


def locked(number: int, *, lock: bool = True) -> BulkAct:
    """An act, kept from everybody else until the transaction ends."""
    rows = BulkAct.objects.select_for_update(of=("self",)) if lock else BulkAct.objects.all()
    found = rows.filter(pk=number).first()
    if found is None:
        message = f"There is no bulk act {number}."
        raise UsageError(message, mend="It may be another's.")
    return found


def own(number: int, viewer: Viewer) -> BulkAct:
    """An act of the viewer's own, locked.

    National staff see everybody's acts and change none of them: whoever asked is the one named in
    every finding's history, so nobody else carries that act on or takes it back. What somebody else
    holds to be wrong is answered finding by finding, in that person's own name.
    """
    act = locked(number)
    if act.by != viewer.name:
        message = f"Bulk act {number} was asked for by {act.by}."
        raise Refused(message, mend="Only who asked for it goes on with it, or takes it back.")
    return act


def _run(statement: str, values: list[Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)


def _do_chunk(act: BulkAct, ids: list[int]) -> None:
    """Keep what the findings are, change those that take the act, note how far it is."""
    states = ", ".join(str(int(state)) for state in sorted(taken_from(act.act)))
    marks = ", ".join(["%s"] * len(ids))
    _run(_KEEP.format(states=states, ids=marks), [act.pk, False, *ids])
    place = [act.pk, act.through, ids[-1]]
    columns, values = _changes(act)
    done = _run(f"UPDATE findings_finding SET {columns} WHERE id IN ({_TAKEN})", [*values, *place])  # noqa: S608 our own words
    after = left_in(act.act)
    if after is not None:
        _run(
            f"UPDATE findings_findingseen SET settled = %s WHERE id IN ({_TAKEN})",  # noqa: S608 our own words
            [after in SETTLED, *place],
        )
    _note(act, "state" if after is None else str(int(after)), act.why, place)
    act.through, act.done, act.refused = ids[-1], act.done + done, act.refused + len(ids) - done
    act.save(update_fields=["through", "done", "refused"])


def _changes(act: BulkAct) -> tuple[str, list[Any]]:
    """Columns of the finding that the act sets, and their values."""
    at = micros(act.asked_at) if act.asked_at else 0
    if act.act == ASSIGN:
        return "assignee = %s", [act.assignee]
    return state_columns(Act(act.act), at, micros(act.until) if act.until else None)


def _note(act: BulkAct, state: str, why: str, place: list[int]) -> None:
    """The step that each finding's own page shows."""
    at = micros(act.asked_at) if act.asked_at else 0
    words = why or (ASSIGN if act.act == ASSIGN else "")
    _run(_STEP.format(state=state), [at, f"{act.by}, {act.office}", words, *place])


def close(act: BulkAct, now: datetime) -> None:
    """Write down that it is done: one entry, with counts and a digest of what it changed."""
    act.finished_at = now
    act.save(update_fields=["finished_at"])
    facts = {
        "matching": act.total,
        "changed": act.done,
        "refused": act.refused,
        "reasoned": bool(act.why),
        "until": iso(act.until) if act.until else None,
        "assignee": act.assignee,
        "digest": _digest(act.pk, "NOT refused"),
    }
    ledger.append(
        f"findings.bulk-{act.act}",
        actor=Actor(act.by, act.office),
        subject=f"bulk:{act.pk}",
        facts=facts,
        now=now,
    )


def _digest(number: int, which: str) -> str:
    found = hashlib.sha256()
    with connection.cursor() as cursor:
        cursor.execute(_DIGESTED.format(which), [number])
        while rows := cursor.fetchmany(10_000):
            found.update("".join(f"{row[0]}\n" for row in rows).encode())
    return found.hexdigest()


def ask_undo(number: int, *, viewer: Viewer, actor: Actor, now: datetime) -> None:
    """Queue the undoing of an act; asking twice is asking once.

    Raises:
        UsageError: there is no such act for this reader.
        Refused: somebody else asked for it.
        IllegalStep: it is not finished, or it ended more than ten minutes ago.
    """
    with seen_by(viewer), transaction.atomic():
        act = own(number, viewer)
        if act.undo_by:
            return
        if act.finished_at is None:
            message = "It is still being done."
            raise IllegalStep(message, mend="Wait for its end.")
        if now > act.finished_at + UNDO_TIME:
            message = "It ended more than ten minutes ago."
            raise IllegalStep(message, mend="Act on the findings anew.")
        act.undo_by, act.undo_office = viewer.name, actor.office
        act.save(update_fields=["undo_by", "undo_office"])
        enqueue(TAKE_BACK, {"bulk": number}, now=now, unique_key=f"bulk:{number}")


def take_back(
    number: int, *, now: datetime, progress: Callable[[int, int], None]
) -> dict[str, int]:
    """Restore the findings that still stand as the act left them.

    Raises:
        UsageError: there is no such act.
    """
    with as_system():
        act = locked(number, lock=False)
        while act.undo_by and act.undone_at is None:
            with transaction.atomic():
                take_turn()
                act = locked(number)
                if act.undone_at is None:
                    _undo_chunk(act, now)
            progress(act.undone, act.done)
    return {"undone": act.undone, "left": act.done - act.undone}


def _undo_chunk(act: BulkAct, now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, [act.pk, act.undo_through, CHUNK])
        last = cursor.fetchone()[0]
    if last is None:
        _close_undo(act, now)
        return
    place = [act.pk, act.undo_through, last]
    stands, values = _as_left(act)
    undone = _run(_STANDS.format(stands=stands), [True, *place, *values])
    columns = ("state", "answered_at", "fix_claimed_at", "gone_at", "excepted_until")
    restored = ("assignee",) if act.act == ASSIGN else columns
    words = ", ".join(f"{name} = r.{name}" for name in restored)
    restore = f"UPDATE findings_finding AS f SET {words}{_OF_UNDONE.format(row='f')}"  # noqa: S608 our own words
    _run(restore, place)
    if act.act != ASSIGN:
        _run(_UNSETTLE, place)
    by = f"{act.undo_by}, {act.undo_office}"
    statement = _STEP.format(state="state").replace("NOT refused", "undone")
    _run(statement, [micros(now), by, "undone", *place])
    act.undo_through, act.undone = last, act.undone + undone
    act.save(update_fields=["undo_through", "undone"])


def _as_left(act: BulkAct) -> tuple[str, list[Any]]:
    """The condition under which a finding `f` still stands as the act left it."""
    if act.act == ASSIGN:
        nobody = act.assignee is None
        return ("f.assignee IS NULL", []) if nobody else ("f.assignee = %s", [act.assignee])
    at = micros(act.asked_at) if act.asked_at else 0
    return "f.state = %s AND f.answered_at = %s", [int(left_in(act.act) or 0), at]


def _close_undo(act: BulkAct, now: datetime) -> None:
    act.undone_at = now
    act.save(update_fields=["undone_at"])
    ledger.append(
        "findings.bulk-undo",
        actor=Actor(act.undo_by, act.undo_office),
        subject=f"bulk:{act.pk}",
        facts={
            "restored": act.undone,
            "left": act.done - act.undone,
            "digest": _digest(act.pk, "undone"),
        },
        now=now,
    )


@as_system()
def end_exceptions(*, now: datetime, actor: Actor) -> int:
    """Open the findings again whose exception has come to its end; returns how many."""
    values = [int(State.EXCEPTION), micros(now)]
    with transaction.atomic():
        take_turn()
        words = "the exception ended"
        count = _run(_ENDED_STEP, [micros(now), int(State.OPEN), "clock", words, *values])
        if count:
            _run(_END_EXCEPTION, [int(State.OPEN), *values])
            facts = {"opened": count}
            ledger.append(
                "findings.end-exceptions", actor=actor, subject="findings", facts=facts, now=now
            )
    return count
