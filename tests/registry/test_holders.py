"""A register fills what is not known of organisations, and contradicts nothing unless told."""

from __future__ import annotations

import polars as pl
import pytest

from pehra.mandate.rules import HolderRow
from pehra.registry.holders import compare, merged, proposals, register_of
from pehra.registry.register import Stated

ROW = HolderRow(slug="a", name="A", sector="banking", is_public=False)


@pytest.mark.parametrize(
    ("stated", "overwrite", "expected", "outcomes"),
    [
        (Stated(row=2, slug="a"), False, ROW, []),
        (Stated(row=2, slug="a", name="A", is_public=False), False, ROW, []),
        (
            Stated(row=2, slug="a", country="PK", cii_grade="A"),
            False,
            HolderRow(
                slug="a", name="A", sector="banking", is_public=False, country="PK", cii_grade="A"
            ),
            ["changed"],
        ),
        (Stated(row=2, slug="a", sector="power", is_public=True), False, ROW, ["conflict"] * 2),
        (
            Stated(row=2, slug="a", sector="power"),
            True,
            HolderRow(slug="a", name="A", sector="power", is_public=False),
            ["changed"],
        ),
    ],
)
def test_one_organisation(
    stated: Stated,
    expected: HolderRow,
    outcomes: list[str],
    *,
    overwrite: bool,
) -> None:
    row, lines = merged(stated, ROW, overwrite=overwrite, proposed=False)
    assert row == expected
    assert [line[1] for line in lines] == outcomes


def test_new_and_nameless() -> None:
    register = register_of([], [Stated(row=1, slug="a", name="A"), Stated(row=2, slug="b")])
    found = compare(register, {})
    assert found.new == [HolderRow(slug="a", name="A")]
    assert found.nameless == {"b": 2}


def test_a_person_s_word_confirms_a_proposal() -> None:
    proposed = HolderRow(slug="a", name="A", standing="proposed")
    register = register_of([], [Stated(row=1, slug="a")])
    assert compare(register, {"a": (7, proposed)}).changed == {7: HolderRow(slug="a", name="A")}
    assert compare(register, {"a": (7, proposed)}, proposed=True).changed == {}


def test_a_proposal_for_each_holder() -> None:
    holders = pl.DataFrame(
        {"asn": [64500, 64501], "name": ["One", ""], "addresses_v4": [1024, 0], "share": [0.9, 1.0]}
    )
    register = proposals("PK", holders)
    assert [(one.slug, one.name, one.country) for one in register.organisations] == [
        ("as64500", "One", "PK"),
        ("as64501", "Holder of AS64501", "PK"),
    ]
    assert register.claims.select("value", "source", "confidence", "note").rows() == [
        ("64500", "registry", 50, "1,024 IPv4 addresses; 90% of its space in PK"),
        ("64501", "registry", 50, "0 IPv4 addresses; 100% of its space in PK"),
    ]
