"""The pages in Chromium: no violation, no overflow, no stranger asked, and no script needed."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped] # has no types
from playwright.sync_api import expect, sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext, Page, Request
    from pytest_django.live_server_helper import LiveServer
    from tests.web.conftest import Nation

pytestmark = [
    pytest.mark.service,
    pytest.mark.long,
    pytest.mark.either,  # what a browser does with a page
    pytest.mark.django_db(transaction=True),
]

CHROMIUM = shutil.which("chromium") or "chromium"
QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
FIND = """async (words) => {
  const again = {exclude: [["tbody tr:nth-child(n+9)"]]};  // rows are made like those before them
  const found = await axe.run(again, {runOnly: words, resultTypes: ["violations"]});
  return found.violations.map((one) => [one.id, one.nodes[0].html.slice(0, 120)]);
}"""
AXE = Axe().axe_script


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's browser, without its own conversations.

    Playwright runs an event loop in this thread, in which Django refuses rows unless it is told
    that nothing else runs there.
    """
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as driver:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


class Watch:
    """What a page asks for and complains of."""

    def __init__(self, page: Page, host: str) -> None:
        self.strangers: list[str] = []
        self.complaints: list[str] = []
        self._host = host
        page.on("request", self._asked)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda said: self._said(said.type, said.text))

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((self._host, "data:")):
            self.strangers.append(request.url)

    def _said(self, kind: str, text: str) -> None:
        # The page of what is not there answers 404, which Chromium calls an error.
        if kind == "error" and "404" not in text and "403" not in text:
            self.complaints.append(text)


def context_of(browser: Browser, live_server: LiveServer, **given: Any) -> BrowserContext:  # noqa: ANN401 Playwright's own options
    language = given.pop("language", "en")
    context = browser.new_context(base_url=live_server.url, **given)
    cookie: Any = {"name": "django_language", "value": language, "url": live_server.url}
    context.add_cookies([cookie])
    return context


def sign_in(page: Page, nation: Nation) -> None:
    page.goto("/accounts/login/")
    page.fill("input[name=login]", nation.officer.email)
    page.fill("input[name=password]", nation.password)
    page.click("main button[type=submit]")


def overflow(page: Page) -> int:
    """CSS pixels by which the page is wider than its window."""
    wide: int = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return wide


def violations(page: Page, rules: tuple[str, ...] = RULES) -> list[str]:
    """What axe-core finds, one line each."""
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(AXE)
    found = page.evaluate(FIND, list(rules))
    return [f"{page.url} {rule}: {html}" for rule, html in found]


def test_the_list_works_without_scripts(
    chromium: Browser, live_server: LiveServer, nation: Nation
) -> None:
    for _ in range(60):
        nation.finding(nation.school)
    context = context_of(chromium, live_server, java_script_enabled=False)
    page = context.new_page()
    sign_in(page, nation)
    page.goto("/findings/")
    assert page.locator("tbody tr").count() == 50
    page.click("a[rel=next]")
    assert page.locator("tbody tr").count() == 13
    page.check("input[value=critical]")
    page.click(".filters button[type=submit]")
    assert page.locator("tbody tr .row__main").all_inner_texts() == ["open-mongodb"]
    page.click(".menu summary >> text=Account")
    page.click("button[value=ur]")
    assert page.evaluate("1") == 1
    assert page.locator("html").get_attribute("dir") == "rtl"
    assert "severity=critical" in page.url
    context.close()


def test_scripts_swap_the_list_and_keep_the_address(
    chromium: Browser, live_server: LiveServer, nation: Nation
) -> None:
    context = context_of(chromium, live_server)
    page = context.new_page()
    watch = Watch(page, live_server.url)
    sign_in(page, nation)
    page.goto("/findings/")
    page.evaluate("window.stayed = true")
    page.check("input[value=critical]")
    page.wait_for_url("**severity=critical**")
    expect(page.locator("tbody tr")).to_have_count(1)
    assert page.evaluate("window.stayed") is True
    assert page.locator("#results").count() == 1
    page.reload()
    assert page.locator("tbody tr").count() == 1
    page.go_back()
    expect(page.locator("tbody tr")).to_have_count(3)
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "find"
    context.close()
    assert (watch.strangers, watch.complaints) == ([], [])


def test_a_second_factor_is_set_up_and_asked_for(
    chromium: Browser, live_server: LiveServer, nation: Nation
) -> None:
    context = context_of(chromium, live_server)
    page = context.new_page()
    watch = Watch(page, live_server.url)
    sign_in(page, nation)
    page.click("text=Set up two-factor sign-in")
    page.fill("input[name=password]", nation.password)
    page.click("main button[type=submit]")
    assert page.locator(".qr svg path").count() == 1
    faults = violations(page)
    secret = page.input_value("#secret")
    counter = next(iter(yield_hotp_counters_from_time()))
    page.fill("input[name=code]", format_hotp_value(hotp_value(secret, counter)))
    page.click("main button[type=submit]")
    codes = page.locator(".codes li").all_inner_texts()
    assert len(codes) == 10
    faults += violations(page)
    page.goto("/accounts/logout/")
    page.click("main button[type=submit]")
    sign_in(page, nation)
    assert "/2fa/authenticate/" in page.url
    faults += violations(page)
    page.fill("input[name=code]", codes[0])
    page.click("main button.button--main")
    assert re.fullmatch(rf"{live_server.url}/", page.url)
    context.close()
    assert (faults, watch.strangers, watch.complaints) == ([], [], [])
