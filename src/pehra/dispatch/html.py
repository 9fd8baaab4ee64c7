"""HTML as a letter may have it: it runs nothing, loads nothing, hides nothing and posts nothing."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_TAGS = frozenset(
    {
        "html",
        "head",
        "title",
        "meta",
        "body",
        "div",
        "span",
        "p",
        "br",
        "hr",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "ul",
        "ol",
        "li",
        "dl",
        "dt",
        "dd",
        "table",
        "caption",
        "thead",
        "tbody",
        "tfoot",
        "tr",
        "th",
        "td",
        "a",
        "b",
        "i",
        "strong",
        "em",
        "small",
        "code",
        "pre",
        "blockquote",
        "bdi",
        "bdo",
        "sup",
        "sub",
    }
)
_ATTRIBUTES = frozenset(
    {
        "lang",
        "dir",
        "style",
        "href",
        "charset",
        "name",
        "content",
        "colspan",
        "rowspan",
        "scope",
        "width",
        "align",
        "valign",
        "border",
        "cellpadding",
        "cellspacing",
        "role",
        "title",
    }
)
_OUTSIDE = re.compile(r"url\s*\(|@import|expression|image|\\", re.IGNORECASE)
_OPEN_END = re.compile(r"<[A-Za-z/!?][^>]*\Z")
_METAS = frozenset({"charset", "name", "content"})


class _Reader(HTMLParser):
    """Notes what an HTML text has that a letter may not."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _TAGS:
            self.found.append(f"<{tag}>")
        for name, value in attrs:
            if name not in _ATTRIBUTES or not _is_quiet(tag, name, (value or "").strip()):
                self.found.append(f"<{tag} {name}>")

    handle_startendtag = handle_starttag

    def handle_decl(self, decl: str) -> None:
        if decl.strip().lower() != "doctype html":
            self.found.append("<!>")

    def handle_comment(self, data: str) -> None:
        del data
        self.found.append("<!-- -->")

    def handle_pi(self, data: str) -> None:
        del data
        self.found.append("<?>")

    def unknown_decl(self, data: str) -> None:
        del data
        self.found.append("<![>")


def _is_quiet(tag: str, name: str, value: str) -> bool:
    if name == "href":
        return tag == "a" and value.lower().startswith(("https://", "http://", "mailto:"))
    if name == "style":
        return not _OUTSIDE.search(value)
    return tag != "meta" or name in _METAS


def foreign_html(html: str) -> list[str]:
    """What an HTML text has that a letter may not: what runs, loads, hides or posts anything.

    Links that a reader may follow are allowed; nothing is asked for by opening the letter.
    """
    reader = _Reader()
    reader.feed(html)
    reader.close()
    # What is left open at the end: parsers differ over whether it is a tag.
    return reader.found + ["<"] * bool(_OPEN_END.search(html))
