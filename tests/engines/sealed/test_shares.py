"""Shares: any m give the secret back, fewer say nothing of it, and no slip of the pen passes."""

from __future__ import annotations

from itertools import combinations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.engines.sealed.shares import Share, combine, parse, split
from pehra.kernel.errors import Refused, UsageError

SECRETS = st.binary(min_size=32, max_size=32)
WAYS = st.integers(2, 6).flatmap(lambda n: st.tuples(st.integers(2, n), st.just(n)))


@given(SECRETS, WAYS)
def test_any_that_are_enough_give_it_back(secret: bytes, way: tuple[int, int]) -> None:
    needed, holders = way
    made = split(secret, "0badcafe", needed, holders)
    assert [parse(share.text) for share in made] == made
    for some in combinations(made, needed):
        assert combine(some[::-1]) == secret
    with pytest.raises(Refused, match=f"{needed} shares are needed, and {needed - 1} are here"):
        combine(made[: needed - 1])


@given(SECRETS, WAYS, st.lists(st.binary(min_size=32, max_size=32), min_size=2, unique=True))
def test_fewer_say_nothing_of_it(secret: bytes, way: tuple[int, int], last: list[bytes]) -> None:
    """Each thing that the missing share could be leads to a secret of its own.

    A map of a finite set into itself that keeps different things different reaches all of them:
    whoever holds one share too few finds every secret equally likely.
    """
    needed, holders = way
    made = split(secret, "0badcafe", needed, holders)
    few, missing = made[: needed - 1], made[needed - 1]
    led_to = {combine([*few, msgspec.structs.replace(missing, data=one)]) for one in last}
    assert len(led_to) == len(last)


@given(SECRETS, st.data())
def test_a_wrong_letter_is_seen(secret: bytes, data: st.DataObject) -> None:
    text = split(secret, "0badcafe", 2, 3)[0].text
    place = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.sampled_from("abcdefgh234567 -/"))
    changed = text[:place] + letter + text[place + 1 :]
    try:
        found = parse(changed)
    except UsageError:
        return
    assert found == parse(text)


@given(st.text(max_size=200))
def test_any_text_is_a_share_or_refused(text: str) -> None:
    try:
        found = parse(text)
    except UsageError:
        return
    assert isinstance(found, Share)


def test_capitals_and_spaces_do_not_matter() -> None:
    share = split(bytes(32), "0badcafe", 2, 3)[1]
    assert parse(f"  {share.text.upper()}\n") == share
    assert parse(share.text.lower().replace(" ", "   ")) == share


@pytest.mark.parametrize("way", [(1, 3), (4, 3), (0, 0), (2, 33)])
def test_some_ways_make_no_sense(way: tuple[int, int]) -> None:
    with pytest.raises(UsageError):
        split(bytes(32), "0badcafe", *way)


def test_shares_of_two_escrows_do_not_mix() -> None:
    one, two = split(bytes(32), "0badcafe", 2, 3), split(bytes(32), "deadbeef", 2, 3)
    with pytest.raises(UsageError, match="different escrows"):
        combine([one[0], two[1]])
