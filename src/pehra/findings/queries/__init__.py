"""Findings for their readers: lists, one in full, totals, and the search."""

from __future__ import annotations

from pehra.findings.queries.lists import (
    EXPORT_HEADER,
    LARGEST,
    UNRESOLVED,
    Filter,
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

__all__ = [
    "EXPORT_HEADER",
    "LARGEST",
    "UNRESOLVED",
    "Filter",
    "FindingView",
    "Found",
    "Holder",
    "Page",
    "Report",
    "Row",
    "Seen",
    "Stepped",
    "Unheld",
    "export",
    "identifiers",
    "one",
    "open_by_severity",
    "page",
    "search",
    "sources",
    "steps",
    "total",
    "unheld_networks",
]
