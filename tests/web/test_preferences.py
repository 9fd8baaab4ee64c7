"""Theme and language by plain forms, which lead back to this site only."""

from __future__ import annotations

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("asked", "kept"), [("dark", "dark"), ("light", "light"), ("pink", "")])
def test_a_theme_is_remembered(asked: str, kept: str) -> None:
    client = Client()
    client.post("/me/theme/", {"theme": asked, "next": "/accounts/login/"})
    assert client.cookies["theme"].value == kept
    text = client.get("/accounts/login/").content.decode()
    assert (f'data-theme="{kept}"' in text) == bool(kept)


@pytest.mark.parametrize(
    ("asked", "opening"),
    [
        ("ur", '<html lang="ur" dir="rtl">'),
        ("en", '<html lang="en" dir="ltr">'),
        ("xx", '<html lang="en" dir="ltr">'),
    ],
)
def test_a_language_is_remembered(asked: str, opening: str) -> None:
    client = Client()
    client.post("/me/language/", {"language": asked})
    assert opening in client.get("/accounts/login/").content.decode()


@pytest.mark.parametrize(
    ("target", "led"),
    [
        ("/findings/?state=any", "/findings/?state=any"),
        ("https://elsewhere.example/", "/"),
        ("//elsewhere.example/", "/"),
        ("", "/"),
    ],
)
def test_the_way_back_stays_on_this_site(target: str, led: str) -> None:
    response = Client().post("/me/theme/", {"theme": "dark", "next": target})
    assert response.headers["Location"] == led


@pytest.mark.parametrize("path", ["/me/theme/", "/me/language/"])
def test_looking_changes_nothing(path: str) -> None:
    assert Client().get(path).status_code == 405
