"""The taxonomy holds together: each type once, under one class, in lower case."""

from __future__ import annotations

import re

from pehra.intake.classification import CLASSES, RSIT
from pehra.observations.schema import EXPOSED_CLASSES


def test_a_type_belongs_to_one_class() -> None:
    kinds = [kind for named in CLASSES.values() for kind in named]
    assert len(kinds) == len(set(kinds)) == len(RSIT) == 39
    assert {kind: name for name, named in CLASSES.items() for kind in named} == RSIT


def test_words_are_spelled_as_the_taxonomy_does() -> None:
    assert [
        word for word in (*CLASSES, *RSIT) if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", word)
    ] == []
    assert len(CLASSES) == 11
    assert set(CLASSES) >= EXPOSED_CLASSES
