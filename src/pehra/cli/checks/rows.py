"""The home as rows: the database, the ledger, and work that stands still."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pehra.cli import door
from pehra.cli.checks.mail import mail_can_leave
from pehra.kernel import settings
from pehra.kernel.errors import Damaged, EnvironmentFault, PehraError
from pehra.kernel.time import clock

if TYPE_CHECKING:
    from collections.abc import Callable

    from pehra.kernel.settings import Home

_LARGE_LOG = 1024**3
_LOOKED_BACK = timedelta(days=7)
_WAITED = timedelta(minutes=10)
_UNDER_WAY = timedelta(hours=1)
_BACKUP_EVERY = timedelta(days=2)
_MOST_NAMED = 5
_SKEW = timedelta(seconds=5)


def settings_are_known(home: Home) -> str:
    """`pehra.toml` reads."""
    return settings.load(home).database.place


def database_is_ours(home: Home) -> str:
    """It answers, and its tables are those of this version."""
    door.open_home()
    vendor, waiting = door.database(home)
    if waiting:
        message = f"{waiting} migrations are waiting."
        raise EnvironmentFault(message, mend="Run `pehra upgrade`.")
    log = home.database.with_name(f"{home.database.name}-wal")
    if log.is_file() and log.stat().st_size > _LARGE_LOG:
        message = f"The database's log has {log.stat().st_size // 1024**2:,} MiB."
        mend = "Somebody has read for very long: restart what reads, it is emptied then."
        raise EnvironmentFault(message, mend=mend)
    return vendor


def database_is_whole(home: Home) -> str:
    """Every page of SQLite's file; a PostgreSQL server has tools of its own for that."""
    if settings.load(home).database.url != "sqlite" or not home.database.is_file():
        return "left to the server's own `pg_amcheck`"
    with closing(sqlite3.connect(f"{home.database.as_uri()}?mode=ro", uri=True)) as connection:
        try:
            faults = [str(row[0]) for row in connection.execute("PRAGMA quick_check(5)")]
        except sqlite3.DatabaseError as error:
            faults = [str(error)]
    if faults != ["ok"]:
        message = f"The database is damaged: {faults[0].splitlines()[-1]}."
        raise Damaged(message, mend="Stop the services and restore a backup.")
    return "whole"


def tenants_are_fenced(home: Home) -> str:
    """On PostgreSQL every tenants' table has its policy, and the policies bind our own role."""
    del home
    from pehra.mandate.queries import fence

    if not fence.has_fence():
        return "by the scope alone: SQLite has no row-level security"
    if fence.passes_it():
        message = "The database's role is a superuser or has BYPASSRLS: no policy binds it."
        mend = "Give Pehra an ordinary role that owns the database (docs/install.md)."
        raise EnvironmentFault(message, mend=mend)
    lacking = fence.lacking()
    if lacking:
        message = f"These tables lack their policy: {', '.join(lacking[:_MOST_NAMED])}."
        raise EnvironmentFault(message, mend="Run `pehra upgrade`.")
    return f"by the scope, and by {len(fence.wanted())} policies"


def ledger_head_holds(home: Home) -> str:
    """Head, last entry and newest checkpoint agree, and its signature holds."""
    from pehra.ledger import checkpoint, keys, queries

    head, note = queries.head(), queries.latest_checkpoint()
    mend = "Run `pehra ledger verify`, then restore a backup."
    if queries.root_at(head.size) != head.root:
        message = f"The head of the ledger at {head.size:,} is not that of its last entry."
        raise Damaged(message, mend=mend)
    if note is None:
        return f"{head.size:,} entries, no checkpoint yet"
    key = keys.verifier_key(home)
    signed = checkpoint.parse(note).tree if key is None else checkpoint.verify(note, key)
    if signed.size > head.size:
        message = f"The ledger has {head.size:,} entries, and a checkpoint signs {signed.size:,}."
        raise Damaged(message, mend=mend)
    if queries.root_at(signed.size) != signed.root:
        message = f"The checkpoint at {signed.size:,} is of another ledger."
        raise Damaged(message, mend=mend)
    return f"{head.size:,} entries, the latest checkpoint at {signed.size:,}"


def ledger_is_whole(home: Home) -> str:
    """Every entry, root and checkpoint."""
    from pehra.ledger import keys, queries

    verdict = queries.verify(keys.verifier_key(home))
    if not verdict.ok:
        message = verdict.what
        raise Damaged(message, mend="Run `pehra ledger verify`, then restore a backup.")
    return f"{verdict.size:,} entries and {verdict.checkpoints:,} checkpoints hold"


def clock_goes_forward(home: Home) -> str:
    """Nothing was written later than now."""
    del home
    from pehra.ledger import queries

    newest = queries.recent(limit=1)
    if not newest:
        return "nothing is dated yet"
    ahead = datetime.fromisoformat(newest[0].at) - clock()
    if ahead > _SKEW:
        message = f"The ledger's last act is dated {ahead.total_seconds():.0f} s from now."
        raise EnvironmentFault(message, mend="Set this machine's clock by a time server (NTP).")
    return f"the last act was at {newest[0].at}"


