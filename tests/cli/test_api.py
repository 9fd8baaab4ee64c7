"""`pehra api`: the description as the site gives it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def test_the_description_and_its_operations(pehra: Callable[..., Any]) -> None:
    pehra("init")
    told = pehra("api", "schema").said
    assert told["openapi"].startswith("3.")
    found = pehra("api", "operations", "--json").said["operations"]
    assert {one["path"] for one in found} == set(told["paths"])
    assert "| `GET /api/v1/me` | Say who asks" in pehra("api", "operations").out
