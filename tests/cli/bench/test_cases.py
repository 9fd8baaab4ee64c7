"""The bench of a case's page, small: it opens, with all its lines by pages."""

from __future__ import annotations

import pytest

from pehra.cases.models.case import Entry, Link
from pehra.cli.bench import cases
from pehra.mandate.models import Team
from pehra.mandate.tenancy import as_system


@pytest.mark.either
@pytest.mark.django_db
def test_a_case_is_filled() -> None:
    Team.objects.create(slug="ncert", name="National CERT", tier="national")
    number = cases.fill({"others": 1, "findings": 30, "lines": 5})
    with as_system():
        assert Link.objects.filter(case=number).count() == 30
        assert Entry.objects.filter(case=number, kind="note").count() == 5
