"""Passkeys with Chromium's virtual authenticator: added, signed in with, and as a second factor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from allauth.mfa.models import Authenticator
from playwright.sync_api import expect
from tests.web.test_browser import Watch, chromium, sign_in
from tests.web.test_browser_everywhere import faults_of
from tests.web.test_browser_work import press

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page
    from pytest_django.fixtures import Settings
    from pytest_django.live_server_helper import LiveServer
    from tests.web.conftest import Nation

pytestmark = [
    pytest.mark.service,
    pytest.mark.either,  # what a browser does with a page
    pytest.mark.django_db(transaction=True),
]

__all__ = ["chromium"]

DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def page(chromium: Browser, live_server: LiveServer) -> Page:
    """A page with a device in it. An address of numbers may hold no passkey, so it has a name."""
    base = live_server.url.replace("127.0.0.1", "localhost")
    context = chromium.new_context(base_url=base, viewport={"width": 1280, "height": 700})
    made = context.new_page()
    device = context.new_cdp_session(made)
    device.send("WebAuthn.enable")
    device.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    return made


def tab_to(page: Page, element: str) -> None:
    """Reach something by the keyboard alone."""
    for _ in range(60):
        if page.evaluate("document.activeElement.id") == element:
            return
        page.keyboard.press("Tab")
    message = f"the keyboard does not reach #{element}"
    raise AssertionError(message)


def enrolled(page: Page, nation: Nation) -> None:
    """Sign in by password, add a passkey as the site demands, and sign out."""
    sign_in(page, nation)
    expect(page.locator("main")).to_contain_text("Your office needs a second factor")
    page.click("main a.button--main >> nth=0")
    page.fill("input[name=password]", nation.password)
    page.click("main button[type=submit]")
    page.click("#passkey_add")
    expect(page.locator(".codes li")).to_have_count(10)
    page.goto("/accounts/logout/")
    page.click("main button[type=submit]")


def test_a_passkey_is_added_and_opens_the_desk_by_the_keyboard_alone(
    page: Page, nation: Nation, settings: Settings
) -> None:
    settings.SECOND_FACTOR = "staff"
    watch = Watch(page, "http://localhost")
    enrolled(page, nation)
    page.goto("/accounts/login/")
    tab_to(page, "passkey_login")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-go]")
    press(page, "gf")
    page.wait_for_url("**/findings/")
    press(page, "jx")
    assert page.locator("input[name=number]:checked").count() == 1
    press(page, "e")
    expect(page.locator("input[value=assign]")).to_be_checked()
    assert (watch.strangers, watch.complaints) == ([], [])
    assert Authenticator.objects.get(type="webauthn").user == nation.officer


def test_a_passkey_is_the_second_factor_after_a_password(
    page: Page, nation: Nation, settings: Settings
) -> None:
    settings.SECOND_FACTOR = "staff"
    enrolled(page, nation)
    sign_in(page, nation)
    page.wait_for_url("**/2fa/authenticate/**")
    faults = faults_of(page, "ltr")
    page.click("#passkey_second")
    page.wait_for_url(lambda address: address.endswith("/"))
    page.click(".menu summary >> text=Account")
    page.click("button[value=ur]")
    page.goto("/accounts/2fa/webauthn/")
    faults += faults_of(page, "rtl")
    page.goto("/accounts/2fa/webauthn/add/")
    page.click("main a[href*='webauthn/reauthenticate']")
    page.click("#passkey_again")
    expect(page.locator("#passkey_add")).to_be_visible()
    faults += faults_of(page, "rtl")
    assert faults == []
