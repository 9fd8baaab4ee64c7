"""A key's shape, its scopes, its end, and who gives one."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.kernel.errors import Refused, UsageError
from pehra.mandate.apikeys.rules import (
    LONGEST,
    NAME_BYTES,
    SECRET_BYTES,
    Owner,
    Scope,
    check_end,
    check_scopes,
    digest_of,
    live,
    may_give,
    mint,
    name_in,
)
from pehra.mandate.rules import Post

TODAY = date(2026, 11, 28)
RANDOM = st.binary(min_size=NAME_BYTES + SECRET_BYTES, max_size=NAME_BYTES + SECRET_BYTES)


@given(RANDOM)
def test_a_key_is_found_by_its_name_and_known_by_its_digest(random: bytes) -> None:
    key = mint(random)
    assert (name_in(key.text), digest_of(key.text)) == (key.name, key.digest)


@given(RANDOM, RANDOM)
def test_two_keys_are_one_only_if_their_bytes_are(one: bytes, other: bytes) -> None:
    assert (mint(one).digest == mint(other).digest) == (one == other)


@given(st.text())
def test_what_is_no_key_has_no_name(text: str) -> None:
    assert name_in(text) == ""


def test_scopes_are_known_words_once_and_in_order() -> None:
    words = ["read:registry", "read:findings", "read:registry"]
    assert check_scopes(words) == [Scope.READ_FINDINGS, Scope.READ_REGISTRY]
    for wrong in ([], ["read:everything"]):
        with pytest.raises(UsageError):
            check_scopes(wrong)


def test_a_key_ends_within_a_year() -> None:
    check_end(TODAY + LONGEST, TODAY)
    with pytest.raises(Refused):
        check_end(TODAY + LONGEST + timedelta(days=1), TODAY)
    with pytest.raises(UsageError):
        check_end(TODAY, TODAY)


@given(st.dates(), st.booleans(), st.dates())
def test_a_key_is_live_until_its_day_and_never_once_revoked(
    expires: date,
    revoked: bool,  # noqa: FBT001 drawn by hypothesis
    today: date,
) -> None:
    assert live(expires, revoked=revoked, today=today) == (not revoked and today < expires)


BANK, SECTORAL = Owner(1, None, "bank"), Owner(None, 2, "fincert")
POSTS = {
    "head": Post("head", "ENH", None, "", 1),
    "ciso": Post("ciso", "ENT", None, "", 1),
    "auditor": Post("auditor", "AUD", None, "", 1),
    "other head": Post("head", "ENH", None, "", 7),
    "supervisor": Post("sup", "SUP", 2, "sectoral", None),
    "analyst": Post("sc", "SC", 2, "sectoral", None),
    "other supervisor": Post("sup", "SUP", 3, "sectoral", None),
    "national supervisor": Post("sup", "SUP", 9, "national", None),
    "national analyst": Post("nc", "NC", 9, "national", None),
}


@pytest.mark.parametrize("who", POSTS)
def test_who_gives_keys(who: str) -> None:
    found = {owner.slug for owner in (BANK, SECTORAL) if may_give([POSTS[who]], owner)}
    assert found == {
        "head": {"bank"},
        "ciso": {"bank"},
        "supervisor": {"fincert"},
        "national supervisor": {"bank", "fincert"},
    }.get(who, set())


def test_how_the_ledger_names_an_owner() -> None:
    assert (BANK.subject, SECTORAL.subject) == ("organisation:bank", "team:fincert")
