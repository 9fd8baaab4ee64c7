"""Families and CVEs that findings name: looked up among the few different words, not the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection

from pehra.kernel.words import folded, words
from pehra.mandate.tenancy import as_system

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from pehra.findings.models import Finding

_MOST = 20_000
_NEAR = 50
"""Names that are tried for one reader before the search gives up."""
# From each word straight to the next by the index: a step for each word, whatever the rows.
_KNOWN = (
    "WITH RECURSIVE known(what) AS (SELECT min(what) FROM findings_finding WHERE what > ''"
    " UNION ALL SELECT (SELECT min(f.what) FROM findings_finding f"
    " WHERE f.what > known.what AND f.what > '') FROM known WHERE known.what IS NOT NULL)"
    " SELECT what FROM known WHERE what IS NOT NULL LIMIT %s"
)


def _known() -> list[str]:
    """Every different text of the column, whoever's findings: for conditions, never for a page."""
    with as_system(), connection.cursor() as cursor:
        cursor.execute(_KNOWN, [_MOST])
        return [row[0] for row in cursor.fetchall()]


def naming(rows: QuerySet[Finding], name: str) -> QuerySet[Finding]:
    """Of `rows`, those that name this family or CVE, whole words beside one another."""
    asked = f" {' '.join(words(name))} "
    texts = [text for text in _known() if asked in f" {' '.join(folded(text).split())} "]
    return _among(rows, texts)


def _among(rows: QuerySet[Finding], texts: list[str]) -> QuerySet[Finding]:
    """The index is of rows that name something, which SQLite must read in these very words."""
    return rows.filter(what__in=texts).extra(where=["findings_finding.what > ''"])


def named_near(text: str, rows: QuerySet[Finding], *, limit: int) -> list[str]:
    """Names among `rows` that contain every word of `text`, the shortest first.

    Args:
        text: as typed.
        rows: those that the reader may see; a name that none of them has is left out.
        limit: at most so many.
    """
    asked = words(text)
    if not asked:
        return []
    near = (name for name in _known() if all(word in folded(name) for word in asked))
    found: list[str] = []
    for name in sorted(near, key=lambda name: (len(name), name))[:_NEAR]:
        if len(found) < limit and _among(rows, [name]).exists():
            found.append(name)
    return found
