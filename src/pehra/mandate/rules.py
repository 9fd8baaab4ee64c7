"""Who leads, and by when: decisions over small frozen facts. Day and ids come in as arguments."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import msgspec

from pehra.kernel.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

SEES_ALL = frozenset({"NC", "SUP", "DIR", "LEG", "AUD"})
"""Roles that see every tenant's rows when their office is one of the national team."""
OWN = frozenset({"ENT", "ENH", "ISP"})
"""Roles that act for their own organisation."""
STAFF = frozenset({"NC", "SUP", "DIR", "SC"})
"""Roles that act for the organisations on which their team leads; others only look."""


def in_force(valid_from: date | None, valid_to: date | None, on: date) -> bool:
    """Whether a dated row holds on a day; it no longer does on the day of its end."""
    return (valid_from is None or valid_from <= on) and (valid_to is None or on < valid_to)


def check_change(since: date | None, until: date | None, change: date, today: date) -> None:
    """See that a version that holds from `since` to `until` may give way on a day.

    Raises:
        Refused: the day has passed, for what held then stays; or the version does not hold on it.
    """
    if change < today:
        message = f"{change.isoformat()} has passed, and what held then stays."
        raise Refused(message, mend=f"Let the change begin on {today.isoformat()} or later.")
    if not in_force(since, until, change) or since == change:
        message = f"This version does not hold on {change.isoformat()}, or begins on that day."
        raise Refused(message, mend="Change the version that holds then, or name another day.")


class TeamFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A team, as routing sees it. Ids, not names."""

    id: int
    slug: str
    tier: str
    status: str = "active"
    reachable: bool = True
    sector: int | None = None
    territory: int | None = None
    valid_from: date | None = None
    valid_to: date | None = None

    def serves(self, on: date) -> bool:
        """Whether it can be routed to: active, reachable, in force on the day."""
        return (
            self.status == "active"
            and self.reachable
            and in_force(self.valid_from, self.valid_to, on)
        )


class Holder(msgspec.Struct, frozen=True):
    """What routing must know of an organisation.

    Attributes:
        sector: id; null: not known.
        territory: id; null: not known.
        public: of the state; null: not known, taken as not.
        sector_team: the team that the sector names; null: none.
    """

    sector: int | None = None
    territory: int | None = None
    public: bool | None = None
    sector_team: int | None = None


class Skipped(msgspec.Struct, frozen=True):
    """A step of the order that nobody could take: a gap in the structure.

    Attributes:
        step: `sector`, `provincial`, `government` or `national`.
        team: id of the team that could not; null: there is none at all.
    """

    step: str
    team: int | None


class Routing(msgspec.Struct, frozen=True):
    """Who leads on an organisation's assets.

    Attributes:
        lead: id of the one lead team; null only where the nation has no national team in force.
        support: ids of the teams after it in the order, without the lead.
        gaps: steps before the lead that were skipped.
    """

    lead: int | None
    support: tuple[int, ...]
    gaps: tuple[Skipped, ...]


def route(holder: Holder, teams: Iterable[TeamFacts], on: date) -> Routing:
    """Find the one lead team: sector, then provincial, then government if public, then national.

    Only active and reachable teams in force on the day are taken; a skipped step is a gap. The
    national team is the backstop: while one is in force and active it leads even if it cannot be
    reached, for an asset without a lead is worse. Of several teams at one step the one that the
    sector names leads, then the lowest id (rules, section 1, decision 2; R2).
    """
    everyone = sorted(teams, key=lambda team: (team.id != holder.sector_team, team.id))
    chosen: list[int] = []
    gaps: list[Skipped] = []
    for step, fits in _steps(holder):
        candidates = [team for team in everyone if fits(team)]
        serving = [team.id for team in candidates if team.serves(on)]
        if serving:
            chosen.extend(team for team in serving if team not in chosen)
        elif not chosen:
            gaps.append(Skipped(step, candidates[0].id if candidates else None))
    if not chosen:
        chosen = [team.id for team in everyone if _is_backstop(team, on)][:1]
    return Routing(chosen[0] if chosen else None, tuple(chosen[1:]), tuple(gaps))


def _steps(holder: Holder) -> list[tuple[str, Callable[[TeamFacts], bool]]]:
    """The steps that apply to a holder, in order, each with the test of a team for it."""
    steps: list[tuple[str, Callable[[TeamFacts], bool]]] = []
    if holder.sector is not None:
        steps.append(("sector", lambda team: _serves_sector(team, holder)))
    if holder.territory is not None:
        steps.append(("provincial", lambda team: _serves_territory(team, holder)))
    if holder.public:
        steps.append(("government", lambda team: team.tier == "government"))
    steps.append(("national", lambda team: team.tier == "national"))
    return steps


def _serves_sector(team: TeamFacts, holder: Holder) -> bool:
    if holder.sector_team is not None and team.id == holder.sector_team:
        return True
    return team.tier == "sectoral" and team.sector == holder.sector


def _serves_territory(team: TeamFacts, holder: Holder) -> bool:
    return team.tier == "provincial" and team.territory == holder.territory


def _is_backstop(team: TeamFacts, on: date) -> bool:
    return (
        team.tier == "national"
        and team.status == "active"
        and in_force(team.valid_from, team.valid_to, on)
    )


class ClockFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A dated deadline. Null `severity`, `sector`, `organisation`: any."""

    id: int
    kind: str
    hours: int
    severity: int | None = None
    sector: int | None = None
    organisation: int | None = None
    category: int | None = None
    minutes: int = 0
    valid_from: date | None = None
    valid_to: date | None = None
    unconfirmed: bool = False
    source: str = ""

    def binds(
        self,
        kind: str,
        levels: tuple[int | None, int | None],
        sector: int | None,
        organisation: int | None,
    ) -> bool:
        """Whether it speaks of such a matter at all; `levels`: severity, category of a case."""
        severity, category = levels
        return (
            self.kind == kind
            and self.severity in (None, severity)
            and self.category in (None, category)
            and self.sector in (None, sector)
            and self.organisation in (None, organisation)
        )


