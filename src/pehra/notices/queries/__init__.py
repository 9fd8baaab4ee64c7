"""Rounds, notices and answers for their readers, and what a planning must know of those before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import msgspec
import polars as pl
from django.db.models import Count, Max, Q, Sum

from pehra.kernel.labels import Severity
from pehra.mandate.tenancy import as_system, seen_by
from pehra.mandate.viewers import SYSTEM_VIEWER
from pehra.notices.models import Answer, Approval, Named, Notice, Party, Round
from pehra.notices.rules import Contact, Kind, Sent, Size
from pehra.registry.queries.contacts import reachable_contacts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

    from pehra.mandate.viewers import Viewer

_REMEMBERED = timedelta(days=15)
_USUAL_OF = 5
_WENT_OUT = (Round.State.RELEASED,)


class RoundView(msgspec.Struct, frozen=True):
    """A round; fields as in `models.Round`."""

    id: int
    at: datetime
    state: str
    urgent: bool
    rung: int
    exercise: bool
    scenario: str
    begun_by: str
    recipients: int
    findings: int
    untold: int
    unapproved: int
    held_why: str
    decided_by: str
    decided_at: datetime | None
    released_at: datetime | None


class NoticeView(msgspec.Struct, frozen=True):
    """A notice; fields as in `models.Notice`."""

    id: int
    round: int
    kind: str
    rung: int
    mailbox: str
    contact: int
    language: str
    why: str
    severity: int
    findings: int
    state: str
    refused_why: str
    planned_at: datetime
    released_at: datetime | None
    envelope: int | None
    answered_at: datetime | None
    exercise: bool
    scenario: str


class PartyView(msgspec.Struct, frozen=True):
    """An organisation that a notice speaks to."""

    organisation: int
    slug: str
    name: str
    name_ur: str
    team: int | None
    findings: int


class AnswerView(msgspec.Struct, frozen=True):
    """What was said to a notice; fields as in `models.Answer`, whose count may be of others too."""

    said: str
    how: str
    by: str
    words: str
    at: datetime


def contacts_at(organisations: Iterable[int], *, now: datetime) -> list[Contact]:
    """Those who can be told at each of `organisations`, by mail."""
    frame = reachable_contacts(organisations, viewer=SYSTEM_VIEWER, now=now)
    return [_contact(row) for row in frame.filter(pl.col("address") != "").iter_rows(named=True)]


def _contact(row: dict[str, Any]) -> Contact:
    names = ("contact", "organisation", "team", "purpose", "address", "language", "automatic")
    hours = {
        int(Severity[word.upper()]): given
        for word, given in row["intervals"].items()
        if given is not None
    }
    quiet = None if row["quiet_from"] is None else (row["quiet_from"], row["quiet_to"])
    return Contact(
        **{name: row[name] for name in (*names, "verified", "healthy", "business_days")},
        quiet=quiet,
        hours=hours,
        inhibits=tuple(row["inhibits"]),
    )


def _view(row: Any, kind: type[Any]) -> Any:  # noqa: ANN401 a row of any table and its view
    return kind(**{name: getattr(row, name) for name in kind.__struct_fields__})


_OF_THE_ROUND = ("exercise", "scenario")
_PLAIN = (
    frozenset(NoticeView.__struct_fields__)
    - {"round", "findings", "severity"}
    - frozenset(_OF_THE_ROUND)
)


def _noticed(rows: QuerySet[Notice]) -> list[NoticeView]:
    """Views of `rows`: counts and worst severity are of the parties in the scope alone."""
    found = list(rows.select_related("round"))
    seen = {
        row["notice"]: (row["many"], row["worst"])
        for row in Party.objects.filter(notice__in=[row.pk for row in found])
        .order_by()
        .values("notice")
        .annotate(many=Sum("findings"), worst=Max("severity"))
    }
    return [
        NoticeView(
            round=row.round_id,
            findings=seen[row.pk][0],
            severity=seen[row.pk][1],
            **{name: getattr(row, name) for name in _PLAIN},
            **{name: getattr(row.round, name) for name in _OF_THE_ROUND},
        )
        for row in found
        if row.pk in seen
    ]


def round_of(number: int) -> RoundView | None:
    """One round."""
    row = Round.objects.filter(pk=number).first()
    return None if row is None else cast("RoundView", _view(row, RoundView))


def rounds(
    *, before: int | None = None, size: int = 50, exercises: bool = False
) -> list[RoundView]:
    """The newest rounds, for those who send; or only those that are exercises."""
    rows = Round.objects.exclude(state=Round.State.WRITING).order_by("-pk")
    if exercises:
        rows = rows.filter(exercise=True)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return [_view(row, RoundView) for row in rows[:size]]


def standing_round(*, urgent: bool, rung: int = 0) -> RoundView | None:
    """The round of a kind that waits for a person or for the worker; exercises are none."""
    waiting = (Round.State.HELD, Round.State.READY)
    rows = Round.objects.filter(urgent=urgent, rung=rung, state__in=waiting, exercise=False)
    row = rows.order_by("-pk").first()
    return None if row is None else cast("RoundView", _view(row, RoundView))


def sizes(*, urgent: bool, hour: int | None, now: datetime, rung: int = 0) -> list[Size]:
    """Sizes of the rounds of a kind that went out, the newest last.

    Args:
        urgent: which kind.
        hour: of the day, UTC, of routine rounds; null: of any.
        now: urgent rounds are added up by day, and today is left out.
        rung: of the ladder.
    """
    rows = Round.objects.filter(urgent=urgent, rung=rung, state__in=_WENT_OUT, exercise=False)
    if hour is not None:
        # A day is never so like the day before as the same hour of both.
        rows = rows.filter(at__hour=hour)
    newest = list(
        rows.order_by("-at").values_list("at", "recipients", "findings")[: _USUAL_OF * 20]
    )
    if not urgent:
        return [Size(recipients, findings) for _, recipients, findings in newest[:_USUAL_OF]][::-1]
    days: dict[Any, Size] = {}
    for at, recipients, findings in newest:
        day = at.astimezone(UTC).date()
        if day == now.astimezone(UTC).date():
            continue
        known = days.get(day, Size(0, 0))
        days[day] = Size(known.recipients + recipients, known.findings + findings)
    return [days[day] for day in sorted(days)][-_USUAL_OF:]


def sent_today(now: datetime) -> Size:
    """What urgent rounds sent since midnight, UTC."""
    start = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    rows = Round.objects.filter(urgent=True, state__in=_WENT_OUT, exercise=False, at__gte=start)
    told = list(rows.values_list("recipients", "findings"))
    return Size(sum(one for one, _ in told), sum(many for _, many in told))


def last_sent(now: datetime) -> dict[str, Sent]:
    """When each mailbox was last sent something routine, within fifteen days."""
    with as_system():
        rows = (
            Notice.objects.filter(
                planned_at__gte=now - _REMEMBERED,
                state=Notice.State.RELEASED,
                rung=0,
                round__exercise=False,
            )
            .order_by()
            .values("mailbox")
            .annotate(
                digest=Max("released_at", filter=Q(kind=Kind.DIGEST)),
                weekly=Max("released_at", filter=Q(kind=Kind.WEEKLY)),
            )
        )
        return {
            row["mailbox"]: Sent(row["digest"], row["weekly"])
            for row in rows
            if row["digest"] or row["weekly"]
        }


def approved(kind: str) -> frozenset[str]:
    """Names of the sources, templates or rules that two persons have approved."""
    rows = Approval.objects.filter(kind=kind, second_at__isnull=False)
    return frozenset(rows.values_list("name", flat=True))


def approvals() -> list[Approval]:
    """Everything that was ever put to approval."""
    return list(Approval.objects.order_by("kind", "name"))


def notices(
    *, viewer: Viewer, round_: int | None = None, before: int | None = None, size: int = 50
) -> list[NoticeView]:
    """Notices that name an organisation the viewer may see, the newest first."""
    with seen_by(viewer):
        rows = Notice.objects.order_by("-pk")
        rows = (
            rows.filter(round=round_)
            if round_ is not None
            else rows.exclude(
                round__state__in=(Round.State.WRITING, Round.State.PREVIEW, Round.State.DROPPED)
            )
        )
        if before is not None:
            rows = rows.filter(pk__lt=before)
        return _noticed(rows[:size])


def one(number: int, *, viewer: Viewer) -> NoticeView | None:
    """One notice."""
    with seen_by(viewer):
        found = _noticed(Notice.objects.filter(pk=number))
        return found[0] if found else None


def parties(number: int, *, viewer: Viewer) -> list[PartyView]:
    """The organisations of a notice that the viewer may see."""
    with seen_by(viewer):
        rows = Party.objects.filter(notice=number).select_related("organisation")
        return [
            PartyView(
                row.organisation_id,
                row.organisation.slug,
                row.organisation.name,
                row.organisation.name_ur,
                row.team_id,
                row.findings,
            )
            for row in rows.order_by("organisation__slug")
        ]


def sees_whole(number: int, *, viewer: Viewer) -> bool:
    """Whether the viewer may see every party of a notice, and so read its words."""
    with as_system():
        everybody = Party.objects.filter(notice=number).count()
    with seen_by(viewer):
        return everybody == Party.objects.filter(notice=number).count() > 0


def findings_of(number: int, *, viewer: Viewer) -> list[int]:
    """Ids of the findings of a notice that the viewer may see, in order."""
    with seen_by(viewer):
        rows = Named.objects.filter(notice=number)
        return sorted(rows.values_list("finding_id", flat=True))


def notices_about(finding: int, *, viewer: Viewer) -> list[NoticeView]:
    """Notices that named a finding and went out, the oldest first; an exercise told nobody."""
    with seen_by(viewer):
        told = Named.objects.filter(finding=finding).values("notice")
        rows = Notice.objects.filter(
            pk__in=told, state=Notice.State.RELEASED, round__exercise=False
        )
        return _noticed(rows.order_by("pk"))


def answers(number: int, *, viewer: Viewer) -> list[AnswerView]:
    """What was said to a notice, the oldest first."""
    with seen_by(viewer):
        rows = Answer.objects.filter(notice=number).order_by("pk")
        return [_view(row, AnswerView) for row in rows]


def states_of(numbers: Iterable[int]) -> dict[str, int]:
    """Notices of rounds by state: what a round's page counts."""
    with as_system():
        rows = Notice.objects.filter(round__in=list(numbers)).order_by().values("state")
        return {row["state"]: row["count"] for row in rows.annotate(count=Count("pk"))}
