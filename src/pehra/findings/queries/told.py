"""Findings as a round of notices reads them: columns of all that stand with a known holder."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 msgspec reads the annotation when it runs
from typing import TYPE_CHECKING

import msgspec
import polars as pl
from django.db import connection
from django.db.models import Value

from pehra.findings.models import Finding, SourceNumber
from pehra.findings.models.epochs import in_any_epoch
from pehra.findings.rules import State
from pehra.mandate.tenancy import as_system, seen_by

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from pehra.mandate.viewers import Viewer

NEW = frozenset({State.OPEN, State.RELAPSED})
"""Nobody was told since it opened, or since it came back."""
OUTSTANDING = NEW | {State.NOTIFIED, State.ACKNOWLEDGED}
"""What a weekly message reminds of: somebody must still act, and has not said that it is done."""

_STRETCH = 250_000
_AT_ONCE = 5_000
_ROWS = (
    "SELECT f.id, f.organisation_id, f.team_id, f.severity, f.identifier, f.rsit_class,"
    " f.state IN ({new}), s.sources FROM findings_finding f"
    " JOIN findings_findingseen s ON s.id = f.id"
    " WHERE f.id > %s AND f.id <= %s AND f.state IN ({states}) AND f.severity >= %s"
    " AND f.organisation_id IS NOT NULL"
)
_UNANSWERED = (
    "SELECT f.id, f.organisation_id, f.team_id, f.severity, f.identifier, f.rsit_class,"
    " 0, s.sources, f.notified_at FROM findings_finding f"
    " JOIN findings_findingseen s ON s.id = f.id"
    " WHERE f.id > %s AND f.id <= %s AND f.state IN ({states}) AND f.severity >= %s"
    " AND f.organisation_id IS NOT NULL AND f.notified_at IS NOT NULL"
)
_SCHEMA: dict[str, type[pl.DataType]] = {
    "id": pl.Int64,
    "organisation": pl.Int64,
    "team": pl.Int64,
    "severity": pl.Int64,
    "identifier": pl.String,
    "rsit_class": pl.String,
    "new": pl.Int64,
    "sources": pl.Int64,
}


def _words(states: Iterable[State]) -> str:
    return ", ".join(str(int(state)) for state in sorted(states))


def outstanding(
    *, states: frozenset[State], least: int, progress: Callable[[int, int], None]
) -> pl.DataFrame:
    """Every finding in one of `states`, of at least a severity, whose holder is known.

    Reads everybody's rows: for a job of the system, never for a page.

    Returns:
        id, organisation, team, severity, identifier, rsit_class, new (Boolean), sources (bit set),
        in order of id.
    """
    statement = _ROWS.format(new=_words(NEW), states=_words(states))
    return _whole(statement, _SCHEMA, least, progress)


def new_of(organisations: Sequence[int]) -> list[tuple[int, int, int, str, int | None]]:
    """New findings of some holders, for a job: id, organisation, severity, asset, network."""
    with as_system():
        rows = Finding.objects.filter(
            in_any_epoch(), organisation__in=organisations, state__in=sorted(NEW)
        )
        names = ("id", "organisation_id", "severity", "asset", "asn")
        return list(rows.order_by().values_list(*names))


def worst_of(organisation: int, most: int) -> list[int]:
    """Numbers of the worst findings of a holder that stand, for a job."""
    with as_system():
        rows = Finding.objects.filter(
            in_any_epoch(), organisation=organisation, state__in=sorted(OUTSTANDING)
        )
        return list(rows.order_by("-severity", "pk").values_list("pk", flat=True)[:most])


def of_numbers(numbers: Iterable[int], states: frozenset[State] = NEW) -> pl.DataFrame:
    """The columns of `outstanding` for findings by their numbers, all as new, in order of id."""
    found: list[tuple[object, ...]] = []
    asked = sorted(numbers)
    with as_system():
        for start in range(0, len(asked), _AT_ONCE):
            rows = Finding.objects.filter(
                pk__in=asked[start : start + _AT_ONCE], state__in=sorted(states)
            )
            found += rows.order_by("pk").values_list(
                "pk", "organisation_id", "team_id", "severity", "identifier", "rsit_class",
                Value(1), "seen__sources",
            )  # fmt: skip
    frame = pl.DataFrame(found, schema=_SCHEMA, orient="row")
    return frame.with_columns(pl.col("new").cast(pl.Boolean))


_OF_KEYS = {
    "finding_key": pl.Int64,
    "finding": pl.Int64,
    "holder": pl.Int64,
    "state": pl.Int64,
    "what": pl.String,
    "rsit_class": pl.String,
}


def of_keys(keys: Iterable[int]) -> pl.DataFrame:
    """Findings by their keys, everybody's: finding_key, finding, holder, state, what, rsit_class.

    `what` is the identifier.
    """
    found: list[tuple[object, ...]] = []
    asked = sorted(keys)
    with as_system():
        for start in range(0, len(asked), _AT_ONCE):
            rows = Finding.objects.filter(key__in=asked[start : start + _AT_ONCE]).order_by()
            found += rows.values_list(
                "key", "pk", "organisation_id", "state", "identifier", "rsit_class"
            )
    return pl.DataFrame(found, schema=_OF_KEYS, orient="row")


def unanswered(*, least: int, progress: Callable[[int, int], None]) -> pl.DataFrame:
    """Findings that their holder was told of and has not answered; for a job, as `outstanding`.

    Returns:
        The columns of `outstanding`, and notified_at (microseconds since 1970), in order of id.
    """
    statement = _UNANSWERED.format(states=_words([State.NOTIFIED]))
    return _whole(statement, {**_SCHEMA, "notified_at": pl.Int64}, least, progress)


def _whole(
    statement: str,
    schema: dict[str, type[pl.DataType]],
    least: int,
    progress: Callable[[int, int], None],
) -> pl.DataFrame:
    parts = [pl.DataFrame(schema=schema), *_parts(statement, schema, least, progress)]
    return pl.concat(parts).with_columns(pl.col("new").cast(pl.Boolean))


def _parts(
    statement: str,
    schema: dict[str, type[pl.DataType]],
    least: int,
    progress: Callable[[int, int], None],
) -> Iterator[pl.DataFrame]:
    with as_system(), connection.cursor() as cursor:
        cursor.execute("SELECT max(id) FROM findings_finding")
        total = cursor.fetchone()[0] or 0
    for first in range(0, total, _STRETCH):
        with as_system(), connection.cursor() as cursor:
            cursor.execute(statement, [first, first + _STRETCH, least])
            rows = cursor.fetchall()
        yield pl.DataFrame(rows, schema=schema, orient="row")
        progress(min(first + _STRETCH, total), total)


def source_bits(slugs: Iterable[str]) -> int:
    """The bit set of those of `slugs` that ever reported anything."""
    bits = 0
    for number in SourceNumber.objects.filter(slug__in=list(slugs)).values_list(
        "number", flat=True
    ):
        bits |= 1 << number
    return bits


class Told(msgspec.Struct, frozen=True):
    """A finding as a message to its holder names it."""

    id: int
    asset: str
    port: int | None
    identifier: str
    rsit_class: str
    rsit_type: str
    what: str
    severity: int
    state: int
    organisation: int
    team: int | None
    first_seen: datetime
    last_seen: datetime
    count: int
    due_at: datetime | None
    sources: int
    lake_key: int | None


_TOLD = (
    "id",
    "asset",
    "port",
    "identifier",
    "rsit_class",
    "rsit_type",
    "what",
    "severity",
    "state",
    "organisation",
    "team",
    "seen__first_seen",
    "seen__last_seen",
    "seen__count",
    "due_at",
    "seen__sources",
    "lake_key",
)


def told(findings: Sequence[int], *, viewer: Viewer) -> list[Told]:
    """Findings of these ids that `viewer` may see and that have a holder, the worst first."""
    found: list[Told] = []
    with seen_by(viewer):
        for start in range(0, len(findings), _AT_ONCE):
            some = findings[start : start + _AT_ONCE]
            rows = Finding.objects.filter(id__in=some, organisation__isnull=False)
            found += [Told(*values) for values in rows.values_list(*_TOLD)]
    return sorted(found, key=lambda one: (-one.severity, one.id))


def slugs() -> dict[int, str]:
    """Sources by the bit that speaks for them in `Told.sources`; bit 62 may be of several."""
    return {number: slug for slug, number in SourceNumber.objects.values_list("slug", "number")}
