"""Workbooks: cells as text by their rows; what would unfold to too much is refused."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

import msgspec
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pehra.kernel.errors import UsageError
from pehra.registry.brought.spreadsheet import map_of, read_workbook
from pehra.registry.brought.workbook import MAGIC, Asked, Told, answer, rows_of
from pehra.registry.register import Known, check

if TYPE_CHECKING:
    from collections.abc import Sequence

OPEN = "http://schemas.openxmlformats.org"
MAIN = f"{OPEN}/spreadsheetml/2006/main"
OFFICE = f"{OPEN}/officeDocument/2006/relationships"
PACKAGE = f"{OPEN}/package/2006/relationships"


def _cell(value: object, reference: str) -> str:
    if isinstance(value, str):
        return f'<c r="{reference}" t="inlineStr"><is><t>{value}</t></is></c>'
    return "" if value is None else f'<c r="{reference}"><v>{value}</v></c>'


def sheet(rows: Sequence[Sequence[object]]) -> str:
    """A sheet of texts and numbers, as XML."""
    lines = (
        f'<row r="{row}">'
        + "".join(_cell(one, f"{chr(64 + at)}{row}") for at, one in enumerate(cells, 1))
        + "</row>"
        for row, cells in enumerate(rows, 1)
    )
    return f'<worksheet xmlns="{MAIN}"><sheetData>{"".join(lines)}</sheetData></worksheet>'


def book(end: str = "xml", shared: str = "", **sheets: str) -> bytes:
    """A workbook of sheets, each as XML in a part whose name ends so, and one shared text."""
    names = list(sheets)
    listed = "".join(
        f'<sheet name="{name}" sheetId="{at}" r:id="r{at}"/>' for at, name in enumerate(names, 1)
    )
    links = "".join(
        f'<Relationship Id="r{at}" Type="{OFFICE}/worksheet" Target="worksheets/s{at}.{end}"/>'
        for at, _ in enumerate(names, 1)
    )
    whole = f'<Relationship Id="r" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{OPEN}/package/2006/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}">{whole}</Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{listed}</sheets>'
        "</workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}">{links}</Relationships>',
        **{f"xl/worksheets/s{at}.{end}": sheets[name] for at, name in enumerate(names, 1)},
    }
    if shared:
        parts["xl/sharedStrings.xml"] = f'<sst xmlns="{MAIN}"><si><t>{shared}</t></si></sst>'
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in parts.items():
            packed.writestr(name, text)
    return out.getvalue()


WORDS = st.text("abé 1", min_size=1, max_size=4).map(str.strip).filter(bool)


def read_here(data: bytes) -> Told:
    """What the process says, without one."""
    asked = msgspec.msgpack.encode(Asked(data, ""))
    return msgspec.msgpack.decode(answer(asked), type=Told)


@settings(deadline=None, max_examples=20)
@given(rows=st.lists(st.lists(WORDS, min_size=2, max_size=2), min_size=1, max_size=4))
def test_cells_are_read_back(rows: list[list[str]]) -> None:
    told = read_here(book(S=sheet(rows)))
    assert pl.read_ipc(told.cells).rows() == [tuple(row) for row in rows]


def test_numbers_are_written_plainly_and_sheets_are_chosen() -> None:
    rows: Sequence[Sequence[object]] = [["AS", "y"], [64500, 1.5], [None, None]]
    data = book(First=sheet([("x",)]), Second=sheet(rows))
    assert list(rows_of(data, "a.xlsx")) == [(1, ["x"])]
    assert list(rows_of(data, "a.xlsx", "Second"))[:2] == [(1, ["AS", "y"]), (2, ["64500", "1.5"])]
    with pytest.raises(UsageError, match="no sheet `Third`"):
        list(rows_of(data, "a.xlsx", "Third"))


def test_a_workbook_becomes_a_register_by_its_map() -> None:
    rows: Sequence[Sequence[object]] = [
        [None, None],
        ["Company", "Network"],
        ["Bank", "192.0.2.0/24"],
        [None, None],
        ["!", "x"],
    ]
    chosen = map_of('sheet = "S"\n[columns]\nname = "Company"\nasset = "Network"', "map.toml")
    found = check(
        *read_workbook(book(S=sheet(rows)), "a.xlsx", chosen), Known(frozenset(), frozenset())
    )
    assert found.claims.select("row", "organisation", "value").rows() == [
        (3, "bank", "192.0.2.0/24")
    ]
    assert [one.row for one in found.rejects] == [5]


def _zip(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in parts.items():
            packed.writestr(name.replace("__", "/").replace("_xml", ".xml"), data)
    return out.getvalue()


def _sheet(rows: str) -> str:
    return f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'


ONE = "<v>1</v></c>"
FAR = f'<row r="1"><c r="A1">{ONE}</row><row r="1048576"><c r="XFD1048576">{ONE}</row>'
BARE = f'<row r="1"><c>{ONE}</row><row r="1048576">{f"<c>{ONE}" * 16_384}</row>'
MANY = f'<row r="1"><c r="A1">{ONE}</row><row r="9"><c r="A9">{ONE}<c r="XFD300">{ONE}</row>'
SHARED = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, 3_000))
HERE = "cannot be read as a workbook in 2 GiB of memory and 60 seconds"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (MAGIC, "cannot be unpacked"),
        (_zip(other_xml=b""), "is no XLSX workbook"),
        (_zip(xl__workbook_xml=b"<"), "cannot be read as a workbook"),
        (book(), "cannot be read as a workbook"),
        (book(S=_sheet(FAR)), HERE),
        (book(S=_sheet(FAR.replace("A1", "a1").replace("XFD", "xfd"))), HERE),
        (book(S=_sheet(BARE)), HERE),
        (book(S=_sheet(FAR), end="bin"), HERE),
        (book(S=_sheet(SHARED), shared="x" * (10 << 20)), HERE),
        (book(S=_sheet(SHARED), shared="x" * 100_000), "more than 256 MiB of text"),
        (book(S=_sheet(MANY)), "16,384 columns and 300 rows"),
        (_zip(xl__workbook_xml=b"0" * (65 << 20)), "unfolds to more than 64 MiB"),
        (_zip(xl__workbook_xml=b"", **{f"p{at}": b"" for at in range(1_001)}), "or 1000 parts"),
    ],
)  # fmt: skip
def test_what_cannot_be_opened_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        list(rows_of(data, "a.xlsx"))


@settings(deadline=None, max_examples=8)
@given(at=st.integers(0, 1 << 12), put=st.binary(min_size=1, max_size=4))
def test_a_damaged_workbook_is_read_or_refused(at: int, put: bytes) -> None:
    whole = book(S=sheet([["a", "b"], ["c", 1]]))
    at %= len(whole)
    try:
        rows = list(rows_of(whole[:at] + put + whole[at + len(put) :], "a.xlsx"))
    except UsageError:
        return
    assert all(isinstance(cell, str) for _, cells in rows for cell in cells)
