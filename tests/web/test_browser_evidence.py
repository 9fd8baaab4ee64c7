"""Evidence added by pieces in Chromium: it goes on where the line broke, and nothing runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.cases.evidence.conftest import Room, evidence_room, mail
from tests.web.test_browser import Watch, chromium, context_of, overflow

from pehra.cases.evidence import queries
from pehra.engines.vault import files as vault
from pehra.kernel.settings import home_path
from pehra.mandate.models import User
from pehra.mandate.viewers import SYSTEM_VIEWER
from pehra.web.api import evidence as api

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page, Route
    from pytest_django.live_server_helper import LiveServer

__all__ = ["chromium", "evidence_room"]
pytestmark = [
    pytest.mark.service,
    pytest.mark.either,  # what a browser does with a page
    pytest.mark.django_db(transaction=True),
]
EVIL = "\"'><img src=x onerror=alert(1)><script>alert(2)</script>.svg"
DATA = b"<svg onload=alert(3)>" * 50


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(vault, "PIECE", 100)
    monkeypatch.setattr(api, "PIECE", 100)
    yield
    for path in home_path().evidence.glob("*"):
        path.unlink()


def signed_in(page: Page, who: str) -> None:
    person = User.objects.get(email=mail(who))
    person.set_password(mail(who))
    person.save()
    page.goto("/accounts/login/")
    page.fill("input[name=login]", mail(who))
    page.fill("input[name=password]", mail(who))
    page.click("main button[type=submit]")


def fill(page: Page, room: Room) -> None:
    page.goto(f"/evidence/add/?case={room.case}")
    page.fill("[name=source]", EVIL)
    page.fill("[name=acquired_at]", "2026-11-22T05:00")
    page.fill("[name=note]", EVIL)
    page.set_input_files(
        "[name=file]", {"name": EVIL, "mimeType": "image/svg+xml", "buffer": DATA}
    )  # fmt: skip


def test_the_line_breaks_and_the_same_file_goes_on(
    chromium: Browser, live_server: LiveServer, room: Room
) -> None:
    context = context_of(chromium, live_server, viewport={"width": 360, "height": 740})
    page = context.new_page()
    watch = Watch(page, live_server.url)
    page.on("dialog", lambda one: watch.complaints.append(one.message))
    signed_in(page, "custodian")
    fill(page, room)
    sent: list[str] = []

    def third_breaks(route: Route) -> None:
        sent.append(route.request.url)
        if len(sent) == 3:
            route.abort()
        else:
            route.continue_()

    page.route("**/pieces?*", third_breaks)
    page.click("main .button--main")
    page.wait_for_selector("[data-broken]:not([hidden])")
    (item,) = queries.items(viewer=SYSTEM_VIEWER)
    assert (item.received, item.state) == (800, "coming")
    watch.complaints.clear()  # that the line broke, in Chromium's words
    page.click("main .button--main")
    page.wait_for_url(f"**/evidence/{item.id}/")
    (item,) = queries.items(viewer=SYSTEM_VIEWER)
    assert (item.state, item.size, item.acquired_at.hour) == ("kept", len(DATA), 0)
    assert [one.rpartition("=")[2] for one in sent] == ["0", "400", "800", "800"]
    for address in (f"/evidence/{item.id}/", "/evidence/"):
        page.goto(address)
        assert overflow(page) == 0
        assert page.locator("main img, main script, main svg").count() == 0
        assert "onerror=alert(1)" in page.locator("main").inner_text()
    assert (watch.strangers, watch.complaints) == ([], [])
    context.close()
