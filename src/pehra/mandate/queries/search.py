"""Organisations and teams by words of their names, English or Urdu, on both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.db import connection
from django.db.models import Q

from pehra.kernel.words import folded, words
from pehra.mandate.models import Organisation, Team
from pehra.mandate.queries import with_constituents

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pehra.mandate.viewers import Viewer

_SHORT = 3
"""Letters: a trigram index knows nothing shorter."""
_MOST = 20_000
"""Names that are looked at for one reader, best first."""
_AT_ONCE = 500


class Named(msgspec.Struct, frozen=True):
    """An organisation or a team that was found by its name."""

    id: int
    slug: str
    name: str
    name_ur: str


def organisations_named(text: str, *, viewer: Viewer, limit: int = 10) -> list[Named]:
    """Organisations whose name or slug contains every word of `text`, the nearest first.

    Words are folded (`pehra.kernel.words`). Names that begin with the first word come first, then
    shorter ones.
    """
    asked = words(text)
    if not asked:
        return []
    widened = with_constituents(viewer)
    found: list[int] = []
    for number in _matching(asked):
        if widened.sees_all or number in widened.organisations:
            found.append(number)
        if len(found) == limit:
            break
    return named(found)


def teams_named(text: str, *, viewer: Viewer, limit: int = 10) -> list[Named]:
    """Teams whose name or slug contains every word of `text`, shorter names first.

    Teams are few and stand on the page of the structure for everybody, but for restricted ones.
    """
    asked = words(text)
    if not asked:
        return []
    rows = Team.objects.order_by("slug")
    if not viewer.sees_all:
        rows = rows.filter(Q(restricted=False) | Q(pk__in=viewer.teams))
    near = [
        Named(*row)
        for row in rows.values_list("id", "slug", "name", "name_ur")
        if all(word in folded(f"{row[1]} {row[2]} {row[3]}") for word in asked)
    ]
    return sorted(near, key=lambda team: (len(team.name), team.slug))[:limit]


def named(organisations: Iterable[int]) -> list[Named]:
    """Names of organisations in the order of their ids as given; the caller has asked who may."""
    wanted = list(organisations)
    rows = Organisation.objects.filter(pk__in=wanted).values_list("id", "slug", "name", "name_ur")
    known = {row[0]: Named(*row) for row in rows}
    return [known[number] for number in wanted if number in known]


def _matching(asked: list[str]) -> Iterator[int]:
    """Ids of organisations whose folded text contains every word; words hold no `%`, `_` or `"`."""
    statement, given = _SPOKEN[connection.vendor](asked)
    with connection.cursor() as cursor:
        cursor.execute(statement, [*given, asked[0], _MOST])
        while rows := cursor.fetchmany(_AT_ONCE):
            yield from (row[0] for row in rows)


def _sqlite(asked: list[str]) -> tuple[str, list[str]]:
    """By the index where it can answer. `LIKE` beside `MATCH` ends the process in SQLite 3.40."""
    long = [word for word in asked if len(word) >= _SHORT]
    short = [word for word in asked if len(word) < _SHORT]
    conditions = ["mandate_organisation_text MATCH %s"] * bool(long)
    conditions += ["instr(text, %s) > 0"] * len(short)
    statement = (
        f"SELECT rowid FROM mandate_organisation_text WHERE {' AND '.join(conditions)}"  # noqa: S608 our own words
        " ORDER BY instr(text, %s) <> 1, length(text), rowid LIMIT %s"
    )
    return statement, [" AND ".join(f'"{word}"' for word in long)] * bool(long) + short


def _postgresql(asked: list[str]) -> tuple[str, list[str]]:
    conditions = " AND ".join(["text_folded LIKE %s"] * len(asked))
    statement = (
        f"SELECT id FROM mandate_organisation WHERE {conditions}"  # noqa: S608 our own words
        " ORDER BY strpos(text_folded, %s) <> 1, length(text_folded), id LIMIT %s"
    )
    return statement, [f"%{word}%" for word in asked]


_SPOKEN = {"sqlite": _sqlite, "postgresql": _postgresql}
