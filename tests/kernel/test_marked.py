"""Faults of a YAML text are found at their place; nothing unsafe is read."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.kernel.marked import Document, FaultyText, convert, entries


class Leaf(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part."""

    name: str
    size: int = 0


class Tree(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A whole."""

    leaves: tuple[Leaf, ...] = ()


def read(text: str) -> Tree:
    document = Document(text)
    return convert(document.root, document.value(document.root), Tree)


def fault_of(text: str) -> tuple[int, str, str, str]:
    with pytest.raises(FaultyText) as caught:
        read(text)
    fault = caught.value.fault
    return fault.line, fault.path, fault.what, fault.mend


def test_a_sound_text_is_read() -> None:
    assert read("leaves:\n  - {name: oak, size: 3}\n") == Tree((Leaf("oak", 3),))


def test_an_unknown_key_names_line_path_and_the_nearest() -> None:
    assert fault_of("leaves:\n  - name: oak\n    sise: 3\n") == (
        3,
        "leaves[0].sise",
        "Object contains unknown field `sise`.",
        "Did you mean `size`?",
    )


def test_a_wrong_type_names_its_line() -> None:
    assert fault_of("leaves:\n  - name: oak\n    size: big\n") == (
        3,
        "leaves[0].size",
        "Expected `int`, got `str`.",
        "",
    )


def test_aliases_are_refused() -> None:
    text = "leaves: &a\n  - {name: oak}\nmore: *a\n"
    assert fault_of(text)[2:] == ("Aliases (`*name`) are not read.", "Write it out.")


def test_a_key_twice_is_refused() -> None:
    assert fault_of("leaves: []\nleaves: []\n") == (
        2,
        "",
        "`leaves` stands here twice.",
        "Remove one.",
    )


def test_tags_that_make_objects_are_refused() -> None:
    assert fault_of("leaves:\n  - !!python/object:os.system {}\n")[0] == 2


def test_a_day_that_is_none_names_its_line() -> None:
    assert fault_of("leaves:\n  - name: oak\n    size: 2026-02-31\n")[0] == 3


def test_depth_is_bounded() -> None:
    assert fault_of("leaves: " + "[" * 60 + "]" * 60)[2] == "Nested deeper than 32 levels."


def test_members_of_a_list() -> None:
    assert len(entries(Document("leaves: [1, 2]").root, "leaves")) == 2
    assert entries(Document("leaves: 3").root, "leaves") == []


@given(st.text(max_size=200) | st.text("{}[]:,-&*!|>'\"%@ \n\tab0", max_size=60))
def test_any_text_is_read_or_faulty(text: str) -> None:
    try:
        read(text)
    except FaultyText as faulty:
        assert faulty.fault.what  # noqa: PT017 either outcome is right
