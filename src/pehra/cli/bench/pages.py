"""How long every page and every operation of the API takes over a full store, for each reader.

The store is that of the bench of a round: a round over everything that is open has gone out. Three
readers look: staff of the national team, an analyst of a sector's team that leads on every fifth
organisation, and a contact of the organisation with the most findings.
"""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import msgspec

from pehra.cli.bench import crawl, rounds
from pehra.cli.bench.measure import percentiles
from pehra.cli.bench.stage import pehra
from pehra.kernel.actors import SYSTEM, Actor
from pehra.kernel.time import clock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pehra.cli.bench.crawl import Body, Found
    from pehra.cli.bench.stage import Stage

GOAL_MS = 300.0
_READERS = {
    "staff": "ncert-shift-supervisor",
    "analyst": "ntcert-analyst",
    "contact": "bench-contact",
}
_FIFTH = 5
_OFFICE = """
name: Bench
country: PK
offices:
  - {{slug: bench-contact, name: Security officer, role: ENT, organisation: {slug}}}
"""
_QUESTIONS = (
    "/",
    "/find/?q=as64512",
    "/find/?q=Holder",
    "/find/?q=open-telnet",
    "/find/?q=1.0.0.0/16",
    "/find/?q=nothing+at+all",
    "/findings/?severity=critical&severity=high",
    "/findings/?state=any&severity=low",
    "/findings/?identifier=open-telnet",
    "/findings/?identifier=nothing",
    "/findings/?holder=none",
    "/findings/?due=past",
    "/findings/?due=day",
    "/findings/?assigned=me",
    "/findings/?state=disputed",
    "/findings/?state=any&after=500000",
    "/registry/?name=holder",
    "/workspace/",
)
"""What people type or choose in forms; links lead to the rest."""


def furnish(options: dict[str, Any]) -> dict[str, Any]:
    """Step: let the newest round go, let teams lead and jobs count, and open the accounts.

    Args:
        options: `contact`: slug of the organisation whose contact looks; `letters`: how many of
            the round leave, before it is cut short.
    """
    from pehra.cli.door import open_home

    home = open_home()
    from pehra.findings.actions import counting, leads
    from pehra.kernel.settings import load
    from pehra.mandate.actions import NewAccount, load_structure, open_account
    from pehra.notices import jobs, queries
    from pehra.notices.actions import rounds as acts

    now, actor = clock(), Actor("one", "bench")
    leads.follow_leads(now=now, actor=SYSTEM, progress=_quiet)
    for one in queries.rounds(size=1):
        if one.state == "held":
            acts.decide(one.id, go=True, actor=actor, now=now)
        with contextlib.suppress(_Enough):
            jobs.release_round({"round": one.id}, now=now, progress=_until(options["letters"]))
    counting.count_day(now, ZoneInfo(load(home).nation.time_zone))
    counting.renew_statistics()
    for job in (jobs.measure, jobs.count_periods):
        job({}, now=now, progress=_quiet)
    load_structure(_OFFICE.format(slug=options["contact"]), actor=SYSTEM, now=now)
    for who, office in _READERS.items():
        open_account(NewAccount(email=_email(who), office=office), actor=SYSTEM, now=now)
    return {}


def _email(who: str) -> str:
    return f"{who}@bench.example"


def _quiet(done: int, total: int) -> None:
    del done, total


class _Enough(Exception):
    """So many letters have left."""


def _until(letters: int) -> Callable[[int, int], None]:
    def stop(done: int, total: int) -> None:
        del total
        if done >= letters:
            raise _Enough

    return stop


def measure(options: dict[str, Any]) -> dict[str, Any]:
    """Step: find every page of a reader, and ask each `times` times.

    Args:
        options: `who`; `times`; `only`: a text that a page's kind must hold.
    """
    from pehra.cli.door import open_home

    open_home()
    from django.conf import settings  # noqa: TID251 the site of a throwaway home
    from django.contrib.auth import get_user_model  # noqa: TID251 accounts of the step before
    from django.test import Client  # noqa: TID251 the site is asked as a browser would ask it

    settings.SECOND_FACTOR = "offered"  # nobody here has a telephone
    client = Client(headers={"host": "localhost"})
    client.force_login(get_user_model().objects.get(email=_email(options["who"])))
    return {"pages": timed_pages(client.get, [*_QUESTIONS, *_bare()], options)}


def timed_pages(
    get: Callable[[str], Any], seeds: list[str], options: dict[str, Any]
) -> dict[str, dict[str, Any]]:
    """What each page of a reader cost, by its kind.

    Args:
        get: asks the site as the reader.
        seeds: where to begin.
        options: as of `measure`.
    """
    asked = _Asked(get)
    found = crawl.crawl(seeds, asked, _route)
    _, described = asked("/api/v1/openapi.json")
    found += crawl.operations(msgspec.json.decode(described), asked)
    wanted = [one for one in found if options["only"] in one.kind]
    return {one.kind: _timed(asked, one, int(options["times"])) for one in wanted}


