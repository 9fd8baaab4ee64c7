"""Clusters and reports for officers, and the fate of one report for whoever has its number."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 msgspec reads the annotation when it runs
from typing import TYPE_CHECKING

import msgspec
from django.db.models import Q

from pehra.cases.models.case import Mail
from pehra.cases.models.report import (
    Cluster,
    ClusterOrigin,
    Report,
    ReportContact,
    ReportPart,
    Told,
)
from pehra.cases.reported.rules import Kind, State, is_flood
from pehra.mandate.tenancy import as_system, seen_by

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

    from pehra.mandate.viewers import Viewer

_MOST_HOPS = 8
MANY = 10_001
_LARGEST = 2**63 - 1
_APART = frozenset(
    {"reasons", "team", "organisation", "organisation_name", "like", "into", "case"}
)  # fmt: skip


class ClusterLine(msgspec.Struct, frozen=True, kw_only=True):
    """A cluster in a list; fields as in `models.report.Cluster`."""

    id: int
    kind: str
    state: str
    title: str
    grade: int
    suggestion: str
    score: float
    reasons: tuple[str, ...]
    reports: int
    origins: int
    top: int
    gathered: bool
    fresh: int
    first_at: datetime
    last_at: datetime
    team: str
    organisation: str
    organisation_name: str
    like: int | None
    into: int | None
    case: int | None
    decided_at: datetime | None
    decided_by: str
    why: str

    @property
    def flood(self) -> bool:
        """Whether nearly all of it comes from one place."""
        return self.gathered or is_flood(self.reports, self.top)


class PartLine(msgspec.Struct, frozen=True):
    """A file that came with a report."""

    name: str
    media_type: str
    sha256: str
    size: int


class ReportLine(msgspec.Struct, frozen=True, kw_only=True):
    """A report as officers see it; not who reported it, only whether that can be opened.

    Attributes:
        contact: how often its contact was opened; null: it has none.
    """

    id: int
    number: str
    kind: str
    door: str
    at: datetime
    language: str
    url: str
    subject: str
    text: str
    robot: bool
    parts: tuple[PartLine, ...]
    contact: int | None


class Word(msgspec.Struct, frozen=True):
    """What reporters were told."""

    at: datetime
    verdict: str
    words: str


class Fate(msgspec.Struct, frozen=True, kw_only=True):
    """What whoever has the number may know. Nothing of what was reported is in it.

    Attributes:
        state: of its cluster, `rules.State`.
        others: reports of the same thing, beside it.
        told: what was said, the oldest first.
        closed: the case that it led to has ended.
    """

    number: str
    kind: str
    at: datetime
    state: str
    others: int
    told: tuple[Word, ...]
    closed: bool


class Counts(msgspec.Struct, frozen=True):
    """What waits: clusters nobody decided on, those older than the clock, and fresh ones since.

    Each is counted up to `MANY`.
    """

    open: int
    overdue: int
    fresh: int


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which clusters a list shows.

    Attributes:
        state: `rules.State`; empty: all.
        kind: `rules.Kind`; empty: all.
        before: only those that began before it, the oldest first: what is overdue.
        fresh: only those that got reports since they were decided on.
    """

    state: str = State.OPEN.value
    kind: str = ""
    before: datetime | None = None
    fresh: bool = False


def page(
    wanted: Wanted, *, viewer: Viewer, after: int | None = None, size: int = 50
) -> list[ClusterLine]:
    """Clusters in the order in which they are looked at, from the one after `after` on."""
    with seen_by(viewer):
        rows = Cluster.objects.all()
        if wanted.state:
            rows = rows.filter(state=wanted.state)
        if wanted.kind:
            rows = rows.filter(kind=wanted.kind)
        if wanted.fresh:
            rows = rows.filter(fresh__gt=0)
        if wanted.before is not None:
            rows = rows.filter(first_at__lt=wanted.before)
        rows = _from(rows, after, old=wanted.before is not None)
        return [_line(row) for row in _named(rows)[:size]]


def _from(rows: QuerySet[Cluster], after: int | None, *, old: bool) -> QuerySet[Cluster]:
    last = Cluster.objects.filter(pk=after).first() if after is not None else None
    if old:
        rows = rows.order_by("first_at", "id")
        if last is None:
            return rows
        return rows.filter(
            Q(first_at__gt=last.first_at) | Q(first_at=last.first_at, pk__gt=last.pk)
        )
    rows = rows.order_by("-grade", "-id")
    if last is None:
        return rows
    return rows.filter(Q(grade__lt=last.grade) | Q(grade=last.grade, pk__lt=last.pk))


def one(number: int, *, viewer: Viewer) -> ClusterLine | None:
    """A cluster that `viewer` may see; null: there is none."""
    if number > _LARGEST:
        return None
    with seen_by(viewer):
        row = _named(Cluster.objects.filter(pk=number)).first()
    return _line(row) if row else None


