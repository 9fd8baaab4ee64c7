"""The bench of pages: a reader's pages and operations are found by themselves, and timed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.web.conftest import nation, officer, signed_in

from pehra.cli.bench.pages import slowest, timed_pages

if TYPE_CHECKING:
    from django.test import Client
    from pytest_django.fixtures import Settings

__all__ = ["nation", "officer", "signed_in"]


@pytest.mark.django_db
@pytest.mark.either
def test_a_readers_operations_are_found_and_timed(officer: Client, settings: Settings) -> None:
    settings.SECOND_FACTOR = "offered"
    pages = timed_pages(officer.get, [], {"times": 1, "only": "/findings"})
    one = "/api/v1/findings/{number}"
    assert set(pages) == {"/api/v1/findings", one, f"{one}/observations"}
    assert pages[one]["address"] == "/api/v1/findings/3"
    assert {told["queries"] > 0 for told in pages.values()} == {True}


def test_the_slowest_come_first() -> None:
    pages = {"a": {"p50_ms": 1.0}, "b": {"p50_ms": 400.0}, "c": {"p50_ms": 9.0}}
    told = slowest({"pages": {"staff": pages}, "over_the_goal": [{}]}, most=2)
    assert list(told["pages"]["staff"].items()) == [("b", 400.0), ("c", 9.0)]
    assert told["over_the_goal"] == 1
