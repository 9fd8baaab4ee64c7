"""A home as one file, and back: what `pehra backup`, `restore` and `upgrade` do.

All parts are of one moment. The lake's writers wait while the database's moment is fixed and the
lake's files are linked, a matter of milliseconds; then both are copied while work goes on. A part
is in the lake before the database marks it, and a file in `blobs/` before its batch, so what is
under way at that moment is found again as after a crash, and the same ingest ends it. Nothing is
pruned while a backup is made.
"""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from pehra import __version__
from pehra.cli import deposit
from pehra.engines.archive import tar
from pehra.engines.durable import flush
from pehra.engines.lake.lock import only_one
from pehra.engines.sealed import envelope
from pehra.engines.tables import snapshot as tables
from pehra.kernel import settings
from pehra.kernel.errors import Damaged, EnvironmentFault, Refused
from pehra.kernel.settings import Home
from pehra.kernel.time import iso
from pehra.ledger.merkle import Frontier
from pehra.observations.store import open_lake

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

FORMAT = 1
BACKUPS = "backups"
"""Folder of a home where backups go that are not told where to go."""
_STAGE = ".backup-"
_PLANS_SETTLE = 50
_ELSEWHERE = (
    "keys", "keys.sealed", "lake", "lake.lock", "locks", "incoming", BACKUPS, ".*", "pehra.sqlite3*"
)  # fmt: skip
"""Parts of a home that are taken in another way, or not at all."""
_REBUILT = ("indexes/holdings*", "indexes/finding-keys*", "indexes/cache*", "indexes/locale*")
_UNFINISHED = ("*.unfinished", "incoming-*", ".*")


class Facts(msgspec.Struct, frozen=True):
    """What must be the same in a home that was restored.

    Attributes:
        database: `sqlite` or `postgresql`.
        migrations: applied ones, as `app.name`, in order.
        rows: of each table.
        observations: rows of the lake.
        ledger_size: entries.
        ledger_root: RFC 9162 root over them, hexadecimal.
    """

    database: str
    migrations: list[str]
    rows: dict[str, int]
    observations: int
    ledger_size: int
    ledger_root: str


class About(msgspec.Struct, frozen=True):
    """What a backup says of itself.

    Attributes:
        format: of the backup; a larger one than ours is of a newer Pehra.
        version: of the Pehra that made it.
        made_at: RFC 3339, UTC: the moment whose state it holds.
        keys: how they are sealed, `escrow` or `passphrase`; or `absent`.
        facts: see there.
    """

    format: int
    version: str
    made_at: str
    keys: str
    facts: Facts


class Backup(msgspec.Struct, frozen=True):
    """A backup that was made or checked."""

    file: str
    size: int
    files: int
    manifest_sha256: str
    about: About


def facts_of(held: tables.Snapshot, lake: Path) -> Facts:
    """What is counted in a database at one moment, and in a lake."""
    names = held.tables()
    size, frontier = 0, b""
    if "ledger_head" in names:
        size, frontier = (*held.rows("SELECT size, frontier FROM ledger_head"), (0, b""))[0]
    import polars as pl

    done = "SELECT app, name FROM django_migrations ORDER BY id"
    return Facts(
        database=held.vendor,
        migrations=[".".join(row) for row in held.rows(done)] if names else [],
        rows={name: held.rows(f'SELECT count(*) FROM "{name}"')[0][0] for name in names},  # noqa: S608 names of tables that are there
        observations=int(open_lake(lake).scan().select(pl.len()).collect().item()),
        ledger_size=size,
        ledger_root=Frontier.unpack(size, bytes(frontier)).root.hex(),
    )


@contextmanager
def quiet(home: Home) -> Iterator[None]:
    """One at a time: backup, pruning and upgrade keep out of each other's way."""
    with only_one(home.locks / "upkeep"):
        yield


def back_up(
    home: Home,
    target: Path,
    keys: Callable[[Home], tuple[str, list[tar.Entry]]],
    *,
    now: datetime,
    progress: Callable[[int, int], None],
) -> Backup:
    """Write the home as it stands at this moment into the file `target`.

    Args:
        home: which; others may work in it meanwhile.
        target: the file; replaced when the new one is whole.
        keys: how the keys go in: the word for `About.keys`, and their entries.
        now: for `About.made_at`.
        progress: called with bytes written and in all.

    Raises:
        EnvironmentFault: no space, or the database does not answer.
    """
    url = settings.load(home).database.url
    try:
        with quiet(home):
            for stale in home.root.glob(f"{_STAGE}*"):
                shutil.rmtree(stale)
            with tempfile.TemporaryDirectory(dir=home.root, prefix=_STAGE) as folder:
                stage = Path(folder)
                word, secrets = keys(home)
                facts = _stage(home, url, stage)
                about = About(FORMAT, __version__, iso(now), word, facts)
                entries = [*_staged(stage), *_others(home), *secrets]
                told = msgspec.to_builtins(about)
                manifest, digest = tar.write(target, entries, told, progress)
    except OSError as error:
        message = f"Cannot make a backup of {home.root}: {error.strerror or error}."
        raise EnvironmentFault(message, mend="Free space, or check owner and mode.") from None
    return Backup(str(target), target.stat().st_size, len(manifest.files), digest, about)


