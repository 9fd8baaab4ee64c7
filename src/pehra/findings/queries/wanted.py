"""Which findings: the filter of lists, exports and bulk acts, and the rows that it means."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 msgspec reads the annotation when it runs
from typing import TYPE_CHECKING, Any

import msgspec
from django.db import connection
from django.db.models import F, Q, Value
from django.db.models.functions import Concat

from pehra.findings.keys import keys_of_asset, secret_of
from pehra.findings.models import Finding, SourceNumber
from pehra.findings.models.epochs import Epoch, in_any_epoch
from pehra.findings.queries.names import naming
from pehra.findings.rules import STANDING, State
from pehra.kernel.labels import Severity  # noqa: TC001 msgspec reads the annotation when it runs
from pehra.kernel.settings import home_path
from pehra.mandate.tenancy import seen_by

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from pehra.mandate.viewers import Viewer

UNRESOLVED = STANDING - {State.EXCEPTION}
"""States in which somebody still has to do something."""


class Filter(msgspec.Struct, frozen=True):
    """Which findings; an empty field does not narrow.

    Attributes:
        states: any of these.
        severities: any of these.
        organisation: slug of the holder.
        team: slug of the lead team.
        identifier: exactly, such as `open-telnet`.
        what: a family or a CVE, among those that the finding names.
        asset: exactly: an address, a host name, or `pool N`.
        source: slug of a source that reported it.
        since: seen at or after this moment.
        until: seen last at or before this moment.
        asn: origin network.
        unheld: only those whose holder is not known.
        overdue: only those whose deadline is at or before this moment.
        due_after: only those whose deadline is after this moment.
        assignee: account of the one who works on it; 0: nobody does.
        numbers: any of these, where somebody picked them one by one.
    """

    states: frozenset[State] = frozenset()
    severities: frozenset[Severity] = frozenset()
    organisation: str = ""
    team: str = ""
    identifier: str = ""
    what: str = ""
    asset: str = ""
    source: str = ""
    since: datetime | None = None
    until: datetime | None = None
    asn: int | None = None
    unheld: bool = False
    overdue: datetime | None = None
    due_after: datetime | None = None
    assignee: int | None = None
    numbers: tuple[int, ...] = ()


def _source_bit(slug: str) -> int:
    found = SourceNumber.objects.filter(slug=slug).values_list("number", flat=True).first()
    return 0 if found is None else 1 << min(found, 62)


def _conditions(wanted: Filter) -> Q:
    exact: dict[str, Any] = {
        "organisation__slug": wanted.organisation,
        "seen__last_seen__gte": wanted.since,
        "seen__last_seen__lte": wanted.until,
        "asn": wanted.asn,
        "organisation__isnull": wanted.unheld,
        "due_at__lte": wanted.overdue,
        "due_at__gt": wanted.due_after,
        "assignee": wanted.assignee,
        "id__in": wanted.numbers,
    }
    narrowed = Q(**{name: value for name, value in exact.items() if value})
    if of_a_holder(wanted):
        narrowed &= in_any_epoch()
    return narrowed & _on_asset(wanted.asset) if wanted.asset else narrowed


def of_a_holder(wanted: Filter) -> bool:
    """Whether the filter names whoever holds the asset, or nobody."""
    return bool(wanted.organisation) or wanted.unheld


def _led_and_named(rows: QuerySet[Finding], wanted: Filter) -> QuerySet[Finding]:
    """Narrow by team and identifier; beside a holder not by their indexes, which lead to more."""
    exact = {"team__slug": wanted.team, "identifier": wanted.identifier}
    for name, value in exact.items():
        if value and of_a_holder(wanted):
            looked_at = Concat(name, Value(""))
            rows = rows.alias(**{f"{name}_of": looked_at}).filter(**{f"{name}_of": value})
        elif value:
            rows = rows.filter(**{name: value})
    return rows


def _on_asset(asset: str) -> Q:
    """Findings on an asset: the index on the key finds them, and those that gave their key up."""
    least, most = keys_of_asset(asset, secret_of(home_path()))
    keyed = Q(key__gte=least, key__lte=most) | Q(key__isnull=True)
    return keyed & Q(asset=asset)


_INDEXED = ("organisation", "unheld", "team", "identifier", "what", "asset", "assignee", "numbers")
"""Fields of the filter whose index leads to fewer rows than those on state and severity."""


def _among(
    rows: QuerySet[Finding],
    name: str,
    values: frozenset[State] | frozenset[Severity],
    *,
    narrow: bool,
) -> QuerySet[Finding]:
    """Narrow to one value by its index, or to several by looking at rows in their order.

    The index on a value gives its rows in order of id; for several values SQLite would take it
    too, and sort all that it finds, and where another index leads to fewer rows (`narrow`) it may
    still take this one. The sum keeps it from that.
    """
    if len(values) == 1 and not narrow:
        return rows.filter(**{name: next(iter(values))})
    if values:
        return rows.annotate(**{f"{name}_of": F(name) + 0}).filter(
            **{f"{name}_of__in": sorted(values)}
        )
    return rows


def matching(wanted: Filter, viewer: Viewer) -> QuerySet[Finding]:
    """The rows; built inside the scope, so it may be read outside."""
    with seen_by(viewer):
        rows = _led_and_named(Finding.objects.filter(_conditions(wanted)), wanted)
        if wanted.assignee == 0:
            rows = rows.filter(assignee__isnull=True)
        narrow = not viewer.sees_all or any(getattr(wanted, name) for name in _INDEXED)
        rows = _among(rows, "state", wanted.states, narrow=narrow)
        rows = _among(rows, "severity", wanted.severities, narrow=narrow)
        if wanted.source:
            by_source = F("seen__sources").bitand(_source_bit(wanted.source))
            rows = rows.annotate(by_source=by_source).filter(by_source__gt=0)
        return naming(rows, wanted.what) if wanted.what else rows


def in_order(wanted: Filter, viewer: Viewer, *, newest_first: bool = True) -> QuerySet[Finding]:
    """The same by number, in an order that SQLite reads from the index that it seeks by."""
    rows, sign = matching(wanted, viewer), "-" if newest_first else ""
    own = not viewer.sees_all and viewer.organisations and not viewer.teams
    if connection.vendor == "sqlite" and (of_a_holder(wanted) or own):
        return rows.alias(epoch=Epoch("id")).order_by(f"{sign}epoch", f"{sign}id")
    return rows.order_by(f"{sign}id")
