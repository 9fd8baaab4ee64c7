"""Columns for rules: what stands, with what came back after it was said to be fixed."""

from __future__ import annotations

import pytest
from tests.findings.conftest import NOW, House

from pehra.findings.models import Finding, Step
from pehra.findings.queries.grouped import standing_rows
from pehra.findings.rules import State
from pehra.kernel.time import micros
from pehra.mandate.tenancy import as_system

pytestmark = pytest.mark.django_db


def test_what_stands_by_columns(watch: House) -> None:
    watch.telnet("2026-11-20", 10, 11, 12)
    first, second, third = (row.id for row in watch.findings())
    with as_system():
        Finding.objects.filter(pk__in=[first, second]).update(state=State.RELAPSED)
        Finding.objects.filter(pk=third).update(state=State.GONE)
        Step.objects.create(finding_id=first, at=NOW, state=State.FIX_CLAIMED, by="a")
    found = standing_rows(least=3)
    assert found["id"].to_list() == [first, second]
    assert found["relapsed"].to_list() == [1, 0]
    assert found["identifier"].to_list() == ["open-telnet"] * 2
    assert (
        found["last_seen"].to_list()
        == [
            micros(NOW.replace(day=20, hour=5)),
        ]
        * 2
    )
    assert standing_rows(least=4).height == 0
