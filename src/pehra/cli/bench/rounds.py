"""A round of notices over a full store: from open findings to messages for thousands of holders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from pehra.cli.bench.measure import Stopwatch
from pehra.cli.bench.stage import pehra
from pehra.kernel.actors import Actor
from pehra.kernel.time import clock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pehra.cli.bench.stage import Stage

_SOURCE = "shadowserver"
_MORNING = 9
"""An hour of the nation's day at which digests go out."""


def measure(options: dict[str, Any]) -> dict[str, Any]:
    """Step: plan a routine round over all that is open, then write some of its messages.

    Args:
        options: `letters`: how many messages are written.
    """
    from pehra.cli.door import open_home

    home = open_home()
    from pehra.dispatch.actions import confirm_live, propose_live
    from pehra.kernel.settings import load
    from pehra.mandate.viewers import SYSTEM_VIEWER
    from pehra.notices import jobs, queries
    from pehra.notices.actions import compose, rounds

    first, second, now = Actor("one", "bench"), Actor("two", "bench"), clock()
    propose_live(actor=first, now=now)
    confirm_live(actor=second, now=now)
    for person in (first, second):
        for kind, name in (("source", _SOURCE), *rounds.unapproved()):
            rounds.approve(kind, [name], actor=person, now=now)
    zone = ZoneInfo(load(home).nation.time_zone)
    scene = jobs.scene(now.astimezone(zone).replace(hour=_MORNING))
    watch = Stopwatch()
    found = rounds.plan(scene, urgent=False, actor=first, progress=_quiet)
    planned = watch.read()
    if found is None:
        message = "nobody is to be told anything"
        raise LookupError(message)
    composer = compose.composer(home, load(home), now.date())
    some = queries.notices(viewer=SYSTEM_VIEWER, round_=found.id, size=options["letters"])
    watch = Stopwatch()
    for one in some:
        compose.composed(composer, one.id, now=now)
    written = watch.read()
    return {
        "findings": found.findings,
        "mailboxes": found.recipients,
        "plan_seconds": planned.wall_seconds,
        "plan_cpu_seconds": planned.cpu_seconds,
        "findings_per_second": round(found.findings / planned.wall_seconds),
        "letters": len(some),
        "letters_per_hour": round(len(some) / written.wall_seconds * 3600),
        "peak_rss_mib": planned.peak_rss_mib,
    }


def _quiet(done: int, total: int) -> None:
    del done, total


def run(stage: Stage, folder: Path, letters: int, note: Callable[[str], None]) -> dict[str, Any]:
    """Give every holder of the stage a mailbox, then plan."""
    note("A mailbox for every holder")
    register = folder / "contacts.csv"
    asns = sorted({int(asn) for asn in stage.over.prefixes.asn})
    lines = [f"as{asn},technical,noc@as{asn}.example" for asn in asns]
    register.write_text("\n".join(["organisation,contact_purpose,contact_email", *lines]) + "\n")
    pehra(stage, "registry", "import", str(register))
    note("A round over all that is open")
    return stage.run("rounds:measure", {"letters": letters})
