"""A register file: both forms say the same, bad rows are told, any bytes are read or refused."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pehra.kernel.errors import PehraError, UnreadableFile, UsageError
from pehra.registry.register import Known, Register, read

KNOWN = Known(frozenset({"banking", "power"}), frozenset({"PK-SD"}))
HEADER = "organisation,name,sector,asset,source,confidence,use,valid_from,valid_to\n"


def csv(*lines: str) -> Register:
    return read((HEADER + "\n".join(lines)).encode(), "r.csv", KNOWN)


def told(register: Register) -> list[tuple[int, str, str]]:
    return [(one.row, one.column, one.why) for one in register.rejects]


def test_csv_and_yaml_say_the_same() -> None:
    left = csv("bank,Bank,banking,AS64500,self,70,static,2026-01-01,2026-02-01T10:00:00+05:00")
    yaml = """
organisations:
  - slug: bank
    name: Bank
    sector: banking
    claims:
      - asset: AS64500
        source: self
        confidence: 70
        valid_from: 2026-01-01
        valid_to: 2026-02-01T10:00:00+05:00
"""
    right = read(yaml.encode(), "r.yaml", KNOWN)
    assert left.rejects == right.rejects == ()
    assert left.claims.drop("row").equals(right.claims.drop("row"))
    assert [one.slug for one in left.organisations] == [one.slug for one in right.organisations]
    assert left.claims.drop("row").row(0) == (
        "bank",
        "asn",
        "64500",
        "self",
        70,
        "static",
        datetime(2026, 1, 1, tzinfo=UTC),
        datetime(2026, 2, 1, 5, tzinfo=UTC),
        "",
    )


def test_what_is_not_stated_is_usual() -> None:
    claims = csv("bank,,,192.0.2.0/24,,,,,", "bank,,,bank.example,registry,,,,").claims
    assert claims.select("kind", "source", "confidence", "use", "valid_from").rows() == [
        ("prefix", "manual", 100, "static", None),
        ("domain", "registry", 50, "static", None),
    ]


@pytest.mark.parametrize(
    ("line", "column", "why"),
    [
        ("B!,,,,,,,,", "organisation", "`B!` is no slug: lower-case letters, digits and hyphens"),
        ("b,,bankin,,,,,,", "sector", "`bankin` is not known; did you mean `banking`?"),
        ("b,,,1.2.3.4/24,,,,,", "asset", ("`1.2.3.4/24` has host bits set; did you mean"
         " `1.2.3.0/24`?")),
        ("b,,,AS1,manuel,,,,", "source", "`manuel` is not known; did you mean `manual`?"),
        ("b,,,AS1,,101,,,", "confidence", "per cent from 0 to 100 is needed"),
        ("b,,,AS1,,,natted,,", "use", "`natted` is not known; known: carrier-nat, dynamic, static"),
        ("b,,,AS1,,,,2026-02-31,", "valid_from", "`2026-02-31` is no date such as 2026-01-31"),
        ("b,,,AS1,,,,2026-01-02,2026-01-02", "valid_to", ("the first moment without it must be"
         " after `valid_from`")),
        ("b,,", "", "3 cells where the header has 9"),
    ],
)  # fmt: skip
def test_a_bad_row_is_told_and_the_rest_goes_in(line: str, column: str, why: str) -> None:
    found = csv("good,,,AS64500,,,,,", line, "good,,,AS64501,,,,,")
    assert told(found) == [(3, column, why)]
    assert found.claims["value"].to_list() == ["64500", "64501"]
    assert found.rows == 3


def test_rows_of_one_organisation_agree() -> None:
    found = csv("bank,Bank,banking,AS1,,,,,", "bank,,,AS2,,,,,", "bank,Other,,AS3,,,,,")
    assert told(found) == [(4, "name", "line 2 says `Bank`")]


def test_the_same_holding_twice_is_told() -> None:
    found = csv("b,,,AS1,,,,2026-01-01,", "b,,,as1,,,,2026-03-01,", "b,,,1,self,,,,")
    assert told(found) == [(3, "asset", "line 2 states the same holding for the same time")]


def test_one_after_another_is_two_holdings() -> None:
    found = csv("b,,,AS1,,,,2026-01-01,2026-02-01", "b,,,AS1,,,,2026-02-01,")
    assert told(found) == []


def test_a_yaml_fault_names_its_line() -> None:
    yaml = b"""organisations:
  - slug: bank
    claims:
      - {asset: AS64500, confidense: 3}
      - {asset: AS64501}
      - {asset: [1]}
    contacts:
      - {purpose: abuse}
      - {purpose: abuse, email: abuse@bank.example}
"""
    found = read(yaml, "r.yml", KNOWN)
    assert told(found) == [
        (4, "confidense", "Object contains unknown field `confidense`. Did you mean `confidence`?"),
        (6, "asset", "Expected `int | str`, got `array`."),
        (8, "contact_email", "a contact needs a mail address or a telephone number"),
    ]
    assert found.claims["value"].to_list() == ["64501"]
    assert [(one.purpose, one.email) for one in found.contacts] == [("abuse", "abuse@bank.example")]


def test_rows_on_one_line_are_told_apart() -> None:
    yaml = b"organisations: [{slug: b, claims: [{asset: AS1}, {asset: ASx1}, {asset: AS2}]}]"
    found = read(yaml, "r.yaml", KNOWN)
    assert found.claims["value"].to_list() == ["1", "2"]
    assert len(found.rejects) == 1


@pytest.mark.parametrize(
    ("data", "name", "kind"),
    [
        (b"\xff\xfe", "r.csv", UnreadableFile),
        (b"", "r.csv", UsageError),
        (b"a,b\n", "r.csv", UsageError),
        (b"organisation,organisation\n", "r.csv", UsageError),
        (b"organisations: []\nmore: 1\n", "r.yaml", UsageError),
        (b"{", "r.yaml", UsageError),
    ],
)
def test_what_is_no_register(data: bytes, name: str, kind: type[PehraError]) -> None:
    with pytest.raises(kind):
        read(data, name, KNOWN)


@settings(deadline=None)
@given(st.binary(max_size=200), st.sampled_from(["r.csv", "r.yaml"]))
def test_any_bytes_are_read_or_refused(data: bytes, name: str) -> None:
    try:
        found = read(data, name, KNOWN)
    except PehraError as error:
        assert error.message  # noqa: PT017 either outcome is right
    else:
        assert found.rows >= len(found.rejects)


@settings(deadline=None)
@given(st.lists(st.lists(st.text("ab,\"\n'=\0é ", max_size=4), min_size=1, max_size=9), max_size=5))
def test_any_rows_are_taken_in_or_rejected(rows: list[list[str]]) -> None:
    text = HEADER + "\n".join(",".join(row) for row in rows)
    found = read(text.encode(), "r.csv", KNOWN)
    accepted = set(found.claims["row"]) | {one.row for one in found.organisations}
    assert accepted.isdisjoint({one.row for one in found.rejects})
