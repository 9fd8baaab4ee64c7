"""Counts of sign-ins outlive a flood of invented addresses, and old ones make room."""

from __future__ import annotations

import os
import pickle
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client, override_settings

from pehra.web.counters import LONGEST, Counters

if TYPE_CHECKING:
    from pathlib import Path

    from tests.web.conftest import Nation

LOGIN = "/accounts/login/"


def test_what_still_counts_outlives_a_flood(tmp_path: Path) -> None:
    counters = Counters(str(tmp_path), {"max_entries": 2_000})
    counters.set("victim", [1.0], 300)
    for number in range(1_500):
        counters.set(f"invented-{number}", [1.0], 300)
    counters.forget()
    assert counters.get("victim") == [1.0]
    assert len(list(tmp_path.iterdir())) == 1_501


def test_what_no_limit_asks_for_goes_first(tmp_path: Path) -> None:
    counters = Counters(str(tmp_path), {"max_entries": 50})
    for number in range(100):
        counters.set(f"old-{number}", 1, None)
    long_ago = time.time() - LONGEST - 1
    for path in tmp_path.iterdir():
        os.utime(path, (long_ago, long_ago))
    counters.set("new", 1, 300)
    counters.forget()
    assert (counters.get("new"), len(list(tmp_path.iterdir()))) == (1, 1)


def test_a_count_ends_when_it_was_to_end_at_first(tmp_path: Path) -> None:
    counters = Counters(str(tmp_path), {})
    assert [counters.add("one", 1, 3_600), counters.add("one", 1, 3_600)] == [True, False]
    assert [counters.incr("one"), counters.incr("one", 3)] == [2, 5]
    (path,) = tmp_path.glob("*.djcache")
    with path.open("rb") as file:
        until = pickle.load(file)  # noqa: S301 written here
    assert 3_500 < until - time.time() <= 3_600
    counters.set("ever", 1, None)
    assert [counters.incr("ever"), counters.get("ever")] == [2, 2]
    counters.set("over", 1, -1)
    for name in ("over", "none"):
        with pytest.raises(ValueError, match="no count"):
            counters.incr(name)


def test_those_who_count_at_once_lose_nothing(tmp_path: Path) -> None:
    def count(_: int) -> bool:
        mine = Counters(str(tmp_path), {})
        began = mine.add("one", 1, 3_600)
        if not began:
            mine.incr("one")
        return began

    with ThreadPoolExecutor(8) as pool:
        began = list(pool.map(count, range(200)))
    assert (began.count(True), Counters(str(tmp_path), {}).get("one")) == (1, 200)


def test_the_site_counts_with_it_and_has_room() -> None:
    assert settings.CACHES["default"]["BACKEND"] == "pehra.web.counters.Counters"
    assert settings.CACHES["default"]["OPTIONS"] == {"MAX_ENTRIES": 100_000}


def fails(email: str, address: str, *, forwarded: str = "") -> bool:
    """Whether a wrong password is at least looked at."""
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    words = {"login": email, "password": "wrong"}
    page = Client(REMOTE_ADDR=address, headers=headers).post(LOGIN, words)
    return b"not correct" in page.content


def test_an_account_is_guessed_at_five_times_whoever_asks_in_between(nation: Nation) -> None:
    cache.clear()
    email = nation.officer.email
    tries = [fails(email, f"198.51.100.{number}") for number in range(6)]
    assert tries == [True] * 5 + [False]
    for number in range(400):
        cache.set(f"invented-{number}", [1.0], 300)
    assert not fails(email, "198.51.100.99")


def test_behind_a_proxy_the_address_that_it_saw_counts(nation: Nation) -> None:
    del nation
    cache.clear()
    with override_settings(ALLAUTH_TRUSTED_PROXY_COUNT=1):
        seen = [fails(f"x{n}@y.example", "127.0.0.1", forwarded=f"1.2.3.{n}") for n in range(12)]
    assert seen == [True] * 12
    cache.clear()
    seen = [fails(f"x{n}@y.example", "127.0.0.1", forwarded=f"1.2.3.{n}") for n in range(12)]
    assert seen == [True] * 10 + [False] * 2
