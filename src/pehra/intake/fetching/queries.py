"""Sources as they are set and as they do, for those who see whole reports: national staff."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from pehra.engines.http.fetch import SECRET, Validators
from pehra.intake.discover import source as find_source
from pehra.intake.discover import sources
from pehra.intake.fetching.rules import RHYTHM, Rule, silent_since
from pehra.intake.models import (
    Batch,
    FetchedAddress,
    Mailbox,
    MailRule,
    SourceHealth,
    SourceSetting,
)
from pehra.kernel.errors import UsageError

if TYPE_CHECKING:
    from pehra.intake.source import Source
    from pehra.mandate.viewers import Viewer


class Plan(msgspec.Struct, frozen=True):
    """How a source is fetched, its module and its operator taken together."""

    source: str
    addresses: tuple[str, ...]
    every: timedelta
    enabled: bool
    folder: str

    @property
    def needs_key(self) -> bool:
        """Whether an address has a place for the publisher's key."""
        return any(SECRET in address for address in self.addresses)


class SourceState(msgspec.Struct, frozen=True):
    """A source as shown: what it is, how it is fetched, how it does. Times are UTC.

    Attributes:
        enabled: fetched when it is due.
        fetches: there is an address to fetch.
        last_success: its publisher last answered, or a file of it last came, and was read.
        last_new: a file last came that was not there yet.
        failures: tries in a row that failed.
        fault: what went wrong last, in words; empty after a success.
        silent_since: nothing came since then although it should have; None: all is well, or
            nothing is expected.
    """

    slug: str
    title: str
    role: str
    covers: str
    licence: str
    url: str
    every_seconds: int | None
    enabled: bool
    fetches: bool
    needs_key: bool
    folder: str
    last_try: datetime | None
    last_success: datetime | None
    last_new: datetime | None
    last_batch: str
    last_rows: int | None
    failures: int
    fault: str
    next_at: datetime | None
    silent_since: datetime | None


class Box(msgspec.Struct, frozen=True):
    """A mailbox as it is read; its password lies in the home's `keys`."""

    name: str
    host: str
    port: int
    security: str
    login: str
    folder: str
    every: timedelta
    uid_validity: int
    last_uid: int
    failures: int
    rules: tuple[Rule, ...]
    purpose: str


class BoxState(msgspec.Struct, frozen=True):
    """A mailbox as shown."""

    name: str
    host: str
    port: int
    security: str
    login: str
    folder: str
    enabled: bool
    every_seconds: int
    last_try: datetime | None
    last_success: datetime | None
    failures: int
    fault: str
    unclaimed: int
    purpose: str
    rules: tuple[Rule, ...]


def plan(slug: str) -> Plan:
    """How one source is fetched; raises `UsageError` where there is no such source."""
    return _plan(find_source(slug), SourceSetting.objects.filter(source=slug).first())


def _plan(one: Source, row: SourceSetting | None) -> Plan:
    seconds = row.every_seconds if row else None
    return Plan(
        source=one.slug,
        addresses=(row.address,) if row and row.address else one.fetch,
        every=timedelta(seconds=seconds) if seconds else one.every or RHYTHM,
        enabled=bool(row and row.enabled),
        folder=row.folder if row else "",
    )


def plans() -> list[Plan]:
    """How every source is fetched, in the order of the sources."""
    rows = SourceSetting.objects.in_bulk()
    return [_plan(one, rows.get(slug)) for slug, one in sources().items()]


def due(now: datetime) -> list[str]:
    """Slugs of the sources that are switched on and whose time has come."""
    later = SourceHealth.objects.filter(next_at__gt=now).values_list("source", flat=True)
    waits = set(later)
    return [
        one.source for one in plans() if one.enabled and one.addresses and one.source not in waits
    ]


def failures(slug: str) -> int:
    """Tries of a source in a row that failed."""
    return SourceHealth.objects.filter(source=slug).values_list("failures", flat=True).first() or 0


