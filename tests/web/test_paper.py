"""Pages on paper: PDF/UA-1, with the numbers of the page; and what the browser itself prints."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import translation
from pypdf import PdfReader
from tests.web.test_browser import chromium, context_of, sign_in

from pehra.findings.actions.counting import count_day
from pehra.kernel.labels import Severity
from pehra.kernel.time import clock
from pehra.mandate.models import Territory
from pehra.web import figures, marks, paper
from pehra.web.paper import Paper, Part
from pehra.web.tables import Cell, Column, table

if TYPE_CHECKING:
    from pathlib import Path

    from django.test import Client
    from playwright.sync_api import Browser, Page
    from pytest_django.live_server_helper import LiveServer
    from tests.web.conftest import Nation

__all__ = ["chromium"]

NOW = datetime(2026, 11, 28, 9, 30, tzinfo=UTC)


def read(file: bytes) -> tuple[PdfReader, str]:
    """The file and its text; letters of Urdu come in the order in which they are drawn."""
    reader = PdfReader(io.BytesIO(file))
    return reader, " ".join(page.extract_text() for page in reader.pages)


def kinds(node: Any, found: list[str]) -> list[str]:  # noqa: ANN401 pypdf's own tree
    """Kinds of the structure's elements, in reading order."""
    node = node.get_object()
    if isinstance(node, list):
        for one in node:
            kinds(one, found)
    elif isinstance(node, dict):
        if "/S" in node:
            found.append(node["/S"])
        if "/K" in node:
            kinds(node["/K"], found)
    return found


def claims(reader: PdfReader) -> tuple[object, ...]:
    """What PDF/UA-1 asks of the document as a whole: its mark, tags, language and title."""
    root: Any = reader.trailer["/Root"]
    mark = re.search(
        rb"<pdfuaid:part>(\d)</pdfuaid:part>", root["/Metadata"].get_object().get_data()
    )
    return (
        mark and mark[1],
        root["/MarkInfo"]["/Marked"],
        root["/Lang"],
        root["/ViewerPreferences"]["/DisplayDocTitle"],
        all(font_is_embedded(page) for page in reader.pages),
    )


def font_is_embedded(page: Any) -> bool:  # noqa: ANN401 pypdf's own page
    fonts = [one.get_object() for one in page["/Resources"]["/Font"].values()]
    told = [one["/DescendantFonts"][0].get_object()["/FontDescriptor"] for one in fonts]
    return all({"/FontFile2", "/FontFile3"} & one.get_object().keys() for one in told)


@pytest.mark.parametrize(("language", "title"), [("en", "Findings"), ("ur", "نشاندہیاں")])
def test_a_paper_keeps_to_pdf_ua_and_says_what_the_table_says(language: str, title: str) -> None:
    cells = [
        Cell(severity=marks.severity(Severity.HIGH)),
        Cell("2001:db8::1", code=True, sub="open-smb"),
        Cell(at=figures.moment(NOW, now=NOW)),
        Cell("مشق", unsure=True),
        Cell("1,234"),
    ]
    columns = [Column("a"), Column("b"), Column("c"), Column("d"), Column("e", number=True)]
    with translation.override(language):
        told = table(columns, [cells, cells], caption="", empty="")
        none = table(columns, [], caption="", empty="none")
        made = Paper(title, "42", [Part("One", told, "why"), Part("Two", none)])
        first, again = paper.pdf(made, now=NOW), paper.pdf(made, now=NOW)
    reader, text = read(first)
    assert first == again
    assert claims(reader) == (b"1", True, language, True, True)
    assert reader.metadata is not None
    assert reader.metadata.title == title
    assert [text.count(word) for word in ("1,234", "2001:db8::1", "open-smb", "42")] == [2, 2, 2, 1]
    root: Any = reader.trailer["/Root"]
    told_kinds = kinds(root["/StructTreeRoot"]["/K"], [])
    counted = {kind: told_kinds.count(kind) for kind in ("/Table", "/TR", "/TH", "/TD", "/H1")}
    assert counted == {"/Table": 1, "/TR": 3, "/TH": 5, "/TD": 10, "/H1": 1}


