"""Lay the steps of a playbook out as a picture: boxes below one another, branches side by side.

Pure: a drawing is numbers, and a page draws them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from pehra.cases.playbooks.cacao import End, Playbook, Start, after
from pehra.cases.playbooks.outline import branches

if TYPE_CHECKING:
    from collections.abc import Iterable

WIDTH, HEIGHT = 168, 62
_ACROSS, _DOWN, _LABEL, _MARGIN = 20, 26, 20, 8


class Box(msgspec.Struct, frozen=True):
    """A step: its upper left corner."""

    key: str
    x: int
    y: int


class Label(msgspec.Struct, frozen=True):
    """Words above a branch, around `x`."""

    key: str
    branch: str
    x: int
    y: int


class Drawing(msgspec.Struct, frozen=True):
    """A picture; a line is points, such as `84,62 84,88`."""

    width: int
    height: int
    boxes: tuple[Box, ...] = ()
    lines: tuple[str, ...] = ()
    labels: tuple[Label, ...] = ()


class _Block(msgspec.Struct):
    """A chain of steps around a middle line; x counts from it, and may be negative."""

    left: int
    right: int
    height: int
    boxes: list[Box]
    lines: list[list[tuple[int, int]]]
    labels: list[Label]


def draw(playbook: Playbook) -> Drawing:
    """The picture of a playbook, from its first step to its last."""
    block = _chain(playbook, playbook.start, set())
    shift = _MARGIN - block.left
    return Drawing(
        width=block.right - block.left + 2 * _MARGIN,
        height=block.height + 2 * _MARGIN,
        boxes=tuple(Box(one.key, one.x + shift, one.y + _MARGIN) for one in block.boxes),
        lines=tuple(
            " ".join(f"{x + shift},{y + _MARGIN}" for x, y in line) for line in block.lines
        ),
        labels=tuple(
            Label(one.key, one.branch, one.x + shift, one.y + _MARGIN) for one in block.labels
        ),
    )


def _chain(playbook: Playbook, key: str, seen: set[str]) -> _Block:
    half = WIDTH // 2
    block = _Block(-half, half, 0, [], [], [])
    tails: list[tuple[int, int]] = []
    while key and key not in seen:
        step = playbook.steps[key]
        if isinstance(step, End):
            break
        seen.add(key)
        if not isinstance(step, Start):
            top = block.height + (_DOWN if tails else 0)
            block.lines += [_bent(tail, (0, top)) for tail in tails]
            block.boxes.append(Box(key, -half, top))
            block.height = top + HEIGHT
            tails = _branches(playbook, key, block, seen)
        key = after(step)
    return block


def _branches(playbook: Playbook, key: str, block: _Block, seen: set[str]) -> list[tuple[int, int]]:
    """Draw the branches of the step that was drawn last; where lines to the next step begin."""
    foot = (0, block.height)
    names = [(name, _chain(playbook, to, seen)) for name, to in branches(playbook, key)]
    drawn = [(name, one) for name, one in names if one.boxes]
    if not drawn:
        return [foot]
    x = -(sum(one.right - one.left for _, one in drawn) + _ACROSS * (len(drawn) - 1)) // 2
    # A lone branch stands beside the line that passes it by.
    tails, x = ([foot], WIDTH // 2 + _ACROSS) if len(drawn) == 1 else ([], x)
    y, low = block.height + _DOWN + _LABEL, block.height
    for name, one in drawn:
        middle = x - one.left
        block.lines.append(_bent(foot, (middle, y)))
        block.labels.append(Label(key, name, middle, y - 6))
        _place(one, middle, y, block)
        tails.append((middle, y + one.height))
        low = max(low, y + one.height)
        x = middle + one.right + _ACROSS
    block.height = low
    return tails


def _place(one: _Block, x: int, y: int, block: _Block) -> None:
    block.boxes += [Box(box.key, box.x + x, box.y + y) for box in one.boxes]
    block.labels += [Label(at.key, at.branch, at.x + x, at.y + y) for at in one.labels]
    block.lines += [_moved(line, x, y) for line in one.lines]
    block.left = min(block.left, x + one.left)
    block.right = max(block.right, x + one.right)


def _moved(line: Iterable[tuple[int, int]], x: int, y: int) -> list[tuple[int, int]]:
    return [(at + x, down + y) for at, down in line]


def _bent(begin: tuple[int, int], end: tuple[int, int]) -> list[tuple[int, int]]:
    """A line that goes across just above or below where branches meet."""
    if begin[0] == end[0]:
        return [begin, end]
    across = begin[1] + _DOWN // 2 if begin[0] == 0 else end[1] - _DOWN // 2
    return [begin, (begin[0], across), (end[0], across), end]
