"""Documents are whole: links lead somewhere, numbers are unique, nothing promised is missing."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from pehra.cli.main import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("news/*.md")])
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(#[^)\s]*)?\)")
COMMAND = re.compile(r"(?:^|[`\s])pehra ([a-z][a-z-]+)", re.MULTILINE)


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    targets = [found[1] for found in LINK.finditer(page.read_text())]
    inside = [target for target in targets if not re.match(r"[a-z]+:", target)]
    assert [target for target in inside if not (page.parent / target).exists()] == []


def test_every_page_can_be_reached_from_the_readme() -> None:
    seen: set[Path] = set()
    ahead = [ROOT / "README.md"]
    while ahead:
        page = ahead.pop()
        if page in seen or not page.is_file():
            continue
        seen.add(page)
        ahead += [(page.parent / found[1]).resolve() for found in LINK.finditer(page.read_text())]
    folders = {*ROOT.glob("news/*.md"), *ROOT.glob("docs/decisions/*.md")}
    assert [name(page) for page in PAGES if page not in seen | folders] == []


def test_every_setting_has_a_meaning() -> None:
    rows = re.findall(
        r"^\| `(\w+)` \| `.*` \| (.*) \|$", (ROOT / "docs/settings.md").read_text(), re.MULTILINE
    )
    assert [key for key, meaning in rows if not meaning.strip()] == []
    assert len(rows) > 8


def test_the_readme_is_one_screen() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= 60


def test_decisions_have_numbers_of_their_own() -> None:
    pages = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
    numbers = Counter(page.name[:4] for page in pages)
    assert [number for number, count in numbers.items() if count > 1] == []


def test_news_are_named_after_an_issue_and_a_kind() -> None:
    fragments = [page.name for page in ROOT.glob("news/*.md") if page.name != "README.md"]
    shape = re.compile(r"\d+\.(security|breaking|feature|change|fix)(\.\d+)?\.md")
    assert [fragment for fragment in fragments if not shape.fullmatch(fragment)] == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_commands_that_are_named_exist(page: Path) -> None:
    named = {found[1] for found in COMMAND.finditer(page.read_text())}
    assert named - set(COMMANDS) == set()
