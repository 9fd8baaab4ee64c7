"""Every number of every report leads to what it means and to exactly the rows that it counts."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from tests.notices.test_behind import counts
from tests.web.conftest import _person
from tests.web.test_reports import keep

from pehra.findings.models import Finding, Step
from pehra.findings.rules import State
from pehra.kernel.labels import Severity
from pehra.kernel.time import clock
from pehra.mandate.models import Office, Organisation, Team, User
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import SYSTEM_VIEWER
from pehra.notices import behind
from pehra.notices.models import Behind, Measure
from pehra.notices.queries.periods import Counted, counted, of_organisation
from pehra.notices.spans import Every, begin, span
from pehra.web.reports.words import MEANING, OUTCOMES, STANDS, WORK, explained_by

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client
    from tests.web.conftest import Nation

    from pehra.notices.outcomes import Figures
    from pehra.web.tables import Cell

ROWS = re.compile(r"/reports/[a-z]+/(?P<day>[0-9-]+)/(?:.+/)?rows/(?P<figure>[a-z-]+)/")
DIGIT = re.compile(r"[1-9]")


@pytest.fixture
def eventful(nation: Nation) -> Nation:
    """A nation in which everything that a report counts has happened to some finding."""
    now = nation.now
    for severity in (Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL):
        nation.finding(nation.school, severity=severity, notified_at=now)
    nation.finding(nation.bank, notified_at=now, answered_at=now, fix_claimed_at=now)
    back = nation.finding(nation.bank, state=State.RELAPSED, gone_at=now - timedelta(hours=1))
    wrong = nation.finding(nation.bank, state=State.WITHDRAWN, answered_at=now)
    with as_system():
        Finding.objects.update(opened_at=now - timedelta(hours=2))
        for finding, state, at in (
            (back, State.GONE, now - timedelta(hours=1)),
            (back, State.RELAPSED, now),
            (wrong, State.DISPUTED, now),
            (wrong, State.WITHDRAWN, now),
        ):
            Step.objects.create(finding=finding, at=at, state=state, by="x", why="y")
    return nation


def cells_of(client: Client, address: str) -> list[Cell]:
    shown = client.get(address)
    assert shown.status_code == 200
    parts = shown.context["paper"].parts[:-1]
    return [cell for part in parts for row in part.table.rows for _column, cell in row]


def expected(found: Counted, address: str, organisations: dict[str, int]) -> int:
    """What the report says of the number whose rows an address lists."""
    figure = ROWS.match(address)["figure"]  # type: ignore[index] # it matched before
    narrowed = dict(re.findall(r"[?&]([a-z]+)=([a-z-]*)", address))
    if "holder" in narrowed:
        number = organisations[narrowed["holder"]]
        (one,) = (row for row in found.period.holders if row.organisation == number)
        return int(getattr(one, figure))
    whole: Figures = found.period.whole
    if "sector" in narrowed:
        whole = found.period.sectors[narrowed["sector"]]
    return counts(whole)[figure]


@pytest.mark.parametrize("every", [Every.DAILY, Every.WEEKLY, Every.MONTHLY])
def test_a_number_of_the_nation_counts_the_rows_behind_it(
    officer: Client, eventful: Nation, every: Every
) -> None:
    first = keep(eventful)[every]
    slugs = dict(Organisation.objects.values_list("slug", "pk"))
    cells = cells_of(officer, f"/reports/{every.value}/{first.isoformat()}/")
    hrefs = sorted({cell.href for cell in cells if ROWS.match(cell.href)})
    told = {}
    for href in hrefs:
        day = begin(every, _day(href))
        found = counted(every, day, viewer=SYSTEM_VIEWER)
        assert found is not None
        told[href] = expected(found, href, slugs)
    shown = {href: officer.get(href).context for href in hrefs}
    assert {href: one["count"] for href, one in shown.items()} == told
    assert {href: len(one["sections"][0].table.rows) for href, one in shown.items()} == told
    # Every figure leads somewhere, from every report, and every number has a link.
    assert {ROWS.match(href)["figure"] for href in hrefs} == {*behind.FIGURES}  # type: ignore[index] # matched above
    bare = [cell.text for cell in cells if DIGIT.search(cell.text) and not cell.href]
    assert bare == []


def _day(href: str) -> date:
    return date.fromisoformat(ROWS.match(href)["day"])  # type: ignore[index] # it matched before


def test_a_number_of_a_sector_a_team_and_a_holder(
    officer: Client, contact: Client, eventful: Nation
) -> None:
    first = keep(eventful)[Every.MONTHLY]
    found = counted(Every.MONTHLY, first, viewer=SYSTEM_VIEWER)
    assert found is not None
    now = clock()
    at = span(Every.MONTHLY, first, now.astimezone().tzinfo)  # type: ignore[arg-type] # any zone
    own = of_organisation(eventful.bank.pk, (at[0], now), viewer=SYSTEM_VIEWER, now=now)
    month = f"/reports/monthly/{first.isoformat()}/"
    for client, path, whole in (
        (officer, "sector/banking/", found.period.sectors["banking"]),
        (officer, "team/national/", found.period.teams[eventful.national.pk]),
        (officer, "bank/", own),
        (contact, "bank/", own),
    ):
        said = counts(whole)
        cells = cells_of(client, f"{month}{path}")
        hrefs = {
            cell.href for cell in cells if ROWS.match(cell.href) and "holder=" not in cell.href
        }
        names = {href: ROWS.match(href)["figure"] for href in hrefs}  # type: ignore[index] # it matched
        assert {name: client.get(href).context["count"] for href, name in names.items()} == {
            name: said[name] for name in names.values()
        }
        assert len(hrefs) >= len(behind.FIGURES) - 1
    assert contact.get(f"{month}rows/opened/").status_code == 403
    assert contact.get(f"{month}sector/banking/rows/opened/").status_code == 403
    assert contact.get(f"{month}team/national/").status_code == 404
    assert contact.get(f"{month}team/national/rows/opened/").status_code == 404
    assert contact.get(f"{month}school/rows/opened/").status_code == 404


def test_a_teams_own_people_read_its_month_as_page_and_paper(
    eventful: Nation, signed_in: Callable[[User], Client]
) -> None:
    team = Team.objects.create(slug="fincert", name="FinCERT", tier="sectoral")
    desk = Office.objects.create(slug="desk", name="Desk", role="SC", team=team)
    person = _person("desk@fincert.example", desk)
    with as_system():
        Finding.objects.filter(organisation=eventful.bank).update(team=team)
    first = keep(eventful)[Every.MONTHLY].isoformat()
    client = signed_in(person)
    path = f"/reports/monthly/{first}/team/fincert/"
    assert path in client.get("/reports/").content.decode()
    shown = client.get(path)
    held = shown.context["paper"].parts[-2].table.rows
    assert [row[0][1].text for row in held] == ["First Bank"]
    assert client.get(f"{path}?form=pdf").content.startswith(b"%PDF-")
    told = client.get(f"{path}?form=json").json()["organisations"]
    assert [row["organisation"] for row in told] == ["bank"]
    listed = client.get(f"{path}rows/opened/")
    whole = counted(Every.MONTHLY, date.fromisoformat(first), viewer=SYSTEM_VIEWER)
    assert whole is not None
    many = whole.period.teams[team.pk].opened
    shown_rows = listed.context["sections"][0].table.rows
    assert (listed.context["count"], len(shown_rows)) == (many, many)
    by_holder = f"{path}rows/opened/?holder=bank"
    assert len(client.get(by_holder).context["sections"][0].table.rows) == many
    assert client.get(f"{path}rows/opened/?holder=school").status_code == 404
    # What went to another team since is counted, and said to be away.
    with as_system():
        Finding.objects.filter(organisation=eventful.bank).update(team=eventful.national)
    for address in (f"{path}rows/opened/", by_holder):
        listed = client.get(address)
        assert (listed.context["count"], listed.context["sections"][0].table.rows) == (many, [])
        assert f"{many} more were counted and are no longer yours" in listed.content.decode()
    for other in ("monthly/{}/team/national/", "monthly/{}/", "weekly/{}/"):
        assert client.get(f"/reports/{other.format(first)}").status_code in {403, 404}


def test_every_report_of_a_team_that_is_listed_is_there(
    eventful: Nation, signed_in: Callable[[User], Client]
) -> None:
    clients = {}
    for slug in ("fincert", "idle"):
        team = Team.objects.create(slug=slug, name=slug.title(), tier="sectoral")
        desk = Office.objects.create(slug=f"{slug}-desk", name="Desk", role="SC", team=team)
        clients[slug] = signed_in(_person(f"desk@{slug}.example", desk))
    with as_system():
        Finding.objects.filter(organisation=eventful.bank).update(
            team=Team.objects.get(slug="fincert")
        )
    first = keep(eventful)[Every.MONTHLY]
    older = Measure.objects.get(scope=f"monthly {first.isoformat()}")
    Measure.objects.create(scope="monthly 2026-01-01", at=older.at, body=older.body)
    listed = {
        slug: re.findall(r'href="(/reports/monthly/[^"]+/team/[^"]+)"', _index(client))
        for slug, client in clients.items()
    }
    month = f"/reports/monthly/{first.isoformat()}/team/fincert/"
    assert (listed["fincert"][0], listed["idle"]) == (month, [])
    assert {clients["fincert"].get(href).status_code for href in listed["fincert"]} == {200}
    assert "/reports/monthly/2026-01-01/team/fincert/" not in listed["fincert"]


def _index(client: Client) -> str:
    return client.get("/reports/").content.decode()


def test_what_was_counted_without_its_rows_leads_nowhere(officer: Client, eventful: Nation) -> None:
    days = keep(eventful)
    today, month = days[Every.DAILY], days[Every.MONTHLY].isoformat()
    before = f"daily {(today - timedelta(days=1)).isoformat()}"
    Behind.objects.filter(measure__in=[before, f"monthly {month}"]).delete()
    cells = cells_of(officer, f"/reports/daily/{today.isoformat()}/")
    linked = {found["day"] for cell in cells if (found := ROWS.match(cell.href))}
    assert linked == {today.isoformat()}
    for path in ("", "sector/banking/"):
        cells = cells_of(officer, f"/reports/monthly/{month}/{path}")
        assert [cell.href for cell in cells if ROWS.match(cell.href)] == []


def test_every_number_is_explained_once(contact: Client) -> None:
    assert {*MEANING} == {*OUTCOMES, *WORK, *STANDS}
    assert {explained_by(figure) for figure in behind.FIGURES} <= {*MEANING}
    page = contact.get("/reports/meaning/").content.decode()
    assert re.findall(r'<td role="cell" id="([a-z_0-9]+)"', page) == [*MEANING]


def test_what_everybody_reads_leads_nowhere(officer: Client, eventful: Nation) -> None:
    for place in range(6):
        one = Organisation.objects.create(slug=f"shop-{place}", name=f"Shop {place}")
        eventful.finding(one)
    first = keep(eventful)[Every.OPEN]
    cells = cells_of(officer, f"/reports/open/{first.isoformat()}/")
    assert cells
    assert {cell.href for cell in cells} == {""}
    assert officer.get(f"/reports/open/{first.isoformat()}/rows/opened/").status_code == 404


def test_a_long_list_has_pages(officer: Client, nation: Nation) -> None:
    for _ in range(50):
        nation.finding(nation.school)
    first = keep(nation)[Every.MONTHLY].isoformat()
    path = f"/reports/monthly/{first}/rows/opened/"
    shown = officer.get(path)
    assert (shown.context["count"], len(shown.context["sections"][0].table.rows)) == (54, 50)
    rest = officer.get(shown.context["pages"].next)
    assert (len(rest.context["sections"][0].table.rows), rest.context["pages"].next) == (4, "")
    assert rest.context["pages"].previous == path


@pytest.mark.parametrize("path", ["opened-by-nobody/", "opened/?holder=nobody"])
def test_what_is_no_number_or_no_holder(officer: Client, nation: Nation, path: str) -> None:
    first = keep(nation)[Every.MONTHLY].isoformat()
    assert officer.get(f"/reports/monthly/{first}/rows/{path}").status_code == 404
    assert officer.get(f"/reports/monthly/nothing/rows/{path}").status_code == 404
