"""A spreadsheet of any shape, as CSV or XLSX, with a map that says which column is which.

The map is TOML and can be kept for the next time: `columns` gives for a column of the register the
header in the sheet, `always` a value that every row has. An organisation may be written by its
name; several assets of one cell stand apart by commas, semicolons or blanks.
"""

from __future__ import annotations

import csv
import io
import re
import tomllib
from typing import TYPE_CHECKING, Any

import msgspec

from pehra.kernel.errors import UsageError
from pehra.registry.brought.slugs import slug_of
from pehra.registry.brought.workbook import rows_of
from pehra.registry.register_text import COLUMNS, Rejected, Rows, frame_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_SEPARATORS = ",;\t|"
_BETWEEN = re.compile(r"[\s,;]+")
_MEND = "See docs/start-with-what-you-have.md for a map of columns."


class ColumnMap(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which column of a sheet is which of the register.

    Attributes:
        columns: column of the register -> header in the sheet.
        always: column of the register -> what every row says.
        separator: between cells of CSV.
        sheet: of a workbook; empty: the first.
    """

    columns: dict[str, str]
    always: dict[str, str] = {}
    separator: str = ","
    sheet: str = ""


def map_of(text: str, name: str) -> ColumnMap:
    """The map that a TOML text states.

    Raises:
        UsageError: no TOML, an unknown column, or none for `organisation` and `name`.
    """
    try:
        found = msgspec.convert(tomllib.loads(text), ColumnMap)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, RecursionError) as error:
        message = f"{name}: {error}."
        raise UsageError(message, mend=_MEND) from None
    unknown = sorted({*found.columns, *found.always} - set(COLUMNS))
    if unknown:
        message = f"{name}: the register has no column `{unknown[0]}`."
        raise UsageError(message, mend=f"Known columns: {', '.join(COLUMNS)}.")
    if not {"organisation", "name"} & {*found.columns, *found.always}:
        message = f"{name} says neither `organisation` nor `name`."
        raise UsageError(message, mend=_MEND)
    if len(found.separator) != 1 or found.separator not in _SEPARATORS:
        message = f"{name}: `{found.separator}` separates no cells."
        raise UsageError(message, mend="Use a comma, a semicolon, a tab or a bar.")
    return found


def read(text: str, name: str, chosen: ColumnMap) -> Rows:
    """Rows of a sheet that was saved as CSV, by its map.

    Raises:
        UsageError: no header, or one without a column of the map.
    """
    return _read(_of_csv(text, chosen.separator), name, chosen)


def read_workbook(data: bytes, name: str, chosen: ColumnMap) -> Rows:
    """Rows of a sheet of a workbook, by its map.

    Raises:
        UsageError: no workbook, no such sheet, no header, or one without a column of the map.
    """
    return _read(rows_of(data, name, chosen.sheet), name, chosen)


def _of_csv(text: str, separator: str) -> Iterator[tuple[int, list[str] | str]]:
    """Line and cells of each record, or what is wrong with it."""
    reader = csv.reader(io.StringIO(text), delimiter=separator, strict=True)
    begins = 1
    while True:
        try:
            yield begins, next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield begins, f"not CSV: {error}"
        begins = reader.line_num + 1


def _read(numbered: Iterable[tuple[int, list[str] | str]], name: str, chosen: ColumnMap) -> Rows:
    rows: list[dict[str, Any]] = []
    rejects: list[Rejected] = []
    header: list[str] | None = None
    for line, cells in numbered:
        if isinstance(cells, str):
            rejects.append(Rejected(line, "", cells))
        elif not any(cell.strip() for cell in cells):
            continue
        elif header is None:
            header = _header(cells, (name, line), chosen)
        else:
            _take(dict(zip(header, cells, strict=False)), line, chosen, (rows, rejects))
    if header is None:
        message = f"{name} has no header."
        raise UsageError(message, mend="Its first line names columns; save it as CSV, UTF-8.")
    return frame_of(rows), rejects


def _header(cells: list[str], at: tuple[str, int], chosen: ColumnMap) -> list[str]:
    header = [cell.strip() for cell in cells]
    missing = [wanted for wanted in chosen.columns.values() if wanted not in header]
    if missing:
        message = f"{at[0]}, line {at[1]}: no column `{missing[0]}`."
        raise UsageError(message, mend=f"It has: {', '.join(header)[:300]}.")
    return header


_Sink = tuple[list[dict[str, Any]], list[Rejected]]


def _take(cells: dict[str, str], line: int, chosen: ColumnMap, sink: _Sink) -> None:
    rows, rejects = sink
    said = {column: cells.get(head, "").strip() for column, head in chosen.columns.items()}
    row = {**chosen.always, **{column: cell for column, cell in said.items() if cell}}
    if any("\0" in cell for cell in row.values()):
        rejects.append(Rejected(line, "", "a cell holds a NUL"))
        return
    own = any(cell for column, cell in said.items() if column.startswith(_CONTACT))
    if not own and not {"contact_email", "contact_phone"} & row.keys():
        # What every row says of contacts is nothing where a row names none.
        row = {column: cell for column, cell in row.items() if not column.startswith(_CONTACT)}
    slug = slug_of(row.get("organisation") or row.get("name", ""))
    if not slug:
        rejects.append(Rejected(line, "organisation", "no name that a slug can be made of"))
        return
    row |= {"organisation": slug}
    assets = [one for one in _BETWEEN.split(row.get("asset", "")) if one]
    rows.append({**row, "line": line, "asset": assets[0] if assets else ""})
    held = {name: row[name] for name in _OF_CLAIMS if name in row}
    rows.extend({**held, "line": line, "asset": one} for one in assets[1:])


_CONTACT = "contact_"
_OF_CLAIMS = ("organisation", "source", "confidence", "use", "valid_from", "valid_to", "note")