def known(slug: str, address: str) -> Validators:
    """What names the version of a file that was taken in last; empty where none was."""
    row = FetchedAddress.objects.filter(source=slug, address=address).first()
    return Validators(row.etag, row.last_modified) if row else Validators()


def came_before(slug: str, address: str, day: date) -> list[str]:
    """Batches to which the file at an address came when it was last new, all before a day."""
    row = FetchedAddress.objects.filter(source=slug, address=address).first()
    found = Batch.objects.filter(id__in=row.batches if row else [], received_at__date__lt=day)
    return list(found.order_by("received_at", "id").values_list("id", flat=True))


def arrivals(slug: str, most: int) -> list[datetime]:
    """When files of a source came last, the oldest first."""
    rows = Batch.objects.filter(source=slug).order_by("-received_at")
    return sorted(rows.values_list("received_at", flat=True)[:most])


def source_states(*, viewer: Viewer, now: datetime) -> list[SourceState]:
    """Every source and how it does; health is shown to those who see whole reports."""
    rows = SourceSetting.objects.in_bulk() if viewer.sees_all else {}
    healths = SourceHealth.objects.in_bulk() if viewer.sees_all else {}
    return [
        _state(one, rows.get(slug), healths.get(slug) or SourceHealth(source=slug, since=now), now)
        for slug, one in sources().items()
    ]


def _state(
    one: Source, row: SourceSetting | None, health: SourceHealth, now: datetime
) -> SourceState:
    told = _plan(one, row)
    rhythm = told.every if one.every or (row and row.every_seconds) or told.addresses else None
    # Without a setting, a source that ever came by hand or by mail is expected to go on.
    expected = rhythm is not None and (row is None or row.enabled)
    last, times = health.last_success or health.since, row.silent_after if row else 3
    return SourceState(
        slug=one.slug,
        title=one.title,
        role=one.role.value,
        covers=one.covers.value,
        licence=one.licence,
        url=one.url,
        every_seconds=int(rhythm.total_seconds()) if rhythm else None,
        enabled=told.enabled,
        fetches=bool(told.addresses),
        needs_key=told.needs_key,
        folder=told.folder,
        last_try=health.last_try,
        last_success=health.last_success,
        last_new=health.last_new,
        last_batch=health.last_batch,
        last_rows=health.last_rows,
        failures=health.failures,
        fault=health.fault,
        next_at=health.next_at,
        silent_since=silent_since(last, rhythm, times, now) if expected and rhythm else None,
    )


def box(name: str) -> Box:
    """One mailbox and its rules; raises `UsageError` where there is none of that name."""
    row = Mailbox.objects.filter(name=name).first()
    if row is None:
        message = f"There is no mailbox `{name}`."
        raise UsageError(message, mend="`pehra mailboxes` lists them.")
    return Box(
        name=row.name,
        host=row.host,
        port=row.port,
        security=row.security,
        login=row.login,
        folder=row.folder,
        every=timedelta(seconds=row.every_seconds),
        uid_validity=row.uid_validity,
        last_uid=row.last_uid,
        failures=row.failures,
        rules=_rules(name),
        purpose=row.purpose,
    )


def _rules(name: str) -> tuple[Rule, ...]:
    rows = MailRule.objects.filter(mailbox=name).order_by("place")
    return tuple(Rule(row.source, row.sender, row.subject, row.file, row.whole) for row in rows)


def boxes_due(now: datetime) -> list[str]:
    """Names of the mailboxes that are switched on and whose time has come."""
    found = Mailbox.objects.filter(enabled=True).exclude(next_at__gt=now).order_by("name")
    return list(found.values_list("name", flat=True))


def box_states(*, viewer: Viewer) -> list[BoxState]:
    """Mailboxes as they are set and as they do."""
    names = [name for name in BoxState.__struct_fields__ if name != "rules"]
    return [
        BoxState(**{name: getattr(row, name) for name in names}, rules=_rules(row.name))
        for row in (Mailbox.objects.order_by("name") if viewer.sees_all else ())
    ]
