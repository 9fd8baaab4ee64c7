"""Jobs of findings: the one ingest, and what time and the register do to findings."""

from __future__ import annotations

import random
from datetime import timedelta
from functools import cache
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import msgspec

from pehra.engines.http.knock import knock
from pehra.findings import arrivals, fetching, mail, replays
from pehra.findings import ingest as way
from pehra.findings.actions import bulk, closing, counting, holders, leads, rechecks
from pehra.findings.arrivals import Arrival, By
from pehra.findings.keys import secret_of
from pehra.findings.queries.rechecks import claimed_unchecked, service_of
from pehra.findings.rechecks import speaks
from pehra.intake import actions as intake
from pehra.intake.actions.batches import COUNT
from pehra.intake.actions.replays import REPLAY
from pehra.intake.discover import source as find_source
from pehra.intake.fetching import actions as health
from pehra.jobs.work import job
from pehra.kernel import settings as kernel_settings
from pehra.kernel.actors import SYSTEM, Actor
from pehra.kernel.errors import Refused, UsageError
from pehra.mandate.actions import ROUTING_CHANGED
from pehra.mandate.viewers import SYSTEM_VIEWER
from pehra.observations.store import open_lake
from pehra.registry.actions import current_holdings
from pehra.registry.networks import Networks

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from pehra.engines.http.knock import Knock
    from pehra.findings.rechecks import Service
    from pehra.kernel.settings import Home
    from pehra.mandate.viewers import Viewer


def address_table(home: Home) -> Networks | None:
    """The address table, where one has been built."""
    path = home.indexes / "networks"
    return Networks.load(path) if path.is_dir() else None


@cache
def _settings(home: Home) -> kernel_settings.Settings:
    return kernel_settings.load(home)


def desk(home: Home, now: datetime) -> way.Desk:
    """What ingest works with, opened for this home as it stands on the day of `now`."""
    networks, secret = address_table(home), secret_of(home)
    return way.open_desk(home, _settings(home), networks, secret, now.date())


def _silent(done: int, total: int) -> None:
    del done, total


def ingest(  # noqa: PLR0913 what a file comes with
    source: str,
    path: Path,
    *,
    home: Home,
    now: datetime,
    actor: Actor = SYSTEM,
    options: dict[str, str] | None = None,
    progress: Callable[[int, int], None] = _silent,
    opened: way.Desk | None = None,
) -> way.Result:
    """Take in one plain file of a source; `arrivals.ingest_each` also takes compressed ones.

    Args:
        source: slug.
        path: the file; it is copied, never moved.
        home: where to.
        now: the moment of receipt, aware.
        actor: who brings it.
        options: for the reader, such as a column map.
        progress: called with findings done and in all.
        opened: a desk to use again for many files.

    Raises:
        UsageError: no such source, or no such file.
        EnvironmentFault: no home, no space, no index.
    """
    told = find_source(source)
    if not path.is_file():
        message = f"There is no file {path}."
        raise UsageError(message, mend="Check the path.")
    at = opened or desk(home, now)
    came = Arrival(told.slug, path, options=options or {})
    return arrivals.ingest_plain(at, came, By(actor, now, progress))


def replay(
    name: str,
    *,
    home: Home,
    now: datetime,
    actor: Actor = SYSTEM,
    progress: Callable[[int, int], None] = _silent,
) -> way.Result:
    """Read a batch again from its kept file; rows that can be read by now are added.

    Raises:
        UsageError: no such batch.
    """
    return replays.replay(desk(home, now), name, actor=actor, now=now, progress=progress)


@job(REPLAY)
def replay_batch(
    payload: dict[str, Any], *, now: datetime, progress: Callable[[int, int], None]
) -> dict[str, Any]:
    """Read a batch again, named as `batch`, for the `actor` of an `office` who asked for it."""
    actor = Actor(payload["actor"], payload["office"])
    home = kernel_settings.home_path()
    answer: dict[str, Any] = msgspec.to_builtins(
        replay(payload["batch"], home=home, now=now, actor=actor, progress=progress)
    )
    return answer


@job("findings.ingest")
def ingest_batch(
    payload: dict[str, Any], *, now: datetime, progress: Callable[[int, int], None]
) -> dict[str, Any]:
    """Bring a received batch to its end; `payload` names it as `batch`."""
    home = kernel_settings.home_path()
    result = way.work(desk(home, now), payload["batch"], (SYSTEM, now, progress))
    arrivals.note(result, now)
    answer: dict[str, Any] = msgspec.to_builtins(result)
    return answer


