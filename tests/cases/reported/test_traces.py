"""Traces: addresses and numbers as they are compared, however they are written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.cases.reported.rules import Door, Kind, Part, Wish
from pehra.cases.reported.traces import (
    MOST,
    numbers_in,
    owned,
    page_of,
    pages_in,
    refanged,
    title,
    traces,
)


def wish(kind: Kind = Kind.LINK, text: str = "", **given: object) -> Wish:
    return Wish(kind=kind, door=Door.FORM, text=text, **given)  # type: ignore[arg-type] # a test's own words


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("hxxps://Evil[.]example/login/?x=1", "evil.example/login?x=1"),
        ("www.bank.example.", "www.bank.example/"),
        ("http://evil.example:80/a", "evil.example/a"),
        ("http://evil.example:8080/a", "evil.example:8080/a"),
        ("http://0x7f.1/", "127.0.0.1/"),
        ("بینک.example/پے", "xn--ngb4d5ose.example/%D9%BE%DB%92"),
        ("javascript:alert(1)", None),
        ("http://", None),
        ("just words", None),
        ("", None),
    ],
)
def test_an_address(text: str, found: str | None) -> None:
    page = page_of(text)
    assert (page.text if page else None) == found


def test_addresses_in_a_text() -> None:
    text = (
        "See evil.example/pay, (https://x.example/a). Not a@b.example nor b.example; www.y.example!"
    )
    assert [page.text for page in pages_in(text)] == [
        "x.example/a", "www.y.example/", "evil.example/pay",
    ]  # fmt: skip
    many = " ".join(f"https://n{number}.example/" for number in range(50))
    assert len(pages_in(many)) == MOST


def test_numbers_in_a_text() -> None:
    text = "Call 0300-1234567, +92 300 1234567 or 00923001234567; pay 2,500 by 12.11.2026"
    assert numbers_in(text) == ["+923001234567"]
    assert numbers_in("Send PIN to 8558", short=True) == ["8558"]
    assert numbers_in("Send PIN to 8558") == []


def test_one_page_has_one_key_however_one_came_to_it() -> None:
    one, two = (
        traces(wish(url=f"https://evil.example/in?u=1&{way}"))
        for way in ("utm_source=sms", "_gl=1")
    )
    other = traces(wish(url="https://evil.example/in?u=2"))
    assert set(one.keys) & set(two.keys)
    assert set(one.keys) & set(other.keys) == set()
    assert one.places == other.places
    assert one.hosts == ("evil.example",)
    assert set(traces(wish(url="evil.example")).weak) & set(one.weak)


@pytest.mark.parametrize("host", ["bit.ly", "t.me", "m.facebook.com", "docs.google.com", "x.com"])
def test_a_host_of_many_is_no_site(host: str) -> None:
    one, two = (traces(wish(url=f"https://{host}/profile.php?id={own}")) for own in "12")
    assert set(one.keys + one.weak) & set(two.keys + two.weak) == set()
    front = traces(wish(text=f"see https://{host}/ now"))
    assert front.keys == (front.words,)


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("see https://bank.example/", 1),
        ("see https://bank.example/ or example.com", None),
        ("see https://bank.example/ or write to us@example.com", None),
        ("see " + " ".join(f"https://n{number}.example/" for number in range(MOST + 1)), None),
    ],
)
def test_whether_all_that_a_text_names_is_known(text: str, known: int | None) -> None:
    things = traces(wish(Kind.MESSAGE, text)).things
    assert (None if things is None else len(things)) == known


def test_what_one_owner_told_meets_nothing_of_another() -> None:
    found = traces(wish(Kind.INCIDENT, "our files are encrypted"))
    one, two = owned(found, "1 1"), owned(found, "2 1")
    assert one == owned(found, "1 1")
    assert set(one.keys + one.weak) & set(two.keys + two.weak) == set()


def test_names_of_a_platform_are_sites_of_their_own() -> None:
    one, two = (traces(wish(url=f"https://{name}.blogspot.com/")) for name in ("bad", "good"))
    assert set(one.weak) & set(two.weak) == set()


def test_a_weakness_is_compared_with_nothing_but_its_like() -> None:
    told = traces(wish(Kind.VULNERABILITY, url="https://bank.example/in", text="SQL in the form"))
    link = traces(wish(url="https://bank.example/in"))
    assert set(told.keys + told.weak) & set(link.keys + link.weak) == set()


def test_what_says_little_joins_nothing_else() -> None:
    one, two = (
        traces(wish(Kind.MESSAGE, "Is this real?", url=f"https://{name}.example/")) for name in "ab"
    )
    assert set(one.keys + one.weak) & set(two.keys + two.weak) == set()


def test_a_file_is_a_key() -> None:
    parts = (Part("a", "b", "c" * 64, 1),)
    one, two = traces(wish(Kind.MAIL, "x", parts=parts)), traces(wish(Kind.MAIL, "y", parts=parts))
    assert len(set(one.keys) & set(two.keys)) == 1


def test_an_empty_file_is_none() -> None:
    parts = (Part("a", "b", "c" * 64, 0),)
    one, two = traces(wish(Kind.MAIL, "x", parts=parts)), traces(wish(Kind.MAIL, "y", parts=parts))
    assert set(one.keys) & set(two.keys) == set()


def test_a_title() -> None:
    assert title(wish(text="\n\n  Look  at\tthis\nand that"), ()) == "Look at this"
    assert title(wish(url="https://x.example"), ()) == "https://x.example"
    assert title(wish(parts=(Part("a.jpg", "b", "", 1),)), ()) == "a.jpg"


@given(st.text(max_size=300), st.sampled_from(Kind))
def test_any_text_has_traces(text: str, kind: Kind) -> None:
    found = traces(wish(kind, text, url=text[:50]))
    assert len(found.keys) == len(set(found.keys))
    assert all(-(2**63) <= one < 2**63 for one in found.keys + found.weak)
    assert refanged(refanged(text)) == refanged(text) or "[" in text or "(" in text or "{" in text
