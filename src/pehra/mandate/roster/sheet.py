"""A roster as CSV: `team,person,role,from,to`, a line for each shift. Pure."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pehra.kernel.cells import guarded
from pehra.kernel.errors import UsageError
from pehra.kernel.time import iso
from pehra.mandate.roster.rules import Shift, check_shift, clash

if TYPE_CHECKING:
    from collections.abc import Iterable
    from zoneinfo import ZoneInfo

COLUMNS = ("team", "person", "role", "from", "to")
MOST = 20_000


def read(content: bytes, zone: ZoneInfo) -> list[Shift]:
    """Shifts in order; a moment without an offset is by the nation's clock.

    Raises:
        UsageError: a column is missing, a cell says nothing, or two shifts clash; the first.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        message = "The file is not UTF-8."
        raise UsageError(message, mend="Save it as CSV in UTF-8.") from None
    rows = csv.DictReader(io.StringIO(text, newline=""))
    lacking = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
    if lacking:
        message = f"The column `{lacking[0]}` is missing."
        raise UsageError(message, mend=f"The first line says: {','.join(COLUMNS)}.")
    found: list[Shift] = []
    try:
        for number, row in enumerate(rows, 2):
            found.append(_shift(row, number, zone))
            if len(found) > MOST:
                message = f"More than {MOST} shifts in one file."
                raise UsageError(message, mend="Divide it.")
    except csv.Error as error:
        message = f"The file is no CSV: {error}."
        raise UsageError(message, mend="Save it as CSV in UTF-8.") from None
    two = clash(found)
    if two is not None:
        message = f"{two[1].person} would be `{two[1].role}` twice at {iso(two[1].starts)}."
        raise UsageError(message, mend="Let one shift end where the next begins.")
    return sorted(found)


def _shift(row: dict[str, str | None], number: int, zone: ZoneInfo) -> Shift:
    place = f"line {number}: "
    cells = {name: (row.get(name) or "").strip() for name in COLUMNS}
    found = Shift(
        starts=_moment(cells["from"], place, zone),
        ends=_moment(cells["to"], place, zone),
        team=cells["team"],
        role=cells["role"] or "duty",
        person=cells["person"].lower(),
    )
    check_shift(found, place)
    return found


def _moment(text: str, place: str, zone: ZoneInfo) -> datetime:
    try:
        found = datetime.fromisoformat(text)
        given = found if found.tzinfo is not None else found.replace(tzinfo=zone)
        return given.astimezone(UTC)
    except (ValueError, OverflowError):
        message = f"{place}`{text[:40]}` is no moment."
        raise UsageError(message, mend="Write it as 2026-11-30T08:00 or with an offset.") from None


def write(shifts: Iterable[Shift]) -> bytes:
    """The file that `read` reads, in UTC."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for one in sorted(shifts):
        cells = (one.team, one.person, one.role, iso(one.starts), iso(one.ends))
        writer.writerow([guarded(cell) for cell in cells])
    return out.getvalue().encode()
