"""Checking: a guess in careful words, of which nothing stays, and which leads to the report."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.test import Client

from pehra.cases.models.report import Report
from pehra.cases.reported.rules import Kind
from pehra.ledger.models import Entry
from pehra.mandate.tenancy import as_system
from pehra.web.public.check import kind_of
from pehra.web.public.words import SEEMS

pytestmark = pytest.mark.django_db
BAIT = "Your account closes. <b>Pay</b> at http://bank.evil.example/in"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("https://bank.evil.example/in", Kind.LINK),
        ("bank.evil.example", Kind.LINK),
        ("+92 300 1234567", Kind.NUMBER),
        ("\u06f0\u06f3\u06f0\u06f0 \u06f1\u06f2\u06f3", Kind.NUMBER),
        (BAIT, Kind.MESSAGE),
        ("hello", Kind.MESSAGE),
    ],
)
def test_what_was_pasted_is_known(text: str, kind: Kind) -> None:
    assert kind_of(text) == kind


def test_a_check_needs_no_cookie_and_leaves_nothing() -> None:
    entries = Entry.objects.count()
    asked = Client(enforce_csrf_checks=True)
    assert asked.get("/check/").status_code == 200
    bare = Client(enforce_csrf_checks=True)
    answer = bare.post("/check/", {"text": BAIT})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "<b>Pay</b>" not in page
    assert "&lt;b&gt;Pay&lt;/b&gt;" in page
    assert 'href="http://bank' not in page
    assert answer.context["seems"] in SEEMS.values()
    assert "<script" not in page
    assert "no-store" in answer["Cache-Control"]
    with as_system():
        assert Report.objects.count() == 0
    assert Entry.objects.count() == entries


def test_the_text_goes_on_into_the_report() -> None:
    page = Client().post("/check/", {"text": BAIT})
    given = {"page": "1", "kind": page.context["kind"], "text": page.context["text"]}
    assert page["Referrer-Policy"] == "same-origin"  # else browsers name no origin, and are refused
    second = Client().post("/report/", given)
    assert second.status_code == 200
    assert ("text", BAIT) in second.context["kept"]


def test_too_little_too_much_and_too_often() -> None:
    assert Client().post("/check/", {"text": " "}).status_code == 422
    assert Client().post("/check/", {"text": "x" * 5_001}).status_code == 422
    cache.clear()
    from_one = [Client().post("/check/", {"text": "0300"}).status_code for _ in range(61)]
    assert from_one == [200] * 60 + [429]
