"""Sheets of a workbook (XLSX, Office Open XML, ECMA-376) as rows of text.

A small file can unfold to much: its parts, the cells of a sheet, all of which are laid out up to
the last one that is named, and one text that many cells share. Parts are counted before it is
opened; the rest is bounded by what the process is given that reads it.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from typing import TYPE_CHECKING

import msgspec
import polars as pl

from pehra.engines.confined import Limits, asked_apart, serve
from pehra.kernel.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

MAGIC = b"PK\x03\x04"
"""How a workbook begins, as every ZIP file."""
_LARGEST = 64 * 1024**2
_PARTS = 1_000
_CELLS = 4_000_000
_TEXT = 256 * 1024**2
"""Bytes of the text of all cells."""
_LIMITS = Limits(memory=2 << 30, seconds=60)
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
_LESS = "Clear what stands far from the table and save it again, or save that sheet alone as CSV."


class Asked(msgspec.Struct, frozen=True):
    """A workbook, and which sheet of it; empty: the first."""

    data: bytes
    sheet: str


class Told(msgspec.Struct, frozen=True):
    """The cells of a sheet, in Arrow's form; or what is wrong, and what to do."""

    cells: bytes = b""
    wrong: str = ""
    mend: str = _MEND


def rows_of(data: bytes, name: str, sheet: str = "") -> Iterator[tuple[int, list[str]]]:
    """Numbers and cells of the rows of a sheet, an empty cell as empty text.

    Args:
        data: the file.
        name: of the file.
        sheet: its name; empty: the first.

    Raises:
        UsageError: no workbook, too large a one, or no such sheet.
    """
    _check(data, name)
    asked = msgspec.msgpack.encode(Asked(data, sheet))
    found = asked_apart("pehra.registry.brought.workbook", asked, _LIMITS)
    if found is None:
        room = f"{_LIMITS.memory >> 30} GiB of memory and {_LIMITS.seconds} seconds"
        message = f"{name} cannot be read as a workbook in {room}."
        raise UsageError(message, mend=_LESS)
    told = msgspec.msgpack.decode(found, type=Told)
    if told.wrong:
        message = f"{name} {told.wrong}."
        raise UsageError(message, mend=told.mend)
    for number, row in enumerate(pl.read_ipc(told.cells).iter_rows(), 1):
        yield number, [cell.strip() for cell in row]


def answer(data: bytes) -> bytes:
    """What the process says to what it was asked."""
    asked = msgspec.msgpack.decode(data, type=Asked)
    return msgspec.msgpack.encode(_told(asked.data, asked.sheet))


def _told(data: bytes, sheet: str) -> Told:
    import fastexcel  # noqa: PLC0415 fifteen megabytes of which no other command has need

    try:
        book = fastexcel.read_excel(data)
        if sheet and sheet not in book.sheet_names:
            return Told(
                wrong=f"has no sheet `{sheet}`",
                mend=f"It has: {', '.join(book.sheet_names)[:300]}.",
            )
        chosen = sheet or book.sheet_names[0]
        read = book.load_sheet(chosen, header_row=None, skip_rows=0, dtypes="string")
        if read.width * read.height > _CELLS:
            size = f"{read.width:,} columns and {read.height:,} rows"
            return Told(wrong=f"has a sheet of {size}", mend=_LESS)
        frame = pl.DataFrame(read).fill_null("")
    except (fastexcel.FastExcelError, IndexError) as error:
        return Told(wrong=f"cannot be read as a workbook: {str(error).splitlines()[0]}")
    if frame.estimated_size() > _TEXT:
        return Told(wrong=f"has cells of more than {_TEXT >> 20} MiB of text", mend=_LESS)
    cells = io.BytesIO()
    frame.write_ipc(cells)
    return Told(cells.getvalue())


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
    except _BROKEN as error:
        message = f"{name} cannot be unpacked: {error}."
        raise UsageError(message, mend=_MEND) from None


if __name__ == "__main__":
    serve(answer, _LIMITS)
