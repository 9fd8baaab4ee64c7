"""Rules change as the law does: a new dated row with who decided it; what held stays as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from django.db import models, transaction

from pehra.kernel.errors import UsageError
from pehra.ledger.actions import append
from pehra.mandate.models import Clock, Ground, Power
from pehra.mandate.rules import check_change

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from pehra.kernel.actors import Actor

TABLES: dict[str, type[Clock | Ground | Power]] = {
    "clock": Clock,
    "ground": Ground,
    "power": Power,
}
MAY_CHANGE: dict[str, frozenset[str]] = {
    "clock": frozenset({"hours", "minutes"}),
    "ground": frozenset({"instrument", "section", "acts", "longest_days"}),
    "power": frozenset({"tier"}),
}
"""What a new version may say anew; what the rule is about is another rule."""


class Change(msgspec.Struct, frozen=True):
    """A rule that is to read otherwise from a day on.

    Attributes:
        kind: `clock`, `ground` or `power`.
        number: id of the version that holds now.
        since: first day of the new version.
        decision: by whose word: minute, gazette, letter. It becomes the new version's source.
        values: column -> new value; none ends the rule on that day.
        unconfirmed: no public source confirms the new version.
    """

    kind: str
    number: int
    since: date
    decision: str
    values: Mapping[str, Any] = {}
    unconfirmed: bool = False


def change_rule(change: Change, *, actor: Actor, now: datetime) -> int | None:
    """End a version on a day and let a new one follow it; gives the new one's id.

    Raises:
        UsageError: no such rule or column, or no decision is named.
        Refused: the day has passed, or the version does not hold on it.
    """
    table = _checked(change)
    with transaction.atomic():
        old = table._default_manager.select_for_update().filter(pk=change.number).first()
        if old is None:
            message = f"There is no {change.kind} {change.number}."
            raise UsageError(message, mend="`pehra structure rules` lists them with their numbers.")
        check_change(old.valid_from, old.valid_to, change.since, now.date())
        number = None
        if change.values:
            number = _follow(old, change, actor)
        table._default_manager.filter(pk=old.pk).update(valid_to=change.since)
        append(
            "mandate.change-rule",
            actor=actor,
            subject=f"{change.kind}:{old.pk}",
            facts={
                "new": number,
                "since": change.since.isoformat(),
                "decision": change.decision,
                "values": {name: str(value) for name, value in change.values.items()},
            },
            now=now,
        )
    return number


def _checked(change: Change) -> type[Clock | Ground | Power]:
    table = TABLES.get(change.kind)
    if table is None:
        message = f"`{change.kind}` is no kind of rule."
        raise UsageError(message, mend=f"Kinds are {', '.join(TABLES)}.")
    strange = set(change.values) - MAY_CHANGE[change.kind]
    if strange:
        message = f"A new version of a {change.kind} does not change `{min(strange)}`."
        raise UsageError(
            message, mend=f"It may change {', '.join(sorted(MAY_CHANGE[change.kind]))}."
        )
    if not change.decision.strip():
        message = "Nobody is named who decided this."
        raise UsageError(message, mend="Name the minute, gazette or letter.")
    return table


def _follow(old: Clock | Ground | Power, change: Change, actor: Actor) -> int:
    columns = {
        field.attname: getattr(old, field.attname)
        for field in old._meta.concrete_fields
        if not field.primary_key
    }
    columns |= dict(change.values) | {
        "valid_from": change.since,
        "valid_to": old.valid_to,
        "source": change.decision.strip(),
        "unconfirmed": change.unconfirmed,
        "decided_by": f"{actor.office}: {actor.name}"[:200],
        "filed": "",
    }
    made: models.Model = type(old)._default_manager.create(**columns)
    return int(made.pk)
