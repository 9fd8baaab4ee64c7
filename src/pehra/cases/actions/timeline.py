"""Write a line of a case's timeline. Every act on a case ends with one."""

from __future__ import annotations

import hashlib
from datetime import datetime  # noqa: TC003 msgspec reads the annotation when it runs
from typing import TYPE_CHECKING, Any

import msgspec
from django.db import transaction

from pehra.cases.models.case import Case, Entry
from pehra.cases.rules import EntryKind, check_text
from pehra.kernel.errors import UsageError
from pehra.kernel.labels import Tlp
from pehra.ledger.actions import append
from pehra.mandate.tenancy import as_system

if TYPE_CHECKING:
    from pehra.kernel.actors import Actor


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """What a timeline is told.

    Attributes:
        kind: `rules.EntryKind`.
        text: in somebody's words.
        facts: codes, ids and counts that a page puts into words.
        tlp: null: the case's own.
        shared: organisations in the case see it too.
        happened_at: null: when it is written down.
    """

    kind: str = EntryKind.NOTE
    text: str = ""
    facts: dict[str, Any] = msgspec.field(default_factory=dict)
    tlp: str | None = None
    shared: bool = False
    happened_at: datetime | None = None


def record(case: int, line: Line, *, actor: Actor, at: datetime) -> int:
    """Write one line by itself, with its own entry of the ledger; gives its number.

    Raises:
        UsageError: no such case, an unknown label, or a text that is too long.
    """
    with as_system(), transaction.atomic():
        row = locked(case)
        number = write(row, line, actor=actor, at=at)
        append(
            "cases.record",
            actor=actor,
            subject=f"case:{case}",
            facts={"entry": number, "kind": line.kind, "digest": digest_of(line.text)},
            now=at,
        )
    return number


def write(case: Case, line: Line, *, actor: Actor, at: datetime) -> int:
    """Write a line within another act, in its transaction; gives its number."""
    if line.tlp is not None and line.tlp not in set(Tlp):
        message = f"`{line.tlp}` is no label."
        raise UsageError(message, mend=f"Possible: {', '.join(Tlp)}.")
    made = Entry.objects.create(
        case=case,
        at=line.happened_at or at,
        recorded_at=at,
        kind=line.kind,
        by=actor.name[:254],
        office=actor.office[:120],
        tlp=line.tlp or case.tlp,
        text=check_text(line.text),
        facts=line.facts,
        shared=line.shared,
    )
    case.changed_at = at
    case.save(update_fields=["changed_at"])
    return made.pk


def locked(case: int) -> Case:
    """A case's row, locked until the transaction ends.

    Raises:
        UsageError: no such case.
    """
    row = Case.objects.select_for_update(of=("self",)).filter(pk=case).first()
    if row is None:
        message = f"There is no case {case}."
        raise UsageError(message, mend="`pehra cases list` names them.")
    return row


def digest_of(text: str) -> str:
    """What a ledger says of words that may name a person."""
    return hashlib.sha256(text.encode()).hexdigest()
