"""The steps of a playbook in the order in which they are read, each with its number. Pure."""

from __future__ import annotations

from string import ascii_lowercase
from typing import TYPE_CHECKING

import msgspec

from pehra.cases.playbooks.cacao import End, Playbook, Start, after, successors

if TYPE_CHECKING:
    from collections.abc import Iterator


class Place(msgspec.Struct, frozen=True):
    """Where a step stands.

    Attributes:
        number: such as `3`, or `3b1` for the first step of the second branch of step 3.
        depth: how many branches it is inside of.
        within: the steps whose branches it is in, outermost first, each with the branch's key.
    """

    key: str
    number: str
    depth: int
    within: tuple[tuple[str, str], ...] = ()


def outline(playbook: Playbook) -> list[Place]:
    """Every step but starts and ends, once, in the order of reading."""
    return list(_chain(playbook, playbook.start, "", (), set()))


def _chain(
    playbook: Playbook, key: str, prefix: str, within: tuple[tuple[str, str], ...], seen: set[str]
) -> Iterator[Place]:
    place = 0
    while key and key not in seen:
        step = playbook.steps[key]
        if isinstance(step, End):
            return
        seen.add(key)
        if not isinstance(step, Start):
            place += 1
            number = f"{prefix}{place}"
            yield Place(key, number, len(within), within)
            for letter, (branch, to) in zip(letters(), branches(playbook, key), strict=False):
                inside = (*within, (key, branch))
                yield from _chain(playbook, to, f"{number}{letter}", inside, seen)
        key = after(step)


def branches(playbook: Playbook, key: str) -> list[tuple[str, str]]:
    """The branches of a step by their keys; what is done where it fails is one called `failed`."""
    step = playbook.steps[key]
    found = [(name, to) for name, to in successors(step) if name != "next"]
    return [*found, ("failed", step.on_failure)] if step.on_failure else found


def letters() -> Iterator[str]:
    """Letters a to z, then aa, ab and so on."""
    yield from ascii_lowercase
    yield from (first + second for first in ascii_lowercase for second in ascii_lowercase)
