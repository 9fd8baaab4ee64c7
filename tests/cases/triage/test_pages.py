"""Pages as text, links and forms."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pehra.cases.triage.pages import Form, Link, page


def test_a_page_is_taken_apart() -> None:
    read = page(
        "<html><title>My &amp; bank</title><script>var a = '<b>';</script><p>Hello<br>there"
        "<a href='http://example.org/x'>click <b>here</b></a>"
        '<form action="http://example.net/take"><input type="PASSWORD"></form><!-- no -->'
    )
    assert read.title == "My & bank"
    assert "Hello there" in read.text
    assert "var a" not in read.text
    assert read.links == (Link("http://example.org/x", "click here"),)
    assert read.forms == (Form("http://example.net/take", password=True),)
    assert not read.loose_password


def test_a_password_outside_a_form_is_seen() -> None:
    assert page("<input type=password>").loose_password


@given(st.text(alphabet=st.sampled_from("<>/ab=\"'!- &;styleformhrefaction"), max_size=300))
def test_any_html_is_taken_apart(source: str) -> None:
    read = page(source)
    assert len(read.text) <= len(source) * 2


def test_hostile_html_costs_no_more_than_its_length() -> None:
    for piece in ("<!--", "<script", "<a href=", "<a ", "&amp", '<a href="'):
        assert page(piece * (400_000 // len(piece))).forms == ()
