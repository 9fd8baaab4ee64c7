"""Sheets of a workbook (XLSX, Office Open XML, ECMA-376) as rows of text.

What a small file can unfold to is bounded before it is opened: its parts, and the cells of a sheet,
all of which are laid out up to the last one that is named.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from typing import TYPE_CHECKING

import polars as pl

from pehra.kernel.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

MAGIC = b"PK\x03\x04"
"""How a workbook begins, as every ZIP file."""
_LARGEST = 64 * 1024**2
_PARTS = 1_000
_CELLS = 4_000_000
_REFERENCE = re.compile(rb"""\br\s*=\s*["']([A-Z]{1,3})(\d{1,7})["']""")
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
    RuntimeError,
    EOFError,
    ValueError,
    OSError,
)
"""What `zipfile` raises for files that are none, are damaged or encrypted."""
_MEND = "Save it as XLSX again, or as CSV in UTF-8."


def rows_of(data: bytes, name: str, sheet: str = "") -> Iterator[tuple[int, list[str]]]:
    """Numbers and cells of the rows of a sheet, an empty cell as empty text.

    Args:
        data: the file.
        name: of the file.
        sheet: its name; empty: the first.

    Raises:
        UsageError: no workbook, too large a one, or no such sheet.
    """
    import fastexcel  # noqa: PLC0415 fifteen megabytes of which no other command has need

    _check(data, name)
    try:
        book = fastexcel.read_excel(data)
        if sheet and sheet not in book.sheet_names:
            message = f"{name} has no sheet `{sheet}`."
            raise UsageError(message, mend=f"It has: {', '.join(book.sheet_names)[:300]}.")
        chosen = sheet or book.sheet_names[0]
        read = book.load_sheet(chosen, header_row=None, skip_rows=0, dtypes="string")
        frame = pl.DataFrame(read).fill_null("")
    except (fastexcel.FastExcelError, IndexError) as error:
        message = f"{name} cannot be read as a workbook: {str(error).splitlines()[0]}."
        raise UsageError(message, mend=_MEND) from None
    for number, row in enumerate(frame.rows(), 1):
        yield number, [cell.strip() for cell in row]


def _check(data: bytes, name: str) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            told = parts.infolist()
            if "xl/workbook.xml" not in {one.filename for one in told}:
                message = f"{name} is no XLSX workbook."
                raise UsageError(message, mend=_MEND)
            if len(told) > _PARTS or sum(one.file_size for one in told) > _LARGEST:
                message = f"{name} unfolds to more than {_LARGEST >> 20} MiB or {_PARTS} parts."
                raise UsageError(message, mend="Save only the sheet that is needed, as CSV.")
            for one in told:
                if one.filename.endswith(".xml"):
                    with parts.open(one) as part:
                        _check_cells(part.read(_LARGEST), name)
    except _BROKEN as error:
        message = f"{name} cannot be unpacked: {error}."
        raise UsageError(message, mend=_MEND) from None


def _check_cells(part: bytes, name: str) -> None:
    columns = rows = 0
    for letters, number in _REFERENCE.findall(part):
        columns = max(columns, _column(letters))
        rows = max(rows, int(number))
    if columns * rows > _CELLS:
        message = f"{name} has a sheet of {columns:,} columns and {rows:,} rows."
        raise UsageError(message, mend="Clear what stands far from the table, and save it again.")


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number