def _bare() -> list[str]:
    """Every address of the site that has no parameter."""
    from django.urls import URLPattern, get_resolver  # noqa: TID251 the site's own map

    def walk(patterns: Any, before: str) -> Any:  # noqa: ANN401 Django's own lists
        for one in patterns:
            text = before + str(one.pattern)
            if not isinstance(one, URLPattern):
                yield from walk(one.url_patterns, text)
            elif not any(sign in text for sign in "<^"):
                yield f"/{text}"

    outside = ("/accounts/", "/me/")
    return [one for one in walk(get_resolver().url_patterns, "") if not one.startswith(outside)]


def _route(path: str) -> str | None:
    from django.urls import Resolver404, resolve  # noqa: TID251 the site's own map

    try:
        return f"/{resolve(path).route}"
    except Resolver404:
        return None


class _Asked:
    """Asks the site, as far as the first piece of an answer that is streamed."""

    def __init__(self, get: Callable[[str], Any]) -> None:
        self._get = get

    def __call__(self, address: str) -> Body:
        answer = self._get(address)
        if answer.streaming:
            first = next(iter(answer.streaming_content), b"")
            answer.close()
            return answer.status_code, first.decode(errors="replace")
        return answer.status_code, answer.content.decode(errors="replace")


def _timed(ask: Callable[[str], Body], page: Found, times: int) -> dict[str, Any]:
    from django.db import connection  # noqa: TID251 its questions are counted
    from django.test.utils import CaptureQueriesContext  # noqa: TID251 as above

    with CaptureQueriesContext(connection) as caught:
        _, text = ask(page.address)
    queries = len(caught)  # the next request empties the log
    seconds, busy = [], []
    for _ in range(times):
        began, worked = time.perf_counter(), time.process_time()
        ask(page.address)
        busy.append(time.process_time() - worked)
        seconds.append(time.perf_counter() - began)
    told = percentiles(seconds)
    return {
        "p50_ms": told["p50_ms"],
        "most_ms": told["most_ms"],
        "cpu_ms": percentiles(busy)["p50_ms"],
        "kb": round(len(text.encode()) / 1000, 1),
        "queries": queries,
        "address": page.address,
    }


def run(
    stage: Stage, folder: Path, shape: dict[str, Any], note: Callable[[str], None]
) -> dict[str, Any]:
    """Fill the stage, then let each reader look.

    Args:
        stage: with the findings.
        folder: for files on their way in.
        shape: `times` each page is asked; `only`: a text that its kind must hold; `letters` of
            the round that leave.
        note: progress.
    """
    asns = sorted({int(asn) for asn in stage.over.prefixes.asn})
    register = folder / "sectors.csv"
    lines = [f"as{asn},telecom" for asn in asns[::_FIFTH]]
    register.write_text("\n".join(["organisation,sector", *lines]) + "\n")
    pehra(stage, "registry", "import", str(register))
    rounds.run(stage, folder, 1, note)
    note("The round goes out; teams, counts and accounts")
    stage.run("pages:furnish", {"contact": f"as{asns[0]}", "letters": shape["letters"]})
    return look(stage, shape, note)


def look(stage: Stage, shape: dict[str, Any], note: Callable[[str], None]) -> dict[str, Any]:
    """Let each reader look at a stage that is filled."""
    told: dict[str, dict[str, Any]] = {}
    for who in _READERS:
        note(f"Pages of {who}")
        told[who] = stage.run("pages:measure", {**shape, "who": who})["pages"]
    slow = [
        {"who": who, "page": kind, **one}
        for who, pages in told.items()
        for kind, one in pages.items()
        if one["p50_ms"] >= GOAL_MS and not crawl.is_file(one["address"])
    ]
    return {
        "findings": stage.wanted.known,
        "goal_ms": GOAL_MS,
        "measured": {who: len(pages) for who, pages in told.items()},
        "over_the_goal": sorted(slow, key=lambda one: -one["p50_ms"]),
        "pages": told,
    }


def slowest(found: dict[str, Any], most: int = 20) -> dict[str, Any]:
    """What a person reads: for each reader how long the slowest pages take, in milliseconds."""
    told = {
        who: {
            kind: one["p50_ms"]
            for kind, one in sorted(pages.items(), key=lambda pair: -pair[1]["p50_ms"])[:most]
        }
        for who, pages in found["pages"].items()
    }
    over = len(found["over_the_goal"])
    return {**found, "over_the_goal": over, "pages": told}
