"""The one search box: whatever is typed, in one function, inside the reader's own rows.

Exact things (a number, an address, a host, a digest, a name of a fault) are looked up in indexes
that are there anyway, and families and CVEs in one of the few rows that name any, so that taking in
reports pays next to nothing for the search; only names of organisations have an index of words
(`pehra.mandate.queries.search`). What was reported of a network is asked of the lake.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from pehra.findings.asked import Asked, read
from pehra.findings.models import Finding
from pehra.findings.queries.lists import Row, identifiers, page, sources
from pehra.findings.queries.names import named_near
from pehra.findings.queries.wanted import Filter
from pehra.intake import discover
from pehra.intake import queries as intake
from pehra.kernel.ids import batch_id
from pehra.kernel.settings import home_path
from pehra.kernel.words import folded, words
from pehra.mandate.queries.search import Named, named, organisations_named, teams_named
from pehra.mandate.tenancy import seen_by
from pehra.observations import queries as observations
from pehra.registry import queries as registry

if TYPE_CHECKING:
    from collections.abc import Sized
    from datetime import date

    from pehra.mandate.viewers import Viewer

LOOK_BACK = timedelta(days=7)
"""How far back reports are looked through for an address or a network."""


class Holder(msgspec.Struct, frozen=True):
    """An organisation that was found: by its name, or by an asset that it holds."""

    id: int
    slug: str
    name: str
    name_ur: str
    asset: str = ""


class Report(msgspec.Struct, frozen=True):
    """A report that was found by its digest or number."""

    id: str
    file_name: str
    source: str


class Seen(msgspec.Struct, frozen=True):
    """What reports of the last days said of an address or a network.

    Attributes:
        rows: the newest: columns of `observations.queries.newest_in`, and `finding`, its number
            where the reader may see it.
        count: how many there are.
    """

    rows: list[dict[str, Any]]
    count: int


class Found(msgspec.Struct, frozen=True):
    """What was found; every list is of the reader's own rows, and no longer than the limit.

    Attributes:
        asked: what the text was taken for.
        findings: of the number, on the asset, in the network or of the CVE, newest first; any
            state.
        more: further findings on the asset or of the CVE exist.
        identifiers: names of faults that contain the words.
        whats: families and CVEs that contain the words.
        holders: organisations.
        teams: by name.
        reports: for those who may see reports.
        seen: of an address or a network.
    """

    asked: Asked
    findings: list[Row]
    more: bool
    identifiers: list[str]
    whats: list[str]
    holders: list[Holder]
    teams: list[Named]
    reports: list[Report]
    seen: Seen

    @property
    def count(self) -> int:
        """How many lines of any kind."""
        parts: tuple[Sized, ...] = (
            self.findings,
            self.identifiers,
            self.whats,
            self.holders,
            self.teams,
            self.reports,
            self.seen.rows,
        )
        return sum(len(part) for part in parts)


def search(text: str, *, viewer: Viewer, on: date, limit: int = 10) -> Found:
    """Everything that `viewer` may see and that `text` may mean.

    Args:
        text: as typed.
        viewer: who asks.
        on: today; reports of the seven days before it are looked through.
        limit: rows of each kind.
    """
    asked = read(text)
    seen = _seen(asked, viewer, on, limit)
    findings, more = _findings(asked, viewer, seen, limit)
    wordy = _is_words(asked)
    return Found(
        asked=asked,
        findings=findings,
        more=more,
        identifiers=_identifiers(asked, viewer, limit) if wordy else [],
        whats=_whats(asked, viewer, limit) if wordy and not asked.cve else [],
        holders=_holders(asked, viewer, limit),
        teams=teams_named(asked.text, viewer=viewer, limit=limit) if wordy else [],
        reports=_reports(asked, viewer),
        seen=seen,
    )


def _is_words(asked: Asked) -> bool:
    """Whether the text may be words of a name, and is not something exact."""
    return not (asked.held or asked.asset or asked.digest or asked.number is not None)


def _seen(asked: Asked, viewer: Viewer, on: date, limit: int) -> Seen:
    """The newest observations, each with its finding; the finding's own gate is asked again."""
    if not asked.network:
        return Seen([], 0)
    rows, count = observations.newest_in(
        home_path(), asked.network, viewer=viewer, since=on - LOOK_BACK, limit=limit
    )
    keys = [key for key in rows["finding_key"].unique().to_list() if key is not None]
    with seen_by(viewer):
        numbers = dict(Finding.objects.filter(key__in=keys).values_list("key", "id"))
    told = [row | {"finding": numbers.get(row["finding_key"])} for row in rows.to_dicts()]
    return Seen(told, count)


def _findings(asked: Asked, viewer: Viewer, seen: Seen, limit: int) -> tuple[list[Row], bool]:
    rows: list[Row] = []
    more = False
    if asked.number is not None:
        rows += page(Filter(numbers=(asked.number,)), viewer=viewer, size=1).rows
    if asked.asset or asked.cve:
        wanted = Filter(asset=asked.asset, what=asked.cve)
        found = page(wanted, viewer=viewer, size=limit)
        rows, more = rows + found.rows, found.has_next
    elif asked.network:
        numbers = {row["finding"] for row in seen.rows} - {None}
        if numbers:
            rows += page(Filter(numbers=tuple(numbers)), viewer=viewer, size=limit).rows
    return rows, more


def _identifiers(asked: Asked, viewer: Viewer, limit: int) -> list[str]:
    wanted = words(asked.text)
    if not wanted:
        return []
    near = [name for name in identifiers(viewer=viewer) if _contains(name, wanted)]
    exact = asked.identifier
    if exact and exact not in near:
        near += [exact] if page(Filter(identifier=exact), viewer=viewer, size=1).rows else []
    return sorted(near, key=lambda name: (name != exact, len(name), name))[:limit]


def _contains(name: str, wanted: list[str]) -> bool:
    text = folded(name)
    return all(word in text for word in wanted)


def _whats(asked: Asked, viewer: Viewer, limit: int) -> list[str]:
    with seen_by(viewer):
        return named_near(asked.text, Finding.objects.all(), limit=limit)


def _holders(asked: Asked, viewer: Viewer, limit: int) -> list[Holder]:
    held = registry.holders_of(asked.held, viewer=viewer, limit=limit)
    assets = {row.organisation: row.asset for row in reversed(held)}
    by_asset = named(dict.fromkeys(row.organisation for row in held))
    found = [_holder(one, assets[one.id]) for one in by_asset]
    if not _is_words(asked):
        return found
    by_name = organisations_named(asked.text, viewer=viewer, limit=limit)
    return [_holder(one) for one in by_name]


def _holder(one: Named, asset: str = "") -> Holder:
    return Holder(one.id, one.slug, one.name, one.name_ur, asset)


def _reports(asked: Asked, viewer: Viewer) -> list[Report]:
    """By number, or by digest: a batch's number is made of the digest and its source."""
    if not asked.digest:
        return []
    known = {*sources(), *discover.sources()}
    names = [asked.digest, *(batch_id(asked.digest, source) for source in known)]
    rows = intake.batches_of(names, viewer=viewer)
    return [Report(row.id, row.file_name, row.source) for row in rows]
