"""Reports without an account on pages: two pages, a number, its fate, and the desk behind."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.cases.reported.test_opening import forwarded

from pehra.cases.models.report import Cluster, Report, ReportContact, ReportPart
from pehra.cases.reported.rules import LARGEST_PART
from pehra.ledger.models import Entry
from pehra.mandate.models import Power
from pehra.mandate.tenancy import as_system

if TYPE_CHECKING:
    from tests.web.conftest import Nation

pytestmark = pytest.mark.django_db
NUMBER = re.compile(r"/track/([0-9A-Z-]{12})/")


def send(text: str = "See https://evil.example/pay", **given: object) -> str:
    """Send the second page; gives the number."""
    told = {"page": "2", "kind": "message", "text": text} | given
    answer = Client().post("/report/", told)
    assert answer.status_code == 302, answer.content
    found = NUMBER.search(answer["Location"])
    assert found is not None
    return found[1]


@pytest.fixture
def desk(nation: Nation) -> Client:
    client = Client()
    client.force_login(nation.officer)
    return client


def cluster_of(number: str) -> Cluster:
    with as_system():
        return Report.objects.select_related("cluster").get(number=number).cluster


def test_nothing_is_kept_before_the_second_page(nation: Nation) -> None:
    del nation
    first = Client().post("/report/", {"page": "1", "kind": "link", "text": "<b>x</b>"})
    assert first.status_code == 200
    assert b"&lt;b&gt;x&lt;/b&gt;" in first.content
    assert Client().post("/report/", {"page": "1", "kind": "nothing"}).status_code == 422
    empty = Client().post("/report/", {"page": "2", "kind": "link", "text": ""})
    assert empty.status_code == 422
    with as_system():
        assert Report.objects.count() == 0


def test_a_report_its_number_and_its_fate(desk: Client) -> None:
    number = send(mail="Bano@home.example")
    page = Client().get(f"/track/{number}/")
    assert number in page.content.decode()
    assert "evil.example" not in page.content.decode()
    assert page["X-Robots-Tag"] == "noindex, nofollow"
    typed = Client().get("/track/", {"number": number.lower().replace("-", " ")})
    assert typed["Location"] == f"/track/{number}/"
    assert Client().get("/track/", {"number": "abc"}).status_code == 422
    assert Client().get("/track/000-0000-000/").status_code == 404
    assert Client().get("/track/%3Cscript%3E/").status_code == 404
    cluster = cluster_of(number)
    told = {"what": "case", "words": "The page is gone."}
    answer = desk.post(f"/reports-in/{cluster.pk}/decide/", told)
    assert answer.status_code == 302
    again = Client().get(f"/track/{number}/").content.decode()
    assert "The page is gone." in again
    more = desk.post(f"/reports-in/{cluster.pk}/tell/", {"words": "And blocked."})
    assert more.status_code == 302
    assert "And blocked." in Client().get(f"/track/{number}/").content.decode()
    shown = desk.get(f"/reports-in/{cluster.pk}/").content.decode()
    assert "hxxps://evil[.]example" in shown or "https://evil.example/pay" in shown
    assert "home.example" not in shown
    assert 'href="https://evil' not in shown


def test_a_contact_is_opened_and_logged(desk: Client) -> None:
    number = send(mail="bano@home.example", phone="0300 1234567")
    with as_system():
        report = Report.objects.get(number=number).pk
    page = desk.post(f"/reports-in/reports/{report}/contact/").content.decode()
    assert ("bano@home.example" in page, "0300 1234567" in page) == (True, True)
    last = Entry.objects.order_by("seq").last()
    assert last is not None
    assert last.act == "cases.open-contact"
    assert desk.get(f"/reports-in/reports/{report}/contact/").status_code == 405


def test_who_may_not(nation: Nation, desk: Client) -> None:
    number = send(mail="bano@home.example")
    cluster = cluster_of(number)
    contact, nobody = Client(), Client()
    contact.force_login(nation.contact)
    assert contact.get("/reports-in/").status_code == 403
    assert contact.get(f"/reports-in/{cluster.pk}/").status_code == 403
    assert nobody.get("/reports-in/").status_code == 302
    Power.objects.all().delete()
    assert desk.get("/reports-in/").status_code == 200
    denied = desk.post(f"/reports-in/{cluster.pk}/decide/", {"what": "spam"})
    assert denied.status_code == 403
    with as_system():
        assert Cluster.objects.get().state == "open"


def test_the_desk_pages_and_refuses(desk: Client) -> None:
    one, two = send("buy at https://one.example/"), send("buy at https://two.example/")
    first, second = cluster_of(one), cluster_of(two)
    page = desk.get("/reports-in/").content.decode()
    assert page.index(f"/reports-in/{second.pk}/") < page.index(f"/reports-in/{first.pk}/")
    for shown in ("overdue", "fresh", "case", "lawful", "spam", "all", "nonsense"):
        assert desk.get("/reports-in/", {"show": shown}).status_code == 200
    found = desk.get("/reports-in/", {"number": one})
    assert found["Location"] == f"/reports-in/{first.pk}/"
    on = desk.post(f"/reports-in/{second.pk}/decide/", {"what": "spam"})
    assert on["Location"] == f"/reports-in/{first.pk}/"
    for wrong in ({"what": "spam", "case": "x"}, {"what": "fly"}, {"what": "case", "case": "99"}):
        answer = desk.post(f"/reports-in/{first.pk}/decide/", wrong, follow=True)
        assert b"Not done" in answer.content
    assert desk.post("/reports-in/987654/decide/", {"what": "spam"}).status_code == 404
    assert desk.get("/reports-in/987654/").status_code == 404


def test_a_report_is_taken_out(desk: Client) -> None:
    one = send("https://one.example/")
    two = send("else https://one.example/")
    with as_system():
        report = Report.objects.get(number=two).pk
    assert cluster_of(two).pk == cluster_of(one).pk
    desk.post(f"/reports-in/reports/{report}/out/")
    assert cluster_of(two).pk != cluster_of(one).pk
    assert desk.post("/reports-in/reports/987654/out/").status_code == 302


def test_a_call_is_written_down(desk: Client) -> None:
    assert desk.get("/reports-in/call/").status_code == 200
    assert desk.post("/reports-in/call/", {"kind": "incident"}).status_code == 422
    told = {"kind": "incident", "text": "All is encrypted", "organisation": "bank",
            "phone": "0300 1234567", "language": "ur"}  # fmt: skip
    page = desk.post("/reports-in/call/", told).content.decode()
    with as_system():
        report = Report.objects.select_related("cluster__organisation").get()
        assert ReportContact.objects.count() == 1
    assert report.number in page
    assert report.cluster.organisation is not None
    assert (report.door, report.language, report.cluster.organisation.slug) == (
        "phone", "ur", "bank",
    )  # fmt: skip


def test_files_and_traps(nation: Nation) -> None:
    del nation
    large = SimpleUploadedFile("large.bin", bytes(LARGEST_PART + 1))
    small = SimpleUploadedFile("<img src=x>.png", b"\x89PNG", content_type="image/png")
    answer = Client().post(
        "/report/", {"page": "2", "kind": "link", "text": "x", "files": [large, small]}
    )
    assert "dropped=1" in answer["Location"]
    mail = SimpleUploadedFile("a.eml", forwarded().as_bytes(), content_type="message/rfc822")
    number = send("", kind="mail", files=mail)
    robot = send("buy", website="https://spam.example/")
    with as_system():
        assert list(ReportPart.objects.values_list("name", flat=True).order_by("id")) == [
            "<img src=x>.png", "message.eml", "../x.zip",
        ]  # fmt: skip
        assert Report.objects.get(number=number).subject == "Your account is blocked"
        assert Report.objects.get(number=robot).robot is True
        assert cluster_of(robot).gathered is True
