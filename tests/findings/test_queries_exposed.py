"""How many assets are exposed: each once, while something of a kind is open."""

from __future__ import annotations

import pytest
from tests.mandate.test_tenancy import finding, tenant

from pehra.findings.models import Finding
from pehra.findings.queries.exposed import exposed
from pehra.findings.rules import State
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import SYSTEM_VIEWER

pytestmark = pytest.mark.django_db


def test_each_asset_counts_once_and_only_while_it_is_open() -> None:
    ours, theirs = tenant(1), tenant(2)
    with as_system():
        finding(ours)
        second = finding(theirs)
    assert exposed(["open-telnet"], [], viewer=SYSTEM_VIEWER) == 2
    assert exposed(["open-telnet", "", "open-rdp"], ["CVE-2026-1"], viewer=SYSTEM_VIEWER) == 2
    assert exposed(["open-telnet"], [], viewer=ours.member) == 1
    with as_system():
        Finding.objects.filter(pk=second.pk).update(state=State.GONE)
    assert exposed(["open-telnet"], [], viewer=SYSTEM_VIEWER) == 1
    assert exposed([], [], viewer=SYSTEM_VIEWER) == 0
