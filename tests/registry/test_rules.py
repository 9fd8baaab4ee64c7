"""One spelling for each asset, one order of claims, and conflicts found like a plain scan does."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pehra.registry import claims as columns
from pehra.registry.rules import (
    SOURCE_RANK,
    ClaimFacts,
    NotAnAsset,
    canonical,
    conflicts,
    kind_of,
    plain_prefixes,
    precedence,
)

START = datetime(2026, 1, 1, tzinfo=UTC)
SCHEMA: dict[str, pl.DataType] = {
    "claim": pl.Int64(),
    "organisation": pl.Int64(),
    "kind": pl.String(),
    "value": pl.String(),
    "source": pl.String(),
    "confidence": pl.Int16(),
    "valid_from": pl.Datetime("us", "UTC"),
    "valid_to": pl.Datetime("us", "UTC"),
}

moments = st.none() | st.integers(0, 6).map(lambda day: START + timedelta(days=day))


@st.composite
def claim_lists(draw: st.DrawFn) -> list[ClaimFacts]:
    assets = [
        ("prefix", "192.0.2.0/24"),
        ("prefix", "192.0.2.0/25"),
        ("prefix", "2001:db8::/32"),
        ("asn", "64500"),
    ]
    found = []
    for number in range(draw(st.integers(0, 8))):
        kind, value = draw(st.sampled_from(assets))
        found.append(
            ClaimFacts(
                claim=number,
                organisation=draw(st.integers(1, 3)),
                kind=kind,
                value=value,
                source=draw(st.sampled_from(sorted(SOURCE_RANK))),
                confidence=draw(st.sampled_from([50, 100])),
                valid_from=draw(moments),
                valid_to=draw(moments),
            )
        )
    return found


def frame_of(claims: list[ClaimFacts]) -> pl.DataFrame:
    rows = [tuple(getattr(claim, name) for name in SCHEMA) for claim in claims]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("prefix", "192.0.2.0/24", "192.0.2.0/24"),
        ("prefix", " 198.51.100.7 ", "198.51.100.7/32"),
        ("prefix", "2001:DB8:0::/32", "2001:db8::/32"),
        ("asn", "AS64500", "64500"),
        ("asn", "64500", "64500"),
        ("domain", "WWW.Bank.Example.", "www.bank.example"),
        ("domain", "bücher.example", "xn--bcher-kva.example"),
        ("domain", "پاکستان.example", "xn--mgbai9azgqp6j.example"),
        ("domain", "nadra.gov.pk", "nadra.gov.pk"),
        ("software", " Exim 4 ", "Exim 4"),
    ],
)
def test_one_spelling(kind: str, text: str, expected: str) -> None:
    assert canonical(kind, text) == expected


@pytest.mark.parametrize(
    ("kind", "text", "why"),
    [
        ("prefix", "192.0.2.1/24", ("`192.0.2.1/24` has host bits set; did you mean"
         " `192.0.2.0/24`?")),
        ("prefix", "8.0.0.0/7", "`8.0.0.0/7` is more than one organisation can hold"),
        (
            "prefix",
            "10.0.0.0/8",
            "`10.0.0.0/8` is reserved or private (RFC 6890); nobody is attributed there",
        ),
        ("prefix", "::ffff:192.0.2.0/120", "`::ffff:192.0.2.0/120` is IPv4 in IPv6 notation"),
        ("asn", "AS0", "`AS0` is no ASN; write `AS64500` or `64500`"),
        ("asn", "4294967295", "`4294967295` is no ASN; write `AS64500` or `64500`"),
        ("domain", "gov.pk", "`gov.pk` is a public suffix: many organisations hold names below it"),
        ("domain", "*.bank.example", ("`*.bank.example`: a name stands for all below it; write"
         " `bank.example`")),
        ("domain", "bank", "`bank` is no domain name; write it such as `example.org.pk`"),
        ("domain", "1.2.3.4", "`1.2.3.4` is no domain name; write it such as `example.org.pk`"),
        ("software", "", "a name of 1 to 255 characters is needed"),
    ],
)  # fmt: skip
def test_what_is_no_asset(kind: str, text: str, why: str) -> None:
    with pytest.raises(NotAnAsset) as caught:
        canonical(kind, text)
    assert str(caught.value) == why


@settings(deadline=None)
@given(st.sampled_from(["prefix", "asn", "domain", "software"]), st.text(max_size=40))
def test_a_spelling_is_its_own_spelling(kind: str, text: str) -> None:
    try:
        value = canonical(kind, text)
    except NotAnAsset:
        return
    assert canonical(kind, value) == value


@settings(deadline=None)
@given(number=st.integers(0, 2**32 - 1), length=st.integers(0, 32), cut=st.booleans())
def test_plain_prefixes_are_their_own_spelling(number: int, length: int, *, cut: bool) -> None:
    base = number >> (32 - length) << (32 - length) if cut else number
    text = f"{ipaddress.IPv4Address(base)}/{length}"
    plain = plain_prefixes(pl.Series([text]))[0]
    try:
        value = canonical("prefix", text)
    except NotAnAsset:
        value = None
    assert plain == (value == text)


@pytest.mark.parametrize("text", ["", "01.2.3.0/24", "300.0.0.0/24", "1.2.3.0/024", "x", "1.2.3.4"])
def test_other_spellings_are_not_plain(text: str) -> None:
    assert plain_prefixes(pl.Series([text])).to_list() == [False]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("AS1", "asn"), ("64500", "asn"), ("192.0.2.0/24", "prefix"), ("192.0.2.1", "prefix"),
        ("2001:db8::1", "prefix"), ("bank.example", "domain"),
    ],
)  # fmt: skip
def test_kind_by_looks(text: str, kind: str) -> None:
    assert kind_of(text) == kind


def test_a_manual_claim_beats_a_longer_automatic_one() -> None:
    manual = ClaimFacts(
        claim=2, organisation=1, kind="prefix", value="192.0.0.0/16", source="manual"
    )
    longer = ClaimFacts(
        claim=1, organisation=2, kind="prefix", value="192.0.2.0/24", source="registry"
    )
    assert min([longer, manual], key=precedence) == manual


@settings(deadline=None)
@given(claim_lists())
def test_the_order_is_that_of_the_compiled_index(claims: list[ClaimFacts]) -> None:
    frame = frame_of(claims).with_columns(
        team=pl.lit(None, pl.Int64), use=pl.lit("static", pl.String)
    )
    compiled = columns.Claims.from_frame(frame).arrays()["claim.id"].tolist()
    assert compiled == [claim.claim for claim in sorted(claims, key=precedence)]


def _overlap(left: ClaimFacts, right: ClaimFacts) -> bool:
    days = [START + timedelta(hours=hours) for hours in range(-24, 24 * 9, 12)]
    return any(left.in_force(day) and right.in_force(day) for day in days)


@settings(deadline=None)
@given(claim_lists())
def test_conflicts_are_those_of_a_plain_scan(claims: list[ClaimFacts]) -> None:
    claims = [
        claim
        for claim in claims
        if not (claim.valid_from and claim.valid_to and claim.valid_to <= claim.valid_from)
    ]
    expected: dict[tuple[str, str, str], set[int]] = {}
    for left in claims:
        for right in claims:
            key = (left.kind, left.value, left.source)
            same = key == (right.kind, right.value, right.source)
            if same and left.organisation != right.organisation and _overlap(left, right):
                expected.setdefault(key, set()).add(left.claim)
    found = {
        (one.kind, one.value, one.source): set(one.claims) for one in conflicts(frame_of(claims))
    }
    assert found == expected
