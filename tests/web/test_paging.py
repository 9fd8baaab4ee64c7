"""Addresses of pages: one parameter changes, the rest stays."""

from __future__ import annotations

import pytest
from django.http import QueryDict
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from pehra.web import paging


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12", 12),
        ("", None),
        ("-1", None),
        ("x", None),
        ("٣", None),
        ("9" * 19, None),
        ("9" * 18, 10**18 - 1),
    ],
)
def test_a_position_is_a_row_number_or_nothing(text: str, number: int | None) -> None:
    assert paging.position(RequestFactory().get("/", {"after": text}), "after") == number


@given(st.lists(st.sampled_from(["open", "gone"]), max_size=2), st.text(max_size=9))
def test_the_rest_of_the_address_stays(states: list[str], asset: str) -> None:
    request = RequestFactory().get("/f/", {"state": states, "asset": asset, "before": "3"})
    turned = QueryDict(paging.address(request, {"after": 7, "before": None}).partition("?")[2])
    assert (turned.getlist("state"), turned["asset"], turned["after"]) == (states, asset, "7")
    assert "before" not in turned


def test_the_ends_have_no_links() -> None:
    request = RequestFactory().get("/f/")
    assert paging.pages(request, None, 7) == paging.Pages(previous="", next="/f/?after=7")
    assert paging.pages(request, 9, None) == paging.Pages(previous="/f/?before=9", next="")
    assert paging.address(request, {"page": 2}, anchor="seen") == "/f/?page=2#seen"
