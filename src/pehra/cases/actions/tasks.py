"""Tasks of a case, and what was learned from it: given, taken and done."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 msgspec reads the annotation when it runs
from typing import TYPE_CHECKING, Any

import msgspec
from django.db import transaction

from pehra.cases.actions.timeline import Line, digest_of, locked, write
from pehra.cases.models.case import Case, Task
from pehra.cases.rules import EntryKind
from pehra.kernel.errors import Refused, UsageError
from pehra.ledger.actions import append
from pehra.mandate.tenancy import as_system

if TYPE_CHECKING:
    from pehra.kernel.actors import Actor

LONGEST_TITLE = 240
LONGEST_OUTCOME = 1000


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done; fields as in `models.case.Task`."""

    title: str
    assignee: str = ""
    due_at: datetime | None = None
    after_action: bool = False
    step: str = ""


def give(case: int, wish: Wish, *, actor: Actor, at: datetime) -> int:
    """Add a task; gives its number. What was learned may be added after the close.

    Raises:
        UsageError: no such case, or no title.
    """
    title = " ".join(wish.title.split())
    if not 0 < len(title) <= LONGEST_TITLE:
        message = f"A task is said in 1 to {LONGEST_TITLE} characters."
        raise UsageError(message, mend="Say what is to be done; the rest is a note.")
    with as_system(), transaction.atomic():
        row = locked(case)
        made = Task.objects.create(
            case=row,
            title=title,
            after_action=wish.after_action,
            step=wish.step[:96],
            assignee=wish.assignee.strip()[:254],
            opened_at=at,
            opened_by=actor.name[:254],
            due_at=wish.due_at,
        )
        facts: dict[str, Any] = {"task": made.pk, "did": "given", "after_action": wish.after_action}
        write(row, Line(kind=EntryKind.TASK, text=title, facts=facts), actor=actor, at=at)
        append("cases.give-task", actor=actor, subject=f"case:{case}", facts=facts, now=at)
    return made.pk


def add(case: Case, step: str, *, actor: Actor, at: datetime) -> None:
    """Add a task that an act brings with it, in its transaction; pages say `step` in words."""
    Task.objects.create(case=case, title=step, step=step, opened_at=at, opened_by=actor.name[:254])


def take(number: int, *, actor: Actor, at: datetime) -> None:
    """Take a task.

    Raises:
        UsageError: no such task.
        Refused: it is done.
    """
    with as_system(), transaction.atomic():
        case, task = _locked(number)
        task.assignee = actor.name[:254]
        task.save(update_fields=["assignee"])
        facts: dict[str, Any] = {"task": number, "did": "taken"}
        write(case, Line(kind=EntryKind.TASK, text=task.title, facts=facts), actor=actor, at=at)
        append("cases.take-task", actor=actor, subject=f"case:{case.pk}", facts=facts, now=at)


def finish(number: int, outcome: str, *, actor: Actor, at: datetime) -> None:
    """Say what came of a task.

    Raises:
        UsageError: no such task, or no word on what came of it.
        Refused: it is done.
    """
    words = outcome.strip().replace("\x00", "")
    if not 0 < len(words) <= LONGEST_OUTCOME:
        message = f"The outcome is said in 1 to {LONGEST_OUTCOME} characters."
        raise UsageError(message, mend="Say what was done, and what came of it.")
    with as_system(), transaction.atomic():
        case, task = _locked(number)
        task.done_at, task.done_by, task.outcome = at, actor.name[:254], words
        task.save(update_fields=["done_at", "done_by", "outcome"])
        facts: dict[str, Any] = {"task": number, "did": "done"}
        text = f"{task.title}: {words}"
        write(case, Line(kind=EntryKind.TASK, text=text, facts=facts), actor=actor, at=at)
        append(
            "cases.finish-task",
            actor=actor,
            subject=f"case:{case.pk}",
            facts={**facts, "digest": digest_of(words)},
            now=at,
        )


def _locked(number: int) -> tuple[Case, Task]:
    case = Task.objects.filter(pk=number).values_list("case_id", flat=True).first()
    if case is None:
        message = f"There is no task {number}."
        raise UsageError(message, mend="The page of its case lists them.")
    row = locked(case)
    task = Task.objects.get(pk=number)
    if task.done_at is not None:
        message = f"{task.done_by} did task {number} already."
        raise Refused(message, mend="Give a new one where more is to be done.")
    return row, task
