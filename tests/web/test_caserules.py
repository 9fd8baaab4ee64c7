"""The page that shows what rules would do, and does nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pehra.cases.models.case import Case
from pehra.mandate.models import Organisation
from pehra.mandate.tenancy import as_system

if TYPE_CHECKING:
    from django.test import Client
    from tests.web.conftest import Nation

pytestmark = pytest.mark.either


def test_a_preview_changes_nothing(officer: Client, contact: Client, nation: Nation) -> None:
    Organisation.objects.filter(pk=nation.bank.pk).update(cii_grade="A")
    nation.finding(nation.bank, severity=4)
    shown = {one["slug"]: one for one in officer.get("/cases/rules/").context["rules"]}
    assert list(shown) == ["cii-critical", "family-outbreak", "relapse-after-claim"]
    told = shown["cii-critical"]
    assert (told["would_open"], told["over"], told["opened"]) == ("1", "0", "0")
    assert told["table"].rows[0][3][1].badge.word == "opens a case"
    with as_system():
        assert not Case.objects.exists()
    assert contact.get("/cases/rules/").status_code == 403
