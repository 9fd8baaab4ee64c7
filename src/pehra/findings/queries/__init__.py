"""Findings for their readers: lists, one in full, totals, and the search."""

from __future__ import annotations

from pehra.findings.queries.bulk import BulkView, RefusedRow, bulk_act, preview, refused
from pehra.findings.queries.counts import (
    Counts,
    InTerritory,
    Present,
    by_day,
    by_territory,
    present,
)
from pehra.findings.queries.lists import (
    EXPORT_HEADER,
    LARGEST,
    FindingView,
    Page,
    Row,
    Stepped,
    Unheld,
    export,
    identifiers,
    most_overdue,
    one,
    open_by_severity,
    page,
    sources,
    steps,
    total,
    unheld_networks,
)
from pehra.findings.queries.search import Found, Holder, Report, Seen, search
from pehra.findings.queries.wanted import UNRESOLVED, Filter

__all__ = [
    "EXPORT_HEADER",
    "LARGEST",
    "UNRESOLVED",
    "BulkView",
    "Counts",
    "Filter",
    "FindingView",
    "Found",
    "Holder",
    "InTerritory",
    "Page",
    "Present",
    "RefusedRow",
    "Report",
    "Row",
    "Seen",
    "Stepped",
    "Unheld",
    "bulk_act",
    "by_day",
    "by_territory",
    "export",
    "identifiers",
    "most_overdue",
    "one",
    "open_by_severity",
    "page",
    "present",
    "preview",
    "refused",
    "search",
    "sources",
    "steps",
    "total",
    "unheld_networks",
]
