"""Into which cluster a report goes: some look-ups by its keys, however many reports there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.db.models import F

from pehra.cases.models.report import Cluster, ClusterKey, ClusterOrigin, OriginHour
from pehra.cases.reported import likeness
from pehra.cases.reported.rules import (
    OFTEN,
    ROOMS,
    Crowd,
    Kind,
    Match,
    Place,
    State,
    grade,
    placed,
)
from pehra.cases.reported.suggested import suggested
from pehra.cases.reported.traces import key, title
from pehra.kernel.time import micros
from pehra.mandate.queries import lead_teams, national_team, organisation_row
from pehra.mandate.viewers import SYSTEM_VIEWER
from pehra.registry.queries import holders_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from pehra.cases.reported.rules import Wish
    from pehra.cases.reported.traces import Traces

_HOUR = 3_600_000_000
_MOST_HOPS = 8
_HOURS_KEPT = 48
_DECIDED = frozenset(State) - {State.OPEN}


class Coming(msgspec.Struct, frozen=True):
    """A report on its way into a cluster.

    Attributes:
        wish: what it says.
        traces: what it names.
        origin: digest of its place.
        now: when it came.
    """

    wish: Wish
    traces: Traces
    origin: int
    now: datetime


class Joined(msgspec.Struct, frozen=True):
    """The cluster that a report is in; `new`: for it alone; `gathered`: with others too often."""

    cluster: int
    new: bool
    gathered: bool


def join(coming: Coming) -> Joined:
    """Put a report into its cluster, in the caller's transaction; the report itself comes after."""
    often = _counted(coming) > OFTEN or coming.wish.robot
    found = placed(_matches(coming.traces))
    if found.cluster is not None:
        _add(found.cluster, coming)
        return Joined(found.cluster, new=False, gathered=often)
    if often:
        return _gathered(coming)
    made = _made(coming, found)
    mine = _claimed(made, [*coming.traces.keys, *coming.traces.weak])
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


def _matches(traces: Traces) -> list[Match]:
    """Clusters that share something, in the order of the keys' weight."""
    keys = [*traces.keys, *traces.weak]
    known = dict(ClusterKey.objects.filter(key__in=keys).values_list("key", "cluster_id"))
    clusters = _followed(known.values())
    strong = {known[one]: None for one in traces.keys if one in known}
    weak = {known[one]: None for one in traces.weak if one in known and known[one] not in strong}
    found = [_match(clusters[one], strong=True) for one in strong]
    near = [(clusters[one], _near(clusters[one], one, traces, known)) for one in weak]
    near.sort(key=lambda pair: -pair[1])
    return found + [_match(row, strong=False) for row, share in near if share]


def _near(row: Cluster, own: int, traces: Traces, known: dict[int, int]) -> float:
    """How alike a report and a cluster are: their texts, else that they name one site."""
    share = likeness.likeness(traces.signature, bytes(row.signature))
    if share >= likeness.ALIKE:
        return share
    bands = len(likeness.bands(traces.signature))
    sites = traces.weak[: len(traces.weak) - bands]
    return 0.1 if any(known.get(one) == own for one in sites) else 0.0


def _match(row: Cluster, *, strong: bool) -> Match:
    return Match(row.pk, State(row.state), strong)


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
    known = ClusterKey.objects.filter(key=line).values_list("cluster_id", flat=True).first()
    if known is not None:
        row = _followed([known])[known]
        if row.state == State.OPEN or row.gathered:
            _add(row.pk, coming)
            return Joined(row.pk, new=False, gathered=True)
    made = _made(coming, Place(), gathered=True)
    mine = _claimed(made, [line])
    if mine != made.pk:
        made.delete()
    _add(mine, coming)
    return Joined(mine, new=mine == made.pk, gathered=True)


def _made(coming: Coming, found: Place, *, gathered: bool = False) -> Cluster:
    wish, traces = coming.wish, coming.traces
    guess = suggested(wish)
    organisation = _organisation(wish, traces.hosts)
    on = coming.now.date()
    led = lead_teams(on, {organisation}).get(organisation) if organisation else None
    return Cluster.objects.create(
        kind=wish.kind,
        team_id=led or national_team(on),
        organisation_id=organisation,
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


def _claimed(made: Cluster, keys: Sequence[int]) -> int:
    """Give a new cluster the keys that nobody has; whose the weightiest is now."""
    rows = [ClusterKey(key=one, cluster=made) for one in keys]
    ClusterKey.objects.bulk_create(rows, ignore_conflicts=True)
    if not keys:
        return made.pk
    first = ClusterKey.objects.filter(key=keys[0]).values_list("cluster_id", flat=True)
    return _followed([first[0]])[first[0]].pk


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
