"""Reports of people into a full store: how long one takes, and how many an hour are taken.

What is stored beforehand is made of random keys and signatures, since what it costs is the size of
the tables and their indexes; what is filed and measured goes the whole way that every door uses:
traces, the guess, the cluster, the row, the ledger.
"""

from __future__ import annotations

import os
import random
import sqlite3
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pehra.cli.bench import apart
from pehra.cli.bench.measure import Stopwatch
from pehra.cli.bench.stage import environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_KEYS = 12
"""Of one cluster: a page or words, a site, ten bands."""
_CHUNK = 50_000
_NOW = "2026-11-20 09:00:00+00:00"
_CAMPAIGNS = 40
_WORDS = (
    "account", "bank", "parcel", "customs", "prize", "lottery", "card", "block", "verify",
    "update", "urgent", "payment", "rupees", "wallet", "invoice", "delivery", "electricity",
    "bill", "refund", "tax", "police", "court", "job", "salary", "visa", "loan", "friend",
    "photo", "video", "password", "expire", "confirm", "secure", "click", "login", "number",
    "transfer",
)  # fmt: skip


def run(stored: int, filed: int, processes: int, note: Callable[[str], None]) -> dict[str, Any]:
    """Fill a home, then file reports by one process, and by several at once."""
    with tempfile.TemporaryDirectory(prefix="pehra-bench-") as name:
        home = Path(name) / "home"
        where = environment(home, "")
        note(f"A home with {stored:,} reports, each of its own kind")
        filled = apart.run("citizens:fill", {"stored": stored}, where)
        note(f"{filed:,} reports, one after the other")
        found = apart.run("citizens:measure", {"filed": filed, "seed": 1}, where)
        note(f"The same by {processes} processes at once")
        watch = time.perf_counter()
        started = [
            apart.start("citizens:measure", {"filed": filed, "seed": seed}, where)
            for seed in range(2, 2 + processes)
        ]
        every = []
        for one in started:
            output, _ = one.communicate()
            every.append(apart.answer("citizens:measure", one.returncode, output))
        wall = time.perf_counter() - watch
    return {
        **filled,
        **found,
        "together": {
            "processes": processes,
            "an_hour": round(sum(one["an_hour"] for one in every)),
            "p95_ms": max(one["p95_ms"] for one in every),
            "longest_ms": max(one["longest_ms"] for one in every),
            "wall_seconds": round(wall, 1),
        },
    }


def fill(options: dict[str, Any]) -> dict[str, Any]:
    """Step: make a home, and rows of as many reports and clusters as are asked for."""
    from pehra.cli.door import migrate, open_home
    from pehra.kernel.settings import home_path

    home = home_path()
    home.keys.mkdir(parents=True)
    (home.root / "pehra.toml").touch()
    (home.keys / "finding.key").write_text(os.urandom(16).hex())
    migrate(open_home())
    stored: int = options["stored"]
    draw = np.random.default_rng(7)
    keys = draw.integers(-(2**63), 2**63 - 1, stored * _KEYS, dtype=np.int64)
    order = np.argsort(keys)
    owners = (np.arange(stored * _KEYS, dtype=np.int64) // _KEYS + 1)[order]
    rows = zip(keys[order].tolist(), owners.tolist(), strict=True)
    with closing(sqlite3.connect(home.database)) as database:
        for table, made in (
            ("cases_cluster", _clusters(stored, draw)),
            ("cases_report", _reports(stored)),
            ("cases_clusterkey", rows),
        ):
            while chunk := [row for _, row in zip(range(_CHUNK), made, strict=False)]:
                with database:
                    database.executemany(_statement(table), chunk)
    return {"stored": stored, "database_mib": _mib(home.database)}


def _mib(database: Path) -> int:
    """Of the database with its log, which is not taken over at once."""
    return round(sum(path.stat().st_size for path in database.parent.glob("*.sqlite3*")) / 2**20)


_COLUMNS = {
    "cases_cluster": (
        "id", "kind", "state", "title", "grade", "suggestion", "score", "reasons", "reports",
        "origins", "top", "gathered", "fresh", "first_at", "last_at", "signature", "decided_by",
        "why",
    ),
    "cases_report": (
        "id", "number", "cluster_id", "kind", "door", "at", "language", "url", "subject", "text",
        "origin", "robot",
    ),
    "cases_clusterkey": ("key", "cluster_id"),
}  # fmt: skip


def _statement(table: str) -> str:
    columns = _COLUMNS[table]
    names, places = ", ".join(f'"{name}"' for name in columns), ", ".join("?" * len(columns))
    return f"INSERT INTO {table} ({names}) VALUES ({places})"  # noqa: S608 names of our own


def _clusters(stored: int, draw: np.random.Generator) -> Iterator[tuple[object, ...]]:
    for number in range(1, stored + 1):
        yield (
            number, "message", "open", f"Report {number}", 2, "", 0.0, "[]", 1, 1, 1, False, 0,
            _NOW, _NOW, draw.bytes(160), "", "",
        )  # fmt: skip


def _reports(stored: int) -> Iterator[tuple[object, ...]]:
    text = " ".join(_WORDS[:30])
    for number in range(1, stored + 1):
        yield (
            number, f"#{number}", number, "message", "form", _NOW, "en", "", "", text, number,
            False,
        )  # fmt: skip


def measure(options: dict[str, Any]) -> dict[str, Any]:
    """Step: file reports: four in ten copies of campaigns, three links, three of their own."""
    from pehra.cli.door import open_home

    home = open_home()
    from pehra.cases.reported.actions.filing import PUBLIC, file_report
    from pehra.kernel.time import clock

    wishes = list(_wishes(options["filed"], options["seed"]))
    took = []
    watch = Stopwatch()
    for wish in wishes:
        began = time.perf_counter()
        file_report(home, wish, actor=PUBLIC, now=clock())
        took.append((time.perf_counter() - began) * 1_000)
    used = watch.read()
    took.sort()
    return {
        "filed": len(took),
        "an_hour": round(len(took) / used.wall_seconds * 3_600),
        "p50_ms": round(took[len(took) // 2], 1),
        "p95_ms": round(took[len(took) * 95 // 100], 1),
        "longest_ms": round(took[-1], 1),
        "cpu_ms_each": round(used.cpu_seconds / len(took) * 1_000, 2),
        "peak_rss_mib": used.peak_rss_mib,
    }


def _wishes(filed: int, seed: int) -> Iterator[Any]:
    from pehra.cases.reported.rules import Contact, Door, Kind, Wish

    chosen = random.Random(seed)  # noqa: S311 texts of a trial
    campaigns = [" ".join(chosen.choices(_WORDS, k=30)) for _ in range(_CAMPAIGNS)]
    for number in range(filed):
        share = number % 10
        if share < 4:  # noqa: PLR2004 four in ten
            words = chosen.choice(campaigns)
            text = f"{words} {chosen.randrange(10**6)} https://{chosen.randrange(500)}.example/p"
        elif share < 7:  # noqa: PLR2004 three in ten
            text = f"https://s{chosen.randrange(10**7)}.example/{number}"
        else:
            text = " ".join(chosen.choices(_WORDS, k=40))
        yield Wish(
            kind=Kind.LINK if 4 <= share < 7 else Kind.MESSAGE,  # noqa: PLR2004 as above
            door=Door.FORM,
            text=text,
            contact=Contact(mail="a@b.example") if number % 3 == 0 else Contact(),
            origin=f"{seed} {chosen.randrange(10**6)}",
        )
