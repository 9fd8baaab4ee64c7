"""Findings as their readers see them: pages by key, totals, exports, and one in full.

Every function opens the reader's scope itself (`pehra.mandate.tenancy`), so rows of others are
absent from lists, totals, choices and exports alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.db.models import Count, Max

from pehra.findings.models import SourceNumber, Step
from pehra.findings.queries.wanted import UNRESOLVED, Filter, in_order, matching
from pehra.findings.rules import State
from pehra.kernel.labels import Severity
from pehra.kernel.time import iso
from pehra.mandate.tenancy import seen_by

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from pehra.mandate.viewers import Viewer

_FIRST_CHUNK, _EXPORT_CHUNK = 200, 5_000
LARGEST = 2**63 - 1
"""What fits a row's number."""
_NEWEST = 2_000


class Row(msgspec.Struct, frozen=True):
    """A finding in a list; moments are aware, UTC."""

    id: int
    identifier: str
    what: str
    asset: str
    asset_kind: int
    port: int | None
    state: int
    due_at: datetime | None
    severity: int
    first_seen: datetime
    last_seen: datetime
    count: int
    organisation: str | None
    organisation_ur: str | None
    organisation_slug: str | None
    team: str | None
    team_ur: str | None
    assignee: int | None


ROW = (
    "id",
    "identifier",
    "what",
    "asset",
    "asset_kind",
    "port",
    "state",
    "due_at",
    "severity",
    "seen__first_seen",
    "seen__last_seen",
    "seen__count",
    "organisation__name",
    "organisation__name_ur",
    "organisation__slug",
    "team__name",
    "team__name_ur",
    "assignee",
)


class Page(msgspec.Struct, frozen=True):
    """Rows, newest first, with the numbers of the first and last for the pages around it."""

    rows: list[Row]
    first: int | None
    last: int | None
    has_next: bool
    """Older rows exist."""
    has_previous: bool
    """Newer rows exist."""


class FindingView(msgspec.Struct, frozen=True):
    """A finding in full; moments are aware, UTC."""

    row: Row
    lake_key: int | None
    organisation_id: int | None
    rsit_class: str
    rsit_type: str
    exposed: bool
    asn: int | None
    country: str
    claim: int | None
    opened_at: datetime
    sources: tuple[str, ...]
    """Slugs of the sources that reported it."""
    last_covered: datetime | None
    covered_clean: int
    notified_at: datetime | None
    answered_at: datetime | None
    fix_claimed_at: datetime | None
    gone_at: datetime | None
    relapses: int
    previous: int | None
    """The finding of the holder before; None also where the reader may not see that one."""


_VIEW = (
    "lake_key",
    "organisation_id",
    "rsit_class",
    "rsit_type",
    "exposed",
    "asn",
    "country",
    "claim",
    "opened_at",
    "seen__sources",
    "last_covered",
    "covered_clean",
    "notified_at",
    "answered_at",
    "fix_claimed_at",
    "gone_at",
    "relapses",
    "previous",
)


def sources() -> list[str]:
    """Slugs of every source that ever reported a finding, for a list of choices."""
    return list(SourceNumber.objects.order_by("slug").values_list("slug", flat=True))


def _sources(bits: int) -> tuple[str, ...]:
    numbers = SourceNumber.objects.order_by("number", "slug").values_list("slug", "number")
    return tuple(slug for slug, number in numbers if bits >> min(number, 62) & 1)


def page(
    wanted: Filter,
    *,
    viewer: Viewer,
    after: int | None = None,
    before: int | None = None,
    size: int = 50,
) -> Page:
    """One page, newest first: the rows after (older than) or before (newer than) a number."""
    upwards = before is not None and after is None
    rows = in_order(wanted, viewer, newest_first=not upwards)
    if upwards:
        rows = rows.filter(id__gt=before)
    elif after is not None:
        rows = rows.filter(id__lt=after)
    found = [Row(*values) for values in rows.values_list(*ROW)[: size + 1]]
    more, shown = len(found) > size, found[:size]
    if upwards:
        shown.reverse()
    return Page(
        rows=shown,
        first=shown[0].id if shown else None,
        last=shown[-1].id if shown else None,
        has_next=bool(shown) and (upwards or more),
        has_previous=bool(shown) and (more if upwards else after is not None),
    )


def total(wanted: Filter, *, viewer: Viewer, limit: int = 10_000) -> int:
    """How many; counting stops at `limit` + 1, so a page over millions stays quick."""
    return matching(wanted, viewer).order_by()[: limit + 1].count()


