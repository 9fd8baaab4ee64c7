"""Bring a playbook in, begin to follow one in a case, and say what became of its steps."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from django.db import transaction

from pehra.cases.actions.timeline import Line, locked, write
from pehra.cases.models.playbook import KnownPlaybook, PlaybookRun, StepMark
from pehra.cases.playbooks import shipped
from pehra.cases.playbooks.following import Mark, check_mark
from pehra.cases.playbooks.outline import outline
from pehra.cases.playbooks.queries import known_of, marks_of
from pehra.cases.playbooks.reading import read
from pehra.cases.rules import EntryKind
from pehra.kernel.errors import Refused, UsageError
from pehra.ledger.actions import append
from pehra.mandate.tenancy import as_system

if TYPE_CHECKING:
    from datetime import datetime

    from pehra.cases.playbooks.cacao import Playbook
    from pehra.kernel.actors import Actor


def bring_in(content: bytes, *, actor: Actor, now: datetime) -> int:
    """Bring a playbook in; gives its number, the old one where this version stands already.

    Raises:
        UsageError: it does not keep CACAO 2.0, or tells a machine to do something.
        Refused: the same version stands here with other words.
    """
    return _kept(content, read(content), shipped_with=False, actor=actor, now=now)


def _kept(
    content: bytes, playbook: Playbook, *, shipped_with: bool, actor: Actor, now: datetime
) -> int:
    digest = hashlib.sha256(content).hexdigest()
    with transaction.atomic():
        row, new = KnownPlaybook.objects.get_or_create(
            cacao_id=playbook.id,
            version=playbook.version,
            defaults={
                "name": playbook.name[:240],
                "kind": playbook.title.kind[:32],
                "sha256": digest,
                "content": content.decode(),
                "shipped": shipped_with,
                "added_by": actor.name[:254],
                "added_at": now,
            },
        )
        if row.sha256 != digest:
            message = f"Version {row.version} of {row.name} stands here with other words."
            raise Refused(message, mend="A changed playbook has a later `modified`.")
        if new:
            append(
                "cases.bring-playbook",
                actor=actor,
                subject=f"playbook:{row.pk}",
                facts={"id": playbook.id, "version": playbook.version, "sha256": digest},
                now=now,
            )
    return row.pk


def begin(case: int, which: str, *, actor: Actor, at: datetime) -> int:
    """Begin to follow a playbook in a case; gives the run's number, an old one where it runs.

    Args:
        case: its number.
        which: slug of one that came with Pehra, or the number of one that was brought in.
        actor: who begins.
        at: when.

    Raises:
        UsageError: no such case, or no such playbook.
    """
    with as_system(), transaction.atomic():
        row = locked(case)
        number = _number_of(which, actor=actor, now=at)
        run, new = PlaybookRun.objects.get_or_create(
            case=row, playbook_id=number, defaults={"begun_at": at, "begun_by": actor.name[:254]}
        )
        if new:
            known = run.playbook
            facts = {
                "playbook": known.name,
                "version": known.version,
                "run": run.pk,
                "act": "begin",
            }
            write(row, Line(kind=EntryKind.PLAYBOOK, facts=facts), actor=actor, at=at)
            append(
                "cases.begin-playbook",
                actor=actor,
                subject=f"case:{case}",
                facts={"run": run.pk, "id": known.cacao_id, "version": known.version},
                now=at,
            )
    return run.pk


def _number_of(which: str, *, actor: Actor, now: datetime) -> int:
    if which in shipped.SLUGS:
        playbook = shipped.shipped()[which]
        return _kept(shipped.content(which), playbook, shipped_with=True, actor=actor, now=now)
    found = known_of(int(which)) if which.isdecimal() and len(which) < 10 else None  # noqa: PLR2004 fits a row's number
    if found is None:
        message = f"There is no playbook `{which[:80]}`."
        raise UsageError(message, mend="`pehra cases playbooks list` names them.")
    return found.id


def mark(run: int, wish: Mark, *, actor: Actor, at: datetime) -> None:
    """Say of a step that it is done, skipped, or open after all.

    Raises:
        UsageError: no such run or step, no reason, or no answer to a question.
        Refused: the step is in a branch that was not taken.
    """
    with as_system(), transaction.atomic():
        row = PlaybookRun.objects.select_related("playbook").filter(pk=run).first()
        if row is None:
            message = f"There is no run {run} of a playbook."
            raise UsageError(message, mend="The case's page lists them.")
        case = locked(row.case_id)
        playbook = read(row.playbook.content.encode())
        check_mark(playbook, marks_of(run), wish)
        StepMark.objects.create(
            run=row,
            step=wish.step,
            state=wish.state,
            chosen=wish.chosen,
            why=wish.why.strip(),
            by=actor.name[:254],
            office=actor.office[:120],
            at=at,
        )
        number = next(one.number for one in outline(playbook) if one.key == wish.step)
        facts: dict[str, Any] = {
            "playbook": row.playbook.name,
            "step": playbook.steps[wish.step].name,
            "number": number,
            "act": wish.state,
            **({"chosen": wish.chosen} if wish.chosen else {}),
        }
        line = Line(kind=EntryKind.PLAYBOOK, text=wish.why, facts=facts)
        write(case, line, actor=actor, at=at)
        append(
            "cases.mark-step",
            actor=actor,
            subject=f"case:{row.case_id}",
            facts={"run": run, "step": wish.step, "state": wish.state},
            now=at,
        )
