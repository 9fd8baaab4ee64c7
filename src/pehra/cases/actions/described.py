"""Say anew what a case is: its title, its kind, its label, and what an early warning asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.db import transaction

from pehra.cases.actions.timeline import Line, digest_of, locked, write
from pehra.cases.rules import EntryKind, Kind, check_title
from pehra.kernel.errors import UsageError
from pehra.kernel.labels import Tlp
from pehra.ledger.actions import append
from pehra.mandate.tenancy import as_system

if TYPE_CHECKING:
    from datetime import datetime

    from pehra.kernel.actors import Actor

ANSWERS = ("unknown", "yes", "no")


class Description(msgspec.Struct, frozen=True, kw_only=True):
    """What is said anew; fields as in `models.case.Case`."""

    title: str
    kind: str
    tlp: str
    malicious: str = "unknown"
    cross_border: str = "unknown"


def describe(case: int, said: Description, *, actor: Actor, at: datetime) -> None:
    """Change what a case says of itself; nothing where nothing differs.

    Raises:
        UsageError: no such case, no title, or a word that is not one of its list.
    """
    known: dict[str, set[str]] = {
        "kind": {one.value for one in Kind},
        "tlp": {one.value for one in Tlp},
        "malicious": set(ANSWERS),
        "cross_border": set(ANSWERS),
    }
    wanted = {**msgspec.to_builtins(said), "title": check_title(said.title)}
    for name, words in known.items():
        if wanted[name] not in words:
            message = f"`{wanted[name]}` is no answer to `{name}`."
            raise UsageError(message, mend=f"Possible: {', '.join(sorted(words))}.")
    with as_system(), transaction.atomic():
        row = locked(case)
        changed = [name for name, value in wanted.items() if getattr(row, name) != value]
        if not changed:
            return
        for name in changed:
            setattr(row, name, wanted[name])
        row.save(update_fields=changed)
        plain = {name: wanted[name] for name in changed if name != "title"}
        text = wanted["title"] if "title" in changed else ""
        line = Line(kind=EntryKind.STEP, text=text, facts={"act": "describe", **plain})
        write(row, line, actor=actor, at=at)
        append(
            "cases.describe",
            actor=actor,
            subject=f"case:{case}",
            facts={**plain, "digest": digest_of(text)},
            now=at,
        )
