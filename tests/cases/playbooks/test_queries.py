"""A run keeps the version with which it was begun."""

from __future__ import annotations

import pytest
from tests.cases.conftest import AMNA, NOW, Nation, opened

from pehra.cases.playbooks.actions import begin
from pehra.cases.playbooks.queries import known_of, runs
from pehra.cases.playbooks.shipped import SLUGS, shipped
from pehra.mandate.viewers import SYSTEM_VIEWER

pytestmark = pytest.mark.django_db


def test_every_playbook_that_came_with_us_can_be_begun(nation: Nation) -> None:
    case = opened(nation)
    for slug in SLUGS:
        begin(case, slug, actor=AMNA, at=NOW)
    found = runs(case, viewer=SYSTEM_VIEWER)
    assert [one.playbook for one in found] == list(reversed(shipped().values()))
    known = known_of(found[0].known)
    assert known is not None
    assert (known.shipped, known.version) == (True, found[0].playbook.version)
