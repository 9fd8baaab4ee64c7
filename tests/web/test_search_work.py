"""The search box finds cases, reports of people and advisories; and no other reader's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.web.test_advisories import public_advisory
from tests.web.test_reported import send
from tests.web.test_search import told

from pehra.cases.actions.opened import Opening, open_case
from pehra.kernel.actors import Actor
from pehra.mandate.models import Power

if TYPE_CHECKING:
    from django.test import Client
    from tests.web.conftest import Nation

pytestmark = pytest.mark.django_db


def test_cases_reports_and_advisories_are_found(
    officer: Client, contact: Client, nation: Nation
) -> None:
    given = Opening(title="Files of the school are encrypted", affected=(nation.school.pk,))
    case = open_case(given, actor=Actor("amna", "duty"), at=nation.now)
    public_advisory()
    report = send()
    assert officer.get("/find/", {"q": f"c{case}"}).headers["Location"] == f"/cases/{case}/"
    assert officer.get("/find/", {"q": "ARE ENCRYPTED"}).headers["Location"] == f"/cases/{case}/"
    assert "/reports-in/" in officer.get("/find/", {"q": report.lower()}).headers["Location"]
    titles = told(officer, "gate of acme")["advisories"]
    assert titles == ["Mend the gate of Acme", "Mend the gate of Acme"]
    number = officer.get("/find/", {"q": "national-2026-001"}).headers["Location"]
    assert number == "/advisories/NATIONAL-2026-001/"
    for asked in (f"C{case}", "are encrypted", report, "C999"):
        assert told(contact, asked) == {}
    assert len(told(contact, "gate of acme")["advisories"]) == 2


def test_the_desk_leads_to_what_waits(officer: Client, contact: Client, nation: Nation) -> None:
    Power.objects.get_or_create(act="triage-reports", role="NC", tier="national")
    given = Opening(title="Files of the school are encrypted", affected=(nation.school.pk,))
    open_case(given, actor=Actor("amna", "duty"), at=nation.now)
    send()
    needs = {one.href: one for one in officer.get("/").context["needs"]}
    assert needs["/cases/?state=reported"].figure == "1"
    assert needs["/reports-in/?show=open"].figure == "1"
    for href in ("/cases/?state=reported", "/reports-in/?show=open"):
        assert len(officer.get(href).context["table"].rows) == 1
    own = {one.href for one in contact.get("/").context["needs"]}
    assert own & {"/cases/?state=reported", "/reports-in/?show=open"} == set()
