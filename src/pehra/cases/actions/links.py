"""Link a case with what it is about, one thing or ten thousand, and take a link away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from pehra.cases.actions.timeline import Line, digest_of, locked, write
from pehra.cases.models.case import Link, Statement
from pehra.cases.rules import EntryKind, LinkKind
from pehra.kernel.errors import Refused, UsageError
from pehra.ledger.actions import append
from pehra.mandate.tenancy import as_system

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from pehra.kernel.actors import Actor

_CHUNK = 1_000
_LONGEST_REF = 96


def link(  # noqa: PLR0913 what is linked with what, and by whom and when
    case: int, kind: str, ref: str | int, *, actor: Actor, at: datetime, note: str = ""
) -> int:
    """Link a case with one thing; gives the link's number, an old one where it stands already.

    Raises:
        UsageError: no such case, no such kind, or a reference that is empty or too long.
    """
    link_all(case, kind, [ref], actor=actor, at=at, note=note)
    with as_system():
        return Link.objects.get(case=case, kind=kind, ref=str(ref)).pk


def link_all(  # noqa: PLR0913 what is linked with what, and by whom and when
    case: int, kind: str, refs: Iterable[str | int], *, actor: Actor, at: datetime, note: str = ""
) -> int:
    """Link a case with many things of one kind, in one act; gives how many are new.

    Raises:
        UsageError: no such case, no such kind, or a reference that is empty or too long.
    """
    wanted = list(dict.fromkeys(str(ref) for ref in refs))
    _check(kind, wanted)
    with as_system(), transaction.atomic():
        row = locked(case)
        known = set(Link.objects.filter(case=row, kind=kind).values_list("ref", flat=True))
        fresh = [ref for ref in wanted if ref not in known]
        if not fresh:
            return 0
        common = {"case": row, "kind": kind, "note": note[:240], "at": at, "by": actor.name[:254]}
        Link.objects.bulk_create((Link(ref=ref, **common) for ref in fresh), batch_size=_CHUNK)
        facts = {"of": kind, "count": len(fresh), **({"ref": fresh[0]} if len(fresh) == 1 else {})}
        write(row, Line(kind=EntryKind.LINK, text=note, facts=facts), actor=actor, at=at)
        append(
            "cases.link",
            actor=actor,
            subject=f"case:{case}",
            facts={"of": kind, "count": len(fresh), "digest": digest_of("\n".join(fresh))},
            now=at,
        )
    return len(fresh)


def unlink(case: int, number: int, *, why: str, actor: Actor, at: datetime) -> None:
    """Take a link away that was made in error.

    Raises:
        UsageError: the case has no such link, or no reason is given.
        Refused: a statement rests on it.
    """
    if not why.strip():
        message = "Say why the link goes."
        raise UsageError(message, mend="The timeline keeps the reason.")
    with as_system(), transaction.atomic():
        row = locked(case)
        found = Link.objects.filter(case=row, pk=number).first()
        if found is None:
            message = f"Case {case} has no link {number}."
            raise UsageError(message, mend="Its page lists them.")
        if Statement.objects.filter(evidence=found).exists():
            message = "A statement rests on this link."
            raise Refused(message, mend="Judge the statement anew first.")
        facts: dict[str, Any] = {"of": found.kind, "ref": found.ref, "count": -1}
        found.delete()
        write(row, Line(kind=EntryKind.LINK, text=why, facts=facts), actor=actor, at=at)
        append(
            "cases.unlink",
            actor=actor,
            subject=f"case:{case}",
            facts={"of": facts["of"], "link": number},
            now=at,
        )


def _check(kind: str, refs: list[str]) -> None:
    if kind not in set(LinkKind):
        message = f"A case is not linked with a `{kind}`."
        raise UsageError(message, mend=f"Possible: {', '.join(LinkKind)}.")
    if not all(ref.strip() and len(ref) <= _LONGEST_REF for ref in refs):
        message = f"A link names something in 1 to {_LONGEST_REF} characters."
        raise UsageError(message, mend="Give its number or its name.")
