"""Saved views: whose they are, who may open them, and with which one a list opens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pehra.findings.models import SavedView
from pehra.ledger.queries import recent
from pehra.mandate.models import Office, Team, Tenure, User
from pehra.mandate.tenancy import as_system

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client
    from tests.web.conftest import Nation

QUERY = "severity=critical&state=needed"


def save(client: Client, **given: str) -> str:
    sent = {"query": QUERY, "name": "Worst first"} | given
    return client.post("/findings/views/", sent).headers["Location"]


def views(client: Client) -> list[tuple[str, str, bool]]:
    """Name, address, and whether it is the present one, of the views that a list offers."""
    told = client.get(f"/findings/?{QUERY}").context["views"]
    return [(view.name, view.href, view.current) for view in told.views]


@pytest.fixture
def colleague(nation: Nation, signed_in: Callable[[User], Client]) -> Client:
    """Another of the national team, a supervisor."""
    office = Office.objects.create(slug="sup", name="Shift", role="SUP", team=nation.national)
    person = User.objects.create(email="sup@cert.example")
    Tenure.objects.create(office=office, person=person)
    return signed_in(person)


def test_a_view_is_its_owners_and_the_address_is_the_state(
    officer: Client, contact: Client, colleague: Client
) -> None:
    assert save(officer) == f"/findings/?{QUERY}"
    assert views(officer) == [("Worst first", f"/findings/?{QUERY}", True)]
    assert (views(contact), views(colleague)) == ([], [])
    assert recent()[0].act == "findings.save-view"
    save(officer, query="state=any&after=12&page=2&x=y")
    assert views(officer) == [("Worst first", "/findings/?state=any", False)]


def test_a_shared_view_is_the_teams(officer: Client, contact: Client, colleague: Client) -> None:
    with as_system():
        team = Team.objects.get(slug="national").pk
    save(officer, team=str(team))
    assert views(colleague) == views(officer)
    assert views(contact) == []
    with as_system():
        number = SavedView.objects.get().pk
    assert colleague.post(f"/findings/views/{number}/remove/").status_code == 400
    assert officer.post(f"/findings/views/{number}/remove/").status_code == 302
    assert (views(officer), recent()[0].act) == ([], "findings.remove-view")


def test_a_list_opens_with_the_owners_choice_else_the_roles(
    officer: Client, contact: Client, colleague: Client, nation: Nation
) -> None:
    team = str(nation.national.pk)
    save(colleague, name="Shift", query="state=open", team=team, role="NC")
    assert officer.get("/findings/").headers["Location"] == "/findings/?state=open"
    save(officer, default="on")
    assert officer.get("/findings/").headers["Location"] == f"/findings/?{QUERY}"
    assert officer.get("/findings/?state=needed").status_code == 200
    assert (contact.get("/findings/").status_code, colleague.get("/findings/").status_code) == (
        200,
        200,
    )


@pytest.mark.parametrize("given", [{"team": "999"}, {"role": "NC"}])
def test_what_is_not_ones_own_is_refused(officer: Client, given: dict[str, str]) -> None:
    sent = {"query": QUERY, "name": "x"} | given
    assert officer.post("/findings/views/", sent).status_code == 403


def test_a_view_without_a_name_is_not_saved(officer: Client) -> None:
    save(officer, name=" ")
    assert views(officer) == []
