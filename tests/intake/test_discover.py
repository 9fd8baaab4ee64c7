"""Sources are found by existing; clashes are refused."""

from __future__ import annotations

from importlib.metadata import EntryPoint

import msgspec
import pytest

from pehra.intake.discover import gathered, source, sources
from pehra.intake.sources.generic_csv import SOURCE
from pehra.kernel.errors import EnvironmentFault, UsageError


def _point(name: str, value: str) -> EntryPoint:
    return EntryPoint(name=name, value=value, group="pehra.sources")


def test_the_shipped_sources_are_found() -> None:
    assert list(sources()) == sorted(sources())
    assert {"csv", "intelmq", "jsonl", "shadowserver"} <= set(sources())


def test_an_unknown_source_names_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"Known are: blocklist-de, .*csv, "):
        source("nothing")


def test_a_plug_in_adds_a_source_by_module_or_by_name() -> None:
    module = _point("one", "pehra.intake.sources.json_lines")
    named = _point("two", "pehra.intake.sources.intelmq:SOURCE")
    assert list(gathered([SOURCE], [module, named])) == ["csv", "jsonl", "intelmq"]


@pytest.mark.parametrize(
    "value", ["pehra.intake.sources.generic_csv", "pehra.intake.discover", "json:dumps"]
)
def test_a_clash_or_something_else_is_refused(value: str) -> None:
    with pytest.raises(EnvironmentFault):
        gathered([SOURCE], [_point("plug", value)])


def test_a_slug_has_a_form() -> None:
    with pytest.raises(EnvironmentFault):
        gathered([msgspec.structs.replace(SOURCE, slug="No Slug")], [])
