"""Three reports of one campaign become a cluster, then a case, and each reporter sees the answer.

One comes in Urdu from a small phone without scripts, one by mail, one in English; nothing that they
wrote runs or leads anywhere.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from tests.web.test_browser import Watch, chromium, context_of, overflow, sign_in

from pehra.cases.models.report import Report
from pehra.cases.reported.actions.filing import PUBLIC, file_report
from pehra.cases.reported.inbox import wish_of_mail
from pehra.cases.reported.rules import Door
from pehra.kernel.settings import home_path
from pehra.mandate.tenancy import as_system

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Response
    from pytest_django.live_server_helper import LiveServer
    from tests.web.conftest import Nation

__all__ = ["chromium"]
pytestmark = [
    pytest.mark.service,
    pytest.mark.long,
    pytest.mark.either,
    pytest.mark.django_db(transaction=True),
]
NUMBER = re.compile(r"[0-9A-HJKMNP-TV-Z]{3}-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{3}")
ATTACK = (
    "\"'><img src=x onerror=alert(1)><script>alert(2)</script>{{7*7}}</textarea>"
    "<svg/onload=alert(3)>"
)
HARM = "https://bank.evil.example/in"
URDU = f"یہ پیغام ملا: آپ کا اکاؤنٹ بند ہو رہا ہے {HARM}?u=7 {ATTACK}"
MAIL = f"""From: bano@home.example
Subject: Fwd: {ATTACK}
Content-Type: multipart/mixed; boundary=x

--x
Content-Type: text/html

<p>Your account {ATTACK}</p><a href="{HARM}?u=9">go</a><script>alert(4)</script>
--x
Content-Type: text/html; name="{ATTACK.replace('"', "")}.html"
Content-Disposition: attachment

<script>alert(5)</script>
--x--
"""
HARMFUL = "main a[href*=evil], main img, main script, main svg"
LIGHT = 60_000
"""Bytes of a page with everything that it loads, fonts aside."""


class Weight:
    """Bytes that a page and what it loads take."""

    def __init__(self, page: Page) -> None:
        self.bytes = 0
        page.on("response", self._came)

    def _came(self, answer: Response) -> None:
        if "/fonts/" not in answer.url and answer.status < 300:
            self.bytes += len(answer.body())


def number_on(page: Page) -> str:
    found = NUMBER.search(page.locator(".number-plate").inner_text())
    assert found is not None
    return found[0]


def in_urdu(chromium: Browser, live_server: LiveServer) -> str:
    """Report on a phone of 360 pixels, without scripts; gives the number."""
    context = context_of(
        chromium, live_server, language="ur", java_script_enabled=False,
        viewport={"width": 360, "height": 740},
    )  # fmt: skip
    page = context.new_page()
    weight, watch = Weight(page), Watch(page, live_server.url)
    page.goto("/report/")
    assert page.locator("html").get_attribute("dir") == "rtl"
    page.select_option("select[name=kind]", "message")
    page.fill("textarea[name=text]", URDU)
    assert weight.bytes < LIGHT
    page.click("main button[type=submit]")
    assert page.locator("input[name=page]").get_attribute("value") == "2"
    page.fill("input[name=mail]", "citizen@home.example")
    page.click("main .button--main")
    number = number_on(page)
    assert page.locator("script").count() == 0
    assert (watch.strangers, watch.complaints) == ([], [])
    page.goto(f"/track/?number={number.lower()}")
    assert number_on(page) == number
    context.close()
    return number


def in_english(chromium: Browser, live_server: LiveServer) -> str:
    context = context_of(chromium, live_server, viewport={"width": 360, "height": 740})
    page = context.new_page()
    for address in ("/report/", "/track/"):
        page.goto(address)
        assert overflow(page) == 0
    page.goto("/report/")
    page.fill("textarea[name=text]", HARM)
    page.click("main button[type=submit]")
    assert overflow(page) == 0
    page.click("main .button--main")
    assert overflow(page) == 0
    number = number_on(page)
    context.close()
    return number


def by_mail(nation: Nation) -> str:
    _, wish = wish_of_mail(MAIL.encode(), Door.MAIL)
    return file_report(home_path(), wish, actor=PUBLIC, now=nation.now).number


def decided(page: Page, cluster: int) -> None:
    """Open a case by the keyboard, and tell the reporters something more."""
    page.goto("/reports-in/")
    assert page.locator("tbody tr").count() == 1
    page.keyboard.press("j")
    page.keyboard.press("o")
    page.wait_for_url(f"**/reports-in/{cluster}/")
    assert page.locator("article").count() == 3
    assert page.locator(HARMFUL).count() == 0
    page.keyboard.press("c")
    page.fill("#words-c", f"It is taken down. {ATTACK}")
    page.fill("#why-c", ATTACK)
    page.locator("#why-c").press("Enter")
    page.wait_for_selector(".note--good")
    page.fill("#tell-words", f"Fourteen providers block it. {ATTACK}")
    page.click("text=Tell them")
    page.wait_for_selector("blockquote >> nth=1")
    assert page.locator(HARMFUL).count() == 0


def test_three_reports_become_one_case_and_each_reporter_sees_the_answer(
    chromium: Browser, live_server: LiveServer, nation: Nation
) -> None:
    numbers = [
        in_urdu(chromium, live_server), by_mail(nation), in_english(chromium, live_server),
    ]  # fmt: skip
    with as_system():
        (cluster,) = set(Report.objects.values_list("cluster", flat=True))
    context = context_of(chromium, live_server)
    page, ran = context.new_page(), list[str]()
    watch = Watch(page, live_server.url)
    page.on("dialog", lambda dialog: ran.append(dialog.message))
    sign_in(page, nation)
    decided(page, cluster)
    for number in numbers:
        page.goto(f"/track/{number}/")
        assert page.locator("blockquote").count() == 2
        assert page.locator(HARMFUL).count() == 0
        assert "evil.example" not in page.content()
    page.goto("/reports-in/?show=case")
    assert page.locator(HARMFUL).count() == 0
    assert (ran, watch.complaints, watch.strangers) == ([], [], [])
    context.close()
