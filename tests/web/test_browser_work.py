"""The desk's work in Chromium: by keyboard alone, without scripts, and on five thousand at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from tests.web.test_browser import Watch, chromium, context_of, sign_in, violations
from tests.web.test_notices import link, state_of, told
from tests.web.test_workspace import ACTOR, bank_contact

from pehra.findings.actions import bulk
from pehra.findings.models import Finding, FindingSeen
from pehra.findings.rules import State
from pehra.jobs.models import Job
from pehra.jobs.work import Stopped
from pehra.kernel.time import clock
from pehra.ledger.queries import recent
from pehra.mandate.tenancy import as_system
from pehra.registry.actions.contacts import ask_verification

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page
    from pytest_django.live_server_helper import LiveServer
    from tests.web.conftest import Nation

pytestmark = [
    pytest.mark.service,
    pytest.mark.either,  # what a browser does with a page
    pytest.mark.django_db(transaction=True),
]

__all__ = ["chromium"]

MANY, ENDED = 5_000, 3

FOCUS = """() => {
  const at = document.activeElement, box = at.getBoundingClientRect(), look = getComputedStyle(at);
  const inside = box.top >= 0 && box.bottom <= innerHeight && box.width > 0;
  const on = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
  const free = on !== null && (at.contains(on) || on.contains(at));
  return [look.outlineStyle !== "none" && parseFloat(look.outlineWidth) >= 2, inside && free];
}"""


def focus_after(page: Page, key: str) -> list[bool]:
    """Whether what a key gives the focus is marked, and not covered or outside of the window."""
    page.keyboard.press(key)
    found: list[bool] = page.evaluate(FOCUS)
    return found


def press(page: Page, keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def typed_in(page: Page, nation: Nation) -> None:
    """Sign in by the keyboard."""
    page.goto("/accounts/login/")
    for name, text in (("login", nation.officer.email), ("password", nation.password)):
        while page.evaluate("document.activeElement.name") != name:
            page.keyboard.press("Tab")
        page.keyboard.type(text)
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-go]")
    page.wait_for_load_state()


def many(nation: Nation) -> None:
    """Findings of one identifier: `MANY` of them, `ENDED` withdrawn."""
    now, first = nation.now, 1_000
    rows = [
        Finding(
            id=first + n,
            key=first + n,
            asset_kind=Finding.AssetKind.ADDRESS,
            asset=f"198.51.{100 + n // 250}.{n % 250}",
            identifier="open-smb",
            rsit_class="vulnerable",
            rsit_type="weak-crypto",
            organisation=nation.school,
            team=nation.national,
            opened_at=now,
            severity=2,
            state=State.WITHDRAWN if n < ENDED else State.OPEN,
        )
        for n in range(MANY)
    ]
    seen = [
        FindingSeen(
            finding=row, first_seen=now, last_seen=now, count=1, sources=1, severity=2,
            holder=nation.school.pk,
        )
        for row in rows
    ]  # fmt: skip
    with as_system():
        Finding.objects.bulk_create(rows, batch_size=500)
        FindingSeen.objects.bulk_create(seen, batch_size=500)


def states() -> dict[int, int]:
    with as_system():
        rows = Finding.objects.filter(identifier="open-smb").order_by("id")
        return dict(rows.values_list("id", "state"))


def worked(kind: str, until: int = MANY) -> None:
    """Do the waiting work of a kind as the worker would, and stop after `until` findings."""
    job = Job.objects.filter(kind=kind).latest("pk")

    def progress(done: int, total: int) -> None:
        del total
        if until <= done < MANY:
            raise Stopped

    does = {bulk.CARRY_OUT: bulk.carry_out, bulk.TAKE_BACK: bulk.take_back}[kind]
    try:
        does(job.payload["bulk"], now=clock(), progress=progress)
    except Stopped:
        return


def help_comes_and_goes(page: Page) -> None:
    press(page, "?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()


def begin(page: Page) -> None:
    """Acknowledge all that the list means."""
    page.click("text=Act on all of these")
    expect(page.locator("h1")).to_have_text("Act on 5,000 findings")
    expect(page.locator(".choice", has_text="Acknowledge")).to_contain_text("4,997 of 5,000")
    page.check("input[value=acknowledge]")
    page.click("main button.button--main")


def test_five_thousand_at_once_and_back(
    chromium: Browser, live_server: LiveServer, nation: Nation
) -> None:
    many(nation)
    before, entries = states(), len(recent())
    context = context_of(chromium, live_server)
    page = context.new_page()
    watch = Watch(page, live_server.url)
    sign_in(page, nation)
    page.goto("/findings/?state=any&identifier=open-smb")
    begin(page)
    progress = page.locator("#progress")
    expect(progress).to_have_attribute("max", str(MANY))
    expect(progress).to_have_attribute("value", "0")
    faults = violations(page)
    worked(bulk.CARRY_OUT, until=2_000)
    expect(progress).to_have_attribute("value", "2000")
    worked(bulk.CARRY_OUT)
    expect(page.locator("#stage")).to_have_text("Done")
    assert page.locator("tbody tr .row__main").all_inner_texts() == ["F1000", "F1001", "F1002"]
    faults += violations(page)
    assert set(states().values()) == {State.WITHDRAWN, State.ACKNOWLEDGED}
    page.click("button.button--danger")
    expect(page.locator("#stage")).to_have_text("Being undone")
    worked(bulk.TAKE_BACK)
    expect(page.locator("#stage")).to_have_text("Undone")
    context.close()
    assert states() == before
    acts = [entry.act for entry in recent()]
    assert acts[: len(acts) - entries] == ["findings.bulk-undo", "findings.bulk-acknowledge"]
    assert (faults, watch.strangers, watch.complaints) == ([], [], [])


def test_an_act_needs_no_script(chromium: Browser, live_server: LiveServer, nation: Nation) -> None:
    many(nation)
    context = context_of(chromium, live_server, java_script_enabled=False)
    page = context.new_page()
    sign_in(page, nation)
    page.goto("/findings/?state=any&identifier=open-smb")
    page.check("input[name=number] >> nth=0")
    page.click("text=Act on the ticked ones")
    expect(page.locator("h1")).to_have_text("Act on 1 finding")
    page.click(".crumbs a")
    page.goto("/findings/?state=any&identifier=open-smb")
    begin(page)
    expect(page.locator("#stage")).to_have_text("At work")
    worked(bulk.CARRY_OUT)
    expect(page.locator("#stage")).to_have_text("Done", timeout=10_000)
    page.goto("/findings/?severity=medium")
    page.click(".views__save summary")
    page.fill("#v-name", "Middling")
    page.click(".views__save button.button--main")
    expect(page.locator(".views__list a")).to_have_attribute("aria-current", "true")
    context.close()


def test_the_keyboard_alone_is_enough(
    chromium: Browser, live_server: LiveServer, nation: Nation
) -> None:
    for _ in range(60):
        nation.finding(nation.school)
    context = context_of(chromium, live_server, viewport={"width": 1280, "height": 600})
    page = context.new_page()
    watch = Watch(page, live_server.url)
    typed_in(page, nation)
    press(page, "gf")
    page.wait_for_url("**/findings/")
    seen = [focus_after(page, "j") for _ in range(12)]
    press(page, "kx")
    assert page.locator("input[name=number]:checked").get_attribute("value") == "54"
    seen += [focus_after(page, "Tab") for _ in range(25)]
    assert seen == [[True, True]] * len(seen)
    help_comes_and_goes(page)
    press(page, "e")
    expect(page.locator("input[value=assign]")).to_be_checked()
    page.focus("main button.button--main")
    page.keyboard.press("Enter")
    expect(page.locator("#stage")).to_have_text("At work")
    worked(bulk.CARRY_OUT)
    expect(page.locator("#stage")).to_have_text("Done")
    page.goto("/findings/?assigned=me")
    press(page, "jo")
    page.wait_for_url("**/findings/54/")
    press(page, "/")
    page.keyboard.insert_text("F12")
    page.keyboard.press("Enter")
    page.wait_for_url("**/findings/12/")
    assert (watch.strangers, watch.complaints) == ([], [])


def test_letters_can_be_turned_off(
    chromium: Browser, live_server: LiveServer, nation: Nation
) -> None:
    context = context_of(chromium, live_server)
    page = context.new_page()
    sign_in(page, nation)
    page.goto("/findings/")
    page.click(".menu summary >> text=Account")
    with page.expect_navigation():
        page.click("button[name=keys][value=off]")
    press(page, "j?/gd")
    assert page.evaluate("document.activeElement.tagName") != "A"
    assert (page.locator("#keys").count(), page.url.endswith("/findings/")) == (0, True)
    page.click(".menu summary >> text=Account")
    with page.expect_navigation():
        page.click("button[name=keys][value=on]")
    press(page, "?")
    expect(page.locator("#keys")).to_be_visible()
    context.close()


def test_a_recipient_answers_by_the_link_of_a_letter(
    chromium: Browser, live_server: LiveServer, nation: Nation
) -> None:
    """Browsers say where a form came from, and a page that hides it from them is not believed."""
    notice = told(nation)
    context = context_of(chromium, live_server, java_script_enabled=False)
    page = context.new_page()
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto(link(notice, nation))
    page.check("input[value=fixed]")
    page.click("button.button--main")
    expect(page.locator("[role=status]")).to_contain_text("Thank you")
    assert state_of(notice) == [State.FIX_CLAIMED] * 2
    contact = bank_contact().pk
    page.goto(f"/verify/contact/{ask_verification(contact, actor=ACTOR, now=clock())}/")
    page.click("main button[type=submit]")
    assert bank_contact().verified_at is not None
    context.close()
