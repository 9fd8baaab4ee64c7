"""`pehra notices effect`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def test_the_effect_of_nothing_told_is_not_known(open_for_work: Callable[..., Any]) -> None:
    told = open_for_work("notices", "effect", "--json").said
    assert (told["effect"], told["findings"] > 0) == (None, True)
    assert {one["by"] for one in told["groups"]} == {"all", "class", "sector", "severity"}
    whole = told["groups"][0]["clocks"]
    assert (whole["gone"]["findings"], whole["notify"]["happened"]) == (told["findings"], 0)
    assert whole["verify"]["by_day_7"] is None
    few = open_for_work(
        "notices", "effect", "--by", "sector", "--since", "2020-01-01", "--until", "2020-02-01"
    )
    assert (few.code, "is not known" in few.out) == (0, True)


def test_what_cannot_be_asked(open_for_work: Callable[..., Any]) -> None:
    assert open_for_work("notices", "effect", "--by", "moon").code == 2
    assert open_for_work("notices", "effect", "--since", "yesterday").code == 2