def _stage(home: Home, url: str, stage: Path) -> Facts:
    """Fix one moment of database and lake, and copy the database of that moment."""
    lake = open_lake(home.lake)
    for _ in range(_PLANS_SETTLE):
        before = _plans(home, stage)
        with lake.writers_wait():
            lake.pin(stage / "lake")
            held = tables.snapshot(url, home.database)
            moment = held.__enter__()
        try:
            # A fold's plan that came or went meanwhile might be of the database's moment or not.
            if _plans(home, stage) == before:
                moment.save(stage / moment.file_name)
                return facts_of(moment, stage / "lake")
        finally:
            held.__exit__(None, None, None)
        shutil.rmtree(stage / "lake")
        shutil.rmtree(stage / "indexes", ignore_errors=True)
    message = "Findings are being folded in too fast for a backup."
    raise EnvironmentFault(message, mend="Try again when less is taken in.")


def _plans(home: Home, stage: Path) -> set[str]:
    """Link the plans of folds under way, which a fold is continued by; their names."""
    folder = stage / "indexes" / "plans"
    folder.mkdir(parents=True, exist_ok=True)
    for plan in (home.indexes / "plans").glob("*.arrow"):
        try:
            (folder / plan.name).hardlink_to(plan)
        except (FileExistsError, FileNotFoundError):
            continue
    return {plan.name for plan in (home.indexes / "plans").glob("*.arrow")}


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())


def _staged(stage: Path) -> Iterator[tar.Entry]:
    for path in _files(stage):
        yield tar.Entry(str(path.relative_to(stage)), path)


def _others(home: Home) -> Iterator[tar.Entry]:
    for path in _files(home.root):
        name = path.relative_to(home.root)
        apart = any(fnmatch(name.parts[0], one) for one in _ELSEWHERE)
        made_again = any(fnmatch(str(name), one) for one in (*_REBUILT, "indexes/plans/*"))
        unfinished = any(fnmatch(name.name, one) for one in _UNFINISHED)
        if not (apart or made_again or unfinished):
            yield tar.Entry(str(name), path)


def sealed_keys(home: Home, phrase: str | None) -> tuple[str, list[tar.Entry]]:
    """The keys, sealed: by a passphrase, else for the escrow; absent where there is neither.

    Keys never go into a backup as they are: it is copied to places where nobody looks after it.
    """
    escrow = deposit.renew(home)  # goes in with the home's other files
    if phrase is not None:
        sealed = envelope.seal_by(phrase, deposit.bundle(home))
        return "passphrase", [tar.Entry(deposit.SEALED, sealed)]
    return ("absent" if escrow is None else "escrow"), []


def about_of(manifest: tar.Manifest) -> About:
    """What a manifest says of its backup.

    Raises:
        Damaged: it says nothing of the kind.
        Refused: it was made by a newer Pehra.
    """
    if manifest.about.get("format", 0) > FORMAT:
        message = f"The backup was made by Pehra {manifest.about.get('version')}, which is newer."
        raise Refused(message, mend="Restore it with that version.")
    try:
        return msgspec.convert(manifest.about, About)
    except msgspec.ValidationError as error:
        message = f"The manifest is of no home: {error}."
        raise Damaged(message, mend="Take another copy of the backup.") from None


def verify(file: Path, progress: Callable[[int, int], None]) -> Backup:
    """Read a whole backup and check every file against its manifest.

    Raises: as `tar.check` and `about_of`.
    """
    manifest = tar.check(file, progress)
    return _checked(file, manifest)


def _checked(file: Path, manifest: tar.Manifest) -> Backup:
    import hashlib

    digest = hashlib.sha256(msgspec.json.encode(manifest)).hexdigest()
    return Backup(str(file), file.stat().st_size, len(manifest.files), digest, about_of(manifest))


def bring_back(
    file: Path,
    home: Home,
    keys: Callable[[Path, About], Any],
    progress: Callable[[int, int], None],
) -> Backup:
    """Make a home from a backup; there is a home at the end, or nothing at all.

    Args:
        file: the backup.
        home: where to; nothing may be there.
        keys: called with the unpacked folder, puts what is missing into its `keys/`.
        progress: called with bytes read and in all.

    Raises:
        Refused: something is there already, or the backup is of a newer Pehra.
        Damaged: the backup is, or what came out of it is not what went in.
        EnvironmentFault: no space, or the database does not answer.
    """
    if home.root.exists() and any(home.root.iterdir()):
        message = f"There is something at {home.root} already."
        raise Refused(message, mend="Name a new folder with `--to`.")
    stage = Home(home.root.with_name(f".{home.root.name}.unfinished"))
    try:
        stage.root.mkdir(mode=0o700, parents=True)
    except OSError as error:
        message = f"Cannot make {stage.root}: {error.strerror}."
        raise EnvironmentFault(message, mend="Remove what an earlier try left there.") from None
    try:
        found = _checked(file, tar.extract(file, stage.root, progress))
        keys(stage.root, found.about)
        _open(stage, found.about.facts)
        if home.root.exists():
            home.root.rmdir()
        stage.root.rename(home.root)
        flush(home.root.parent)
    except BaseException:
        shutil.rmtree(stage.root, ignore_errors=True)
        raise
    return found


def _open(stage: Home, told: Facts) -> None:
    """Put the database back and compare what is there with what was told."""
    for folder in (stage.blobs, stage.indexes, stage.locks, stage.keys, stage.lake):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    url = settings.load(stage).database.url
    copy = stage.database if told.database == "sqlite" else stage.root / "pehra.pgdump"
    tables.put_back(url, copy, stage.database)
    with tables.snapshot(url, stage.database) as held:
        found = facts_of(held, stage.lake)
    if found != told:
        names = (name for name in told.__struct_fields__)
        wrong = [name for name in names if getattr(found, name) != getattr(told, name)]
        message = f"The restored home differs from its backup: {', '.join(wrong)}."
        raise Damaged(message, mend="Take another copy of the backup.")
    if copy != stage.database:
        copy.unlink()
