"""The register's pages: who holds what, told only to those who may know."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import polars as pl
import pytest

from pehra.findings.models import CountedDay, DayCount
from pehra.kernel.addresses import pack, sort_key
from pehra.kernel.settings import Home
from pehra.mandate.models import Organisation, Territory
from pehra.mandate.tenancy import as_system
from pehra.observations.schema import OBSERVATION, complete
from pehra.observations.store import open_lake
from pehra.web import figures

if TYPE_CHECKING:
    from pathlib import Path

    from django.test import Client
    from pytest_django.fixtures import Settings
    from tests.web.conftest import Nation


def names(client: Client, path: str = "/registry/", **query: str) -> list[str]:
    table = client.get(path, query).context["sections"][0].table
    return [cells[0][1].text for cells in table.rows]


def test_organisations_by_slug_and_by_search(officer: Client) -> None:
    assert names(officer) == ["First Bank", "A School"]
    assert names(officer, q="school") == ["A School"]
    assert names(officer, q="nobody") == []


def test_organisations_page_by_slug(officer: Client) -> None:
    Organisation.objects.bulk_create(
        Organisation(slug=f"x-{n:03}", name=f"X {n}") for n in range(60)
    )
    first = officer.get("/registry/").context
    rest = names(officer, first["pages"].next)
    assert (len(first["sections"][0].table.rows), len(rest)) == (50, 12)


def test_a_stranger_sees_only_his_own(contact: Client) -> None:
    assert names(contact) == ["First Bank"]
    assert contact.get("/registry/bank/").status_code == 200
    assert contact.get("/registry/school/").status_code == 404


def test_one_with_its_claims_and_contacts(officer: Client) -> None:
    context = officer.get("/registry/bank/").context
    contacts, claims = context["contacts"].rows, context["claims"].rows
    assert [cells[2][1].text for cells in contacts] == ["abuse@bank.example"]
    assert [cells[0][1].text for cells in claims] == ["192.0.2.0/25"]
    assert (claims[0][2][1].text, claims[0][2][1].sub) == ("entered by hand", "100%")


def test_its_findings_by_severity_and_the_longest_overdue(officer: Client, nation: Nation) -> None:
    hour = timedelta(hours=1)
    for late in (3, 5, 1):
        nation.finding(nation.bank, due_at=nation.now - late * hour)
    nation.finding(nation.school, due_at=nation.now - 9 * hour)
    context = officer.get("/registry/bank/").context
    assert [tile["figure"] for tile in context["tiles"]] == ["1", "0", "3", "0"]
    assert len(officer.get(context["tiles"][2]["href"]).context["rows"]) == 3
    assert [cells[3][1].text for cells in context["overdue"].rows] == [
        "5 hours overdue",
        "3 hours overdue",
        "1 hour overdue",
    ]
    assert len(officer.get(context["overdue_href"]).context["rows"]) == 3


def test_its_findings_over_time_with_a_gap(contact: Client, nation: Nation) -> None:
    today = nation.now.astimezone(figures.zone()).date()
    with as_system():
        for back, low in ((0, 3), (2, 5)):
            day = today - timedelta(days=back)
            CountedDay.objects.create(day=day, at=nation.now)
            DayCount.objects.create(day=day, organisation=nation.bank, low=low, overdue=1)
            DayCount.objects.create(day=day, organisation=nation.school, low=100)
    chart = contact.get("/registry/bank/").context["chart"]
    assert [values for _, values in chart.data.rows[-3:]] == [[5, 1], [None, None], [3, 1]]
    lines = b"".join(contact.get(chart.csv)).decode().splitlines()
    assert lines[0] == "Day,Open,Overdue"
    assert lines[-1].endswith(",3,1")


def test_what_was_seen_of_it_last(
    contact: Client, nation: Nation, settings: Settings, tmp_path: Path
) -> None:
    settings.HOME = Home(tmp_path)
    row = {"row": 1, "batch": "a" * 32, "source": "shadowserver", "received_at": nation.now,
           "received_day": nation.now.date(), "ip": pack("192.0.2.7"), "port": 23,
           "ip_key": sort_key(pack("192.0.2.7")), "identifier": "open-telnet"}  # fmt: skip
    rows = [
        row | {"id": bytes([n]) * 16, "organisation": holder.pk,
               "observed_at": nation.now - timedelta(hours=n)}
        for n, holder in enumerate((nation.bank, nation.school, nation.bank))
    ]  # fmt: skip
    table = complete(pl.DataFrame(rows, infer_schema_length=None), OBSERVATION)
    open_lake(settings.HOME.lake).append(table, name="seen", number=1)
    seen = contact.get("/registry/bank/").context["seen"]
    assert [cells[1][1].text for cells in seen.rows] == ["192.0.2.7:23"] * 2


def test_work_waits_for_national_staff(officer: Client, contact: Client) -> None:
    assert names(officer, "/registry/work/") == ["192.0.2.0/25"]
    assert contact.get("/registry/work/").status_code == 403


def test_networks_without_a_holder_lead_to_their_findings(officer: Client, nation: Nation) -> None:
    nation.finding(None, asn=64501)
    nation.finding(None, asn=None)
    rows = officer.get("/unattributed/").context["sections"][0].table.rows
    assert [(cells[0][1].text, cells[4][1].text) for cells in rows] == [
        ("AS64501", "2"),
        ("no network known", "1"),
    ]
    listed = officer.get(rows[0][0][1].href).context["rows"]
    assert [row.name for row in listed] == ["F5", "F3"]


@pytest.mark.parametrize("path", ["/unattributed/", "/registry/none/"])
def test_what_is_not_theirs(contact: Client, path: str) -> None:
    assert contact.get(path).status_code in {403, 404}


def test_organisations_of_one_territory(officer: Client, nation: Nation) -> None:
    nation.bank.territory = Territory.objects.create(code="PK-N", name="North", country="PK")
    nation.bank.save()
    assert names(officer, territory="PK-N") == ["First Bank"]
    assert names(officer, territory="PK-X") == []
    assert names(officer, "/registry/work/", kind="gap") == []
