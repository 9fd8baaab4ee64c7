"""A slug that nobody has is refused alike wherever a command takes one."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from pehra.cli import named
from pehra.kernel.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

NO_ORGANISATION = "pehra: There is no organisation `nobody`. `pehra registry export` lists them.\n"
NO_TEAM = "pehra: There is no team `nobody`. Known are: "


@pytest.mark.parametrize(
    "words",
    [("findings", "list"), ("findings", "export"), ("observations", "query")],
)
def test_an_unknown_holder_is_refused(pehra: Callable[..., Any], words: tuple[str, ...]) -> None:
    assert pehra("init").code == 0
    refused = pehra(*words, "--org", "nobody")
    assert (refused.code, refused.err) == (2, NO_ORGANISATION)


def test_an_unknown_team_is_refused(open_for_work: Callable[..., Any]) -> None:
    refused = open_for_work("findings", "list", "--team", "nobody")
    assert (refused.code, refused.err[: len(NO_TEAM)]) == (2, NO_TEAM)
    known = refused.err[len(NO_TEAM) :].removesuffix(".\n").split(", ")
    for name in known:
        assert open_for_work("findings", "list", "--team", name).code == 0


def test_a_day_is_one_or_refused() -> None:
    assert named.day("2026-01-31") == date(2026, 1, 31)
    assert named.day("") is None
    with pytest.raises(UsageError, match="`tomorrow` is no day"):
        named.day("tomorrow")
