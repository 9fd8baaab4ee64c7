"""Files are fetched from where sources publish them, or taken from watched folders.

What names a file's version is kept only once the file is taken in: a crash in between fetches the
same bytes again, and they are the same batch.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import msgspec

from pehra.engines.http.fetch import SECRET, Fetched, Limits, Passing, fetch
from pehra.engines.lake.lock import only_one
from pehra.findings.arrivals import Arrival, By, ingest_each, ingest_plain, room
from pehra.findings.kept import delivery
from pehra.intake import actions as intake
from pehra.intake import inbox
from pehra.intake.discover import source as find_source
from pehra.intake.fetching import actions as health
from pehra.intake.fetching import keys, queries
from pehra.intake.fetching.rules import next_try
from pehra.kernel.errors import EnvironmentFault, PehraError, Refused, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pehra.findings.ingest import Desk, Result
    from pehra.intake.fetching.queries import Plan
    from pehra.kernel.settings import Home, Settings

_DONE_KEPT = timedelta(days=30)


class Round(msgspec.Struct, frozen=True):
    """What a round of fetching works with.

    Attributes:
        open_desk: opens what ingest needs; asked only where something came.
        coming: called with bytes fetched so far and in all, or 0.
        jitter: in [0, 1), drawn anew for every round; spreads what is due at one moment.
    """

    home: Home
    settings: Settings
    by: By
    open_desk: Callable[[], Desk]
    coming: Callable[[int, int], None]
    jitter: float = 0.0


class Outcome(msgspec.Struct):
    """What came of one source.

    Attributes:
        unmodified: addresses whose server said that the file is as it was.
        files: what was taken in.
        fault: what went wrong, in words; the other addresses were asked all the same.
        wait: seconds for which a server does not want to be asked.
    """

    source: str
    addresses: int = 0
    unmodified: int = 0
    files: list[Result] = []
    fault: str | None = None
    wait: float = 0.0


def fetch_source(slug: str, at: Round) -> Outcome:
    """Ask all addresses of a source, and take in what is new there.

    Raises:
        UsageError: no such source, or none of its addresses is known.
        Refused: this home is offline.
        EnvironmentFault: what came cannot be kept. A server that is away is no error here, but
            the outcome's fault, and the source's.
    """
    check_online(at.settings)
    told = queries.plan(slug)
    if not told.addresses:
        message = f"`{slug}` has no address to fetch."
        raise UsageError(message, mend=f"`pehra sources set {slug} --url ADDRESS`.")
    outcome = Outcome(source=slug, addresses=len(told.addresses))
    with only_one(at.home.locks / f"fetch-{slug}"), room(at.home) as folder:
        now, failures = at.by.now, queries.failures(slug)
        health.note_try(slug, now=now, next_at=now + told.every)
        try:
            for number, address in enumerate(told.addresses):
                _fetch_address(told, address, folder / str(number), at, outcome)
        except PehraError as error:
            outcome.fault = str(error)
            raise
        finally:
            _end(outcome, told, failures, at)
    return outcome


def _fetch_address(told: Plan, address: str, into: Path, at: Round, outcome: Outcome) -> None:
    slug = told.source
    try:
        got = _fetched(slug, address, into, at)
    except (EnvironmentFault, Refused) as error:
        outcome.fault = outcome.fault or str(error)
        if isinstance(error, Passing) and error.wait:
            outcome.wait = max(outcome.wait, error.wait)
        return
    if not got.changed:
        outcome.unmodified += 1
        outcome.files += list(_listed_again(slug, address, at))
        return
    came = Arrival(slug, into, _file_name(address, slug))
    files = [file for _, file in ingest_each(at.open_desk(), came, at.by)]
    outcome.files += files
    into.unlink()
    faults = [file.error for file in files if file.error]
    if faults:
        outcome.fault = outcome.fault or faults[0]
    else:
        health.remember(slug, address, got.validators, [file.batch for file in files])


def _listed_again(slug: str, address: str, at: Round) -> Iterator[Result]:
    """A list that is as it was yesterday says so today: once a day it is taken in again.

    So it covers the day, and is found out when it stays the same for weeks.
    """
    if not find_source(slug).snapshot:
        return
    by = at.by
    for name in queries.came_before(slug, address, by.now.date()):
        batch = intake.received(name)
        with delivery(at.home, batch) as given:
            came = Arrival(slug, given.path, batch.file_name, batch.options)
            told = ingest_plain(at.open_desk(), came, by)
        health.listed_again(slug, address, name, told.batch)
        yield told


def _fetched(slug: str, address: str, into: Path, at: Round) -> Fetched:
    caps = at.settings.fetch
    return fetch(
        address,
        into,
        known=queries.known(slug, address),
        limits=Limits(size=caps.largest_file, seconds=caps.seconds),
        secret=keys.read(keys.of_source(at.home, slug)) if SECRET in address else "",
        progress=at.coming,
        loopback=caps.loopback,
    )


def _file_name(address: str, slug: str) -> str:
    """What the publisher calls the file; a key in an address is no name."""
    last = PurePosixPath(unquote(urlsplit(address).path)).name
    return last if last and SECRET not in last else slug


def _end(outcome: Outcome, told: Plan, failures: int, at: Round) -> None:
    slug, now = told.source, at.by.now
    failures = failures + 1 if outcome.fault else 0
    next_at = next_try(told.every, failures, at.jitter, now, timedelta(seconds=outcome.wait))
    if outcome.fault:
        health.note_fault(slug, outcome.fault, failures=failures, now=now, next_at=next_at)
    else:
        health.note_answer(slug, now=now, next_at=next_at)


def read_folder(slug: str, at: Round) -> Outcome:
    """Take in the whole files of a source's watched folder, and put them aside.

    Raises:
        UsageError: no such source, or it has no folder.
        EnvironmentFault: the folder cannot be used, or what came cannot be kept.
    """
    told = queries.plan(slug)
    if not told.folder:
        message = f"`{slug}` has no watched folder."
        raise UsageError(message, mend=f"`pehra sources set {slug} --folder PATH`.")
    outcome, folder = Outcome(source=slug), Path(told.folder)
    with only_one(at.home.locks / f"folder-{slug}"):
        try:
            inbox.prune(folder, at.by.now - _DONE_KEPT)
            for path in inbox.ready(folder, at.settings.fetch.settle_seconds, at.by.now):
                _take_dropped(slug, path, at, outcome)
        except PehraError as error:
            failures, now = queries.failures(slug) + 1, at.by.now
            health.note_fault(slug, str(error), failures=failures, now=now, next_at=now)
            raise
    return outcome


def _take_dropped(slug: str, path: Path, at: Round, outcome: Outcome) -> None:
    before = inbox.version(path)
    came = Arrival(slug, path)
    files = [file for _, file in ingest_each(at.open_desk(), came, at.by)]
    outcome.files += files
    if inbox.version(path) != before:
        return  # somebody still writes it: the next round takes it whole
    faults = [file.error for file in files if file.error]
    outcome.fault = outcome.fault or (faults[0] if faults else None)
    place = inbox.FAILED if faults else inbox.DONE
    inbox.put_aside(path, place, note="\n".join(faults), now=at.by.now)


def folders_with_files(at: Round) -> list[str]:
    """Slugs of the sources in whose folder a whole file lies, or whose folder cannot be used."""
    found = []
    for told in queries.plans():
        try:
            if told.enabled and told.folder:
                settle = at.settings.fetch.settle_seconds
                if inbox.ready(Path(told.folder), settle, at.by.now):
                    found.append(told.source)
        except EnvironmentFault:
            found.append(told.source)
    return found


def check_online(settings: Settings) -> None:
    """Raise `Refused` where this home asks nobody for anything."""
    if settings.fetch.offline:
        message = "This home is offline: nothing is fetched, no mail is read."
        raise Refused(message, mend="Set `offline = false` under `[fetch]` in pehra.toml.")


def summary(outcome: Outcome) -> dict[str, Any]:
    """What came of a source, as counts."""
    counts = {
        name: sum(getattr(file, name) for file in outcome.files)
        for name in ("rows", "accepted", "rejected", "duplicates", "unchanged", "attributed")
    }
    return {
        "source": outcome.source,
        "addresses": outcome.addresses,
        "unmodified": outcome.unmodified,
        "files": len(outcome.files),
        **counts,
        "findings": {
            word: sum(file.findings[word] for file in outcome.files)
            for word in ("opened", "updated", "relapsed")
        },
        **({"error": outcome.fault} if outcome.fault else {}),
    }
