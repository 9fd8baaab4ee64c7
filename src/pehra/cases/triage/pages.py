"""What a page or an HTML mail holds: its text, links and forms, read as text and never rendered.

A scanner of our own, in one pass: hostile HTML costs no more than its length.
"""

from __future__ import annotations

import html
import re

import msgspec

LONGEST = 400_000
"""Characters of HTML that are looked at."""
_MOST = 500

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,20})([^<>]{0,8192})>")
_PART = re.compile(
    r"([a-zA-Z-]{1,20})\s{0,9}=\s{0,9}(?:\"([^\"]{0,4096})\"|'([^']{0,4096})'|([^\s\"'>]{1,4096}))"
)
_HIDDEN = ("script", "style", "title", "noscript", "template")
_APART = frozenset(
    ["p", "div", "br", "tr", "td", "th", "li", "h1", "h2", "h3", "h4", "table", "hr"]
)


class Link(msgspec.Struct, frozen=True):
    """A link: where it goes, and what it says."""

    target: str
    text: str


class Form(msgspec.Struct, frozen=True):
    """A form: where it sends, and whether it asks for a password."""

    target: str
    password: bool


class Page(msgspec.Struct, frozen=True):
    """A page, taken apart."""

    text: str
    title: str
    links: tuple[Link, ...]
    forms: tuple[Form, ...]
    loose_password: bool


class _Reading:
    """What was read so far."""

    def __init__(self) -> None:
        self.text: list[str] = []
        self.title: list[str] = []
        self.links: list[Link] = []
        self.forms: list[Form] = []
        self.password = False
        self.hidden = ""
        self.link: tuple[str, int] | None = None

    def words(self, text: str) -> None:
        """Take text between two tags."""
        if not self.hidden:
            self.text.append(text)
        elif self.hidden == "title":
            self.title.append(text)

    def opened(self, name: str, parts: dict[str, str]) -> None:
        """Take an opening tag."""
        if name in _HIDDEN:
            self.hidden = name
        elif name == "a" and "href" in parts:
            self.closed("a")
            self.link = (parts["href"], len(self.text))
        elif name == "form" and len(self.forms) < _MOST:
            self.forms.append(Form(parts.get("action", ""), password=False))
        elif name == "input" and parts.get("type", "").lower() == "password":
            self.password = True
            if self.forms:
                self.forms[-1] = Form(self.forms[-1].target, password=True)
        if name in _APART:
            self.text.append(" ")

    def closed(self, name: str) -> None:
        """Take a closing tag."""
        if name == "a" and self.link is not None:
            target, start = self.link
            if len(self.links) < _MOST:
                self.links.append(Link(target.strip(), _words(self.text[start:])))
            self.link = None


def page(source: str) -> Page:
    """Take a page apart."""
    read = _Reading()
    source = source[:LONGEST]
    place = 0
    for tag in _TAG.finditer(source):
        name = tag[2].lower()
        if read.hidden and not (tag[1] and name == read.hidden):
            continue
        read.words(html.unescape(source[place : tag.start()]))
        place = tag.end()
        if tag[1]:
            read.hidden = ""
            read.closed(name)
        else:
            read.opened(name, _parts(tag[3]))
    read.words(html.unescape(source[place:]))
    read.closed("a")
    loose = read.password and not any(form.password for form in read.forms)
    return Page(_words(read.text), _words(read.title), tuple(read.links), tuple(read.forms), loose)


def _parts(written: str) -> dict[str, str]:
    return {
        part[1].lower(): html.unescape(part[2] or part[3] or part[4] or "")
        for part in _PART.finditer(written)
    }


def _words(pieces: list[str]) -> str:
    return " ".join("".join(pieces).split())
