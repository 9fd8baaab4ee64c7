"""Findings for their readers: lists, one in full, totals, and the search."""

from __future__ import annotations

from pehra.findings.queries.bulk import BulkView, RefusedRow, bulk_act, preview, refused
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
    "Filter",
    "FindingView",
    "Found",
    "Holder",
    "Page",
    "RefusedRow",
    "Report",
    "Row",
    "Seen",
    "Stepped",
    "Unheld",
    "bulk_act",
    "export",
    "identifiers",
    "one",
    "open_by_severity",
    "page",
    "preview",
    "refused",
    "search",
    "sources",
    "steps",
    "total",
    "unheld_networks",
]
