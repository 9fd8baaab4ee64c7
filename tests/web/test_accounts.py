"""Signing in: our own words, a second factor that rests encrypted, no way to sign up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.test import Client, RequestFactory

from pehra.web.accounts import Adapter

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http.response import HttpResponseBase
    from pytest_django.fixtures import Settings
    from tests.web.conftest import Nation

    from pehra.mandate.models import User

LOGIN = "/accounts/login/"


def code(secret: str) -> str:
    counter = next(iter(yield_hotp_counters_from_time()))
    digits: str = format_hotp_value(hotp_value(secret, counter))
    return digits


def sign_in(nation: Nation, password: str) -> HttpResponseBase:
    return Client().post(LOGIN, {"login": nation.officer.email, "password": password})


def test_the_right_password_opens(nation: Nation) -> None:
    response = sign_in(nation, nation.password)
    assert (response.status_code, response.headers["Location"]) == (302, "/")


def test_a_wrong_one_does_not_and_says_so(nation: Nation) -> None:
    response = sign_in(nation, "no")
    assert response.status_code == 200
    assert b"not correct" in getattr(response, "content", b"")


@pytest.mark.parametrize(
    ("header", "counted"),
    [
        ("", "192.0.2.7"),
        ("198.51.100.1", "192.0.2.7"),
        ("198.51.100.1, 198.51.100.2", "198.51.100.1"),
        ("203.0.113.9, 198.51.100.1,198.51.100.2", "198.51.100.1"),
    ],
)
def test_behind_proxies_the_address_is_the_one_that_the_outermost_wrote(
    header: str, counted: str, settings: Settings
) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 2
    asked = RequestFactory(headers={"x-forwarded-for": header}, REMOTE_ADDR="192.0.2.7").get("/")
    assert Adapter().get_client_ip(asked) == counted


@pytest.mark.parametrize(("header", "status"), [("", 302), ("198.51.100.1", 302), ("x, y", 403)])
def test_a_short_or_wrong_chain_of_proxies_is_no_error(
    nation: Nation, header: str, status: int, settings: Settings
) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 2
    words = {"login": nation.officer.email, "password": nation.password}
    told = Client().post(LOGIN, words, headers={"x-forwarded-for": header})
    assert told.status_code == status


@pytest.mark.parametrize(
    "path",
    ["signup/", "email/", "password/reset/", "password/set/", "login/code/confirm/"],
)
def test_there_is_no_other_way_in(nation: Nation, path: str) -> None:
    del nation
    response = Client().get(f"/accounts/{path}")
    assert response.status_code == 403
    assert "Accounts are opened by an officer" in response.content.decode()
    assert Client().post(f"/accounts/{path}", {"email": "x@y.example"}).status_code == 403


def activated(nation: Nation) -> tuple[Client, str]:
    """A browser whose person has just set up a second factor, and its secret."""
    client = Client()
    client.post(LOGIN, {"login": nation.officer.email, "password": nation.password})
    client.post("/accounts/reauthenticate/", {"password": nation.password})
    page = client.get("/accounts/2fa/totp/activate/")
    secret = page.context["form"].secret
    client.post("/accounts/2fa/totp/activate/", {"code": code(secret)})
    return client, secret


def test_the_second_factor_is_asked_for_and_rests_encrypted(nation: Nation) -> None:
    _, secret = activated(nation)
    kept = Authenticator.objects.get(type=Authenticator.Type.TOTP)
    assert secret not in str(kept.data)
    browser = Client()
    first = browser.post(LOGIN, {"login": nation.officer.email, "password": nation.password})
    assert first.headers["Location"] == "/accounts/2fa/authenticate/"
    assert browser.get("/findings/").status_code == 302
    assert "Second factor" in browser.get("/accounts/2fa/authenticate/").content.decode()


STAFF = ("/", "/findings/", "/registry/bank/", "/ledger/", "/lists/jobs.csv", "/today.pdf")


@pytest.mark.parametrize("path", STAFF)
def test_staff_set_a_second_factor_up_before_any_page(
    nation: Nation, settings: Settings, path: str
) -> None:
    settings.SECOND_FACTOR = "staff"
    client = Client()
    client.post(LOGIN, {"login": nation.officer.email, "password": nation.password})
    needed = client.get(path)
    assert (needed.status_code, needed.headers["Location"]) == (302, "/accounts/2fa/?needed=1")
    assert "Your office needs a second factor" in client.get("/accounts/2fa/?needed=1").text
    factor = Authenticator(user=nation.officer, type=Authenticator.Type.RECOVERY_CODES, data={})
    factor.save()
    assert client.get(path).status_code == 302, "codes of recovery stand in for a factor only"
    Authenticator.objects.create(user=nation.officer, type=Authenticator.Type.TOTP, data={})
    assert client.get(path).status_code == 200


def test_a_contact_may_do_without_one(
    nation: Nation, settings: Settings, signed_in: Callable[[User], Client]
) -> None:
    settings.SECOND_FACTOR = "staff"
    assert signed_in(nation.contact).get("/findings/").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "2fa/",
        "2fa/webauthn/",
        "2fa/webauthn/add/",
        "2fa/totp/deactivate/",
        "2fa/recovery-codes/",
        "2fa/recovery-codes/generate/",
        "password/change/",
        "logout/",
        "reauthenticate/",
    ],
)
@pytest.mark.parametrize("language", ["en", "ur"])
def test_pages_of_the_account_are_ours(nation: Nation, path: str, language: str) -> None:
    client, _ = activated(nation)
    client.cookies["django_language"] = language
    text = client.get(f"/accounts/{path}").content.decode()
    assert 'class="bar"' in text
    assert f'lang="{language}"' in text
    assert " style=" not in text


def test_a_password_is_changed(nation: Nation, signed_in: Callable[[User], Client]) -> None:
    words = {
        "oldpassword": nation.password,
        "password1": "another long night",
        "password2": "another long night",
    }
    signed_in(nation.officer).post("/accounts/password/change/", words)
    nation.officer.refresh_from_db()
    assert nation.officer.check_password("another long night")


def test_a_short_one_is_refused(nation: Nation, signed_in: Callable[[User], Client]) -> None:
    words = {"oldpassword": nation.password, "password1": "short", "password2": "short"}
    response = signed_in(nation.officer).post("/accounts/password/change/", words)
    assert "at least 12 characters" in response.content.decode()
