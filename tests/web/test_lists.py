"""Every list of the site as a file: as many rows as its pages show, and never a row of others."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import timedelta
from html import unescape
from typing import TYPE_CHECKING

import polars as pl
import pytest
from django.conf import settings
from django.db import connection

from pehra.findings.models import Finding
from pehra.intake.actions import openings
from pehra.intake.models import Alarm, Batch
from pehra.jobs.models import Job
from pehra.kernel.actors import Actor
from pehra.kernel.addresses import pack, sort_key
from pehra.ledger.models import Entry
from pehra.mandate.models import Organisation, Territory
from pehra.mandate.tenancy import as_system
from pehra.observations.schema import OBSERVATION, complete
from pehra.observations.store import open_lake
from pehra.registry.models import Asset, Claim, WorkItem
from pehra.web.lists.views import LISTS
from pehra.web.urls import urlpatterns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.test import Client
    from tests.web.conftest import Nation

    from pehra.mandate.models import User

BATCH = "a" * 32
FILE = re.compile(r'href="(/lists/([a-z]+)\.(?:csv|jsonl)[^"]*)"')
NEXT = re.compile(r'rel="next" href="([^"]*)"')
TABLE = re.compile(r"<table.*?</table>", re.DOTALL)
BODY_ROW = re.compile(r"<tr role=\"row\">\s*<td|<tr role=\"row\"><td|<tr>\s*<td")

SHOWN: tuple[tuple[str, str, str], ...] = (
    ("findings", "/findings/", 'aria-labelledby="count"'),
    ("findings", "/findings/?state=any&severity=critical", 'aria-labelledby="count"'),
    ("findings", "/findings/?organisation=bank&state=any", 'aria-labelledby="count"'),
    ("found", "/find/?q=bank", 'role="table"'),
    ("batches", "/batches/", "Reports</caption>"),
    ("batches", "/batches/?state=applied&source=shadowserver", "Reports</caption>"),
    ("batches", "/batches/?source=csv", "Reports</caption>"),
    ("sources", "/sources/", "How the sources do</caption>"),
    ("rejects", f"/batches/{BATCH}/", "Rows that could not be read</caption>"),
    ("organisations", "/registry/", "Organisations</caption>"),
    ("organisations", "/registry/?q=bank", "Organisations</caption>"),
    ("organisations", "/registry/?territory=PK-3", "Organisations</caption>"),
    ("claims", "/registry/bank/", "Claims</caption>"),
    ("contacts", "/registry/bank/", "Contacts</caption>"),
    ("work", "/registry/work/", "Work items</caption>"),
    ("work", "/registry/work/?kind=gap", "Work items</caption>"),
    ("unattributed", "/unattributed/", "Networks</caption>"),
    ("jobs", "/jobs/", "Jobs</caption>"),
    ("jobs", "/jobs/?state=failed&since=2026-01-01", "Jobs</caption>"),
    ("schedules", "/jobs/", "Schedules</caption>"),
    ("ledger", "/ledger/", "Entries</caption>"),
    ("gaps", "/structure/", "Gaps</caption>"),
    ("teams", "/structure/", "Teams</caption>"),
    ("sectors", "/structure/", "Sectors</caption>"),
    ("territories", "/structure/", "Territories</caption>"),
)
"""Each list, a page that shows it, and what stands in its table there."""

BESIDE = {"contacts", "schedules"}
"""Lists that stand whole on each page of another."""


@pytest.fixture
def crowded(nation: Nation) -> Nation:
    """Lists that are longer than a page."""
    now = nation.now
    with as_system():
        Organisation.objects.bulk_create(
            Organisation(slug=f"bank-{n:03}", name=f"Branch {n}") for n in range(70)
        )
        Batch.objects.bulk_create(
            Batch(id=f"{n:032x}", sha256=f"{n:064x}", source="csv", file_name=f"{n}.csv", size=1,
                  received_at=now - timedelta(minutes=n // 2))
            for n in range(60)
        )  # fmt: skip
        assets = Asset.objects.bulk_create(
            Asset(kind="prefix", value=f"198.51.100.{n}/32") for n in range(110)
        )
        Claim.objects.bulk_create(
            Claim(asset=one, organisation=nation.bank, source="manual", recorded_at=now)
            for one in assets
        )
        WorkItem.objects.bulk_create(
            WorkItem(kind="conflict", subject=f"198.51.100.{n}/32", opened_at=now)
            for n in range(105)
        )
    Territory.objects.bulk_create(Territory(code=f"PK-{n}", name=f"{n}") for n in range(7))
    nation.bank.territory = Territory.objects.get(code="PK-3")
    nation.bank.save()
    WorkItem.objects.create(kind="gap", subject="a sector", opened_at=now)
    Job.objects.create(kind="x.y", run_after=now, queued_at=now, finished_at=now, state="failed")
    Alarm.objects.create(source="csv", kind="silent", opened_at=now, last_at=now)
    for _ in range(55):
        openings.open_rejects(BATCH, 1, actor=Actor(name="x", office="duty"), now=now)
    Job.objects.bulk_create(Job(kind="x.y", run_after=now, queued_at=now) for _ in range(55))
    for _ in range(60):
        nation.finding(nation.bank)
    return nation


def text_of(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, address
    if response.streaming:
        return b"".join(response.streaming_content).decode()  # type: ignore[attr-defined] # it streams
    return str(response.content.decode())


def rows_of(client: Client, address: str) -> list[dict[str, str]]:
    """Rows of a file of CSV; the file of JSON Lines must have the same, of the same names."""
    rows = list(csv.DictReader(io.StringIO(text_of(client, address))))
    lines = text_of(client, address.replace(".csv", ".jsonl", 1)).splitlines()
    told = [json.loads(line) for line in lines]
    assert [list(one) for one in told] == [list(row) for row in rows]
    return rows


def pages(client: Client, address: str) -> Iterator[str]:
    """A page and all that follow it."""
    path = address.partition("?")[0]
    following: str | None = address
    while following:
        text = text_of(client, following)
        yield text
        found = NEXT.search(text)
        following = unescape(found[1]) if found else None
        assert following is None or following.startswith(path)


def count(text: str, marked: str) -> int:
    """Rows of the page's table in which `marked` stands."""
    tables = [table for table in TABLE.findall(text) if marked in table]
    return sum(len(BODY_ROW.findall(table)) for table in tables)


