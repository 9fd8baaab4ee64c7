"""Odd formats: records that a reader turns into rows one by one, gathered to text columns.

A row is a mapping of names to values: columns of an observation under their own names, all else
under `extra.` and a name. Nested objects become dotted names, lists and numbers stay JSON. What a
record may cost is bounded: its rows, its depth, its names, and the cells of a stretch.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

import msgspec
import polars as pl

from pehra.intake.column_map import MAPPED, mapped_plan
from pehra.intake.columns import Plan, read_parts
from pehra.intake.content import content_rules
from pehra.intake.jsonrows import CELLS
from pehra.intake.jsontree import Kind, Member, walk
from pehra.intake.stretches import COLUMNS, RAW_BYTES, Place, Stretch, reject

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date
    from pathlib import Path

    from pehra.intake.source import Delivery, Part

Row = dict[str, Any]

EXTRA = "extra."
"""Before the names of values that have no column of their own."""

ROWS = 20_000
"""A stretch has at most this many rows."""

MOST_ROWS = 1_000
"""A record that stands for more rows than this is not read."""

_DEPTH = 8
_TOO_MUCH = f"is nested deeper than {_DEPTH} levels or has more than {COLUMNS} keys"
_TOO_MANY = f"brings more than {COLUMNS} different keys"


class Found(msgspec.Struct, frozen=True):
    """A record, read.

    Attributes:
        begin: its first byte in the file.
        end: after its last byte.
        line: line on which it begins.
        rows: what it says; none where it says nothing that is kept.
        reason: a code of `models.Reject.reason` where it could not be read, else empty.
        detail: the same in words.
    """

    begin: int
    end: int
    line: int
    rows: list[Row] = []
    reason: str = ""
    detail: str = ""


def said(member: Member, rows: list[Row]) -> Found:
    """What a member of a JSON document says."""
    if len(rows) > MOST_ROWS:
        return refused(member, "fields", f"stands for {len(rows)} rows, more than {MOST_ROWS}")
    return Found(member.begin, member.end, member.line, rows)


def refused(member: Member, reason: str, detail: str) -> Found:
    """A member of a JSON document that cannot be read."""
    return Found(member.begin, member.end, member.line, [], reason, detail)


def members(path: Path) -> Iterator[Member]:
    """JSON Lines, or the members of one array, in file order; what is broken, as a fault."""
    for member in walk(path, frozenset(), frozenset({""})):
        if member.kind in {Kind.VALUE, Kind.FAULT}:
            yield member


def events(path: Path, rows: Callable[[dict[str, Any]], list[Row]]) -> Iterator[Found]:
    """What each member says.

    Args:
        path: of the file.
        rows: what one object says; raises ValueError with the reason where it cannot be read.
    """
    for member in members(path):
        record = member.record()
        if isinstance(record, str):
            yield refused(member, "json", record)
            continue
        try:
            yield said(member, rows(record))
        except ValueError as error:
            yield refused(member, "missing", str(error))


def own_plan(kind: str, constants: dict[str, str], instead: tuple[str, ...] = ()) -> Plan:
    """The plan for rows under our own names; words that are not of RSIT become `undetermined`.

    Args:
        kind: whose content rules hold.
        constants: columns of an observation -> the value where a row has none.
        instead: as in `Plan`.
    """
    plan = mapped_plan(frozenset(), {name: name for name in MAPPED}, prefix=EXTRA)
    return msgspec.structs.replace(
        plan,
        constants={**plan.constants, **constants},
        content=content_rules(kind),
        instead=instead,
    )


def parts(found: Iterator[Found], plan: Plan, delivery: Delivery) -> Iterator[Part]:
    """Records as parts, in file order."""
    return read_parts(_stretches(delivery.path, found), plan, delivery)


def newest(told: Iterator[Part]) -> tuple[date | None, Iterator[Part]]:
    """The day of the newest row of the first part, and the parts as if untouched."""
    first = next(told, None)
    if first is None:
        return None, iter(())
    day = first.table.select(pl.col("observed_at").max().dt.date()).item()
    return day, chain([first], told)


def _stretches(path: Path, found: Iterator[Found]) -> Iterator[Stretch]:
    gathered = _Gathered(path)
    for record in found:
        if record.reason:
            gathered.refuse(record, record.reason, record.detail)
        for row in record.rows:
            flat: dict[str, str] = {}
            if not _flatten(row, "", _DEPTH, flat, gathered.texts):
                gathered.refuse(record, "fields", _TOO_MUCH)
            elif len(gathered.names | flat.keys()) > COLUMNS:
                gathered.refuse(record, "fields", _TOO_MANY)
            else:
                gathered.take(record, flat)
        if gathered.full:
            yield gathered.stretch()
    if gathered.places:
        yield gathered.stretch()


def _flatten(record: Row, prefix: str, depth: int, flat: dict[str, str], texts: set[str]) -> bool:
    """Put a row's values into `flat` as text; False where it is nested too deep or too wide."""
    for key, value in record.items():
        name = f"{prefix}{key}"
        if isinstance(value, str):
            flat[name] = value
            texts.add(name)
        elif isinstance(value, dict):
            if depth == 0 or not _flatten(value, f"{name}.", depth - 1, flat, texts):
                return False
        elif value is not None:
            flat[name] = msgspec.json.encode(value).decode()
    return len(flat) <= COLUMNS


class _Gathered:
    """Rows on their way to a stretch."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.names: set[str] = set()
        self.texts: set[str] = set()
        """Names whose values are not all JSON."""
        self.before = 0
        self._clear()

    def _clear(self) -> None:
        self.rows: list[dict[str, str]] = []
        self.good: list[int] = []
        self.places: list[Found] = []
        self.faults: list[tuple[int, str, str]] = []
        self.held: dict[str, None] = {}

    @property
    def full(self) -> bool:
        """Whether it is time for a stretch."""
        return len(self.places) >= ROWS or len(self.rows) * len(self.held) > CELLS

    def take(self, record: Found, flat: dict[str, str]) -> None:
        """Add a row."""
        self.names |= flat.keys()
        self.held.update(dict.fromkeys(flat))
        self.good.append(len(self.places))
        self.rows.append(flat)
        self.places.append(msgspec.structs.replace(record, rows=[]))

    def refuse(self, record: Found, reason: str, detail: str) -> None:
        """Add a row that cannot be read."""
        self.faults.append((len(self.places), reason, detail))
        self.places.append(msgspec.structs.replace(record, rows=[]))

    def stretch(self) -> Stretch:
        """What was added since the last one."""
        places, good, before = self.places, self.good, self.before

        def place(index: int) -> Place:
            return _place(self.path, places[index], before + index + 1)

        data = {name: [row.get(name, "") for row in self.rows] for name in self.held or ("",)}
        stretch = Stretch(
            frame=pl.DataFrame(data, schema=dict.fromkeys(data, pl.String())),
            numbers=pl.Series([before + index + 1 for index in good], dtype=pl.Int64),
            rejects=[reject(place(index), reason, text) for index, reason, text in self.faults],
            rows=len(places),
            place=lambda index: place(good[index]),
            literal=frozenset(self.held) - self.texts,
        )
        self.before += len(places)
        self._clear()
        return stretch


def _place(path: Path, record: Found, row: int) -> Place:
    with path.open("rb") as stream:
        stream.seek(record.begin)
        raw = stream.read(min(record.end - record.begin, RAW_BYTES))
    return Place(row, record.line, record.begin, raw.rstrip())
