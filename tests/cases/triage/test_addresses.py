"""The one spelling of a web address, and its parts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.cases.triage.addresses import Address, canonical, frame, hostings, refanged, shown


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("example.com", "http://example.com/"),
        ("  HTTPS://Example.COM.:443/a/../b?q#part ", "https://example.com/b?q"),
        ("hxxps://example[.]com/x", "https://example.com/x"),
        ("hxxp[://]example(dot)com", "http://example.com/"),
        ("http://user:word@example.com/", "http://example.com/"),
        ("http://0xC0000201/", "http://192.0.2.1/"),
        ("example.com:8080/x", "http://example.com:8080/x"),
        ("http://ex\u0430mple.com/", "http://xn--exmple-4nf.com/"),
        ("//example.net/a", "http://example.net/a"),
    ],
)
def test_an_address_has_one_spelling(written: str, url: str) -> None:
    read = canonical(written)
    assert read is not None
    assert read.url == url


@pytest.mark.parametrize(
    "written", ["", "   ", "javascript:alert(1)", "http://", "http://[::1", "a b"]
)
def test_what_is_no_address_gives_none(written: str) -> None:
    assert canonical(written) is None


@pytest.mark.parametrize(
    ("host", "parts"),
    [
        ("www.shop.example.com.pk", ("com.pk", "com.pk", "example", "shop", "")),
        ("webmail.nadra.gov.pk", ("gov.pk", "gov.pk", "nadra", "", "")),
        ("prize.weebly.com", ("com", "weebly.com", "prize", "", "builder")),
        ("a.b.pages.dev", ("dev", "pages.dev", "b", "a", "cloud")),
        ("192.0.2.7", ("", "", "192.0.2.7", "", "")),
        ("com.pk", ("com.pk", "com.pk", "", "", "")),
    ],
)
def test_a_host_falls_into_what_was_chosen_and_what_was_not(
    host: str, parts: tuple[str, ...]
) -> None:
    read = canonical(f"http://{host}/")
    assert read is not None
    assert (read.suffix, read.under, read.name, read.sub, read.hosting) == parts


def test_what_was_registered_is_name_and_suffix() -> None:
    read = canonical("http://a.b.example.com.pk/")
    assert isinstance(read, Address)
    assert read.registered == "example.com.pk"


@given(st.text(max_size=80))
def test_any_text_gives_one_spelling_that_stays(text: str) -> None:
    read = canonical(text)
    if read is not None:
        again = canonical(read.url)
        assert again is not None
        assert again.url == read.url
        assert again.host == read.host


@given(st.text(max_size=80))
def test_a_second_reading_changes_nothing(text: str) -> None:
    assert refanged("example" + refanged("[.]com")) == "example.com"
    assert refanged(refanged(text)) == refanged(refanged(refanged(text)))


def test_addresses_become_columns_and_the_unreadable_are_left_out() -> None:
    table = frame(["http://", "example.org/a?b"])
    assert table.select("row", "url", "path", "query").rows() == [
        (1, "http://example.org/a?b", "/a", "?b")
    ]


def test_a_name_in_another_script_is_shown_in_it() -> None:
    assert shown("xn--exmple-4nf.com") == "ex\u0430mple.com"
    assert shown("example.com") == "example.com"


def test_what_gives_names_away_has_a_kind() -> None:
    assert hostings()["weebly.com"] == "builder"
    assert set(hostings().values()) == {"builder", "blog", "cloud", "hosting", "dynamic", "short"}
