"""The one search box: whatever is typed, in one function, inside the reader's own rows.

Exact things (a number, an address, a host, a digest, a name of a fault) are looked up in indexes
that are there anyway, so that taking in reports pays nothing for the search; only names of
organisations have an index of words (`pehra.mandate.queries.search`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from pehra.findings.asked import Asked, read
from pehra.findings.queries.lists import Filter, Row, identifiers, page, sources
from pehra.intake import discover
from pehra.intake import queries as intake
from pehra.kernel.ids import batch_id
from pehra.kernel.words import folded, words
from pehra.mandate.queries.search import named, organisations_named
from pehra.registry import queries as registry

if TYPE_CHECKING:
    from pehra.mandate.viewers import Viewer


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


class Found(msgspec.Struct, frozen=True):
    """What was found; every list is of the reader's own rows, and no longer than the limit.

    Attributes:
        asked: what the text was taken for.
        findings: on the asset or of the number, newest first; any state.
        more: further findings on the asset exist.
        identifiers: names of faults that contain the words.
        holders: organisations.
        reports: for those who may see reports.
    """

    asked: Asked
    findings: list[Row]
    more: bool
    identifiers: list[str]
    holders: list[Holder]
    reports: list[Report]

    @property
    def count(self) -> int:
        """How many lines of any kind."""
        parts = (self.findings, self.identifiers, self.holders, self.reports)
        return sum(len(part) for part in parts)


def search(text: str, *, viewer: Viewer, limit: int = 10) -> Found:
    """Everything that `viewer` may see and that `text` may mean."""
    asked = read(text)
    findings, more = _findings(asked, viewer, limit)
    return Found(
        asked=asked,
        findings=findings,
        more=more,
        identifiers=_identifiers(asked, viewer, limit),
        holders=_holders(asked, viewer, limit),
        reports=_reports(asked, viewer),
    )


def _findings(asked: Asked, viewer: Viewer, limit: int) -> tuple[list[Row], bool]:
    rows: list[Row] = []
    more = False
    if asked.number is not None:
        rows += page(Filter(numbers=(asked.number,)), viewer=viewer, size=1).rows
    if asked.asset:
        found = page(Filter(asset=asked.asset), viewer=viewer, size=limit)
        rows, more = rows + found.rows, found.has_next
    return rows, more


def _identifiers(asked: Asked, viewer: Viewer, limit: int) -> list[str]:
    wanted = words(asked.text)
    if not wanted or asked.asset or asked.number is not None:
        return []
    near = [name for name in identifiers(viewer=viewer) if _contains(name, wanted)]
    exact = asked.identifier
    if exact and exact not in near:
        near += [exact] if page(Filter(identifier=exact), viewer=viewer, size=1).rows else []
    return sorted(near, key=lambda name: (name != exact, len(name), name))[:limit]


def _contains(name: str, wanted: list[str]) -> bool:
    text = folded(name)
    return all(word in text for word in wanted)


def _holders(asked: Asked, viewer: Viewer, limit: int) -> list[Holder]:
    held = registry.holders_of(asked.held, viewer=viewer, limit=limit)
    assets = {row.organisation: row.asset for row in reversed(held)}
    by_asset = named(dict.fromkeys(row.organisation for row in held))
    found = [Holder(*msgspec.structs.astuple(one), assets[one.id]) for one in by_asset]
    if asked.held or asked.number is not None or asked.digest:
        return found
    by_name = organisations_named(asked.text, viewer=viewer, limit=limit)
    return [Holder(*msgspec.structs.astuple(one)) for one in by_name]


def _reports(asked: Asked, viewer: Viewer) -> list[Report]:
    """By number, or by digest: a batch's number is made of the digest and its source."""
    if not asked.digest:
        return []
    known = {*sources(), *discover.sources()}
    names = [asked.digest, *(batch_id(asked.digest, source) for source in known)]
    rows = intake.batches_of(names, viewer=viewer)
    return [Report(row.id, row.file_name, row.source) for row in rows]
