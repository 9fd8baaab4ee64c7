"""The register's pages: who holds what, told only to those who may know."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pehra.mandate.models import Organisation

if TYPE_CHECKING:
    from django.test import Client
    from tests.web.conftest import Nation


def names(client: Client, path: str = "/registry/", **query: str) -> list[str]:
    table = client.get(path, query).context["sections"][0].table
    return [cells[0][1].text for cells in table.rows]


def test_organisations_by_slug_and_by_search(officer: Client) -> None:
    assert names(officer) == ["First Bank", "A School"]
    assert names(officer, q="school") == ["A School"]
    assert names(officer, q="nobody") == []


def test_organisations_page_by_slug(officer: Client) -> None:
    Organisation.objects.bulk_create(
        Organisation(slug=f"x-{n:03}", name=f"X {n}") for n in range(60)
    )
    first = officer.get("/registry/").context
    rest = names(officer, first["pages"].next)
    assert (len(first["sections"][0].table.rows), len(rest)) == (50, 12)


def test_a_stranger_sees_only_his_own(contact: Client) -> None:
    assert names(contact) == ["First Bank"]
    assert contact.get("/registry/bank/").status_code == 200
    assert contact.get("/registry/school/").status_code == 404


def test_one_with_its_claims_and_contacts(officer: Client) -> None:
    context = officer.get("/registry/bank/").context
    contacts, claims = (section.table.rows for section in context["sections"])
    assert [cells[2][1].text for cells in contacts] == ["abuse@bank.example"]
    assert [cells[0][1].text for cells in claims] == ["192.0.2.0/25"]
    assert (claims[0][2][1].text, claims[0][2][1].sub) == ("entered by hand", "100%")


def test_work_waits_for_national_staff(officer: Client, contact: Client) -> None:
    assert names(officer, "/registry/work/") == ["192.0.2.0/25"]
    assert contact.get("/registry/work/").status_code == 403


def test_networks_without_a_holder_lead_to_their_findings(officer: Client, nation: Nation) -> None:
    nation.finding(None, asn=64501)
    nation.finding(None, asn=None)
    rows = officer.get("/unattributed/").context["sections"][0].table.rows
    assert [(cells[0][1].text, cells[4][1].text) for cells in rows] == [
        ("AS64501", "2"),
        ("no network known", "1"),
    ]
    listed = officer.get(rows[0][0][1].href).context["rows"]
    assert [row.name for row in listed] == ["F5", "F3"]


@pytest.mark.parametrize("path", ["/unattributed/", "/registry/none/"])
def test_what_is_not_theirs(contact: Client, path: str) -> None:
    assert contact.get(path).status_code in {403, 404}
