"""STIX patterns: what each looks for, and what is no pattern."""

from __future__ import annotations

import contextlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.intake.stix_patterns import MOST, Alternative, alternatives, end, hashed, placed_address

SHA = "A" * 64
A = {"host": "a.example"}


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("[ipv4-addr:value = '192.0.2.1']", [{"ip": "192.0.2.1"}]),
        ("[ipv4-addr:value = '192.0.2.1/24']", [{"network": "192.0.2.0/24"}]),
        ("[ipv4-addr:value ISSUBSET '192.0.2.0/24']", [{"network": "192.0.2.0/24"}]),
        ("[ipv6-addr:value = '2001:db8::1']", [{"ip": "2001:db8::1"}]),
        ("[domain-name:value IN ('a.example', 'b.example')]", [A, {"host": "b.example"}]),
        ("[url:value = 'http://a.example/it\\'s']", [{"url": "http://a.example/it's"}]),
        ("[autonomous-system:number = 64496]", [{"asn": "64496"}]),
        (f"[file:hashes.'SHA-256' = '{SHA}']", [{"extra.malware.hash.sha256": SHA.lower()}]),
        (f"[file:hashes.MD5 = '{SHA[:32]}']", [{"extra.malware.hash.md5": SHA[:32].lower()}]),
        (
            "[ipv4-addr:value = '192.0.2.1' AND network-traffic:dst_port = 80]",
            [{"port": "80", "ip": "192.0.2.1"}],
        ),
        (
            ("[network-traffic:dst_ref.value = 'a.example'"
            " AND network-traffic:protocols[*] = 'tcp']"),
            [{"protocol": "tcp", "host": "a.example"}],
        ),
        (
            ("([url:value = 'http://a.example/'] AND [domain-name:value = 'a.example'])"
            " WITHIN 5 SECONDS"),
            [{"url": "http://a.example/"}, {"host": "a.example"}],
        ),
        (
            "[domain-name:value = 'a.example'] FOLLOWEDBY [domain-name:value = 'a.example']",
            [{"host": "a.example"}],
        ),
        ("[domain-name:value != 'a.example']", []),
        ("[domain-name:value LIKE '%.example']", []),
        ("[domain-name:value NOT = 'a.example']", []),
        ("[network-traffic:dst_port = 80]", []),
        ("[file:name = 'a.exe' OR windows-registry-key:key = 'x']", []),
        (
            ("[ipv4-addr:value = '192.0.2.1'] START t'2026-01-01T00:00:00Z'"
            " STOP t'2026-02-01T00:00:00Z'"),
            [{"ip": "192.0.2.1"}],
        ),
    ],
)  # fmt: skip
def test_a_pattern_looks_for(pattern: str, found: list[Alternative]) -> None:
    assert alternatives(pattern) == found


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("", "the pattern is not well-formed"),
        ("[", "the pattern is not well-formed"),
        ("[url:value = 'x']]", "`]` closes nothing"),
        ("[url:value = 'x')", "`)` closes nothing"),
        ("[url:value = 'x' AND]", "the pattern is not well-formed"),
        ("[url:value = ]", "the pattern cannot be read from `url:value = ]` on"),
        (
            f"[{' OR '.join(f'domain-name:value = {n!r}' for n in map(str, range(MOST + 1)))}]",
            f"the pattern has more than {MOST} alternatives",
        ),
        ("[(" * 6000, "the pattern has more than 10000 words"),
    ],
)
def test_what_is_no_pattern_is_refused_in_words(pattern: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        alternatives(pattern)


@given(st.text("[]()'\\= ANDOR:.-abcurlvalue19", max_size=80))
def test_any_text_gives_alternatives_or_words(pattern: str) -> None:
    with contextlib.suppress(ValueError):
        assert len(alternatives(pattern)) <= MOST


def test_ends_addresses_and_hashes() -> None:
    assert [end("192.0.2.1"), end("192.0.2.0/24"), end("a.example")] == [
        {"ip": "192.0.2.1"}, {"network": "192.0.2.0/24"}, {"host": "a.example"},
    ]  # fmt: skip
    assert placed_address("no address") == {"ip": "no address"}
    assert hashed("ssdeep", "x") == {}
