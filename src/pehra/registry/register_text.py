"""Text of a register to rows of text and back: one row a claim, an empty cell says nothing."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import TYPE_CHECKING, Any

import msgspec
import polars as pl
import yaml

from pehra.kernel.cells import FORMULA_CLASS
from pehra.kernel.errors import UsageError
from pehra.kernel.marked import Document, FaultyText, convert, entries, line_of

if TYPE_CHECKING:
    from collections.abc import Iterator

COLUMNS = (
    "organisation", "name", "name_ur", "sector", "territory", "country", "public", "cii_grade",
    "kind", "asset", "source", "confidence", "use", "valid_from", "valid_to", "note",
    "contact_purpose", "contact_name", "contact_email", "contact_phone", "contact_language",
    "contact_automatic", "contact_active", "contact_quiet", "contact_business_days",
    "contact_intervals", "contact_inhibits",
)  # fmt: skip
"""Columns of the CSV, of which only `organisation` is needed, in any order."""

FRAME: dict[str, pl.DataType] = {"line": pl.Int64(), **dict.fromkeys(COLUMNS, pl.String())}
_LARGEST_CELL = 100_000


class Rejected(msgspec.Struct, frozen=True):
    """A row that is not taken in.

    Attributes:
        row: line in the file, from 1.
        column: that holds the fault; empty: the row as a whole.
        why: in words.
    """

    row: int
    column: str
    why: str


class ContactEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A contact in YAML."""

    purpose: str
    name: str = ""
    email: str = ""
    phone: str = ""
    language: str = ""
    automatic: bool | None = None
    active: bool | None = None
    quiet: str = ""
    business_days: bool | None = None
    intervals: str = ""
    inhibits: str = ""


class ClaimEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A claim in YAML."""

    asset: str | int
    kind: str = ""
    source: str = ""
    confidence: int | None = None
    use: str = ""
    valid_from: str = ""
    valid_to: str = ""
    note: str = ""


class OrganisationEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An organisation in YAML, without its claims and contacts."""

    slug: str
    name: str = ""
    name_ur: str = ""
    sector: str = ""
    territory: str = ""
    country: str = ""
    public: bool | None = None
    cii_grade: str = ""
    claims: list[object] = []
    contacts: list[object] = []


Rows = tuple[pl.DataFrame, list[Rejected]]