def files(text: str) -> dict[str, str]:
    """Addresses of the files of CSV that a page offers, by the name of the list."""
    return {name: unescape(address) for address, name in FILE.findall(text) if ".csv" in address}


def test_no_list_is_forgotten() -> None:
    assert {name for name, _, _ in SHOWN} | {"observations", "alarms", "refused"} == LISTS.keys()
    routes = {getattr(one, "name", None) for one in urlpatterns}
    assert {one.page for one in LISTS.values()} <= routes


@pytest.mark.parametrize(("name", "page", "marked"), SHOWN)
def test_a_file_has_the_rows_that_the_pages_show(
    crowded: Nation, officer: Client, name: str, page: str, marked: str
) -> None:
    del crowded
    shown = list(pages(officer, page))
    rows = rows_of(officer, files(shown[0])[name])
    turned = shown[:1] if name in BESIDE else shown
    assert len(rows) == sum(count(text, marked) for text in turned)
    assert len(rows) > 0
    assert rows == rows_of(officer, files(shown[-1])[name])  # a page is not a filter


@pytest.mark.usefixtures("nation")
def test_a_file_of_findings_has_as_many_rows_as_the_heading_says(officer: Client) -> None:
    text = text_of(officer, "/findings/?state=any")
    rows = rows_of(officer, files(text)["findings"])
    assert f"{len(rows)} findings" in text
    assert text_of(officer, "/findings/export.csv?state=any") == text_of(
        officer, files(text)["findings"]
    )


@pytest.mark.usefixtures("crowded")
def test_alarms_are_a_file_too(officer: Client) -> None:
    (row,) = rows_of(officer, files(text_of(officer, "/sources/"))["alarms"])
    assert (row["source"], row["kind"], row["state"], row["facts"]) == (
        "csv",
        "silent",
        "open",
        "{}",
    )


