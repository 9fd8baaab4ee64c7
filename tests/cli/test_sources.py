"""`pehra sources` and `fetch`: what is there, how it does, what is wrong, and asking it now."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tests.engines.http.conftest import running

from pehra.cli.sources import period
from pehra.findings import jobs
from pehra.intake.discover import sources
from pehra.kernel.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BIG = "".join(f"192.0.2.{host}\t3\n" for host in range(1, 101)).encode()
SMALL = b"192.0.2.1\t3\n192.0.2.2\t3\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [("15m", timedelta(minutes=15)), (" 6 H", timedelta(hours=6)), ("1d", timedelta(days=1))],
)
def test_periods(text: str, told: timedelta) -> None:
    assert period(text) == told
    for wrong in ("", "1", "d", "1w", "-1d", f"{text}x"):
        with pytest.raises(UsageError):
            period(wrong)


def test_without_a_home_sources_are_described(pehra: Callable[..., Any]) -> None:
    told = pehra("sources", "--json")
    assert (told.code, [one["slug"] for one in told.said["sources"]]) == (0, list(sources()))
    assert all(one["licence"] and one["url"] for one in told.said["sources"])


def test_a_source_is_set_fetched_held_and_accepted(
    pehra: Callable[..., Any], place: Path, tmp_path: Path
) -> None:
    assert pehra("init").code == 0
    (place / "pehra.toml").write_text("[fetch]\nloopback = true\n")
    jobs._settings.cache_clear()  # noqa: SLF001 as in a new process
    key = tmp_path / "key"
    key.write_text("k3y\n")
    assert pehra("fetch", "--json").said["sources"] == []
    with running() as server:
        server.say("/k3y/list.txt", BIG)
        url = f"{server.url}/{{secret}}/list.txt"
        words = ("--enable", "--every", "6h", "--url", url, "--secret-file", key, "--json")
        (row,) = pehra("sources", "set", "ipsum", *words).said["sources"]
        assert (row["enabled"], row["every_seconds"], row["has_key"]) == (True, 21_600, True)
        told = pehra("fetch", "--json")
        assert (told.code, told.said["accepted"], told.said["failed"]) == (0, 100, 0)
        server.say("/k3y/list.txt", SMALL)
        told = pehra("fetch", "ipsum", "--json")
        assert (told.said["unchanged"], "k3y" in told.out + told.err) == (2, False)
        server.say("/k3y/list.txt", b"", status=404)
        told = pehra("fetch", "ipsum", "--json")
        assert (told.code, told.said["failed"]) == (1, 1)
        assert "k3y" not in told.out + told.err
    look_and_answer(pehra)


def look_and_answer(pehra: Callable[..., Any]) -> None:
    """What is wrong with the list is shown, and somebody says that the list is true."""
    told = pehra("sources", "--json").said["sources"]
    (row,) = (one for one in told if one["slug"] == "ipsum")
    assert (row["failures"], row["last_rows"], row["alarms"][0]["kind"]) == (1, 2, "shrunk")
    assert pehra("sources").out.count("shrunk") == 1
    told = pehra("sources", "alarms", "--json")
    (alarm,) = told.said["alarms"]
    assert (told.code, alarm["facts"]) == (1, {"rows": 2, "before": 100, "usual": 100})
    number = str(alarm["id"])
    assert pehra("sources", "acknowledge", number, "--why", "Asked them.").code == 0
    told = pehra("sources", "accept", number, "--why", "They moved.", "--json")
    assert (told.code, told.said["removed"], told.said["state"]) == (0, 98, "accepted")
    assert pehra("sources", "alarms", "--json").said == {"alarms": []}
    assert pehra("sources", "accept", number, "--why", "Again.").code == 2


def test_words_that_do_not_fit(pehra: Callable[..., Any], place: Path, tmp_path: Path) -> None:
    assert pehra("init").code == 0
    for words in (
        ("sources", "set", "none", "--enable"),
        ("sources", "set", "ipsum", "--every", "often"),
        ("sources", "set", "ipsum", "tor-exits", "--url", "https://x.example/"),
        ("sources", "set", "csv", "--enable"),
        ("sources", "acknowledge", "9"),
        ("fetch", "none"),
        ("fetch", "csv"),
        ("fetch", "ipsum", "--all"),
    ):
        told = pehra(*words)
        assert (told.code, "pehra: " in told.err) == (2, True), words
    assert pehra("sources", "set", "ipsum", "--secret-file", tmp_path / "none").code == 4
    (place / "pehra.toml").write_text("[fetch]\noffline = true\n")
    jobs._settings.cache_clear()  # noqa: SLF001 as in a new process
    assert pehra("fetch").code == 3
