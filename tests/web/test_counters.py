"""Counts of sign-ins outlive a flood of invented addresses, and old ones make room."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

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
