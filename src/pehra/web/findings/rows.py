"""Findings as rows of a page: every value is words before the template sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.urls import reverse
from django.utils.translation import get_language

from pehra.web import figures, marks

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pehra.findings.queries import Row


class Shown(msgspec.Struct, frozen=True):
    """One row of the list."""

    id: int
    name: str
    href: str
    severity: marks.SeverityMark
    identifier: str
    what: str
    asset: str
    organisation: str
    organisation_href: str
    team: str
    state: marks.Badge
    due: figures.Due | None
    first_seen: figures.Moment | None
    last_seen: figures.Moment | None
    count: str
    assignee: str = ""


def asset_text(row: Row) -> str:
    """The asset with its port, an IPv6 address in brackets (RFC 3986)."""
    if row.port is None:
        return row.asset
    return f"[{row.asset}]:{row.port}" if ":" in row.asset else f"{row.asset}:{row.port}"


def localised(name: str | None, name_ur: str | None) -> str:
    """A name in the reader's language, where there is one; empty for none."""
    return (name_ur if get_language() == "ur" else name) or name or ""


def shown(row: Row, *, now: datetime, people: Mapping[int, str] | None = None) -> Shown:
    """A finding as the list and its own page show it; `people` are names of accounts."""
    slug = row.organisation_slug
    return Shown(
        id=row.id,
        name=f"F{row.id}",
        href=reverse("finding", args=[row.id]),
        severity=marks.severity(row.severity),
        identifier=row.identifier,
        what=row.what,
        asset=asset_text(row),
        organisation=localised(row.organisation, row.organisation_ur),
        organisation_href=reverse("organisation", args=[slug]) if slug else "",
        team=localised(row.team, row.team_ur),
        state=marks.state(row.state),
        due=figures.due(row.due_at, now=now),
        first_seen=figures.moment(row.first_seen, now=now),
        last_seen=figures.moment(row.last_seen, now=now),
        count=figures.number(row.count),
        assignee=(people or {}).get(row.assignee or 0, ""),
    )
