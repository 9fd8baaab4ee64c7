"""What a roster may say. Pure: moments and names come in as arguments."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from pehra.kernel.errors import Refused, UsageError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

LONGEST = timedelta(days=14)
"""Nobody is on duty or on call for longer without a word in between."""
LONGEST_NOTES = 4000


class Duty(StrEnum):
    """What somebody does in a shift."""

    DUTY = "duty"
    """At the desk."""
    LEAD = "lead"
    """At the desk, and decides what cannot wait."""
    ON_CALL = "on-call"
    """At the telephone: reviews what needs a second person."""


class Shift(msgspec.Struct, frozen=True, order=True):
    """One shift as it is planned; `team` is a slug, `person` a mail address in lower case."""

    starts: datetime
    ends: datetime
    team: str
    role: str
    person: str


def check_shift(shift: Shift, place: str = "") -> None:
    """A shift must make sense by itself.

    Args:
        shift: what is planned.
        place: where it is said, such as `line 3: `.

    Raises:
        UsageError: no such duty, it ends before it begins, or it is too long.
    """
    if shift.role not in set(Duty):
        message = f"{place}`{shift.role}` is no duty."
        raise UsageError(message, mend=f"Possible: {', '.join(Duty)}.")
    if shift.ends <= shift.starts:
        message = f"{place}The shift of {shift.person} ends before it begins."
        raise UsageError(message, mend="Say from when to when.")
    if shift.ends - shift.starts > LONGEST:
        message = f"{place}The shift of {shift.person} is longer than {LONGEST.days} days."
        raise UsageError(message, mend="Divide it.")


class Standing(msgspec.Struct, frozen=True):
    """A shift that stands: as it is now, and as it was planned before a colleague took it."""

    now: Shift
    planned: Shift


def matched(
    wanted: Collection[Shift], known: Collection[Standing]
) -> tuple[set[Shift], set[Standing]]:
    """What is wanted and does not stand yet; what stands and nothing wanted names.

    A shift that a colleague took is named by the plan too, unless it is wanted as it is now.
    """
    asked = set(wanted)
    exact = {one for one in known if one.now in asked}
    left = asked - {one.now for one in exact}
    swapped = {one for one in known if one not in exact and one.planned in left}
    return left - {one.planned for one in swapped}, set(known) - exact - swapped


def spans(wanted: Collection[Shift]) -> dict[str, tuple[datetime, datetime]]:
    """From when to when a plan speaks of each team."""
    found: dict[str, tuple[datetime, datetime]] = {}
    for one in wanted:
        first, last = found.get(one.team, (one.starts, one.ends))
        found[one.team] = min(first, one.starts), max(last, one.ends)
    return found


def within(shift: Shift, spans: Mapping[str, tuple[datetime, datetime]]) -> bool:
    """Whether a shift lies wholly in the span of its team, so that a plan speaks of all of it."""
    first, last = spans[shift.team]
    return first <= shift.starts and shift.ends <= last


def clash(shifts: Sequence[Shift]) -> tuple[Shift, Shift] | None:
    """Two shifts in which one person would do the same for a team at the same time."""
    newest: dict[tuple[str, str, str], Shift] = {}
    for one in sorted(shifts):
        key = one.team, one.person, one.role
        before = newest.get(key)
        if before is not None and one.starts < before.ends:
            return before, one
        if before is None or one.ends > before.ends:
            newest[key] = one
    return None


def check_signature(given_by: str, taken_by: str) -> None:
    """Two persons sign a hand-over.

    Raises:
        Refused: they would be one.
    """
    if given_by == taken_by:
        message = f"{given_by} gave this shift over: another person takes it."
        raise Refused(message, mend="Whoever comes next signs it.")
