"""Findings, and the observations behind one, as files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from pehra.findings import queries
from pehra.kernel.time import clock
from pehra.observations import intelmq
from pehra.observations import queries as lake
from pehra.web.findings import evidence, filters
from pehra.web.gate import account
from pehra.web.lists.listed import Asked, List, Row
from pehra.web.paging import LARGEST

if TYPE_CHECKING:
    from collections.abc import Iterator


def _findings(asked: Asked) -> Iterator[Row]:
    me = account(asked.request)
    wanted = filters.read(asked.request.GET, me=me, now=clock()).filter
    return map(queries.exported, queries.every(wanted, viewer=asked.viewer))


def _observations(asked: Asked) -> Iterator[Row] | None:
    word = asked.word("number")
    number = int(word) if word.isascii() and word.isdigit() else 0
    found = queries.one(number, viewer=asked.viewer) if 0 < number <= LARGEST else None
    if found is None:
        return None
    return _rows(found, asked)


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