def test_a_long_table_says_that_it_is_cut() -> None:
    assert paper.shortened(3, [1, 2, 3]) == ""
    assert paper.shortened(1234, [1, 2]) == "The first 2 of 1,234; all are in the file of CSV."


@pytest.mark.django_db
def test_the_paper_of_a_list_has_its_rows_and_no_others(
    officer: Client, contact: Client, nation: Nation
) -> None:
    del nation
    for client, query, rows in (
        (officer, "state=any", ["F4", "F3", "F2", "F1"]),
        (officer, "severity=critical", ["F1"]),
        (contact, "state=any", ["F4", "F1"]),
        (officer, "asset=none.example", []),
    ):
        response = client.get(f"/findings/export.pdf?{query}")
        assert response.headers["Content-Type"] == "application/pdf"
        _, text = read(response.content)
        assert re.findall(r"F\d+", text) == rows


def charted(nation: Nation) -> None:
    nation.bank.territory = Territory.objects.create(
        code="PK-N", name="North", name_ur="شمال", country="PK", tile="1,1"
    )
    nation.bank.save()
    for _ in range(4):
        nation.finding(nation.school, severity=Severity.HIGH)
    count_day(clock(), figures.zone())


def fetched(page: Page, selector: str, folder: Path) -> bytes:
    """The file behind a link."""
    with page.expect_download() as waited:
        page.click(selector)
    place = folder / waited.value.suggested_filename
    waited.value.save_as(place)
    return place.read_bytes()


def numbers(texts: list[str]) -> list[str]:
    return sorted(re.findall(r"\d[\d,.]*", " ".join(texts)))


@pytest.mark.service
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("language", ["en", "ur"])
def test_lists_charts_and_papers_say_the_same(
    chromium: Browser, live_server: LiveServer, nation: Nation, language: str, tmp_path: Path
) -> None:
    """Check 14 of the experience: exactly the filter; a table and a file for each chart; PDF/UA."""
    charted(nation)
    page = context_of(chromium, live_server, language=language, accept_downloads=True).new_page()
    sign_in(page, nation)
    page.goto("/findings/?state=any&severity=high")
    shown = page.locator("#results tbody tr").count()
    heading = page.inner_text("#count")
    rows = fetched(page, "a[href*='export.csv']", tmp_path).decode().splitlines()[1:]
    reader, text = read(fetched(page, "a[href*='export.pdf']", tmp_path))
    names = [row.split(",")[0] for row in rows]
    assert (shown, numbers([heading]), len(rows)) == (5, ["5"], 5)
    assert re.findall(r"F\d+", text) == names
    assert claims(reader) == (b"1", True, language, True, True)
    page.goto("/")
    charts = page.locator("figure.chart")
    for place in range(charts.count()):
        chart = charts.nth(place)
        chart.locator("summary").click()
        table_rows = chart.locator("tbody tr")
        address = chart.locator("a[download]").get_attribute("href")
        file = page.request.get(f"{live_server.url}{address}").text().splitlines()[1:]
        assert len(file) == table_rows.count() > 0
    reader, text = read(fetched(page, "a[href='/today.pdf']", tmp_path))
    assert claims(reader) == (b"1", True, language, True, True)
    told = numbers([*page.locator(".need__figure, .tile__figure").all_inner_texts()])
    assert set(told) <= set(numbers([text]))
    page.context.close()


@pytest.mark.service
@pytest.mark.django_db(transaction=True)
def test_what_the_browser_prints_is_light_and_has_no_menu(
    chromium: Browser, live_server: LiveServer, nation: Nation
) -> None:
    page = context_of(chromium, live_server, color_scheme="dark").new_page()
    sign_in(page, nation)
    page.goto("/findings/")
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.emulate_media(media="print")
    ground = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(ground) == "rgb(255, 255, 255)"
    hidden = (".bar", ".foot", ".filters", ".head__acts", ".tick >> nth=0")
    assert [page.locator(one).first.is_visible() for one in hidden] == [False] * len(hidden)
    assert page.locator("#results tbody tr").first.is_visible()
    page.context.close()
