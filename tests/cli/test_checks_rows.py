"""What `pehra doctor` says of the fences between tenants, on either database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import connection

from pehra.cli.checks.rows import tenants_are_fenced
from pehra.kernel.errors import EnvironmentFault
from pehra.kernel.settings import Home
from pehra.mandate.queries.fence import has_fence, wanted

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.django_db
def test_a_table_without_its_policy_is_named(tmp_path: Path) -> None:
    home = Home(tmp_path)
    if not has_fence():
        assert tenants_are_fenced(home) == "by the scope alone: SQLite has no row-level security"
        return
    assert tenants_are_fenced(home) == f"by the scope, and by {len(wanted())} policies"
    with connection.cursor() as cursor:
        cursor.execute("DROP POLICY tenants ON findings_step")
    with pytest.raises(EnvironmentFault, match="lack their policy: findings_step") as told:
        tenants_are_fenced(home)
    assert told.value.mend == "Run `pehra upgrade`."
