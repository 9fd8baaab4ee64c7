"""Into which cluster a report goes: some look-ups by its keys, however many reports there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.db.models import F

from pehra.cases.models.report import Cluster, ClusterKey, ClusterOrigin, OriginHour
from pehra.cases.reported import likeness
from pehra.cases.reported.rules import (
    HEAVY,
    OFTEN,
    ROOMS,
    Crowd,
    Kind,
    Match,
    Place,
    Share,
    State,
    grade,
    placed,
)
from pehra.cases.reported.suggested import suggested
from pehra.cases.reported.traces import key, owned, title
from pehra.kernel.time import micros
from pehra.mandate.queries import lead_teams, national_team, organisation_row
from pehra.mandate.viewers import SYSTEM_VIEWER
from pehra.registry.queries import holders_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from pehra.cases.reported.rules import Wish
    from pehra.cases.reported.traces import Traces

_HOUR = 3_600_000_000
_MOST_HOPS = 8
_HOURS_KEPT = 48
_PLACE, _SITE = 0.2, 0.1
"""Weights below any likeness of texts: one page with another query, one site."""
_DECIDED = frozenset(State) - {State.OPEN}


class Coming(msgspec.Struct, frozen=True):
    """A report on its way into a cluster.

    Attributes:
        wish: what it says.
        traces: what it names.
        origin: digest of its place.
        now: when it came.
        team: whose clusters alone are joined; null: any team's.
    """

    wish: Wish
    traces: Traces
    origin: int
    now: datetime
    team: int | None = None


class Joined(msgspec.Struct, frozen=True):
    """The cluster that a report is in; `new`: for it alone; `gathered`: with others too often."""

    cluster: int
    new: bool
    gathered: bool


def join(coming: Coming) -> Joined:
    """Put a report into its cluster, in the caller's transaction; the report itself comes after."""
    often = _counted(coming) > OFTEN or coming.wish.robot
    if coming.wish.kind in HEAVY:
        often = False
        owner = _owner(coming)
        own = owned(coming.traces, f"{owner.organisation} {owner.team}")
        coming = msgspec.structs.replace(coming, traces=own, team=owner.team)
    known = _known(coming.traces)
    seen = {one: row for one, row in known.items() if coming.team in (None, row.team_id)}
    found = placed(_matches(coming.traces, seen), coming.wish.kind)
    if found.cluster is not None:
        _add(found.cluster, coming)
        return Joined(found.cluster, new=False, gathered=often)
    if often:
        return _gathered(coming)
    made = _made(coming, found)
    mine = _claimed(made, coming.traces, known)
    if mine != made.pk:
        # Another report of the same thing came in the same moment, and was first.
        made.delete()
        _add(mine, coming)
        return Joined(mine, new=False, gathered=False)
    _add(made.pk, coming)
    return Joined(made.pk, new=True, gathered=False)


def _counted(coming: Coming) -> int:
    """Reports of the place in this hour, this one among them."""
    hour = micros(coming.now) // _HOUR
    row, new = OriginHour.objects.get_or_create(
        origin=coming.origin, hour=hour, defaults={"reports": 1}
    )
    if new:
        return 1
    OriginHour.objects.filter(pk=row.pk).update(reports=F("reports") + 1)
    return row.reports + 1


def forget_hours(*, now: datetime) -> int:
    """Delete what was counted by the hour before yesterday; gives how many rows."""
    before = micros(now) // _HOUR - _HOURS_KEPT
    return OriginHour.objects.filter(hour__lt=before).delete()[0]


def _known(traces: Traces) -> dict[int, Cluster]:
    """Of a report's keys, those that lead to a cluster."""
    keys = [*traces.keys, *traces.weak]
    known = dict(ClusterKey.objects.filter(key__in=keys).values_list("key", "cluster_id"))
    rows = _followed(known.values())
    return {one: rows[number] for one, number in known.items()}


def _matches(traces: Traces, known: Mapping[int, Cluster]) -> list[Match]:
    """Clusters that share something, in the order of the keys' weight."""
    strong = {known[one].pk: known[one] for one in traces.keys if one in known}
    weak = {known[one].pk: known[one] for one in traces.weak if one in known}
    found = [_match(row, _strength(row, traces, known)) for row in strong.values()]
    near = [(row, _near(row, traces, known)) for row in weak.values() if row.pk not in strong]
    near.sort(key=lambda pair: -pair[1])
    alike = [
        _match(row, Share.ALIKE if share >= _PLACE else Share.SITE) for row, share in near if share
    ]
    return found + alike


def _strength(row: Cluster, traces: Traces, known: Mapping[int, Cluster]) -> Share:
    """Whether a cluster has all that a report names, and its text too where that says much."""
    own = {one for one in traces.keys if one in known and known[one].pk == row.pk}
    if traces.words in own:
        return Share.WHOLE
    told = not traces.signature or _likeness(row, traces) >= likeness.ALIKE
    return (
        Share.WHOLE if told and traces.things is not None and traces.things <= own else Share.PART
    )


def _near(row: Cluster, traces: Traces, known: Mapping[int, Cluster]) -> float:
    """How alike a report and a cluster are: their texts, else that they name one page or site."""
    share = _likeness(row, traces)
    if share >= likeness.ALIKE:
        return share
    own = {one for one in traces.weak if one in known and known[one].pk == row.pk}
    if own & traces.places:
        return _PLACE
    bands = len(likeness.bands(traces.signature))
    return _SITE if own & set(traces.weak[: len(traces.weak) - bands]) else 0.0


