"""Every page of the URL map in Chromium: no violation, no overflow, no stranger asked.

Nothing is listed by hand but what parameters mean, which `test_tenancy_everywhere.py` knows: a new
page is looked at from the day that it has an address. One that does not open says why, or fails.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import pytest
from tests.mandate.test_tenancy import FACTORIES
from tests.web.test_advisories import advisory_links, public_advisory
from tests.web.test_browser import RULES, Watch, chromium, context_of, overflow, sign_in, violations
from tests.web.test_notices import link, told
from tests.web.test_notices_tasks import made_waiting, number
from tests.web.test_reports import keep
from tests.web.test_tenancy_everywhere import FIELD, OTHERWISE, SLUG, Whose, routes
from tests.web.test_workspace import ACTOR, bank_contact

from pehra.findings.actions.counting import count_day
from pehra.findings.models import Finding
from pehra.intake.models import Alarm
from pehra.kernel.labels import Severity
from pehra.kernel.time import clock
from pehra.mandate.models import Office, Power, Tenure, Territory
from pehra.mandate.tenancy import unseen
from pehra.notices.models import Call, Escalation, Incoming, Notice, Round
from pehra.notices.spans import Every
from pehra.outreach.models import Advisory
from pehra.registry.actions.contacts import ask_verification
from pehra.registry.models import Contact
from pehra.web import figures

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import APIResponse, Browser, Page
    from pytest_django.live_server_helper import LiveServer
    from tests.web.conftest import Nation

pytestmark = [
    pytest.mark.service,
    pytest.mark.long,
    pytest.mark.either,  # what a browser does with a page
    pytest.mark.django_db(transaction=True),
]

__all__ = ["chromium"]

COLOURS = ("color-contrast", "link-in-text-block")
"""The rules of those sets that look at colours: all that can differ between light and dark."""
SCHEMES: tuple[tuple[Literal["light", "dark"], tuple[str, ...]], ...] = (
    ("light", RULES),
    ("dark", COLOURS),
)
WIDTHS, LOOKED_AT = (320, 360, 768, 1280), (360, 1280)
"""At these axe looks; at the others nothing may be wider than the window."""
MACHINE = r"\d+\.\d+\.\d+\.\d+|[0-9a-f]{1,4}:[0-9a-f]{0,4}::?[0-9a-f]|https?:|[0-9a-f]{32}"
"""An address, a URL, a digest."""
BARE = """(machine) => {
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
  for (let node; (node = walk.nextNode());)
    if (new RegExp(machine).test(node.data) && !node.parentElement.closest("[dir=ltr], svg"))
      found.push(node.data.trim());
  return found;
}"""
"""Addresses, URLs and digests that stand outside an element that runs from left to right."""

OK, ONLY_ACTS = 200, 405
OPEN = ("account_login", "account_signup")
"""Looked at by somebody who is not signed in."""
MORE = (
    "/findings/?asset=none.example",
    "/find/?q=an",
    "/sources/feodo/",
    "/playbooks/c2/",
    "/none/",
)
"""Addresses that the map does not have: what is asked, what is empty, what is not there."""
ELSEWHERE = {
    "workspace-own": "staff have no organisation of their own",
    "role-home": "for investigators, lawyers and observers: tests/web/test_homes_role.py",
}
"""Routes that open as no page, with the reason. Those of accounts are allauth's: some are closed,
others are a step that another comes before, and `test_browser.py` goes through them."""


class Address(NamedTuple):
    """A route with its parameters filled in."""

    name: str
    path: str


def busy(nation: Nation) -> None:
    """Something of everything that pages show."""
    north = Territory.objects.create(code="PK-N", name="North", country="PK", tile="1,1")
    nation.bank.territory = north
    nation.bank.save()
    for _ in range(60):
        nation.finding(nation.school, asset="2001:db8:1234:5678:9abc:def0:1234:5678")
    nation.finding(nation.bank, due_at=nation.now, severity=Severity.CRITICAL)
    able = {"EVC": (("keep-evidence", "may"), ("evidence-out", "apply")), "NC": (
        ("evidence-out", "record"), ("evidence-out", "approve"))}  # fmt: skip
    for role, powers in able.items():
        office = Office.objects.create(slug=role.lower(), role=role, team=nation.national)
        Tenure.objects.create(office=office, person=nation.officer)
        for act, does in powers:
            Power.objects.create(act=act, role=role, does=does)
    for kind in ("shrunk", "silent"):
        facts = {"rows": 1, "before": 90}
        Alarm.objects.create(
            source="feodo", kind=kind, opened_at=nation.now, last_at=nation.now, facts=facts
        )
    count_day(clock(), figures.zone())


class Officer(Whose, frozen=True):
    """The bank, whose rows are made by the nation's officer."""

    person: str

    @property
    def officer(self) -> str:
        """The account."""
        return self.person


