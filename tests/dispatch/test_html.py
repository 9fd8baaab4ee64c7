"""HTML of a letter asks nobody for anything."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.dispatch.html import foreign_html

QUIET = [
    "",
    "<!doctype html><html lang='ur' dir='rtl'><head><meta charset='utf-8'><title>x</title></head>",
    "<body><p style='color:#123'>a &amp; b<br>c</p></body></html>",
    "<table><tr><th scope='row'>a</th><td colspan='2'>b</td></tr></table>",
    "<a href='https://pehra.example/n/1'>answer</a> <a href='mailto:a@b.example'>write</a>",
    "5 < 6 and a &lt;script&gt; in words",
]
FOREIGN = [
    ("<img src='https://x.example/1.gif'>", ["<img>", "<img src>"]),
    ("<script>1</script>", ["<script>"]),
    ("<p onclick='x()'>a</p>", ["<p onclick>"]),
    ("<a href='javascript:x()'>a</a>", ["<a href>"]),
    ("<p style='background:url(//x.example)'>", ["<p style>"]),
    ("<p style='background:u\\72l(x)'>", ["<p style>"]),
    ("<link rel='stylesheet' href='//x.example'>", ["<link>", "<link rel>", "<link href>"]),
    ("<meta http-equiv='refresh' content='0'>", ["<meta http-equiv>"]),
    ("<form action='//x.example'><input></form>", ["<form>", "<form action>", "<input>"]),
    ("<svg/><style>a</style>", ["<svg>", "<style>"]),
    ("<!-- [if mso]> -->", ["<!-- -->"]),
    ("<td background='//x.example'>", ["<td background>"]),
    ("<?xml?>", ["<?>"]),
    ("a <img src=x", ["<"]),
]


@pytest.mark.parametrize("html", QUIET)
def test_what_is_quiet(html: str) -> None:
    assert foreign_html(html) == []


@pytest.mark.parametrize(("html", "found"), FOREIGN)
def test_what_is_foreign(html: str, found: list[str]) -> None:
    assert foreign_html(html) == found


@given(st.text(alphabet="<>/=\"' !-?abimgsrcsvgonlk:x", max_size=60))
def test_what_passes_names_no_tag_that_loads(html: str) -> None:
    if foreign_html(html) == []:
        assert re.findall(r"<(?:img|svg|script|link|iframe|object)\b", html) == []