@job("findings.close", every=timedelta(hours=1))
def close(
    payload: dict[str, Any], *, now: datetime, progress: Callable[[int, int], None]
) -> dict[str, Any]:
    """End what coverage shows to be gone."""
    del payload
    return {"gone": closing.close_covered(now=now, actor=SYSTEM, progress=progress)}


@job(bulk.CARRY_OUT)
def carry_out(
    payload: dict[str, Any], *, now: datetime, progress: Callable[[int, int], None]
) -> dict[str, Any]:
    """Do a bulk act, named as `bulk`."""
    return {**bulk.carry_out(payload["bulk"], now=now, progress=progress)}


@job(bulk.TAKE_BACK)
def take_back(
    payload: dict[str, Any], *, now: datetime, progress: Callable[[int, int], None]
) -> dict[str, Any]:
    """Undo a bulk act, named as `bulk`."""
    return {**bulk.take_back(payload["bulk"], now=now, progress=progress)}


def recheck(finding: int, *, home: Home, viewer: Viewer, actor: Actor, now: datetime) -> Knock:
    """Look once at a finding's port, where its holder consents; what is heard is kept.

    Raises:
        UsageError: there is no such finding for this viewer.
        Refused: it may not be looked at, this home is offline, or its host was within the hour.
    """
    told = _settings(home)
    fetching.check_online(told)
    service = service_of(finding, viewer=viewer)
    loopback = told.fetch.loopback
    holder = None if service is None else _holder_now(service, home, now, loopback=loopback)
    number, found = rechecks.begin(
        finding, holder, viewer=viewer, actor=actor, now=now, loopback=loopback
    )
    heard = knock(found.asset, found.port or 0, speaks=speaks(found.identifier), loopback=loopback)
    rechecks.record(number, heard, actor=actor, now=now)
    return heard


def _holder_now(service: Service, home: Home, now: datetime, *, loopback: bool) -> int | None:
    """Who holds a service's address today, and for itself: a pool's addresses move on."""
    if not service.at_address:
        return None
    if loopback and ip_address(service.asset).is_loopback:
        return service.organisation  # in tests: nobody's claim covers it
    held = current_holdings(home, now.date())
    return holders.holder_of(service.asset, held, address_table(home), now=now)


@job(rechecks.RECHECK)
def recheck_finding(
    payload: dict[str, Any], *, now: datetime, progress: Callable[[int, int], None]
) -> dict[str, Any]:
    """Look at a finding's port, named as `finding`, for the `actor` of an `office` who asked."""
    del progress
    finding, actor = payload["finding"], Actor(payload["actor"], payload["office"])
    home = kernel_settings.home_path()
    try:
        heard = recheck(finding, home=home, viewer=SYSTEM_VIEWER, actor=actor, now=now)
    except (Refused, UsageError) as error:
        return {"finding": finding, "refused": str(error)}
    return {"finding": finding, **msgspec.to_builtins(heard)}


@job("findings.recheck-claims", every=timedelta(minutes=10))
def recheck_claims(
    payload: dict[str, Any], *, now: datetime, progress: Callable[[int, int], None]
) -> dict[str, Any]:
    """Queue a look at what its holder says is fixed, where it consents.

    Each look is a job with a moment of its own: of many silent hosts the last is knocked at long
    after the first, and by then its holder may have taken the consent back.
    """
    del payload, progress
    if _settings(kernel_settings.home_path()).fetch.offline:
        return {"queued": 0, "offline": True}
    waiting = claimed_unchecked(now, viewer=SYSTEM_VIEWER)
    rechecks.queue(waiting, actor=SYSTEM, now=now)
    return {"queued": len(waiting)}


@job("findings.end-exceptions", every=timedelta(minutes=15))
def end_exceptions(
    payload: dict[str, Any], *, now: datetime, progress: Callable[[int, int], None]
) -> dict[str, Any]:
    """Open again what was excepted until now."""
    del payload, progress
    return {"opened": bulk.end_exceptions(now=now, actor=SYSTEM)}


