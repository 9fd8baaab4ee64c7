"""The settings check: one row for each thing, and what to do about what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.mfa.models import Authenticator

if TYPE_CHECKING:
    from django.test import Client
    from tests.web.conftest import Nation


def rows(client: Client) -> dict[str, tuple[str, str]]:
    (section,) = client.get("/sending/check/").context["sections"]
    return {
        cells[0][1].text: (str(cells[1][1].badge.word), cells[1][1].sub)
        for cells in section.table.rows
    }


def test_a_new_home_lacks_nearly_everything(officer: Client, nation: Nation) -> None:
    found = rows(officer)
    assert len(found) == 10
    assert found["Sending is live"] == ("Missing", "")
    assert found["Relay of mail"] == ("Missing", "")
    assert found["Organisations with a contact"] == ("Ready", "2 of 2")
    assert found["Two persons who decide"] == ("Missing", "1 of 2")
    before = Authenticator.objects.count()
    Authenticator.objects.filter(user=nation.officer).delete()
    assert rows(officer)["Second factors of staff"] == ("Missing", "0 of 1")
    assert before <= 1


def test_it_is_for_national_staff(contact: Client) -> None:
    assert contact.get("/sending/check/").status_code == 403
