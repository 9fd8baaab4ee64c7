"""The search box: straight to one thing, a page for several, and nobody else's rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pehra.findings.models import SourceNumber
from pehra.intake.models import Batch
from pehra.kernel.ids import batch_id

if TYPE_CHECKING:
    from django.test import Client
    from tests.web.conftest import Nation


def told(client: Client, asked: str) -> dict[str, list[str]]:
    """Section -> main texts of its rows."""
    context: Any = client.get("/find/", {"q": asked}).context
    return {
        section.anchor: [row[0][1].text for row in section.table.rows]
        for section in context["sections"]
    }


@pytest.mark.parametrize(
    ("asked", "target"),
    [
        ("F1", "/findings/1/"),
        ("\u06f1", "/findings/1/"),
        ("f4", "/findings/4/"),
        ("first ban", "/registry/bank/"),
        ("بنك", "/registry/bank/"),
        ("mongodb", "/findings/?identifier=open-mongodb&state=any"),
        ("c" * 64, f"/batches/{batch_id('c' * 64, 'urlhaus')}/"),
        ("A" * 32, f"/batches/{'a' * 32}/"),
        ("192.0.2.200", "/registry/school/"),
        ("192.0.2.0/24", None),
        ("192.0.2.1", None),
        ("nothing like it", None),
        ("", None),
    ],
)
def test_one_thing_is_gone_to(
    officer: Client, nation: Nation, asked: str, target: str | None
) -> None:
    nation.bank.name_ur = "فرسٹ بنک"
    nation.bank.save()
    name = batch_id("c" * 64, "urlhaus")
    Batch.objects.create(id=name, sha256="c" * 64, source="urlhaus", received_at=nation.now, size=1)
    SourceNumber.objects.create(slug="urlhaus", number=1)
    response = officer.get("/find/", {"q": asked})
    assert response.headers.get("Location") == target


def test_an_address_gives_its_findings_and_its_holder(officer: Client) -> None:
    assert told(officer, "http://192.0.2.1:8080/x") == {
        "findings": ["open-mongodb"],
        "organisations": ["First Bank"],
    }


def test_several_organisations_are_listed_the_nearest_first(
    officer: Client, nation: Nation
) -> None:
    nation.school.name = "Bank of the River"
    nation.school.save()
    assert told(officer, "bank")["organisations"] == ["Bank of the River", "First Bank"]


@pytest.mark.parametrize(
    "asked", ["F2", "F3", "school", "192.0.2.200", "b" * 64, "a" * 32, "telnet school"]
)
def test_what_is_anothers_is_not_found(contact: Client, asked: str) -> None:
    response = contact.get("/find/", {"q": asked})
    assert response.status_code == 200
    assert response.context["sections"] == []
    assert "A School" not in response.content.decode()


def test_nothing_found_says_what_can_be_asked(officer: Client) -> None:
    assert "SHA-256" in officer.get("/find/", {"q": "no such thing"}).content.decode()
