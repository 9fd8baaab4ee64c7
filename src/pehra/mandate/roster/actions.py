"""Plan shifts, let a colleague take one, and hand a shift over with two signatures."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import msgspec
from django.db import models, transaction

from pehra.kernel.errors import Refused, UsageError
from pehra.kernel.time import iso
from pehra.ledger.actions import append
from pehra.mandate.models import Handover, Shift, Team
from pehra.mandate.roster import rules
from pehra.mandate.roster.queries import members
from pehra.mandate.tenancy import as_system

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from pehra.kernel.actors import Actor

_CLASH = (
    "Let one shift end where the next begins. With --replace those go that lie wholly in the span"
    " of the file; one that reaches out of it is moved by hand."
)


class Changed(msgspec.Struct, frozen=True):
    """What a roster changed: shifts.

    Attributes:
        added: came in.
        unchanged: stood already.
        removed: went, because the plan replaces what it does not name.
        reaching: it does not name them either, but they reach out of its span, so they stay.
    """

    added: int
    unchanged: int
    removed: int
    reaching: int = 0


class Given(msgspec.Struct, frozen=True):
    """What one shift hands to the next.

    Attributes:
        team: its id.
        since: when the shift that ends began.
        notes: for the next, in words.
        counts: what was open and what became due, by name.
    """

    team: int
    since: datetime
    notes: str
    counts: dict[str, int]


def plan_shifts(
    wanted: Sequence[rules.Shift],
    *,
    actor: Actor,
    now: datetime,
    replace: bool = False,
    dry: bool = False,
) -> Changed:
    """Bring a roster to what is wanted.

    Args:
        wanted: shifts, as `sheet.read` gives them.
        actor: who plans.
        now: when.
        replace: shifts that it does not name go, of a team that lie wholly within the span of
            what is wanted of that team.
        dry: change nothing, and say what would change.

    Raises:
        UsageError: an unknown team, or a person who holds no office in it on that day.
        Refused: somebody would be on the same duty twice at a time.
    """
    teams = {one.slug: one.pk for one in Team.objects.all()}
    with as_system(), transaction.atomic():
        people = _people(wanted, teams)
        known = _known(wanted, teams)
        missing, idle = rules.matched(wanted, known.values())
        fresh = [one for one in wanted if one in missing]
        unnamed = [pk for pk, one in known.items() if one in idle] if replace else []
        spans = rules.spans(wanted)
        gone = [pk for pk in unnamed if rules.within(known[pk].now, spans)]
        stand = [one.now for pk, one in known.items() if pk not in gone]
        two = rules.clash([*stand, *fresh])
        if two is not None:
            message = f"{two[1].person} is `{two[1].role}` already at {iso(two[1].starts)}."
            raise Refused(message, mend=_CLASH)
        reaching = len(unnamed) - len(gone)
        done = Changed(len(fresh), len(wanted) - len(fresh), len(gone), reaching)
        if dry or not (fresh or gone):
            return done
        Shift.objects.filter(pk__in=gone).delete()
        Shift.objects.bulk_create(
            Shift(
                team_id=teams[one.team],
                person_id=people[one],
                role=one.role,
                starts=one.starts,
                ends=one.ends,
            )
            for one in fresh
        )
        append(
            "mandate.plan-shifts",
            actor=actor,
            subject="roster",
            facts={**msgspec.to_builtins(done), "digest": _digest(wanted)},
            now=now,
        )
    return done


def _digest(wanted: Sequence[rules.Shift]) -> str:
    return hashlib.sha256(msgspec.json.encode(sorted(wanted))).hexdigest()


def _people(wanted: Sequence[rules.Shift], teams: dict[str, int]) -> dict[rules.Shift, int]:
    found: dict[rules.Shift, int] = {}
    staff: dict[tuple[int, Any], dict[str, int]] = {}
    for one in wanted:
        team = teams.get(one.team)
        if team is None:
            message = f"There is no team `{one.team}`."
            raise UsageError(message, mend="`pehra structure show` lists teams.")
        key = team, one.starts.date()
        if key not in staff:
            staff[key] = members(*key)
        if one.person not in staff[key]:
            message = f"{one.person} holds no office of {one.team} on {key[1]}."
            raise UsageError(message, mend="Appoint first, or check the address.")
        found[one] = staff[key][one.person]
    return found


def _known(wanted: Sequence[rules.Shift], teams: dict[str, int]) -> dict[int, rules.Standing]:
    """Shifts of these teams that stand in the span of what is wanted of each, by number."""
    if not wanted:
        return {}
    asked = models.Q()
    for team, (first, last) in rules.spans(wanted).items():
        asked |= models.Q(team=teams[team], ends__gt=first, starts__lt=last)
    rows = Shift.objects.filter(asked)
    return {row.pk: _standing(row) for row in rows.select_related("team", "person", "was")}


def _standing(row: Shift) -> rules.Standing:
    now = rules.Shift(row.starts, row.ends, row.team.slug, row.role, row.person.email.lower())
    planned = (row.was or row.person).email.lower()
    return rules.Standing(now, msgspec.structs.replace(now, person=planned))


def swap(number: int, email: str, *, actor: Actor, now: datetime) -> None:
    """Let a colleague take a shift.

    Raises:
        UsageError: no such shift, or the person holds no office in its team.
        Refused: it is over, it is theirs, or they are on the same duty then.
    """
    with as_system(), transaction.atomic():
        row = Shift.objects.select_for_update(of=("self",)).filter(pk=number).first()
        if row is None:
            message = f"There is no shift {number}."
            raise UsageError(message, mend="`pehra roster show` lists them.")
        person = members(row.team_id, row.starts.date()).get(email.lower())
        if person is None:
            message = f"{email} holds no office of {row.team.slug} on that day."
            raise UsageError(message, mend="Choose a colleague.")
        if row.ends <= now or person == row.person_id:
            message = f"Shift {number} is over, or is theirs already."
            raise Refused(message, mend="Choose another shift.")
        busy = Shift.objects.filter(
            person=person, role=row.role, team=row.team_id, ends__gt=row.starts,
            starts__lt=row.ends,
        )  # fmt: skip
        if busy.exists():
            message = f"{email} is `{row.role}` at that time already."
            raise Refused(message, mend="Choose another colleague.")
        before = row.person_id
        planned = row.was_id or before
        row.was_id, row.person_id = None if person == planned else planned, person
        row.save(update_fields=["person", "was"])
        append(
            "mandate.swap-shift",
            actor=actor,
            subject=f"shift:{number}",
            facts={"from": before, "to": person},
            now=now,
        )


def give_over(given: Given, *, actor: Actor, now: datetime) -> int:
    """Sign what a shift hands to the next; gives its number.

    Raises:
        UsageError: the notes are too long, or there is no such team.
    """
    notes = given.notes.strip()
    if len(notes) > rules.LONGEST_NOTES:
        message = f"The notes are over {rules.LONGEST_NOTES} characters."
        raise UsageError(message, mend="Shorten them.")
    with as_system(), transaction.atomic():
        made = Handover.objects.create(
            team_id=given.team,
            since=given.since,
            until=now,
            notes=notes,
            counts=given.counts,
            given_by=actor.name[:254],
            given_at=now,
        )
        append(
            "mandate.give-over",
            actor=actor,
            subject=f"handover:{made.pk}",
            facts={
                "team": given.team,
                **given.counts,
                "digest": hashlib.sha256(notes.encode()).hexdigest(),
            },
            now=now,
        )
    return made.pk


def take_over(number: int, *, actor: Actor, now: datetime) -> None:
    """The next shift signs what it was handed.

    Raises:
        UsageError: no such hand-over.
        Refused: it was taken before, or by the one who gave it.
    """
    with as_system(), transaction.atomic():
        row = Handover.objects.select_for_update().filter(pk=number).first()
        if row is None:
            message = f"There is no hand-over {number}."
            raise UsageError(message, mend="Its page lists them.")
        if row.taken_at is not None:
            message = f"{row.taken_by} took hand-over {number} already."
            raise Refused(message, mend="There is nothing to sign.")
        rules.check_signature(row.given_by, actor.name[:254])
        row.taken_by, row.taken_at = actor.name[:254], now
        row.save(update_fields=["taken_by", "taken_at"])
        append(
            "mandate.take-over",
            actor=actor,
            subject=f"handover:{number}",
            facts={"team": row.team_id},
            now=now,
        )