def meanings(nation: Nation) -> dict[Any, Any]:
    """What stands for each parameter of `FIELD` here: ids of rows that are there, and words."""
    notice = told(nation)
    made_waiting(nation, notice)
    waiting = {kind: number(kind) for kind in (Call, Escalation, Incoming)}
    month = keep(nation)[Every.MONTHLY].isoformat()
    words = {SLUG: "bank", "b" * 32: "a" * 32, "2026-11-01": month, "telecom": "banking"}
    rows = {
        Advisory: public_advisory(),
        Finding: 1,
        Notice: notice.pk,
        Round: notice.round_id,
        Contact: bank_contact().pk,
    }
    known = words | rows | waiting
    asked = {one for values in FIELD.values() for one in values if isinstance(one, type)}
    bank = Officer(nation.bank, nation.national, 4_711, nation.officer.email)
    with unseen():
        made = {kind: FACTORIES[kind](bank).pk for kind in FACTORIES if kind in asked - {*known}}
    return known | made


def map_of(means: dict[Any, Any]) -> Iterator[Address]:
    """Every address that is no operation of the API, of rows that are there."""
    for name, address, names in routes():
        if name in OTHERWISE or address.startswith("/api/"):
            continue
        values = [means.get(one, one) for one in FIELD.get(name, ())]
        path = address.format(**dict(zip(names, values, strict=True)))
        yield Address(name, path.replace("/team/bank/", "/team/national/"))


def is_page(answer: APIResponse) -> bool:
    return answer.status == OK and answer.headers["content-type"].startswith("text/html")


def faults_of(page: Page, direction: str) -> list[str]:
    """What is wrong with a page, in both colours and at every width."""
    found = [f"{page.url}: {text} is not left to right" for text in page.evaluate(BARE, MACHINE)]
    if page.evaluate("document.documentElement.dir") != direction:
        found.append(f"{page.url} does not run {direction}")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        if overflow(page):
            found.append(f"{page.url} is too wide at {width} by {overflow(page)}")
        for scheme, rules in SCHEMES if width in LOOKED_AT else ():
            page.emulate_media(color_scheme=scheme)
            found += [f"{scheme} {width} {fault}" for fault in violations(page, rules)]
    return found


@pytest.mark.parametrize(("language", "direction"), [("en", "ltr"), ("ur", "rtl")])
def test_every_page_is_without_fault(
    chromium: Browser, live_server: LiveServer, nation: Nation, language: str, direction: str
) -> None:
    """Checks 2 and 3 of the experience: each page is loaded once, and looked at in every way."""
    busy(nation)
    means = meanings(nation)
    every = list(map_of(means))
    by_link = [link(Notice(pk=means[Notice]), nation), verify_link(means[Contact])]
    by_link += ["/", "/report/", "/check/", "/advisories/", *advisory_links(), "/who/"]
    by_link += ["/advice/?about=open-telnet"]
    context = context_of(chromium, live_server, language=language)
    page = context.new_page()
    watch = Watch(page, live_server.url)
    faults: list[str] = []

    def look(path: str) -> None:
        page.goto(path)
        faults.extend(faults_of(page, direction))

    for path in [one.path for one in every if one.name in OPEN] + by_link:
        look(path)
    sign_in(page, nation)
    told = {one: page.request.get(one.path, max_redirects=0) for one in every}
    for path in [one.path for one, answer in told.items() if is_page(answer)] + list(MORE):
        look(path)
    context.close()
    assert (faults, watch.strangers, watch.complaints) == ([], [], [])
    assert {one.name for one, answer in told.items() if shut(one, answer)} == set(ELSEWHERE)


def shut(one: Address, answer: APIResponse) -> bool:
    """Whether it is neither page nor file, nor an address to which one only posts."""
    return answer.status not in (OK, ONLY_ACTS) and not one.path.startswith("/accounts/")


def verify_link(contact: int) -> str:
    return f"/verify/contact/{ask_verification(contact, actor=ACTOR, now=clock())}/"
