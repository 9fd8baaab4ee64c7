"""All that the page of one case shows, read for its viewer: a case and those merged into it.

Counts come from indexes and long lists by the page, so that a case of ten thousand findings and a
timeline of years costs no more than a small one.
"""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 msgspec reads the annotation when it runs
from typing import TYPE_CHECKING, Any

import msgspec
from django.db.models import F, Q

from pehra.cases.models.case import Deadline, Entry, Grade, Join, Link, Mail, Party, Statement, Task
from pehra.cases.queries.family import numbers_of
from pehra.cases.queries.state import counts_of
from pehra.cases.rules import PartyRole
from pehra.mandate.tenancy import seen_by

if TYPE_CHECKING:
    from collections.abc import Collection

    from django.db.models import QuerySet

    from pehra.mandate.viewers import Viewer

_MOST = 100
"""Of what has ended, and of claims and joins, on a page; what is open is shown whole."""


class PartyView(msgspec.Struct, frozen=True, kw_only=True):
    """A team or an organisation in a case."""

    case: int
    team: int | None
    organisation: int | None
    slug: str
    name: str
    name_ur: str
    role: str
    since: datetime


class EntryView(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a timeline; fields as in `models.case.Entry`."""

    id: int
    case: int
    at: datetime
    recorded_at: datetime
    kind: str
    by: str
    office: str
    tlp: str
    text: str
    facts: dict[str, Any]
    shared: bool


class DeadlineView(msgspec.Struct, frozen=True, kw_only=True):
    """A clock; fields as in `models.case.Deadline`."""

    id: int
    case: int
    kind: str
    started_at: datetime
    due_at: datetime
    unconfirmed: bool
    fired_at: datetime | None
    met_at: datetime | None
    met_by: str

    @property
    def running(self) -> bool:
        """Whether it is still to be met."""
        return self.met_at is None


class TaskView(msgspec.Struct, frozen=True, kw_only=True):
    """A task; fields as in `models.case.Task`."""

    id: int
    case: int
    title: str
    after_action: bool
    step: str
    assignee: str
    opened_at: datetime
    due_at: datetime | None
    done_at: datetime | None
    done_by: str
    outcome: str


class StatementView(msgspec.Struct, frozen=True, kw_only=True):
    """A claim or a suspicion; fields as in `models.case.Statement`."""

    id: int
    case: int
    suspicion: bool
    text: str
    said_by: str
    confidence: str
    state: str
    said_at: datetime
    judged_by: str
    judged_at: datetime | None
    why: str
    evidence: str
    """What it rests on, as `finding 12`; empty: nothing."""


class MailView(msgspec.Struct, frozen=True, kw_only=True):
    """A message; fields as in `models.case.Mail`."""

    id: int
    case: int
    thread: str
    outgoing: bool
    author: str
    recipient: str
    subject: str
    text: str
    at: datetime
    matched: str
    trusted: bool


class LinkView(msgspec.Struct, frozen=True, kw_only=True):
    """A link; fields as in `models.case.Link`."""

    id: int
    case: int
    kind: str
    ref: str
    note: str
    at: datetime
    by: str


class JoinView(msgspec.Struct, frozen=True, kw_only=True):
    """A merge or a split; fields as in `models.case.Join`."""

    id: int
    case: int
    other: int
    kind: str
    at: datetime
    by: str
    why: str
    undone_at: datetime | None


class GradeView(msgspec.Struct, frozen=True, kw_only=True):
    """The newest grade; fields as in `models.case.Grade`."""

    severity: int
    axes: dict[str, str]
    score: float | None
    suggested: int | None
    why: str
    at: datetime
    by: str
    confirmed_by: str


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a page of long lists begins: after which line, link and message; null: the newest.

    `links`: only of this kind.
    """

    entry: int | None = None
    link: int | None = None
    links: str = ""
    mail: int | None = None
    size: int = 50


class Whole(msgspec.Struct, frozen=True, kw_only=True):
    """Everything on the page. Of long lists one more than is shown, so that a page knows of more.

    Attributes:
        works: the viewer's team is in the case, so that all of it is seen.
        worst: the worst grade that ever stood here; null: none did. It says who closes the case.
        numbers: the case, and those merged into it.
    """

    numbers: tuple[int, ...]
    works: bool
    parties: list[PartyView]
    entries: list[EntryView]
    deadlines: list[DeadlineView]
    tasks: list[TaskView]
    statements: list[StatementView]
    mails: list[MailView]
    links: list[LinkView]
    joins: list[JoinView]
    grade: GradeView | None
    worst: int | None
    counts: dict[str, int]


def whole(number: int, place: Place, *, viewer: Viewer) -> Whole:
    """What the page of a case shows, as far as `viewer` sees it."""
    with seen_by(viewer):
        numbers = numbers_of(number)
        parties = _parties(numbers)
        works = viewer.sees_all or any(one.team is not None for one in parties)
        grade, worst = _grades(number) if works else (None, None)
        return Whole(
            numbers=tuple(numbers),
            works=works,
            parties=parties,
            entries=_entries(numbers, place),
            deadlines=_views(_clocks(numbers), DeadlineView, None),
            statements=_statements(numbers),
            tasks=_views(_tasks(numbers), TaskView, None) if works else [],
            mails=_mails(numbers, place) if works else [],
            links=_links(numbers, place) if works else [],
            joins=_joins(numbers) if works else [],
            grade=grade,
            worst=worst,
            counts=counts_of(numbers) if works else {},
        )


def _views(rows: QuerySet[Any], kind: type[Any], size: int | None) -> list[Any]:
    names = [name for name in kind.__struct_fields__ if name != "case"]
    return [kind(case=row.pop("case_id"), **row) for row in rows.values("case_id", *names)[:size]]


def _parties(numbers: Collection[int]) -> list[PartyView]:
    names = ("case_id", "team_id", "organisation_id", "role", "since")
    of = [f"{side}__{name}" for side in ("team", "organisation") for name in
          ("slug", "name", "name_ur")]  # fmt: skip
    rows = Party.objects.filter(case__in=numbers).order_by("case_id", "pk")
    return [
        PartyView(
            case=row["case_id"],
            team=row["team_id"],
            organisation=row["organisation_id"],
            role=row["role"],
            since=row["since"],
            **{
                name: row[f"{'team' if row['team_id'] else 'organisation'}__{name}"]
                for name in ("slug", "name", "name_ur")
            },
        )
        for row in rows.values(*names, *of)
    ]


def _entries(numbers: Collection[int], place: Place) -> list[EntryView]:
    rows = Entry.objects.filter(case__in=numbers)
    edge = rows.filter(pk=place.entry).values_list("at", "pk").first() if place.entry else None
    if edge is not None:
        rows = rows.filter(Q(at__lt=edge[0]) | Q(at=edge[0], pk__lt=edge[1]))
    found: list[EntryView] = _views(rows.order_by("-at", "-pk"), EntryView, place.size + 1)
    return found


def _clocks(numbers: Collection[int]) -> QuerySet[Deadline]:
    rows = Deadline.objects.filter(case__in=numbers, dropped_at__isnull=True)
    met = rows.filter(met_at__isnull=False).order_by("-met_at", "-pk").values("pk")[:_MOST]
    shown = rows.filter(Q(met_at__isnull=True) | Q(pk__in=met))
    return shown.order_by(F("met_at").asc(nulls_first=True), "due_at", "pk")


def _tasks(numbers: Collection[int]) -> QuerySet[Task]:
    rows = Task.objects.filter(case__in=numbers)
    done = rows.filter(done_at__isnull=False).order_by("-done_at", "-pk").values("pk")[:_MOST]
    shown = rows.filter(Q(done_at__isnull=True) | Q(pk__in=done))
    order = F("done_at").desc(nulls_first=True), F("due_at").asc(nulls_last=True)
    return shown.order_by(*order, "pk")


def _statements(numbers: Collection[int]) -> list[StatementView]:
    names = [name for name in StatementView.__struct_fields__ if name not in ("case", "evidence")]
    rows = Statement.objects.filter(case__in=numbers).order_by("pk")
    return [
        StatementView(
            case=row.pop("case_id"),
            evidence=" ".join(filter(None, (row.pop("evidence__kind"), row.pop("evidence__ref")))),
            **row,
        )
        for row in rows.values("case_id", "evidence__kind", "evidence__ref", *names)[:_MOST]
    ]


def _mails(numbers: Collection[int], place: Place) -> list[MailView]:
    rows = Mail.objects.filter(case__in=numbers)
    if place.mail is not None:
        rows = rows.filter(pk__lt=place.mail)
    found: list[MailView] = _views(rows.order_by("-pk"), MailView, _FEW + 1)
    return found


_FEW = 20
"""Of what a page shows a part of, with a link to the rest: messages and links."""


def _links(numbers: Collection[int], place: Place) -> list[LinkView]:
    rows = Link.objects.filter(case__in=numbers)
    if place.links:
        rows = rows.filter(kind=place.links)
    if place.link is not None:
        rows = rows.filter(pk__lt=place.link)
    found: list[LinkView] = _views(rows.order_by("-pk"), LinkView, _FEW + 1)
    return found


def _joins(numbers: Collection[int]) -> list[JoinView]:
    names = [name for name in JoinView.__struct_fields__ if name not in ("case", "other")]
    rows = Join.objects.filter(Q(case__in=numbers) | Q(other__in=numbers)).order_by("-pk")
    return [
        JoinView(case=row.pop("case_id"), other=row.pop("other_id"), **row)
        for row in rows.values("case_id", "other_id", *names)[:_MOST]
    ]


def _grades(number: int) -> tuple[GradeView | None, int | None]:
    """The newest grade, and the worst that stood."""
    rows = list(Grade.objects.filter(case=number).order_by("pk"))
    if not rows:
        return None, None
    newest = GradeView(**{name: getattr(rows[-1], name) for name in GradeView.__struct_fields__})
    return newest, min((row.severity for row in rows if row.confirmed_at), default=None)


def is_offered(parties: Collection[PartyView], teams: Collection[int]) -> bool:
    """Whether the lead is offered to one of these teams."""
    return any(one.role == PartyRole.OFFERED and one.team in teams for one in parties)
