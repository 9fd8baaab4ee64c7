"""First pages of roles: each by the offices of whoever is signed in; an observer sees sums only."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from tests.mandate.test_tenancy import Tenant, hand_over
from tests.web.conftest import _person

from pehra.mandate.models import Ground, Office
from pehra.mandate.tenancy import as_system

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client
    from tests.web.conftest import Nation

    from pehra.mandate.models import User

pytestmark = pytest.mark.django_db
REFERENCE = "tenant-4711"
"""Of the one request: nothing of it but counts is on these pages."""


@pytest.fixture
def asked(nation: Nation) -> Nation:
    """A request of the bank waits for its check of legality, and a ground ends soon."""
    with as_system():
        row = hand_over(Tenant(organisation=nation.bank, team=nation.national, number=4_711))
        row.state = "identity_check"
        row.preserve_until = nation.now.date() + timedelta(days=3)
        row.save()
    for slug, days in (("near", 30), ("far", 300)):
        Ground.objects.create(
            slug=slug, instrument=slug, section="1", acts=["evidence-out"],
            valid_to=nation.now.date() + timedelta(days=days),
        )  # fmt: skip
    return nation


def titles(client: Client, path: str = "/desk/") -> dict[str, list[tuple[str, str]]]:
    """Title of each part -> the first two cells of its lines."""
    return {
        section.title: [(row[0][1].text, row[1][1].text) for row in section.table.rows]
        for section in client.get(path).context["sections"]
    }


def test_each_role_has_its_own(asked: Nation, signed_in: Callable[[User], Client]) -> None:
    lawyer = Office(slug="legal", name="Legal", role="LEG", team=asked.national)
    liaison = Office(slug="liaison", name="Liaison", role="INV", organisation=asked.bank)
    lawyer.save()
    liaison.save()
    told = titles(signed_in(_person("lara@cert.example", lawyer)))
    assert told["Checks of legality that wait"][0][1] == "1"
    assert [what for what, _ in told["Grounds that end within 90 days"]] == ["near 1"]
    (held,) = told["Holds that end within a week, and papers that are overdue"]
    assert held[0].startswith("H")
    client = signed_in(_person("omar@agency.example", liaison))
    assert [count for _, count in titles(client)["Requests by where they stand"]] == ["1"]
    page = client.get("/desk/").content.decode()
    assert "/evidence/?state=identity_check" in page
    assert REFERENCE not in page


def test_an_observer_reads_sums(asked: Nation, signed_in: Callable[[User], Client]) -> None:
    office = Office(slug="observer", name="Observer", role="OBS", organisation=asked.school)
    office.save()
    client = signed_in(_person("oba@observer.example", office))
    assert list(titles(client)) == ["Sums"]
    page = client.get("/desk/").content.decode()
    assert (REFERENCE in page, "First Bank" in page) == (False, False)


def test_others_have_none(officer: Client, contact: Client) -> None:
    assert officer.get("/desk/").status_code == 403
    assert contact.get("/desk/").status_code == 403
    assert "My desk" not in officer.get("/findings/").content.decode()
