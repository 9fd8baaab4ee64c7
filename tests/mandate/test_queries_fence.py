"""What is asked of the second fence, on a database without one too."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import connection

from pehra.findings.models import Finding
from pehra.mandate.queries import fence
from pehra.mandate.tenancy import TenantManager

pytestmark = pytest.mark.django_db


def test_every_model_behind_the_gate_says_its_fence() -> None:
    gated = [m for m in apps.get_models() if isinstance(m._default_manager, TenantManager)]
    assert set(fence.wanted()) == {model._meta.db_table for model in gated}
    assert fence.wanted()["findings_finding"] == Finding.objects.fence
    assert "" not in fence.wanted().values()


def test_only_postgresql_has_one() -> None:
    has = connection.vendor == "postgresql"
    assert fence.has_fence() == has
    assert fence.policies("findings_finding") == ([fence.POLICY] if has else [])
    assert fence.policies("mandate_team") == []
    assert fence.lacking() == []
