"""Reports: one number on the page, on paper and in files; the open edition names nobody."""

from __future__ import annotations

import csv
import io
import json
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from pypdf import PdfReader

from pehra.findings.models import Finding
from pehra.kernel.labels import Severity
from pehra.kernel.time import clock
from pehra.mandate.models import Organisation, Sector
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import SYSTEM_VIEWER
from pehra.notices.actions.periods import keep_periods
from pehra.notices.queries.periods import counted
from pehra.notices.spans import Every, begin
from pehra.web.reports import files, made

if TYPE_CHECKING:
    from django.test import Client
    from tests.web.conftest import Nation

ZONE = ZoneInfo("Asia/Karachi")
HOST = "amber-host.example"


def silent(done: int, total: int) -> None:
    del done, total


def keep(nation: Nation) -> dict[Every, date]:
    """Count the periods of today, in which all of the small nation lies; their first days."""
    del nation
    today = clock().astimezone(ZONE).date()
    days = [(every, day) for every in Every for day in (today, today - timedelta(days=1))]
    keep_periods(days, zone=ZONE, now=clock() + timedelta(minutes=1), progress=silent)
    return {every: begin(every, today) for every in Every}


def text_of(pdf: bytes) -> str:
    return " ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


@pytest.fixture
def peopled(nation: Nation) -> Nation:
    """Seven shops of a sector and two of another, each with a finding on an asset of its own."""
    for slug, many in (("telecom", 7), ("power", 2)):
        sector, _ = Sector.objects.get_or_create(slug=slug, defaults={"name": slug.title()})
        for place in range(many):
            name = f"Amber Works {slug} {place}"
            one = Organisation.objects.create(
                slug=f"amber-{slug}-{place}", name=name, sector=sector
            )
            nation.finding(one, asset=HOST, severity=Severity.HIGH)
    with as_system():
        Finding.objects.filter(organisation=nation.bank).update(notified_at=nation.now)
    return nation


def test_the_page_the_paper_and_the_files_say_the_same(officer: Client, peopled: Nation) -> None:
    first = keep(peopled)[Every.MONTHLY]
    at = f"/reports/monthly/{first.isoformat()}/"
    page = officer.get(at)
    found = counted(Every.MONTHLY, first, viewer=SYSTEM_VIEWER)
    assert found is not None
    whole = found.period.whole
    told = json.loads(officer.get(f"{at}?form=json").content)
    assert (told["label"], told["whole"]["opened"]) == ("TLP:AMBER", whole.opened)
    rows = list(csv.reader(officer.get(f"{at}?form=csv").getvalue().decode().splitlines()))
    paper = text_of(officer.get(f"{at}?form=pdf").content)
    for name, count in (("Learnt of", whole.opened), ("Told to their holder", whole.told)):
        assert [row[2] for row in rows if row[:2] == ["Work", name]] == [str(count)]
        assert f"{name} {count}" in " ".join(paper.split())
    share = f"{whole.contactable.hits} of {whole.contactable.of} organisations"
    assert (share in page.text, share in " ".join(paper.split())) == (True, True)
    assert f'href="{at}rows/standing-high/"' in page.text
    sector = officer.get(f"{at}sector/telecom/")
    assert (sector.status_code, "Telecom" in sector.text) == (200, True)


def test_the_index_leads_to_the_newest(officer: Client, peopled: Nation) -> None:
    assert "not made yet" in officer.get("/reports/").text
    days = keep(peopled)
    page = officer.get("/reports/").text
    assert all(f"/reports/{every.value}/{day.isoformat()}/" in page for every, day in days.items())


@pytest.mark.parametrize(
    "path",
    ["hourly/2026-11-01/", "weekly/today/", "weekly/1999-01-01/", "monthly/2026-11-01/sector/x/"],
)
def test_what_is_not_there(officer: Client, path: str) -> None:
    assert officer.get(f"/reports/{path}").status_code == 404


def test_a_holder_reads_its_own_report_and_no_other(contact: Client, peopled: Nation) -> None:
    first = keep(peopled)[Every.MONTHLY].isoformat()
    listed = contact.get("/reports/").text
    assert ("/bank/" in listed, "/school/" in listed, "/weekly/" in listed) == (True, False, False)
    assert contact.get(f"/reports/monthly/{first}/").status_code == 403
    assert contact.get(f"/reports/monthly/{first}/sector/telecom/").status_code == 403
    own = contact.get(f"/reports/monthly/{first}/bank/")
    assert (own.status_code, "First Bank" in own.text) == (200, True)
    assert contact.get(f"/reports/monthly/{first}/school/").status_code == 404
    assert contact.get("/reports/monthly/2999-01-01/bank/").status_code == 404


def written(every: Every, day: date, form: str, **more: Any) -> bytes:  # noqa: ANN401 fields of `Asked`
    asked = {"every": every.value, "day": day, "form": form, "language": "en"} | more
    return files.written(asked, now=clock())[1]


def test_nothing_of_an_asset_or_a_holder_reaches_the_open_edition(
    officer: Client, peopled: Nation
) -> None:
    first = keep(peopled)[Every.OPEN]
    at = f"/reports/open/{first.isoformat()}/"
    forms = {
        "page": officer.get(at).text.split("<main")[1],
        "pdf": text_of(written(Every.OPEN, first, "pdf")),
        **{form: written(Every.OPEN, first, form).decode() for form in ("html", "json", "csv")},
    }
    with as_system():
        marks = {str(asset) for asset in Finding.objects.values_list("asset", flat=True)}
    marks |= {name for one in Organisation.objects.all() for name in (one.name, one.slug)}
    marks |= {"Power", "power", "open-telnet", "AMBER"}
    marks -= {"school", "bank"}  # words too short to tell anything; their names are in
    for form, text in forms.items():
        assert [mark for mark in marks if mark in text] == [], form
        assert "TLP:CLEAR" in text, form
    assert json.loads(forms["json"])["organisations"] == []


def test_a_small_nation_publishes_nothing(nation: Nation) -> None:
    first = keep(nation)[Every.OPEN]
    assert json.loads(written(Every.OPEN, first, "json")) == {"published": False}
    assert "nothing is published" in written(Every.OPEN, first, "html").decode()


def test_urdu_has_the_same_numbers(peopled: Nation) -> None:
    first = keep(peopled)[Every.WEEKLY]
    english, urdu = (
        list(csv.reader(written(Every.WEEKLY, first, "csv", language=one).decode().splitlines()))
        for one in ("en", "ur")
    )
    digits = [["".join(filter(str.isdigit, cell)) for cell in row] for row in english]
    ours = [["".join(filter(str.isdigit, cell)) for cell in row] for row in urdu]
    counts = [place for place, row in enumerate(english) if row[0] in {"Work", "What stands"}]
    assert [ours[place] for place in counts] == [digits[place] for place in counts]
    assert "نتائج" in {row[0] for row in urdu}
    assert written(Every.WEEKLY, first, "pdf", language="ur")[:5] == b"%PDF-"


def test_a_long_list_says_how_much_of_it_is_shown(peopled: Nation) -> None:
    first = keep(peopled)[Every.DAILY]
    found = counted(Every.DAILY, first, viewer=SYSTEM_VIEWER)
    assert found is not None
    report = made.of_period(Every.DAILY, found, None)
    (part,) = (one for one in report.paper.parts if one.title == "Organisations")
    assert (len(part.table.rows), part.intro) == (len(found.period.holders), "")
