"""The structure file: closed keys, exact faults, and what loading it would change."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.kernel.errors import UsageError
from pehra.mandate import structure
from pehra.mandate.actions import shipped_structure
from pehra.mandate.models import Team
from pehra.mandate.structure import Present, compare, digest_of

SHIPPED = shipped_structure()
SMALL = "name: Exercise\ncountry: ZZ\nterritories: [{code: ZZ-A, name: A}]\n"


def test_the_shipped_structure_is_whole() -> None:
    rows = structure.stated(structure.read(SHIPPED, "pakistan.yaml"))
    structure.check_references(rows, {}, "pakistan.yaml")
    assert {kind: len(found) for kind, found in rows.items()} == {
        "territories": 7,
        "sectors": 19,
        "organisations": 31,
        "teams": 15,
        "offices": 12,
        "grounds": 8,
        "clocks": 52,
        "powers": 103,
        "holidays": 9,
    }


def test_every_shipped_row_names_its_source() -> None:
    rows = structure.stated(structure.read(SHIPPED, "pakistan.yaml"))
    without = [
        key for found in rows.values() for key, facts in found.items() if not facts["source"]
    ]
    assert without == []


def test_proposed_defaults_are_marked_unconfirmed() -> None:
    rows = structure.stated(structure.read(SHIPPED, "pakistan.yaml"))
    bold = [
        key
        for found in rows.values()
        for key, facts in found.items()
        if facts["source"] == "Proposed default" and not facts["unconfirmed"]
    ]
    assert bold == []


def test_every_territory_and_sector_has_its_urdu_name() -> None:
    read = structure.read(SHIPPED, "pakistan.yaml")
    assert [row.code for row in read.territories if not row.name_ur] == []
    assert [row.slug for row in read.sectors if not row.name_ur] == []


def test_the_words_are_those_of_the_tables() -> None:
    assert list(get_args(structure.Tier)) == Team.Tier.values
    assert list(get_args(structure.Status)) == Team.Status.values


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (
            SMALL.replace("name: A}", "nam: A}"),
            (
                "f.yaml, line 3: territories[0].nam: Object contains unknown field `nam`."
                " Did you mean `name`?"
            ),
        ),
        (
            SMALL + "teams: [{slug: a, name: A, tier: nationl}]\n",
            "f.yaml, line 4: teams[0].tier: Invalid enum value 'nationl'. Did you mean `national`?",
        ),
        (
            SMALL + "territories: []\n",
            "f.yaml, line 4: `territories` stands here twice. Remove one.",
        ),
        (
            SMALL.replace("}]", "}, {code: ZZ-A, name: B}]"),
            "f.yaml: territories[1]: `ZZ-A` stands here twice.",
        ),
        (
            SMALL.replace("name: A}", "name: A, valid_from: 2026-01-02, valid_to: 2026-01-01}"),
            (
                "f.yaml: territories[0]: `valid_to`, the first day without it, must be after"
                " `valid_from`."
            ),
        ),
        ("", "f.yaml: The file is empty."),
    ],
)
def test_a_fault_names_its_place(broken: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        structure.read(broken, "f.yaml")
    assert str(caught.value) == message


def test_a_reference_to_nothing_is_refused() -> None:
    rows = structure.stated(
        structure.read(SMALL + "sectors: [{slug: s, name: S, team: t}]", "f.yaml")
    )
    with pytest.raises(UsageError) as caught:
        structure.check_references(rows, {}, "f.yaml")
    assert caught.value.message == (
        "f.yaml: sectors `s`: `team` names `t`, which is not among the teams."
    )
    structure.check_references(rows, {"teams": {"t"}}, "f.yaml")


def _territories(facts: dict[str, str]) -> dict[str, dict[structure.Key, structure.Facts]]:
    none: dict[str, dict[structure.Key, structure.Facts]] = {kind: {} for kind in structure.KEYS}
    return {**none, "territories": {("A",): {"code": "A", **facts}}}


def _present(facts: dict[str, str], filed: str) -> dict[str, dict[structure.Key, Present]]:
    none: dict[str, dict[structure.Key, Present]] = {kind: {} for kind in structure.KEYS}
    return {**none, "territories": {("A",): Present({"code": "A", **facts}, filed)}}


names = st.fixed_dictionaries({"name": st.sampled_from(["x", "y", "z"])})


@given(filed=names, row=names, file=names, overwrite=st.booleans())
def test_a_person_s_change_is_kept(
    filed: dict[str, str],
    row: dict[str, str],
    file: dict[str, str],
    *,
    overwrite: bool,
) -> None:
    present = _present(row, digest_of({"code": "A", **filed}))
    outcomes = [
        change.outcome for change in compare(_territories(file), present, overwrite=overwrite)
    ]
    if row == file:
        assert outcomes == []
    elif filed == row or overwrite:
        assert outcomes == ["changed"]
    else:
        assert outcomes == ["kept"]


@given(st.text(max_size=300))
def test_any_text_is_a_structure_or_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError):
        structure.read(text, "f.yaml")


def test_every_shipped_territory_has_a_tile_of_its_own() -> None:
    tiles = [row.tile for row in structure.read(SHIPPED, "pakistan.yaml").territories]
    assert len(set(tiles)) == len(tiles)
    assert "" not in tiles


def test_a_tile_is_a_column_and_a_row() -> None:
    for tile in ("1", "0,1", "1,0", "a,b", "1,2,3"):
        text = SMALL.replace("name: A}", f'name: A, tile: "{tile}"}}')
        with pytest.raises(UsageError, match="tile"):
            structure.read(text, "small.yaml")


def test_a_row_filed_before_tiles_is_not_taken_for_changed_by_hand() -> None:
    row = {"code": "ZZ-A", "name": "A"}
    assert digest_of(row | {"tile": ""}) == digest_of(row)
    assert digest_of(row | {"tile": "1,1"}) != digest_of(row)
