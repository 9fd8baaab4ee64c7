"""What somebody who searches means."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.findings.asked import read


@given(st.text())
def test_anything_can_be_typed(text: str) -> None:
    assert read(text).text == read(read(text).text).text


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("F12", "number", 12),
        ("f\u06f1\u06f2", "number", 12),
        ("AS64500", "asn", 64500),
        (" 192.0.2.1 ", "asset", "192.0.2.1"),
        ("\u06f1\u06f9\u06f2.\u06f0.\u06f2.\u06f1", "asset", "192.0.2.1"),
        ("[2001:DB8::1]", "asset", "2001:db8::1"),
        ("::ffff:192.0.2.1", "asset", "192.0.2.1"),
        ("192.0.2.0/24", "asset", ""),
        ("WWW.Example.org.", "asset", "www.example.org"),
        ("hxxps://www[.]example[.]org/a?b", "asset", "www.example.org"),
        ("http://[", "asset", ""),
        ("A" * 64, "digest", "a" * 64),
        ("open-telnet", "identifier", "open-telnet"),
        ("192.0.2.9/24", "network", "192.0.2.0/24"),
        ("192.0.2.9", "network", "192.0.2.9/32"),
        ("cve-2024-12345", "cve", "CVE-2024-12345"),
        ("First Bank", "identifier", ""),
        ("First Bank", "held", ()),
        ("AS64500", "held", (("asn", "64500"),)),
        (
            "mail.bank.example",
            "held",
            (("domain", "mail.bank.example"), ("domain", "bank.example")),
        ),
    ],
)
def test_it_is_taken_for_what_it_looks_like(text: str, field: str, value: object) -> None:
    assert getattr(read(text), field) == value


def test_a_network_is_held_with_all_around_it() -> None:
    held = read("192.0.2.0/24").held
    assert held[0] == ("prefix", "192.0.2.0/24")
    assert held[-1] == ("prefix", "192.0.0.0/8") or held[-1] == ("prefix", "192.0.0.0/7")
    assert all(kind == "prefix" for kind, _ in held)
