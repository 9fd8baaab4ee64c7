"""A picture of a playbook: every step once, no two on one another, all inside."""

from __future__ import annotations

from itertools import combinations

import pytest

from pehra.cases.playbooks.drawing import HEIGHT, WIDTH, draw
from pehra.cases.playbooks.outline import outline
from pehra.cases.playbooks.shipped import SLUGS, shipped


@pytest.mark.parametrize("slug", SLUGS)
def test_every_step_has_a_box_of_its_own_inside_the_picture(slug: str) -> None:
    drawn = draw(shipped()[slug])
    assert [box.key for box in drawn.boxes] != []
    assert {box.key for box in drawn.boxes} == {one.key for one in outline(shipped()[slug])}
    for one, other in combinations(drawn.boxes, 2):
        assert abs(one.x - other.x) >= WIDTH or abs(one.y - other.y) >= HEIGHT
    points = [tuple(map(int, at.split(","))) for line in drawn.lines for at in line.split()]
    points += [(box.x + WIDTH, box.y + HEIGHT) for box in drawn.boxes]
    points += [(box.x, box.y) for box in drawn.boxes]
    assert all(0 <= x <= drawn.width and 0 <= y <= drawn.height for x, y in points)


def test_branches_have_labels() -> None:
    labels = [one.branch for one in draw(shipped()["ransomware"]).labels]
    assert labels == ["1", "2", "3", "true"]
