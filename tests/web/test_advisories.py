"""Pages of advisories: made at the desk by three, read by everybody, corrected on the same page."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import msgspec
import pytest
from django.test import Client
from tests.web.conftest import _person
from tests.web.test_browser import chromium, context_of

from pehra.dispatch.models import Envelope
from pehra.findings.keys import secret_of
from pehra.kernel.actors import Actor
from pehra.kernel.labels import Severity
from pehra.kernel.settings import home_path
from pehra.kernel.time import clock
from pehra.mandate.models import Office, Power
from pehra.mandate.tenancy import as_system
from pehra.outreach.advisories import links
from pehra.outreach.advisories.actions import publishing, writing
from pehra.outreach.advisories.actions.publishing import End
from pehra.outreach.advisories.actions.writing import Verdict
from pehra.outreach.advisories.links import Purpose
from pehra.outreach.advisories.rules import Audience, Kind, Product, Source, Stage, Text
from pehra.outreach.models import Advisory, Edition, Subscriber, Told

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser
    from pytest_django.live_server_helper import LiveServer
    from tests.web.conftest import Nation

    from pehra.mandate.models import User

__all__ = ["chromium"]
pytestmark = pytest.mark.django_db

AMNA, BILAL = Actor("amna", "duty"), Actor("bilal", "lead")
TEXT = Text(
    title="Mend the gate of Acme",
    title_ur="ایکمی کا دروازہ ٹھیک کیجیے",
    severity=Severity.CRITICAL,
    summary="Anybody can open it.",
    summary_ur="کوئی بھی اسے کھول سکتا ہے",
    body="# What\n\nIt is *open*:\n\n```\nacme --status\n```",
    action="Install 8.4.3.",
    cves=("CVE-2026-12345",),
    products=(Product("Acme", "Gate", ">=8.0 <8.4.3"),),
    sources=(Source("https://vendor.example/1", "The vendor's own"),),
    exploited=True,
)
NUMBER = "NATIONAL-2026-001"


def made(text: Text = TEXT) -> int:
    """Publish an advisory; returns its id."""
    number = writing.begin(text, actor=AMNA, now=clock())
    _pass(number)
    return number


def _pass(number: int) -> None:
    writing.move(number, Stage.TECHNICAL, actor=AMNA, now=clock())
    for kind in Kind:
        writing.review(number, Verdict(kind, passed=True), actor=BILAL, now=clock())
    publishing.publish(number, Audience(), year=2026, actor=AMNA, now=clock())


def public_advisory() -> int:
    """One with two editions that was withdrawn, and one that stands, whose id is given."""
    first = made()
    changed = msgspec.structs.replace(TEXT, summary="Not all can.", change="Fewer are hit.")
    writing.begin_edition(first, changed, actor=AMNA, now=clock())
    _pass(first)
    publishing.end(first, End("The vendor was wrong."), actor=AMNA, now=clock())
    return made()


def advisory_links() -> list[str]:
    """Addresses of those, and of links in letters."""
    row = Subscriber.objects.create(address="reader@example.org", asked_at=clock())
    secret, today = secret_of(home_path()), clock().date()
    words = {
        one: links.sign(one, row.pk, secret, today) for one in (Purpose.CONFIRM, Purpose.LEAVE)
    }
    first, second = Advisory.objects.order_by("pk").values_list("number", flat=True)
    return [
        f"/advisories/{first}/",
        f"/advisories/{first}/editions/1/",
        f"/advisories/{second}/",
        *(f"/advisories/{purpose}/{word}/" for purpose, word in words.items()),
    ]


def page(address: str, client: Client | None = None, status: int = 200) -> str:
    answer = (client or Client()).get(address)
    assert answer.status_code == status
    return answer.content.decode()


@pytest.mark.usefixtures("nation")
def test_everybody_reads_an_advisory_and_all_that_was_changed() -> None:
    public_advisory()
    listed = page("/advisories/")
    assert [one in listed for one in (NUMBER, "NATIONAL-2026-002", "Not all can.")] == [True] * 3
    assert NUMBER in page("/advisories/?severity=critical")
    shown = page(f"/advisories/{NUMBER}/")
    for words in ("This advisory was withdrawn.", "The vendor was wrong.", "Fewer are hit.",
                  "(summary)", "Not all can.", "CVE-2026-12345", "pkcert-less"):  # fmt: skip
        assert (words in shown) == (words != "pkcert-less")
    old = page(f"/advisories/{NUMBER}/editions/1/")
    assert "Anybody can open it." in old
    assert "as it was then" in old
    for gone in ("NATIONAL-2026-009/", "x/", f"{NUMBER}/editions/7/"):
        page(f"/advisories/{gone}", status=404)
    client = Client(headers={"accept-language": "ur"})
    urdu = page("/advisories/NATIONAL-2026-002/", client)
    assert "ایکمی کا دروازہ" in urdu
    assert 'lang="en" dir="ltr"' in urdu  # what nobody translated


@pytest.mark.usefixtures("nation")
def test_a_draft_is_nobodys_to_read() -> None:
    writing.begin(TEXT, actor=AMNA, now=clock())
    for address in ("/advisories/", "/advisories/rss.xml", "/advisories/atom.xml"):
        assert "gate of Acme" not in page(address)
    page("/advisories/csaf/national-2026-001.json", status=404)


@pytest.mark.usefixtures("nation")
def test_feeds_and_documents() -> None:
    public_advisory()
    root = ET.fromstring(page("/advisories/rss.xml?language=ur"))  # noqa: S314 what we wrote ourselves
    titles = [one.findtext("title") or "" for one in root.iter("item")]
    assert len(titles) == 4
    assert sum("واپس" in one or "Withdrawn" in one for one in titles) == 1
    space = "{http://www.w3.org/2005/Atom}"
    atom = ET.fromstring(page("/advisories/atom.xml?severity=critical"))  # noqa: S314 what we wrote ourselves
    ids = [one.findtext(f"{space}id") for one in atom.iter(f"{space}entry")]
    assert len(set(ids)) == len(ids) == 4
    document = json.loads(page("/advisories/csaf/national-2026-001.json"))
    assert document["document"]["tracking"]["id"] == NUMBER
    assert document["document"]["publisher"]["name"] == "National CERT"
    page("/advisories/csaf/NATIONAL-2026-001.json", status=404)


@pytest.mark.usefixtures("nation")
def test_a_reader_subscribes_and_leaves_without_scripts() -> None:
    client = Client()
    answer = client.post("/advisories/subscribe/", {"address": "reader@example.org"}, follow=True)
    assert "A letter is on its way" in answer.content.decode()
    with as_system():
        assert Envelope.objects.filter(kind="verification").count() == 1
    row = Subscriber.objects.get()
    confirm, leave = (
        f"/advisories/{one}/{links.sign(one, row.pk, secret_of(home_path()), clock().date())}/"
        for one in (Purpose.CONFIRM, Purpose.LEAVE)
    )
    page(confirm, client)
    row.refresh_from_db()
    assert row.confirmed_at is None  # opening does nothing
    client.post(confirm)
    row.refresh_from_db()
    assert row.confirmed_at == clock()
    page(leave, client)
    assert Subscriber.objects.exists()
    client.post(leave)
    assert not Subscriber.objects.exists()
    assert "too old" in client.post(confirm).content.decode()
    page("/advisories/leave/x/", status=404)
    wrong = client.post("/advisories/subscribe/", {"address": "x"}, follow=True)
    assert "Not done" in wrong.content.decode()


def test_an_organisation_acknowledges_by_its_link(nation: Nation) -> None:
    made()
    with as_system():
        row = Told.objects.create(
            edition=Edition.objects.get(),
            organisation=nation.bank,
            mailboxes=1,
            sent=True,
            told_at=clock(),
            due_at=clock() + timedelta(hours=24),
        )
    word = links.sign(Purpose.RECEIVED, row.pk, secret_of(home_path()), clock().date())
    address = f"/advisories/received/{word}/"
    assert "First Bank" in page(address)
    with as_system():
        row.refresh_from_db()
    assert (row.opened_at, row.acknowledged_at) == (clock(), None)
    assert "Thank you" in Client().post(address, {"by": "A. Bano"}).content.decode()
    with as_system():
        row.refresh_from_db()
    assert (row.acknowledged_by, row.acknowledged_at) == ("A. Bano", clock())


@pytest.fixture
def powers(db: None) -> None:
    del db
    Power.objects.bulk_create(
        Power(act="publish-advisories", does=does, role="NC", tier="national")
        for does in ("may", "verify", "check")
    )


@pytest.mark.usefixtures("powers")
def test_the_desk_leads_from_a_draft_to_the_public(
    nation: Nation, officer: Client, signed_in: Callable[[User], Client]
) -> None:
    other = signed_in(_person("second@cert.example", Office.objects.get(slug="duty")))
    form = {"title": "Mend it", "severity": "4", "summary": "It stands open.", "tlp": "CLEAR"}
    assert officer.post("/outreach/advisories/new/", {"title": ""}).status_code == 422
    answer = officer.post("/outreach/advisories/new/", form)
    place = answer.headers["Location"]
    number = int(re.findall(r"\d+", place)[0])

    def act(client: Client, **said: str) -> str:
        return client.post(f"{place}act/", said, follow=True).content.decode()

    officer.post(f"{place}write/", {**form, "summary": "It stands wide open."})
    act(officer, what="hand-in")
    refused = act(officer, what="review", kind="technical", passed="yes")
    assert "another person reviews it" in refused
    act(other, what="review", kind="technical", passed="yes")
    act(other, what="review", kind="legal", passed="yes")
    assert "Critical information infrastructure" in page(place, officer)
    act(officer, what="publish", sector="banking", critical="1")
    row = Advisory.objects.get(pk=number)
    assert (row.number, row.standing) == (NUMBER, "published")
    assert Edition.objects.get().audience["sectors"] == ["banking"]
    act(officer, what="end", why="Wrong.")
    row.refresh_from_db()
    assert row.standing == "withdrawn"
    assert NUMBER in page("/outreach/advisories/", officer)
    del nation


@pytest.mark.usefixtures("powers")
def test_who_holds_no_power_acts_on_nothing(nation: Nation, contact: Client) -> None:
    number = made()
    for address in ("/outreach/advisories/", f"/outreach/advisories/{number}/"):
        assert contact.get(address).status_code == 403
    assert contact.post(f"/outreach/advisories/{number}/act/", {"what": "end"}).status_code == 403
    Power.objects.all().delete()
    client = Client()
    client.force_login(nation.officer)
    assert client.get("/outreach/advisories/new/").status_code == 403
    said = {"what": "end", "why": "x"}
    assert client.post(f"/outreach/advisories/{number}/act/", said).status_code == 403


@pytest.mark.usefixtures("nation")
def test_the_public_learns_who_is_responsible_and_what_to_do() -> None:
    who = page("/who/")
    for words in ("Banking", "National CERT", "unconfirmed"):
        assert (words in who) == (words != "unconfirmed")
    assert "open-telnet" in page("/advice/")
    assert "What it is" in page("/advice/?about=open-telnet")
    assert "What it is" not in page("/advice/?about=<script>")


EVIL = "<img src=x onerror=\"document.title='broken'\"><script>document.title='broken'</script>"
EVIL_LINKS = "[a](javascript:document.title='broken') ![a](https://tracker.example/x.png)"


@pytest.mark.service
@pytest.mark.either
@pytest.mark.django_db(transaction=True)
def test_nothing_written_in_an_advisory_runs(
    chromium: Browser, live_server: LiveServer, nation: Nation
) -> None:
    del nation
    evil = dict.fromkeys(("summary", "body", "action", "detection"), EVIL + EVIL_LINKS)
    products = (Product(EVIL[:60], EVIL[:60], EVIL[:60]),)
    sources = (Source('https://a.example/"onmouseover="alert(1)', EVIL),)
    made(msgspec.structs.replace(TEXT, title=EVIL, products=products, sources=sources, **evil))
    context = context_of(chromium, live_server)
    tab = context.new_page()
    asked: list[str] = []
    tab.on("request", lambda one: asked.append(one.url))
    for address in ("/advisories/", f"/advisories/{NUMBER}/"):
        tab.goto(address)
        assert "broken" not in tab.title()
        assert tab.locator("main img, main script, main [onerror], main [onmouseover]").count() == 0
    assert [one for one in asked if not one.startswith(live_server.url)] == []
    context.close()
