"""How long the page of a large case takes: thousands of linked findings, years of timeline.

The site is asked as a browser would ask it, by staff of the national team, in a home of its own.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pehra.cli.bench import apart
from pehra.cli.bench.measure import percentiles
from pehra.kernel.actors import Actor
from pehra.kernel.time import clock

if TYPE_CHECKING:
    from collections.abc import Callable

GOAL_MS = 300.0
_BENCH = Actor("one", "bench")
_EMAIL = "staff@bench.example"


def fill(options: dict[str, Any]) -> int:
    """A case with so many links and lines, among others; gives its number."""
    from pehra.cases.actions import claims, links, tasks
    from pehra.cases.actions.opened import Opening, open_case
    from pehra.cases.actions.timeline import Line, record

    now = clock()
    for number in range(options["others"]):
        open_case(Opening(title=f"Case {number}"), actor=_BENCH, at=now)
    case = open_case(Opening(title="Ransomware at many"), actor=_BENCH, at=now)
    links.link_all(case, "finding", range(1, options["findings"] + 1), actor=_BENCH, at=now)
    text = "The provider answered that the server was taken off its network. " * 3
    for number in range(options["lines"]):
        line = Line(text=text, happened_at=now - timedelta(minutes=number))
        record(case, line, actor=_BENCH, at=now)
    for number in range(20):
        tasks.give(case, tasks.Wish(title=f"Ask for log {number}"), actor=_BENCH, at=now)
        said = claims.Said(text=f"Nothing was taken {number}.", said_by="Head of IT")
        claims.claim(case, said, actor=_BENCH, at=now)
    return case


def measure(options: dict[str, Any]) -> dict[str, Any]:
    """Step: fill, then ask each page so many times."""
    from pehra.cli.door import open_home

    open_home()
    from django.conf import settings  # noqa: TID251 the site of a throwaway home
    from django.contrib.auth import get_user_model  # noqa: TID251 the account made here
    from django.db import transaction  # noqa: TID251 filled at once, to be quick
    from django.test import Client  # noqa: TID251 the site is asked as a browser would ask it

    from pehra.mandate.actions import NewAccount, open_account

    settings.SECOND_FACTOR = "offered"  # nobody here has a telephone
    new = NewAccount(email=_EMAIL, office="ncert-shift-supervisor")
    open_account(new, actor=_BENCH, now=clock())
    with transaction.atomic():
        case = fill(options)
    client = Client(headers={"host": "localhost"})
    client.force_login(get_user_model().objects.get(email=_EMAIL))
    first = client.get(f"/cases/{case}/").content.decode()
    edge = re.findall(r"after=(\d+)", first)[0]
    pages = {
        "list": "/cases/",
        "case": f"/cases/{case}/",
        "case_second_page": f"/cases/{case}/?after={edge}",
        "case_links_of_findings": f"/cases/{case}/?links=finding",
    }
    return {
        "findings": options["findings"],
        "lines": options["lines"],
        "goal_ms": GOAL_MS,
        **{name: _timed(client.get, address, options["times"]) for name, address in pages.items()},
    }


def _timed(get: Callable[[str], Any], address: str, times: int) -> dict[str, float]:
    answer = get(address)  # the first fills caches
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        answer = get(address)
        taken.append(time.perf_counter() - began)
    return {**percentiles(taken), "kib": round(len(answer.content) / 1024, 1)}


def run(options: dict[str, Any]) -> dict[str, Any]:
    """A home of its own, and the pages in it."""
    with tempfile.TemporaryDirectory(prefix="pehra-bench-") as folder:
        given = {"PEHRA_HOME": str(Path(folder) / "home"), "PEHRA_DATABASE_URL": ""}
        subprocess.run(
            [sys.executable, "-m", "pehra.cli.main", "init"],
            env={**os.environ, **given},
            check=True,
            stdout=subprocess.DEVNULL,
        )
        return apart.run("cases:measure", options, given)
