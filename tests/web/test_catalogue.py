"""Every word of the site is in the Urdu catalogue, and the catalogue is compiled when needed."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from babel.messages.pofile import read_po
from django.utils import translation

from pehra.kernel.settings import Home
from pehra.web import catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(catalogue.__file__).parent
PROPER = {"ASN"}
"""Names that are the same in every language."""
_TRANSLATE = re.compile(r"""\{%\s*translate\s+(?:"([^"]*)"|'([^']*)')""")
_BLOCK = re.compile(r"\{%\s*blocktranslate[^%]*%\}(.*?)\{%\s*endblocktranslate", re.DOTALL)
_VARIABLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")


def in_code(path: Path) -> Iterator[str | tuple[str, str]]:
    """Words that a module hands to gettext."""
    for node in ast.walk(ast.parse(path.read_text())):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args):
            continue
        words = [arg.value for arg in node.args[:2] if isinstance(arg, ast.Constant)]
        texts = [word for word in words if isinstance(word, str)]
        if node.func.id == "_":
            assert len(texts) == 1, f"{path}: gettext needs a literal, not {ast.unparse(node)}"
            yield texts[0]
        elif node.func.id == "ngettext":
            yield texts[0], texts[1]


def in_template(path: Path) -> Iterator[str]:
    """Words that a template hands to gettext."""
    text = path.read_text()
    for found in _TRANSLATE.finditer(text):
        yield found[1] or found[2]
    for found in _BLOCK.finditer(text):
        yield _VARIABLE.sub(r"%(\1)s", found[1])


def said() -> set[str | tuple[str, str]]:
    """Everything that the site says."""
    words: set[str | tuple[str, str]] = set()
    for path in HERE.rglob("*.py"):
        words.update(in_code(path))
    for path in (HERE / "templates").rglob("*.*"):
        words.update(in_template(path))
    return words


def urdu() -> dict[str | tuple[str, str], str | tuple[str, ...]]:
    """The Urdu catalogue."""
    with (HERE / "locale" / "ur" / "LC_MESSAGES" / "django.po").open("rb") as lines:
        return {entry.id: entry.string for entry in read_po(lines) if entry.id}  # type: ignore[misc] # Babel's type leaves out tuples


def test_every_word_has_its_urdu() -> None:
    known = urdu()
    assert {words for words in said() if words not in known} == set()


def test_no_entry_stands_twice() -> None:
    """Of two, one is never read; merging branches makes them."""
    text = (HERE / "locale" / "ur" / "LC_MESSAGES" / "django.po").read_text("utf-8")
    words = re.findall(r"^msgid (.+?)(?=^msgid_plural|^msgstr)", text, re.DOTALL | re.MULTILINE)
    assert [word for word in sorted(set(words)) if words.count(word) > 1] == []


def test_no_entry_is_empty_or_english() -> None:
    arabic = re.compile("[\u0600-\u06ff]")
    for words, text in urdu().items():
        for form in [text] if isinstance(text, str) else text:
            assert arabic.search(form) or words in PROPER, words


def test_placeholders_survive_translation() -> None:
    holder = re.compile(r"%\(\w+\)[sd]")
    for words, text in urdu().items():
        wanted = set(holder.findall(words if isinstance(words, str) else words[1]))
        for form in [text] if isinstance(text, str) else text:
            assert set(holder.findall(form)) == wanted, words


def test_digits_are_latin() -> None:
    everything = "".join("".join(text) for text in urdu().values())
    assert re.findall("[\u0660-\u0669\u06f0-\u06f9]", everything) == []


def test_templates_say_nothing_unmarked() -> None:
    """Text between tags that gettext never sees would stay English."""
    tags = re.compile(
        r"<script.*?</script>|\{#.*?#\}|\{%\s*blocktranslate.*?endblocktranslate\s*%\}|\{%.*?%\}|\{\{.*?\}\}",
        re.DOTALL,
    )
    bare = re.compile(r">([^<>]*[A-Za-z]{2,}[^<>]*)<")
    allowed = re.compile(r"pehra ingest SOURCE FILE")
    found = []
    for path in (HERE / "templates").rglob("*.html"):
        text = re.sub(r"<head>.*?</head>", "", tags.sub("", path.read_text()), flags=re.DOTALL)
        found += [f"{path.name}: {word.strip()}" for word in bare.findall(text)]
    assert [word for word in found if not allowed.search(word)] == []


def test_a_catalogue_is_compiled_once_where_there_is_a_home(tmp_path: Path) -> None:
    folder = catalogue.compiled(Home(tmp_path))
    compiled = folder / "ur" / "LC_MESSAGES" / "django.mo"
    made = compiled.stat().st_mtime_ns
    assert catalogue.compiled(Home(tmp_path)) == folder
    assert compiled.stat().st_mtime_ns == made


def test_without_a_home_nothing_is_written(tmp_path: Path) -> None:
    catalogue.compiled(Home(tmp_path / "none"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("language", "word"), [("en", "Findings"), ("ur", "نشاندہیاں")])
def test_the_site_speaks_it(language: str, word: str) -> None:
    with translation.override(language):
        assert translation.gettext("Findings") == word