def next_of(line: ClusterLine, *, viewer: Viewer) -> int | None:
    """The open cluster that stands after one in the list; null: it was the last."""
    with seen_by(viewer):
        rows = _from(Cluster.objects.filter(state=State.OPEN), line.id, old=False)
        return rows.values_list("pk", flat=True).first()


def of_case(case: int, *, viewer: Viewer) -> list[ClusterLine]:
    """Clusters that led to a case or joined it."""
    with seen_by(viewer):
        return [_line(row) for row in _named(Cluster.objects.filter(case=case)).order_by("id")]


def _named(rows: QuerySet[Cluster]) -> QuerySet[Cluster]:
    return rows.defer("signature").select_related("team", "organisation")


def _line(row: Cluster) -> ClusterLine:
    told = {
        name: getattr(row, name) for name in ClusterLine.__struct_fields__ if name not in _APART
    }
    return ClusterLine(
        **told,
        reasons=tuple(str(reason) for reason in row.reasons),
        team=row.team.name if row.team else "",
        organisation=row.organisation.slug if row.organisation else "",
        organisation_name=row.organisation.name if row.organisation else "",
        like=row.like_id,
        into=row.into_id,
        case=row.case_id,
    )


def reports_of(
    cluster: int, *, viewer: Viewer, before: int | None = None, size: int = 20
) -> list[ReportLine]:
    """Reports of a cluster from the newest on, below the id `before`."""
    with seen_by(viewer):
        rows = Report.objects.filter(cluster=cluster).order_by("-id")
        if before is not None:
            rows = rows.filter(pk__lt=before)
        found = list(rows[:size])
        parts: dict[int, list[PartLine]] = {row.pk: [] for row in found}
        for one in ReportPart.objects.filter(report__in=found).order_by("id"):
            told = PartLine(one.name, one.media_type, one.sha256, one.size)
            parts[one.report_id].append(told)
        contacts = dict(
            ReportContact.objects.filter(report__in=found).values_list("report_id", "opened")
        )
    return [_report(row, parts[row.pk], contacts.get(row.pk)) for row in found]


def _report(row: Report, parts: list[PartLine], contact: int | None) -> ReportLine:
    names = ("id", "number", "kind", "door", "at", "language", "url", "subject", "text", "robot")
    told = {name: getattr(row, name) for name in names}
    return ReportLine(**told, parts=tuple(parts), contact=contact)


def shares(cluster: int, *, viewer: Viewer, most: int = 5) -> list[int]:
    """How many reports of a cluster came from each of the places that sent the most."""
    with seen_by(viewer):
        rows = ClusterOrigin.objects.filter(cluster=cluster).order_by("-reports")
        return list(rows.values_list("reports", flat=True)[:most])


def words_of(cluster: int, *, viewer: Viewer) -> list[Word]:
    """What reporters of a cluster were told, the oldest first."""
    with seen_by(viewer):
        return _words([cluster])


def _words(clusters: Iterable[int]) -> list[Word]:
    rows = Told.objects.filter(cluster__in=list(clusters)).order_by("at", "id")
    return [Word(row.at, row.verdict, row.words) for row in rows]


def cluster_of(number: str, *, viewer: Viewer) -> int | None:
    """The cluster of the report with a number, for an officer; null: none that is seen."""
    with seen_by(viewer):
        rows = Report.objects.filter(number=number)
        return rows.values_list("cluster_id", flat=True).first()


def counts(*, viewer: Viewer, before: datetime) -> Counts:
    """What waits; `before`: what began earlier is overdue."""
    with seen_by(viewer):
        waiting = Cluster.objects.filter(state=State.OPEN)
        every = (
            waiting,
            waiting.filter(first_at__lt=before),
            Cluster.objects.filter(fresh__gt=0),
        )
        return Counts(*(rows.values("pk")[:MANY].count() for rows in every))


@as_system()
def fate(number: str) -> Fate | None:
    """What became of the report with a number; null: there is none.

    Whoever has the number may ask; so it gives no word of the report itself.
    """
    row = Report.objects.filter(number=number).select_related("cluster__case").first()
    if row is None:
        return None
    chain, end = [row.cluster], row.cluster
    while end.into_id is not None and len(chain) < _MOST_HOPS:
        end = Cluster.objects.select_related("case").get(pk=end.into_id)
        chain.append(end)
    others = sum(one.reports for one in chain) - 1
    return Fate(
        number=row.number,
        kind=Kind(row.kind).value,
        at=row.at,
        state=end.state,
        others=0 if row.cluster.gathered else others,
        told=tuple(_words(one.pk for one in chain)),
        closed=end.case is not None and end.case.closed_at is not None,
    )


def is_known_writer(case: int, author: str, *, viewer: Viewer) -> bool:
    """Whether an officer wrote to this address in the case, or wrote down a mail of it."""
    with seen_by(viewer):
        rows = Mail.objects.filter(case=case, author__iexact=author.strip()[:254], trusted=True)
        return rows.exists()