def most_overdue(organisation: str, *, viewer: Viewer, now: datetime, size: int = 5) -> list[Row]:
    """Those of one holder's findings whose deadline passed longest ago."""
    wanted = Filter(states=UNRESOLVED, organisation=organisation, overdue=now)
    rows = matching(wanted, viewer).order_by("due_at", "id")
    return [Row(*values) for values in rows.values_list(*ROW)[:size]]


EXPORT_HEADER = (
    "finding",
    "severity",
    "state",
    "identifier",
    "what",
    "asset",
    "port",
    "organisation",
    "organisation_slug",
    "team",
    "first_seen",
    "last_seen",
    "count",
    "due_at",
)


def every(wanted: Filter, *, viewer: Viewer) -> Iterator[Row]:
    """Every row of the filter, newest first.

    Chunk after chunk by number, so that a slow reader holds no snapshot of the database open, and
    the first row leaves before the last is looked for. What arrives meanwhile is left out.
    """
    rows, below, chunk = in_order(wanted, viewer), LARGEST, _FIRST_CHUNK
    while found := list(rows.filter(id__lt=below).values_list(*ROW)[:chunk]):
        yield from (Row(*values) for values in found)
        below, chunk = found[-1][0], _EXPORT_CHUNK


def export(wanted: Filter, *, viewer: Viewer) -> Iterator[tuple[str | int | None, ...]]:
    """A header and every row of the filter, newest first."""
    yield EXPORT_HEADER
    yield from map(exported, every(wanted, viewer=viewer))


def exported(row: Row) -> tuple[str | int | None, ...]:
    """A row as it leaves, in the order of `EXPORT_HEADER`; times are RFC 3339 in UTC."""
    return (
        f"F{row.id}",
        Severity(row.severity).word,
        State(row.state).word,
        row.identifier,
        row.what,
        row.asset,
        row.port,
        row.organisation,
        row.organisation_slug,
        row.team,
        iso(row.first_seen),
        iso(row.last_seen),
        row.count,
        iso(row.due_at) if row.due_at else None,
    )


def one(number: int, *, viewer: Viewer) -> FindingView | None:
    """A finding in full; None where it is absent or another's."""
    rows = matching(Filter(), viewer)
    values = rows.filter(id=number).values_list(*ROW, *_VIEW).first()
    if values is None:
        return None
    row, rest = Row(*values[: len(ROW)]), dict(zip(_VIEW, values[len(ROW) :], strict=True))
    previous = rest.pop("previous")
    if previous is not None and not rows.filter(id=previous).exists():
        previous = None
    bits = rest.pop("seen__sources")
    return FindingView(row=row, sources=_sources(bits), previous=previous, **rest)


class Stepped(msgspec.Struct, frozen=True):
    """A change of a finding's state, as `pehra.findings.models.Step` keeps it."""

    at: datetime
    state: int
    by: str
    why: str


def steps(number: int, *, viewer: Viewer, limit: int = 100) -> list[Stepped]:
    """Changes of a finding's state, the newest first; none where it is another's."""
    with seen_by(viewer):
        rows = Step.objects.filter(finding_id=number).order_by("-at", "-id")
    values = rows.values_list("at", "state", "by", "why")[:limit]
    return [Stepped(at, state, by, why) for at, state, by, why in values if at is not None]


def open_by_severity(*, viewer: Viewer) -> dict[str, int]:
    """How many findings need somebody, by the word of their severity."""
    rows = matching(Filter(states=UNRESOLVED), viewer).order_by()
    counted = rows.values_list("severity").annotate(found=Count("id"))
    return {Severity(severity).word: found for severity, found in counted}


def identifiers(*, viewer: Viewer) -> list[str]:
    """Identifiers among the newest that the reader sees, for a list of suggestions.

    Looking through all of a million rows for every list would cost more than the list itself.
    """
    found = in_order(Filter(), viewer).values_list("identifier", flat=True)
    return sorted(set(found[:_NEWEST]))


class Unheld(msgspec.Struct, frozen=True):
    """Findings of one network that nobody is known to answer for."""

    asn: int | None
    country: str
    findings: int
    worst: int
    last_seen: datetime


def unheld_networks(*, viewer: Viewer, limit: int = 100) -> list[Unheld]:
    """Networks with open findings and no known holder, those with most findings first."""
    rows = matching(Filter(states=UNRESOLVED, unheld=True), viewer).order_by()
    counted = rows.values_list("asn", "country").annotate(
        findings=Count("id"), worst=Max("severity"), last=Max("seen__last_seen")
    )
    return [Unheld(*values) for values in counted.order_by("-findings", "asn")[:limit]]
