"""CommonMark to HTML that runs nothing, loads nothing and hides nothing.

Two fences: the reader knows no HTML, and its result passes a list of tags and attributes.
"""

from __future__ import annotations

from functools import cache

import nh3
from markdown_it import MarkdownIt

_TAGS = {
    "p", "br", "hr", "h3", "h4", "h5", "h6", "ul", "ol", "li", "strong", "em", "s", "code", "pre",
    "blockquote", "a", "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
_SCHEMES = {"http", "https", "mailto"}
_DEEPEST, _BELOW = 6, 2
"""Headings of a text stand below those of its page: its first is a third."""


@cache
def _reader() -> MarkdownIt:
    found = MarkdownIt("commonmark", {"html": False, "maxNesting": 20})
    return found.enable(["table", "strikethrough"]).disable(["image", "html_block", "html_inline"])


def to_html(text: str) -> str:
    """The text as HTML for a page."""
    tokens = _reader().parse(text.replace("\x00", ""))
    for token in tokens:
        if token.tag[:1] == "h" and token.tag[1:].isdigit():
            token.tag = f"h{min(_DEEPEST, int(token.tag[1:]) + _BELOW)}"
        if token.type in {"fence", "code_block"}:
            token.info = ""
    html = str(_reader().renderer.render(tokens, _reader().options, {}))
    return nh3.clean(
        html,
        tags=_TAGS,
        attributes={"a": {"href"}},
        # Commands run from left to right on any page, and a wide one is scrolled by the keyboard.
        set_tag_attribute_values={"code": {"dir": "ltr"}, "pre": {"dir": "ltr", "tabindex": "0"}},
        url_schemes=_SCHEMES,
        link_rel="noopener noreferrer nofollow",
    )


def to_plain(text: str) -> str:
    """The text as it stands in a mail: as it was written, without control characters."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join("".join(one for one in line if one.isprintable() or one == "\t")
                     for line in lines).strip()  # fmt: skip
