"""Sign-in by a provider of identities: only to accounts that exist, never past the guard."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
import requests
from allauth.socialaccount.models import SocialAccount
from django.test import Client
from tests.engines.http.conftest import Server, running

from pehra.web.oidc import Adapter

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from django.http.response import HttpResponseBase
    from pytest_django.fixtures import Settings
    from tests.web.conftest import Nation

LOGIN = "/accounts/oidc/oidc/login/"
CONFIGURATION = "/.well-known/openid-configuration"


@pytest.fixture
def provider(settings: Settings) -> Iterator[Server]:
    """A provider on the loopback; reaching it takes the setting for tests."""
    with running() as server:
        app = {
            "provider_id": "oidc",
            "name": "Ministry",
            "client_id": "pehra",
            "secret": "s",
            "settings": {"server_url": server.url, "token_auth_method": "client_secret_post"},
        }
        settings.SOCIALACCOUNT_PROVIDERS = {
            "openid_connect": {"APPS": [app], "OAUTH_PKCE_ENABLED": True}
        }
        loopback(settings, on=True)
        ends = {
            "issuer": server.url,
            "authorization_endpoint": f"{server.url}/authorize",
            "token_endpoint": f"{server.url}/token",
            "userinfo_endpoint": f"{server.url}/userinfo",
            "jwks_uri": f"{server.url}/keys",
        }
        say(server, CONFIGURATION, ends)
        say(server, "/token", {"access_token": "t", "token_type": "Bearer"})
        yield server


def loopback(settings: Settings, *, on: bool) -> None:
    fetch = msgspec.structs.replace(settings.PEHRA.fetch, loopback=on)
    settings.PEHRA = msgspec.structs.replace(settings.PEHRA, fetch=fetch)


def say(server: Server, path: str, told: Mapping[str, object]) -> None:
    server.say(path, json.dumps(told).encode(), content_type="application/json")


def came_back(client: Client, server: Server, **person: object) -> HttpResponseBase:
    """Go to the provider and come back as the person that it names."""
    say(server, "/userinfo", {"sub": "7", **person})
    gone = client.post(LOGIN)
    asked = parse_qs(urlsplit(gone.headers["Location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    return client.get(f"{LOGIN}callback/", {"code": "c", "state": asked["state"][0]})


def test_a_verified_address_finds_its_account_and_the_person_counts_from_then(
    nation: Nation, provider: Server
) -> None:
    client = Client()
    back = came_back(client, provider, email=nation.contact.email.upper(), email_verified=True)
    assert (back.status_code, back.headers["Location"]) == (302, "/")
    assert client.get("/findings/").status_code == 200
    assert nation.contact.has_usable_password()
    assert SocialAccount.objects.get().user == nation.contact
    again = came_back(Client(), provider, email="moved@bank.example", email_verified=False)
    assert (again.status_code, again.headers["Location"]) == (302, "/")


@pytest.mark.parametrize(
    "person",
    [
        {"email": "ciso@bank.example", "email_verified": False},
        {"email": "stranger@bank.example", "email_verified": True},
        {},
    ],
)
def test_nobody_else_comes_in(nation: Nation, provider: Server, person: dict[str, object]) -> None:
    del nation
    client = Client()
    assert came_back(client, provider, **person).status_code == 403
    assert client.get("/findings/").status_code == 302
    assert SocialAccount.objects.count() == 0


def test_the_provider_may_send_us_nowhere_else(
    nation: Nation, provider: Server, settings: Settings
) -> None:
    del nation
    asked = len(provider.asked)
    for inside in ("http://169.254.169.254/t", "http://10.0.0.1/t", "http://[fd00::1]/t"):
        ends = {"authorization_endpoint": f"{provider.url}/authorize", "token_endpoint": inside}
        say(provider, CONFIGURATION, ends | {"userinfo_endpoint": inside})
        back = came_back(Client(), provider)
        assert "Not signed in" in getattr(back, "text", "")
    assert {path for path, _ in provider.asked[asked:]} == {CONFIGURATION}
    loopback(settings, on=False)
    told = Client().post(LOGIN)
    assert (told.status_code, "Not signed in" in told.text) == (502, True)


def test_the_session_follows_no_redirect_inside(provider: Server) -> None:
    provider.say("/away", b"", status=302, location="http://192.168.0.1/")
    with pytest.raises(requests.ConnectionError):
        Adapter().get_requests_session().get(f"{provider.url}/away")


def test_without_a_provider_there_is_no_such_way_in(nation: Nation) -> None:
    del nation
    assert Client().get(LOGIN).status_code == 404
    assert "/accounts/oidc/" not in Client().get("/accounts/login/").text
    assert Client().get("/accounts/3rdparty/").status_code == 403