class ResolvedClock(msgspec.Struct, frozen=True):
    """The deadline that binds.

    Attributes:
        clock: id of the row.
        hours: calendar hours from the moment of awareness; they never stop.
        unconfirmed: no public source confirms it.
        source: by whose word.
    """

    clock: int
    hours: int
    unconfirmed: bool
    source: str
    minutes: int = 0

    @property
    def span(self) -> timedelta:
        """Hours and minutes."""
        return timedelta(hours=self.hours, minutes=self.minutes)


def hours(  # noqa: PLR0913 the five words that name a matter, and the table
    clocks: Iterable[ClockFacts],
    *,
    kind: str,
    severity: int | None,
    sector: int | None,
    organisation: int | None,
    on: date,
    category: int | None = None,
) -> ResolvedClock | None:
    """Resolve a deadline: organisation over sector over nation, then severity named over any.

    Of several that remain the latest `valid_from` wins, then the highest id.

    Args:
        clocks: the table.
        kind: what must be done in time, such as `fix`.
        severity: `kernel.labels.Severity`.
        sector: id of the organisation's sector.
        organisation: id.
        on: day on which the clock must be in force.
        category: of a case, 1 to 6.

    Returns:
        None where no clock binds.
    """
    fitting = [
        clock
        for clock in clocks
        if clock.binds(kind, (severity, category), sector, organisation)
        and in_force(clock.valid_from, clock.valid_to, on)
    ]
    if not fitting:
        return None
    best = max(fitting, key=_nearness)
    return ResolvedClock(best.id, best.hours, best.unconfirmed, best.source, best.minutes)


def _nearness(clock: ClockFacts) -> tuple[bool, bool, bool, bool, date, int]:
    return (
        clock.organisation is not None,
        clock.sector is not None,
        clock.severity is not None,
        clock.category is not None,
        clock.valid_from or date.min,
        clock.id,
    )


class Post(msgspec.Struct, frozen=True):
    """An office that a person holds on the day that is asked about."""

    office: str
    role: str
    team: int | None
    tier: str
    organisation: int | None
    name: str = ""


def sees_all(posts: Iterable[Post]) -> bool:
    """Whether one of the posts is of the national team with a role that sees every tenant."""
    return any(post.tier == "national" and post.role in SEES_ALL for post in posts)


def actor_office(posts: Iterable[Post]) -> str:
    """In whose name a person with several offices acts: the most senior first, then by slug."""
    order: Mapping[str, int] = {"DIR": 0, "SUP": 1, "NC": 2, "LEG": 3, "SC": 4}
    ranked = sorted(posts, key=lambda post: (order.get(post.role, 9), post.office))
    return ranked[0].office if ranked else ""


class HolderRow(msgspec.Struct, frozen=True, kw_only=True):
    """An organisation as a register speaks of it; references are slugs."""

    slug: str
    name: str
    name_ur: str = ""
    sector: str | None = None
    territory: str | None = None
    country: str = ""
    is_public: bool | None = None
    cii_grade: str = "none"
    standing: str = "confirmed"
