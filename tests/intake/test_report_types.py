"""Report types as data: every type is whole, and is recognised by its own columns alone."""

from __future__ import annotations

import pytest

from pehra.intake.classification import RSIT
from pehra.intake.sources.shadowserver import report_types
from pehra.kernel.labels import Role, Severity
from pehra.observations.schema import REPORTED

TYPES = report_types()
WORDS = {level.word for level in Severity}


@pytest.mark.parametrize("base", sorted(TYPES.types))
def test_a_type_is_whole(base: str) -> None:
    kind, shape = TYPES.types[base], TYPES.shape(base)
    assert (kind.type in RSIT, kind.severity in WORDS, bool(kind.identifier)) == (True, True, True)
    plan = TYPES.plan(base, Role.SCAN, None)
    assert plan.constants["class"] == RSIT[plan.constants["type"]]
    assert {"observed_at"} <= plan.takes.keys() <= REPORTED.keys()
    assert {name for name in plan.constants if name not in REPORTED} == set()
    assert plan.known >= frozenset(shape.columns) | TYPES.own_columns(base)
    assert TYPES.base(base) == base
    header = tuple(sorted({*shape.columns, *TYPES.own_columns(base)}))
    assert TYPES.recognise(header) in {base, ""}


@pytest.mark.parametrize(
    ("kind", "base"),
    [
        ("scan_telnet", "scan_telnet"),
        ("scan6_telnet", "scan_telnet"),
        ("event6_sinkhole_http", "event4_sinkhole_http"),
        ("scan_nothing_known", ""),
        ("", ""),
    ],
)
def test_twins_of_the_other_family_are_described_once(kind: str, base: str) -> None:
    assert TYPES.base(kind) == base


def test_a_file_of_other_columns_is_of_no_type() -> None:
    assert TYPES.recognise(("colour", "taste")) == ""
    assert TYPES.recognise(()) == ""