def frame_of(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Columns of `FRAME` of rows; what a row does not say is empty."""
    filled = {name: [row.get(name, "") for row in rows] for name in FRAME}
    return pl.DataFrame(filled, schema=FRAME)


def in_order(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """The same of rows that each say their `line`, in the order of the file."""
    return frame_of(sorted(rows, key=lambda row: int(row["line"])))


def from_csv(text: str, name: str) -> Rows:
    """Rows of a CSV text with a header.

    Raises:
        UsageError: no header, or one without `organisation`, or with unknown columns.
    """
    reader = csv.reader(io.StringIO(text), strict=True)
    header = _header(reader, name)
    lines: list[int] = []
    cells: list[list[str]] = []
    rejects: list[Rejected] = []
    for line, row in _rows_of(reader, rejects):
        if len(row) != len(header):
            why = f"{len(row)} cells where the header has {len(header)}"
            rejects.append(Rejected(line, "", why))
        elif any(len(cell) > _LARGEST_CELL or "\0" in cell for cell in row):
            rejects.append(Rejected(line, "", "a cell is too long or holds a NUL"))
        else:
            lines.append(line)
            cells.append(row)
    columns = dict(zip(header, zip(*cells, strict=True), strict=True)) if cells else {}
    frame = pl.DataFrame(
        {"line": lines, **{name: columns.get(name, [""] * len(lines)) for name in COLUMNS}},
        schema=FRAME,
    )
    # What our own export guards against spreadsheets comes back as it was.
    unguarded = pl.col(COLUMNS).str.replace(f"^'({FORMULA_CLASS})", "$1").str.strip_chars()
    return frame.with_columns(unguarded), rejects


def _header(reader: Any, name: str) -> list[str]:  # noqa: ANN401 csv's reader has no public type
    try:
        header = [cell.strip().lower() for cell in next(reader)]
    except StopIteration:
        message = f"{name} is empty."
        raise UsageError(
            message, mend=f"Its first line names columns: {', '.join(COLUMNS)}."
        ) from None
    except csv.Error as error:
        message = f"{name}, line 1: {error}."
        raise UsageError(message, mend="Save it as CSV with commas.") from None
    unknown = [cell for cell in header if cell not in COLUMNS]
    if "organisation" not in header or unknown or len(set(header)) < len(header):
        what = (
            f"unknown columns {', '.join(unknown)}" if unknown else "no or doubled `organisation`"
        )
        message = f"{name}, line 1: {what}."
        raise UsageError(message, mend=f"Known columns: {', '.join(COLUMNS)}.")
    return header


def _rows_of(reader: Any, rejects: list[Rejected]) -> Iterator[tuple[int, list[str]]]:  # noqa: ANN401 as above
    """Rows with the line on which each begins; blank ones are left out."""
    begins = reader.line_num + 1
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            rejects.append(Rejected(begins, "", f"not CSV: {error}"))
        else:
            if any(cell.strip() for cell in row):
                yield begins, row
        begins = reader.line_num + 1


def from_yaml(text: str, name: str) -> Rows:
    """Rows of a YAML text: `organisations`, each with `claims` and `contacts`.

    Raises:
        UsageError: no YAML, or not a mapping with the one key `organisations`.
    """
    try:
        document = Document(text)
    except FaultyText as faulty:
        raise faulty.fault.error(name) from None
    root = document.root
    keys = [key.value for key, _ in root.value] if isinstance(root, yaml.MappingNode) else []
    if keys != ["organisations"]:
        message = f"{name}: the one key `organisations` is needed at the top."
        raise UsageError(message, mend="See the register's format in the documentation.")
    rows: list[dict[str, Any]] = []
    rejects: list[Rejected] = []
    for index, node in enumerate(entries(root, "organisations")):
        _read_organisation(document, node, (index, rows, rejects))
    return frame_of(rows), rejects


_Sink = tuple[int, list[dict[str, Any]], list[Rejected]]


def _read_organisation(document: Document, node: yaml.Node, sink: _Sink) -> None:
    """One organisation: a row of its own, one a claim, one a contact."""
    index, rows, rejects = sink
    at = f"organisations[{index}]"
    try:
        stated = convert(node, document.value(node), OrganisationEntry, at)
    except FaultyText as faulty:
        rejects.append(_rejected(faulty, node))
        return
    facts = {
        "line": line_of(node, ()),
        "organisation": stated.slug,
        "public": "" if stated.public is None else str(stated.public).lower(),
        **{name: getattr(stated, name) for name in ("name", "name_ur", "sector", "territory")},
        "country": stated.country,
        "cii_grade": stated.cii_grade,
    }
    rows.append(facts)
    for number, child in enumerate(entries(node, "claims")):
        path = f"{at}.claims[{number}]"
        _read_entry(document, child, (path, ClaimEntry), (stated.slug, rows, rejects))
    for number, child in enumerate(entries(node, "contacts")):
        path = f"{at}.contacts[{number}]"
        _read_entry(document, child, (path, ContactEntry), (stated.slug, rows, rejects))


def _read_entry(
    document: Document,
    node: yaml.Node,
    wanted: tuple[str, type[ClaimEntry | ContactEntry]],
    sink: tuple[str, list[dict[str, Any]], list[Rejected]],
) -> None:
    slug, rows, rejects = sink
    try:
        entry = convert(node, _dates_as_text(document.value(node)), wanted[1], wanted[0])
    except FaultyText as faulty:
        rejects.append(_rejected(faulty, node))
        return
    prefix = "contact_" if isinstance(entry, ContactEntry) else ""
    cells = {prefix + name: _cell(getattr(entry, name)) for name in entry.__struct_fields__}
    rows.append({"line": line_of(node, ()), "organisation": slug, **cells})


def _rejected(faulty: FaultyText, node: yaml.Node) -> Rejected:
    fault = faulty.fault
    column = fault.path.rpartition(".")[2]
    return Rejected(fault.line or line_of(node, ()), column, f"{fault.what} {fault.mend}".strip())


def _dates_as_text(value: object) -> object:
    """YAML makes dates of what looks like one; in a register both spellings are text."""
    if not isinstance(value, dict):
        return value
    return {
        key: cell.isoformat() if isinstance(cell, date) else cell for key, cell in value.items()
    }


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def to_csv(rows: pl.DataFrame) -> str:
    """Text of rows of text (columns of `COLUMNS`), safe to open in a spreadsheet."""
    guarded = (
        pl.when(pl.col(name).str.contains(f"^{FORMULA_CLASS}"))
        .then("'" + pl.col(name))
        .otherwise(pl.col(name))
        .alias(name)
        for name in COLUMNS
    )
    return rows.select(guarded).write_csv(line_terminator="\n")
