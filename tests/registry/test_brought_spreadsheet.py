"""Spreadsheets by a map of columns: names become slugs, several assets of a cell stand apart."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pehra.kernel.errors import UsageError
from pehra.registry.brought.spreadsheet import ColumnMap, map_of, read
from pehra.registry.register import Known, check

NOTHING = Known(frozenset(), frozenset())
MAP = """separator = ";"
[columns]
name = "Company"
asset = "Networks"
contact_email = "Mail"
[always]
contact_purpose = "abuse"
"""
SHEET = """Nr;Company;Networks;Mail
1;Exercise Bank;"192.0.2.0/24, AS64500
bank.example";abuse@bank.example
2;Exercise School;;it@school.example
3;;;
"""


def test_a_sheet_becomes_a_register() -> None:
    found = check(*read(SHEET, "sheet.csv", map_of(MAP, "map.toml")), NOTHING)
    assert [(one.slug, one.name) for one in found.organisations] == [
        ("exercise-bank", "Exercise Bank"), ("exercise-school", "Exercise School")
    ]  # fmt: skip
    assert found.claims.select("row", "value").rows() == [
        (2, "192.0.2.0/24"), (2, "64500"), (2, "bank.example")
    ]  # fmt: skip
    assert [one.email for one in found.contacts] == ["abuse@bank.example", "it@school.example"]
    assert [(one.row, one.why) for one in found.rejects] == [
        (5, "no name that a slug can be made of")
    ]


def test_a_row_that_names_a_person_says_where_to_reach_them() -> None:
    chosen = map_of(
        f'{MAP}contact_language = "ur"'.replace("[always]", 'contact_name = "Who"\n[always]'), "m"
    )
    text = "Company;Networks;Mail;Who\nBank;192.0.2.0/24;;Sana\nSchool;198.51.100.0/24;;\n"
    found = check(*read(text, "sheet.csv", chosen), NOTHING)
    assert [(one.row, one.column) for one in found.rejects] == [(2, "contact_email")]
    assert found.claims.select("row", "organisation").rows() == [(3, "school")]
    assert found.contacts == ()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("columns", "map.toml:"), ("[columns]\nasset = 'A'", "neither"),
        ("[columns]\nname = 'A'\ncolour = 'B'", "has no column `colour`"),
        ("separator = '::'\n[columns]\nname = 'A'", "separates no cells"),
        ("[columns]\nname = 1", "map.toml:"),
    ],
)  # fmt: skip
def test_a_map_with_a_fault_is_refused(text: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        map_of(text, "map.toml")


def test_a_sheet_without_a_column_of_the_map_is_refused() -> None:
    chosen = map_of(MAP, "map.toml")
    with pytest.raises(UsageError, match="no column `Networks`"):
        read("Company;Mail\n", "sheet.csv", chosen)
    with pytest.raises(UsageError, match="has no header"):
        read("", "sheet.csv", chosen)


@settings(max_examples=20)
@given(st.text())
def test_any_cells_give_rows_or_rejects(text: str) -> None:
    chosen = ColumnMap({"name": "Company", "asset": "Networks"})
    found = check(*read("Company,Networks\n" + text, "sheet.csv", chosen), NOTHING)
    assert found.rows >= len(found.rejects)
