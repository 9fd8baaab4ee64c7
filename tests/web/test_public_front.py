"""The public site: a first page for whoever is not signed in, and one menu on all its pages."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.test import Client
from django.urls import reverse
from tests.web.test_advisories import public_advisory

from pehra import web
from pehra.web.shell import EVERYBODY

if TYPE_CHECKING:
    from tests.web.conftest import Nation

pytestmark = pytest.mark.django_db
ROOT = Path(web.__file__).parent
LIGHT = 60_000
"""Bytes of the page with its style, fonts aside."""


def test_the_first_page_is_public_and_light(nation: Nation) -> None:
    del nation
    public_advisory()
    home, page = Client().get("/"), Client().get("/public/")
    assert (home.status_code, page.status_code) == (200, 200)
    assert home["Cache-Control"] == "private, no-cache"
    text = home.content.decode()
    assert "<script" not in text
    assert 'href="/advisories/NATIONAL-2026-002/"' in text
    assert len(home.content) + (ROOT / "static" / "pehra.css").stat().st_size < LIGHT


def test_every_public_page_leads_to_all_others(nation: Nation) -> None:
    del nation
    wanted = {f'href="{reverse(one.route)}"' for one in EVERYBODY}
    pages = [reverse(one.route) for one in EVERYBODY] + ["/public/", "/accounts/login/"]
    lost = {
        path: [one for one in wanted if one not in Client().get(path).content.decode()]
        for path in pages
    }
    assert lost == {path: [] for path in pages}
    report = Client().get("/report/").content.decode()
    assert report.count('aria-current="page"') == 2


def test_who_is_signed_in_sees_the_desk_and_finds_the_public_page(officer: Client) -> None:
    assert officer.get("/").templates[0].name == "desk.html"
    assert officer.get("/public/").templates[0].name == "public/front.html"
    assert 'href="/public/"' in officer.get("/findings/").content.decode()
