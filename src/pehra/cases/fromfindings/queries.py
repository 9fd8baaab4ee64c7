"""Which rules are in force, what they fed, and what they would do now."""

from __future__ import annotations

from datetime import datetime, time
from typing import TYPE_CHECKING

import msgspec

from pehra.cases.fromfindings import rules
from pehra.cases.models.case import Case
from pehra.cases.models.feed import CaseRule, Feed
from pehra.cases.rules import OPEN
from pehra.findings.queries.grouped import standing_rows
from pehra.mandate.queries.groups import grades, grouped
from pehra.mandate.tenancy import as_system, seen_by

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import date
    from zoneinfo import ZoneInfo

    from django.db.models import QuerySet

    from pehra.mandate.viewers import Viewer


_NAMED = 500
"""More groups than these are not named in a statement."""


class Outlook(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule would do now."""

    rule: rules.Rule
    opened_today: int
    planned: list[rules.Planned]

    @property
    def would_open(self) -> int:
        """Cases that it would open, with the one over the limit."""
        new = sum(1 for one in self.planned if one.case is None and not one.over)
        return new + any(one.case is None and one.over for one in self.planned)

    @property
    def over(self) -> int:
        """Groups over the limit."""
        return sum(1 for one in self.planned if one.over)


def _nothing(done: int, total: int) -> None:
    del done, total


def in_force(on: date) -> list[rules.Rule]:
    """The rules of a day: a version that was set stands before the one that came with Pehra."""
    kept = CaseRule.objects.order_by("valid_from").values_list("content", flat=True)
    own = [msgspec.convert(content, rules.Rule) for content in kept]
    return rules.in_force([*rules.shipped(), *own], on)


def outlook(
    *,
    now: datetime,
    zone: ZoneInfo,
    progress: Callable[[int, int], None] = _nothing,
) -> list[Outlook]:
    """What every rule in force would do now, for those who see everything and for the job."""
    today = now.astimezone(zone).date()
    asked = in_force(today)
    if not asked:
        return []
    rows = standing_rows(least=min(one.least for one in asked), progress=progress)
    graded, names = grades(), {one.organisation: one.name for one in grouped()}
    begun = datetime.combine(today, time(), zone)
    result = []
    for rule in asked:
        fed, opened = fed_by(rule.slug), opened_since(rule.slug, begun)
        found = rules.groups(rule, rows, graded, judged(rule.slug), now)
        planned = rules.plan(rule, found, fed, opened, names)
        result.append(Outlook(rule=rule, opened_today=opened, planned=planned))
    return result


def _feeds(rule: str, groups: Collection[str] | None) -> QuerySet[Feed]:
    rows = Feed.objects.filter(rule=rule)
    few = groups is not None and len(groups) <= _NAMED
    return rows.filter(group__in=list(groups or ())) if few else rows


def fed_by(rule: str, groups: Collection[str] | None = None) -> dict[str, rules.Fed]:
    """Group -> the open case that a rule feeds with it; of a merged case, the one it went into.

    Args:
        rule: its slug.
        groups: only these, where they are few.
    """
    with as_system():
        rows = _feeds(rule, groups).order_by("pk")
        found = list(rows.values_list("group", "digest", "case"))
        ends = _ends({case for _, _, case in found})
    takes: dict[str, tuple[int, str]] = {}
    for group, digest, case in found:
        end, state = ends[case]
        if state in OPEN:
            takes[group] = end, digest
    over = takes[rules.OVER][0] if rules.OVER in takes else None
    return {group: rules.Fed(case, digest, case == over) for group, (case, digest) in takes.items()}


def judged(rule: str, groups: Collection[str] | None = None) -> dict[str, int]:
    """Group -> the newest finding that a rule fed to a case which a person has ended since."""
    with as_system():
        rows = _feeds(rule, groups).exclude(case__state__in=sorted(OPEN))
        found = list(rows.order_by("last").values_list("group", "last", "case"))
        ends = _ends({case for _, _, case in found})
    return {
        group: last
        for group, last, case in found
        if group != rules.OVER and ends[case][1] not in OPEN
    }


def _ends(cases: set[int]) -> dict[int, tuple[int, int]]:
    """Case -> the case that it was merged into, however often, and that one's state."""
    known: dict[int, tuple[int, int | None]] = {}
    asked = cases
    while asked:
        rows = Case.objects.filter(pk__in=asked).values_list("pk", "state", "merged_into")
        known.update({pk: (state, into) for pk, state, into in rows})
        asked = {into for _, into in known.values() if into is not None} - known.keys()
    found = {}
    for case in cases:
        end, passed = case, {case}
        while (into := known[end][1]) is not None and into not in passed:
            end = into
            passed.add(into)
        found[case] = end, known[end][0]
    return found


def opened_since(rule: str, begun: datetime) -> int:
    """How many cases a rule opened since a moment, without those over its limit."""
    with as_system():
        rows = Feed.objects.filter(rule=rule, opened=True, begun_at__gte=begun)
        return rows.exclude(group=rules.OVER).count()


class FeedView(msgspec.Struct, frozen=True):
    """What feeds a case; fields as in `models.feed.Feed`."""

    rule: str
    group: str
    fed_at: datetime
    findings: int


def feeds_of(case: int, *, viewer: Viewer) -> list[FeedView]:
    """What feeds a case."""
    with seen_by(viewer):
        rows = Feed.objects.filter(case=case).order_by("pk")
        return [FeedView(*one) for one in rows.values_list("rule", "group", "fed_at", "findings")]