@job("registry.changed")
def follow_register(
    payload: dict[str, Any], *, now: datetime, progress: Callable[[int, int], None]
) -> dict[str, Any]:
    """Find holders for findings that had none, and the lead teams of what has changed sector.

    What changed hands is handed over by its next sighting, which is attributed as of its own time.
    """
    del payload
    at = desk(kernel_settings.home_path(), now)
    found = holders.find_holders(at.holdings, at.networks, now=now, actor=SYSTEM, progress=progress)
    return {"found": found, "led": leads.follow_leads(now=now, actor=SYSTEM, progress=progress)}


@job(ROUTING_CHANGED, every=timedelta(hours=1))
def follow_routing(
    payload: dict[str, Any], *, now: datetime, progress: Callable[[int, int], None]
) -> dict[str, Any]:
    """Hand findings to the teams that lead now; by the hour too, for a new day may bring others."""
    del payload
    return {"led": leads.follow_leads(now=now, actor=SYSTEM, progress=progress)}


@job(COUNT, every=timedelta(minutes=10))
def count(
    payload: dict[str, Any], *, now: datetime, progress: Callable[[int, int], None]
) -> dict[str, Any]:
    """Count findings by holder and team, for the pages; also after every report."""
    del payload, progress
    zone = ZoneInfo(_settings(kernel_settings.home_path()).nation.time_zone)
    rows = counting.count_day(now, zone)
    counting.renew_statistics()
    return {"rows": rows}


@job("observations.gather", every=timedelta(minutes=10))
def gather(
    payload: dict[str, Any], *, now: datetime, progress: Callable[[int, int], None]
) -> dict[str, Any]:
    """Move recent files of the lake into its table, and join small ones."""
    del payload, progress
    lake = open_lake(kernel_settings.home_path().lake)
    return {"gathered": lake.gather(), "joined": lake.compact(now.date())}


def fetch_round(
    home: Home,
    by: By,
    *,
    coming: Callable[[int, int], None] = _silent,
    opened: way.Desk | None = None,
) -> fetching.Round:
    """What a round of fetching works with; the desk is opened when something came."""

    @cache
    def open_desk() -> way.Desk:
        return opened or desk(home, by.now)

    jitter = random.random()  # noqa: S311 spreads tries
    return fetching.Round(home, _settings(home), by, open_desk, coming, jitter)


@job("findings.collect", every=timedelta(minutes=1))
def collect(
    payload: dict[str, Any], *, now: datetime, progress: Callable[[int, int], None]
) -> dict[str, Any]:
    """Queue what is due: sources to fetch, mailboxes to read, folders in which files lie."""
    del payload
    home = kernel_settings.home_path()
    arrivals.clear(home, now - timedelta(days=1))
    folders = fetching.folders_with_files(fetch_round(home, By(SYSTEM, now, progress)))
    for slug in folders:
        health.queue_folder(slug, now=now)
    if _settings(home).fetch.offline:
        return {"queued": len(folders), "offline": True}
    return {"queued": health.queue_due(now) + len(folders)}


@job("findings.listen", every=timedelta(hours=1))
def listen(
    payload: dict[str, Any], *, now: datetime, progress: Callable[[int, int], None]
) -> dict[str, Any]:
    """Raise alarms for sources that have fallen silent."""
    del payload, progress
    return {"silent": intake.listen(actor=SYSTEM, now=now)}


@job(health.FETCH)
def fetch_source(
    payload: dict[str, Any], *, now: datetime, progress: Callable[[int, int], None]
) -> dict[str, Any]:
    """Fetch a source, named as `source`; a server that is away is the source's fault, no error."""
    at = fetch_round(kernel_settings.home_path(), By(SYSTEM, now, progress), coming=progress)
    return fetching.summary(fetching.fetch_source(payload["source"], at))


@job(health.READ_FOLDER)
def read_folder(
    payload: dict[str, Any], *, now: datetime, progress: Callable[[int, int], None]
) -> dict[str, Any]:
    """Take in what lies in the folder of the source named as `source`."""
    at = fetch_round(kernel_settings.home_path(), By(SYSTEM, now, progress))
    return fetching.summary(fetching.read_folder(payload["source"], at))


@job(health.READ_MAIL)
def read_mail(
    payload: dict[str, Any], *, now: datetime, progress: Callable[[int, int], None]
) -> dict[str, Any]:
    """Take in the reports that came by mail, from the mailbox named as `mailbox`."""
    at = fetch_round(kernel_settings.home_path(), By(SYSTEM, now, progress), coming=progress)
    return mail.summary(mail.read_mailbox(payload["mailbox"], at))
