"""Findings, and the observations behind one, as files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from pehra.findings import queries
from pehra.kernel.addresses import unpack
from pehra.kernel.time import clock
from pehra.observations import intelmq
from pehra.observations import queries as lake
from pehra.web.findings import evidence, filters
from pehra.web.findings.rows import asset_text
from pehra.web.gate import account
from pehra.web.lists.listed import AT_ONCE, Asked, List, Row, whole
from pehra.web.paging import LARGEST

if TYPE_CHECKING:
    from collections.abc import Iterator


def _findings(asked: Asked) -> Iterator[Row]:
    me = account(asked.request)
    wanted = filters.read(asked.request.GET, me=me, now=clock()).filter
    return map(queries.exported, queries.every(wanted, viewer=asked.viewer))


def _number(asked: Asked) -> int:
    """The row that a list is about; 0, which no row has, where that is no number of one."""
    word = asked.word("number")
    number = int(word) if word.isascii() and word.isdigit() else 0
    return number if number <= LARGEST else 0


def _observations(asked: Asked) -> Iterator[Row] | None:
    found = queries.one(_number(asked), viewer=asked.viewer)
    return None if found is None else _rows(found, asked)


def _rows(found: queries.FindingView, asked: Asked) -> Iterator[Row]:
    if found.lake_key is None:
        return
    chunks = lake.chunks_of_finding(
        settings.HOME,
        found.lake_key,
        evidence.addresses(found),
        viewer=asked.viewer,
        holder=found.organisation_id,
    )
    for chunk in chunks:
        yield from intelmq.columns(chunk).iter_rows()


def _refused(asked: Asked) -> Iterator[Row] | None:
    """Findings that a bulk act left as they were."""
    number = _number(asked)
    if queries.bulk_act(number, viewer=asked.viewer) is None:
        return None

    def read(after: int | None) -> tuple[list[Row], int | None]:
        page = queries.refused(number, viewer=asked.viewer, after=after or 0, limit=AT_ONCE)
        rows: list[Row] = [
            (f"F{row.finding}", row.identifier, row.asset, row.state.word) for row in page
        ]
        return rows, page[-1].finding if len(page) == AT_ONCE else None

    return whole(read)


def _found(asked: Asked) -> Iterator[Row]:
    """What a search found, in the order of its page."""
    found = queries.search(asked.word("q"), viewer=asked.viewer, on=clock().date())
    for row in found.findings:
        yield "finding", f"F{row.id}", row.identifier, asset_text(row), row.organisation
    for holder in found.holders:
        yield "organisation", holder.slug, holder.name, holder.asset, ""
    for team in found.teams:
        yield "team", team.slug, team.name, "", ""
    asn = [] if found.asked.asn is None else [f"AS{found.asked.asn}"]
    for name in (*found.identifiers, *found.whats, *asn):
        yield "list", name, "", "", ""
    for report in found.reports:
        yield "report", report.id, report.file_name, "", report.source
    for seen in found.seen.rows:
        number = f"F{seen['finding']}" if seen["finding"] else ""
        where = unpack(seen["ip"]) if seen["ip"] else seen["host"]
        yield "observation", number, seen["identifier"], where, seen["source"]


FINDINGS = List(
    "findings",
    _("Findings"),
    "findings",
    queries.EXPORT_HEADER,
    _findings,
    national=False,
)
OBSERVATIONS = List(
    "observations",
    _("Observations"),
    "finding",
    intelmq.COLUMNS,
    _observations,
    national=False,
)
REFUSED = List(
    "refused",
    _("Findings that were left as they are"),
    "bulk-act",
    ("finding", "identifier", "asset", "state"),
    _refused,
    national=False,
)
FOUND = List(
    "found",
    _("What was found"),
    "find",
    ("kind", "number", "name", "where", "whose"),
    _found,
    national=False,
)
