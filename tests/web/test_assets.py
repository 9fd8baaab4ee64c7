"""Static files come from the packages, under addresses that change with their bytes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.templatetags.static import static
from django.test import Client

from pehra.web import assets

HERE = Path(assets.__file__).parent
SHEET = (HERE / "static" / "pehra.css").read_text()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("pehra.css", "text/css"),
        ("pehra.js", "text/javascript"),
        ("pehra.svg", "image/svg+xml"),
        ("django_htmx/htmx-4.min.js", "text/javascript"),
        ("fonts/Inter[opsz,wght].ttf", "font/ttf"),
        ("fonts/NotoSansArabic[wdth,wght].ttf", "font/ttf"),
    ],
)
def test_a_file_is_served_for_a_year(name: str, kind: str) -> None:
    address = static(name)
    assert address.endswith(f"?v={assets.version(name)}")
    response = Client().head(address)
    assert response.status_code == 200
    assert response.headers["Content-Type"].partition(";")[0] == kind
    assert "max-age=31536000" in response.headers["Cache-Control"]


def test_an_unknown_file_has_no_version() -> None:
    assert static("none.css") == "/static/none.css"


@pytest.mark.django_db
def test_fonts_named_in_the_sheet_are_there() -> None:
    named = re.findall(r"url\(\"([^\"]+)\"\)", SHEET)
    assert len(named) == 2
    for address in named:
        response = Client().head(f"/static/{address}")
        assert response.status_code == 200


def test_the_sheet_knows_neither_left_nor_right() -> None:
    rules = re.sub(r"/\*.*?\*/", "", SHEET, flags=re.DOTALL)
    assert re.findall(r"\b(?:left|right)\b", rules) == []


def tokens(theme: str) -> dict[str, str]:
    """Custom properties of a theme that are colours; dark ones lie over the light ones."""
    light = re.search(r":root \{(.*?)\n\}", SHEET, re.DOTALL)
    dark = re.search(r":root\[data-theme=\"dark\"\] \{(.*?)\n\}", SHEET, re.DOTALL)
    assert light
    assert dark
    found = light[1] if theme == "light" else light[1] + dark[1]
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", found))


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio (WCAG 2.2), 1 to 21."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


TEXT = ["ink", "muted", "link", "ok", "critical", "high", "medium", "low"]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("ground", ["page", "panel"])
@pytest.mark.parametrize("name", TEXT)
def test_text_can_be_read(theme: str, ground: str, name: str) -> None:
    colours = tokens(theme)
    assert contrast(colours[name], colours[ground]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    ("one", "other", "least"),
    [
        ("brand-ink", "brand", 4.5),
        ("brand-dim", "brand", 4.5),
        ("button-ink", "button", 4.5),
        ("control", "page", 3),
        ("control", "panel", 3),
        ("fill-ink", "fill-high", 4.5),
        ("fill-ink", "fill-medium", 4.5),
        ("fill-ink", "fill-low", 4.5),
        ("fill-critical-ink", "fill-critical", 4.5),
        ("fill-critical", "page", 3),
        ("focus", "focus-ring", 3),
        ("ink", "ramp-0", 4.5),
        ("ink", "ramp-1", 4.5),
        ("ink", "ramp-2", 4.5),
        ("ink", "ramp-3", 4.5),
        ("ramp-ink", "ramp-4", 4.5),
        ("ramp-ink-5", "ramp-5", 4.5),
        ("bar", "page", 3),
        ("line-two", "page", 3),
    ],
)
def test_marks_stand_out(theme: str, one: str, other: str, least: float) -> None:
    colours = tokens(theme)
    assert contrast(colours[one], colours[other]) >= least


def test_both_ways_to_darkness_are_the_same() -> None:
    by_system = re.search(r"not\(\[data-theme=\"light\"\]\) \{(.*?)\n  \}", SHEET, re.DOTALL)
    assert by_system
    chosen = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", by_system[1]))
    assert chosen.items() <= tokens("dark").items()
    by_choice = re.search(r":root\[data-theme=\"dark\"\] \{(.*?)\n\}", SHEET, re.DOTALL)
    assert by_choice
    assert chosen == dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", by_choice[1]))