def _likeness(row: Cluster, traces: Traces) -> float:
    return likeness.likeness(traces.signature, bytes(row.signature))


def _match(row: Cluster, share: Share) -> Match:
    return Match(row.pk, State(row.state), share)


def _followed(numbers: Iterable[int]) -> dict[int, Cluster]:
    """Clusters, each duplicate followed to what it is the same as."""
    wanted, rows = set(numbers), dict[int, Cluster]()
    for _ in range(_MOST_HOPS):
        asked = {*wanted, *(row.into_id for row in rows.values() if row.into_id)} - rows.keys()
        if not asked:
            break
        rows |= Cluster.objects.defer("reasons").in_bulk(asked)
    return {number: _end(number, rows) for number in wanted}


def _end(number: int, rows: dict[int, Cluster]) -> Cluster:
    row = rows[number]
    for _ in range(_MOST_HOPS):
        if row.into_id not in rows:
            break
        row = rows[row.into_id]
    return row


def _gathered(coming: Coming) -> Joined:
    """The one line of what comes too often from a place, day by day."""
    wish = coming.wish
    line = key(ROOMS[wish.kind], "often", f"{coming.origin} {coming.now.date()} {wish.robot}")
    known = ClusterKey.objects.filter(key=line).select_related("cluster").first()
    if known is not None and known.cluster.state == State.OPEN:
        _add(known.cluster_id, coming)
        return Joined(known.cluster_id, new=False, gathered=True)
    made = _made(coming, Place(), gathered=True)
    if known is not None:
        # Somebody decided on the line of this morning: what comes now is no part of that.
        ClusterKey.objects.filter(key=line, cluster=known.cluster_id).update(cluster=made)
    ClusterKey.objects.bulk_create([ClusterKey(key=line, cluster=made)], ignore_conflicts=True)
    mine = ClusterKey.objects.get(key=line).cluster_id
    if mine != made.pk:
        made.delete()
    _add(mine, coming)
    return Joined(mine, new=mine == made.pk, gathered=True)


def _made(coming: Coming, found: Place, *, gathered: bool = False) -> Cluster:
    wish, traces = coming.wish, coming.traces
    guess = suggested(wish)
    owner = _owner(coming)
    return Cluster.objects.create(
        kind=wish.kind,
        team_id=owner.team,
        organisation_id=owner.organisation,
        title=title(wish, traces.hosts),
        grade=0,
        suggestion=guess.word,
        score=guess.score,
        reasons=list(guess.reasons),
        gathered=gathered,
        first_at=coming.now,
        last_at=coming.now,
        signature=b"" if gathered else traces.signature,
        like_id=found.like,
    )


class _Owner(msgspec.Struct, frozen=True):
    organisation: int | None
    team: int | None


def _owner(coming: Coming) -> _Owner:
    """Whom a report is about, and the team that leads there; else the national team."""
    on = coming.now.date()
    organisation = _organisation(coming.wish, coming.traces.hosts)
    led = lead_teams(on, {organisation}).get(organisation) if organisation else None
    return _Owner(organisation, led or national_team(on))


def _organisation(wish: Wish, hosts: Sequence[str]) -> int | None:
    """Whom a report is about: as a desk says, else who holds the page's name in the register."""
    if wish.organisation:
        row = organisation_row(wish.organisation)
        return row.pk if row else None
    names = [name for host in hosts[:1] for name in _names(host)]
    held = holders_of([("domain", name) for name in names], viewer=SYSTEM_VIEWER, limit=1)
    return held[0].organisation if held else None


def _names(host: str) -> list[str]:
    """A host and the domains that it is in."""
    labels = host.split(".")
    return [".".join(labels[place:]) for place in range(len(labels) - 1)]


def _claimed(made: Cluster, traces: Traces, known: Mapping[int, Cluster]) -> int:
    """Give a new cluster the keys that nobody has; whose the weightiest of those is now."""
    free = [one for one in (*traces.keys, *traces.weak) if one not in known]
    rows = [ClusterKey(key=one, cluster=made) for one in free]
    ClusterKey.objects.bulk_create(rows, ignore_conflicts=True)
    sure = [one for one in traces.keys if one not in known][:1]
    first = ClusterKey.objects.filter(key__in=sure).values_list("cluster_id", flat=True)
    return _followed([first[0]])[first[0]].pk if sure else made.pk


def _add(number: int, coming: Coming) -> None:
    """Count a report in, and rank its cluster anew."""
    row = Cluster.objects.select_for_update().defer("signature", "reasons").get(pk=number)
    place, new = ClusterOrigin.objects.get_or_create(
        cluster_id=number, origin=coming.origin, defaults={"reports": 1}
    )
    if not new:
        place.reports += 1
        ClusterOrigin.objects.filter(pk=place.pk).update(reports=place.reports)
    row.reports += 1
    row.origins += new
    row.top = max(row.top, place.reports)
    row.last_at = max(row.last_at, coming.now)
    row.fresh += State(row.state) in _DECIDED
    row.grade = grade(crowd_of(row))
    names = ("reports", "origins", "top", "last_at", "fresh", "grade")
    Cluster.objects.filter(pk=number).update(**{name: getattr(row, name) for name in names})


def crowd_of(row: Cluster) -> Crowd:
    """A cluster as ranking sees it."""
    return Crowd(
        kind=Kind(row.kind),
        score=row.score,
        reports=row.reports,
        origins=row.origins,
        top=row.top,
        gathered=row.gathered,
        like=row.like_id is not None,
    )