def test_a_list_of_others_is_not_there(
    crowded: Nation, contact: Client, signed_in: Callable[[User], Client]
) -> None:
    own = {"findings", "observations", "claims", "contacts"}
    for name, one in LISTS.items():
        status = contact.get(f"/lists/{name}.csv?slug=bank&number=1&name={BATCH}").status_code
        there = 404 if name == "refused" else 200  # nobody has acted yet
        assert status == (403 if one.national else there), name
        assert signed_in(crowded.nobody).get(f"/lists/{name}.csv").status_code == 403
    for name in own - {"findings"}:
        assert contact.get(f"/lists/{name}.csv?slug=school&number=2").status_code == 404
    findings = rows_of(contact, "/lists/findings.csv?state=any&organisation=school")
    organisations = rows_of(contact, "/lists/organisations.csv")
    assert (findings, [row["slug"] for row in organisations]) == ([], ["bank"])


@pytest.mark.usefixtures("nation")
@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/lists/none.csv", 404),
        ("/lists/findings.xml", 404),
        ("/lists/rejects.csv", 404),
        ("/lists/rejects.csv?name=%00", 404),
        ("/lists/claims.csv?slug=nobody", 404),
        ("/lists/observations.csv?number=99999999999999999999", 404),
        ("/lists/observations.csv?number=x", 404),
        ("/lists/findings.csv?state=none&since=never", 200),
    ],
)
def test_an_address_that_names_nothing(officer: Client, address: str, status: int) -> None:
    response = officer.get(address)
    assert response.status_code == status
    if response.streaming:
        b"".join(response.streaming_content)  # type: ignore[attr-defined] # it streams


@pytest.mark.usefixtures("nation")
def test_whoever_takes_rejects_away_is_named(officer: Client) -> None:
    before = Entry.objects.count()
    rows = rows_of(officer, f"/lists/rejects.csv?name={BATCH}")
    assert [row["row"] for row in rows] == ["3", "5"]
    assert rows[0]["raw"].startswith("'=cmd")
    assert Entry.objects.count() == before + 2  # both files were opened


def test_the_observations_of_a_finding_are_all_in_its_file(
    nation: Nation, officer: Client, contact: Client
) -> None:
    with as_system():
        finding = Finding.objects.get(id=1)
    ip = pack(finding.asset)
    told = {
        "observed_at": nation.now, "received_at": nation.now, "received_day": nation.now.date(),
        "ip": ip, "ip_key": sort_key(ip), "finding_key": finding.lake_key, "port": 27017,
        "organisation": nation.bank.pk, "team": nation.national.pk, "source": "shadowserver",
        "identifier": "open-mongodb", "tlp": "AMBER", "batch": BATCH,
    }  # fmt: skip
    rows = [{**told, "id": n.to_bytes(16), "row": n} for n in range(1, 26)]
    other = {**told, "id": (99).to_bytes(16), "row": 99, "organisation": nation.school.pk}
    frame = complete(pl.DataFrame([*rows, other]), OBSERVATION)
    open_lake(settings.HOME.lake).append(frame, name="observations-of-a-finding", number=1)
    for client in (officer, contact):
        address = files(text_of(client, "/findings/1/"))["observations"]
        found = rows_of(client, address)
        assert sorted(int(row["extra.row"]) for row in found) == list(range(1, 26))
        assert {row["tlp"] for row in found} == {"AMBER"}


@pytest.mark.usefixtures("nation")
def test_a_file_of_findings_is_read_chunk_by_chunk(officer: Client) -> None:
    """A query a chunk, not a row, and none before somebody reads."""
    response = officer.get("/lists/findings.csv?state=any")
    seen: list[str] = []

    def note(execute: Callable[..., object], sql: str, *rest: object) -> object:
        seen.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        b"".join(response.streaming_content)  # type: ignore[attr-defined] # it streams
    assert len(seen) == 2
