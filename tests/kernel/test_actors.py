"""An actor is a value: who, and in which office."""

from __future__ import annotations

import pytest

from pehra.kernel.actors import SYSTEM, Actor


def test_actors_are_values() -> None:
    assert Actor(name="pehra", office="system") == SYSTEM
    assert len({SYSTEM, Actor(name="pehra", office="system")}) == 1


def test_an_actor_does_not_change() -> None:
    with pytest.raises(AttributeError, match="immutable"):
        SYSTEM.office = "director"  # type: ignore[misc] # the point of the test
