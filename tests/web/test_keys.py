"""The page of keys: given once by who may, taken back, unseen by others."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from pehra.kernel.time import clock
from pehra.mandate.apikeys.queries import keys, opened
from pehra.mandate.models import Office, Tenure
from pehra.mandate.viewers import SYSTEM_VIEWER

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http.response import HttpResponseBase
    from django.test import Client
    from tests.web.conftest import Nation

    from pehra.mandate.models import User


def asked(client: Client, **other: str) -> HttpResponseBase:
    words = {
        "owner": "organisation:bank",
        "label": "Ticket system",
        "scope": "read:findings",
        "expires": (clock().date() + timedelta(days=30)).isoformat(),
    }
    return client.post("/keys/give/", words | other)


def test_a_key_is_shown_once_and_taken_back(nation: Nation, contact: Client) -> None:
    del nation
    told = asked(contact)
    text = getattr(told, "text", "")
    key = re.findall(r"pehra_[0-9a-f]{12}_[\w-]{43}", text)
    assert len(key) == 1
    assert "no-store" in told.headers["Cache-Control"]
    again = contact.get("/keys/").text
    assert ("Ticket system" in again, key[0] in again) == (True, False)
    assert opened(key[0], clock().date()) is not None
    name = key[0].split("_")[1]
    assert contact.post(f"/keys/{name}/revoke/").headers["Location"] == "/keys/"
    assert opened(key[0], clock().date()) is None


def test_who_may_not_give_is_refused(nation: Nation, officer: Client, contact: Client) -> None:
    del nation
    assert asked(officer).status_code == 403, "an analyst gives none"
    assert asked(contact, owner="organisation:school").status_code == 403
    assert asked(contact, owner="team:national").status_code == 403
    assert contact.post("/keys/0123456789ab/revoke/").status_code == 403
    asked(contact)
    name = keys(clock().date(), viewer=SYSTEM_VIEWER)[0].name
    assert officer.post(f"/keys/{name}/revoke/").status_code == 403


def test_the_national_director_takes_any_key_back(
    nation: Nation, contact: Client, signed_in: Callable[[User], Client]
) -> None:
    asked(contact)
    name = keys(clock().date(), viewer=SYSTEM_VIEWER)[0].name
    office = Office.objects.create(slug="head", name="H", role="DIR", team=nation.national)
    Tenure.objects.create(office=office, person=nation.nobody)
    director = signed_in(nation.nobody)
    assert f"/keys/{name}/revoke/" in director.get("/keys/").text
    assert director.post(f"/keys/{name}/revoke/").status_code == 302
    assert [one.state for one in keys(clock().date(), viewer=SYSTEM_VIEWER)] == ["revoked"]


def test_a_wrong_form_comes_back_as_it_was(nation: Nation, contact: Client) -> None:
    del nation
    for wrong in ({"expires": "soon"}, {"expires": "2020-01-01"}, {"scope": "all"}, {"label": ""}):
        told = asked(contact, **wrong)
        assert (told.status_code, 'role="alert"' in getattr(told, "text", "")) == (400, True)
    assert keys(clock().date(), viewer=SYSTEM_VIEWER) == []