def register_is_compiled(home: Home) -> str:
    """Whether the next ingest has to compile the register; no fault either way."""
    from pehra.registry import queries
    from pehra.registry.holdings import Holdings

    now, path = queries.revision(), home.indexes / "holdings"
    if not path.exists():
        return f"revision {now} is not compiled; the next ingest does it"
    compiled = Holdings.load(path)
    if compiled.revision != now:
        return f"stale: of revision {compiled.revision}, not {now}; the next ingest compiles it"
    return f"fresh: revision {now}, {compiled.size:,} claims"


def batches_come_to_their_end(home: Home) -> str:
    """None began long ago, is not finished, and has nobody at it."""
    from pehra.engines.lake.lock import is_held
    from pehra.intake import queries
    from pehra.mandate.viewers import SYSTEM_VIEWER

    waiting = queries.unfinished(viewer=SYSTEM_VIEWER, before=clock() - _UNDER_WAY)
    left = [name for name in waiting if not is_held(home.batch_lock(name))]
    if left:
        message = f"{len(left)} batches are not taken in: {', '.join(left[:_MOST_NAMED])}."
        raise PehraError(message, mend=f"Run `pehra replay {left[0]}`, and so on.")
    return f"{len(waiting)} under way"


def jobs_are_done(home: Home) -> str:
    """None failed for good lately, and none waits for a worker that is not there."""
    del home
    from pehra.jobs import queries

    now = clock()
    longest = queries.due(now - _WAITED).count()
    if longest and not queries.leader(now):
        message = f"{longest} jobs wait for longer than {_WAITED.seconds // 60} minutes."
        raise EnvironmentFault(message, mend="Start `pehra run` or `pehra work`.")
    failed = queries.failed_since(now - _LOOKED_BACK)
    if failed:
        named = ", ".join(f"{count} {kind}" for kind, count in sorted(failed.items()))
        message = f"Jobs failed in the last {_LOOKED_BACK.days} days: {named}."
        raise PehraError(message, mend="`pehra jobs list --state failed` says why.")
    return f"{queries.due(now).count()} wait"


def sources_are_trusted(home: Home) -> str:
    """None has an alarm that nobody answered: silent, empty, halved, stuck, or a canary in it."""
    del home
    from pehra.intake import queries
    from pehra.mandate.viewers import SYSTEM_VIEWER

    wrong = [f"{source} {kind}" for source, kind in queries.open_alarms(viewer=SYSTEM_VIEWER)]
    if wrong:
        more = f" and {len(wrong) - _MOST_NAMED} more" if len(wrong) > _MOST_NAMED else ""
        message = f"{len(wrong)} alarms: {', '.join(wrong[:_MOST_NAMED])}{more}."
        raise PehraError(message, mend="`pehra sources` shows them all.")
    return "no alarms"


def backups_are_made(home: Home) -> str:
    """A home that is older than two days was backed up in the last two."""
    from pehra.ledger import queries

    made = [body.at for body in queries.show("home") if body.act == "home.backup"]
    newest = datetime.fromisoformat(made[0]) if made else None
    since = newest or datetime.fromtimestamp(_born(home), tz=clock().tzinfo)
    if clock() - since > _BACKUP_EVERY:
        found = f"the last was made {newest:%Y-%m-%d %H:%M} UTC" if newest else "none was made"
        raise EnvironmentFault(found, mend="Run `pehra backup`, best by a timer.")
    return f"the last was made {newest:%Y-%m-%d %H:%M} UTC" if newest else "none yet"


def holds_are_seen(home: Home) -> str:
    """Who keeps what beyond its time; no fault, and never out of sight."""
    del home
    from pehra.intake import queries
    from pehra.mandate.viewers import SYSTEM_VIEWER

    found = queries.holds(viewer=SYSTEM_VIEWER)
    if not found:
        return "no legal hold"
    return f"{len(found)} legal holds, the oldest since {str(found[0]['since'])[:10]}"


def _born(home: Home) -> float:
    """When the home was made: the key of its sessions is written once."""
    path = home.keys / "finding.key"
    return path.stat().st_mtime if path.exists() else clock().timestamp()


FIRST: dict[str, Callable[[Home], str]] = {
    "settings": settings_are_known,
    "database": database_is_ours,
}
LOOKS: dict[str, Callable[[Home], str]] = {
    "tenants": tenants_are_fenced,
    "ledger": ledger_head_holds,
    "clock": clock_goes_forward,
    "holdings": register_is_compiled,
    "batches": batches_come_to_their_end,
    "jobs": jobs_are_done,
    "sources": sources_are_trusted,
    "backups": backups_are_made,
    "holds": holds_are_seen,
    "mail": mail_can_leave,
}
THOROUGH: dict[str, Callable[[Home], str]] = {
    "all of the database": database_is_whole,
    "all of the ledger": ledger_is_whole,
}
