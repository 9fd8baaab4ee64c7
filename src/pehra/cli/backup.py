"""`pehra backup`, `restore`: all of a home in one file, and a home from such a file."""

from __future__ import annotations

import os
import sys
import time
from functools import partial
from pathlib import Path  # noqa: TC003 typer reads the annotation when it runs
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from pehra.cli import deposit, door
from pehra.cli.keys import Phrase, Shares  # noqa: TC001 typer reads the annotation when it runs
from pehra.kernel.errors import UsageError
from pehra.kernel.time import clock

if TYPE_CHECKING:
    from pehra.cli.archive import About, Backup
    from pehra.kernel.settings import Home
    from pehra.ledger.body import JSON

Json = Annotated[bool, typer.Option("--json", help="One JSON object on the last line.")]

_SAID_EVERY = 0.1

backup_app, restore_app = typer.Typer(), typer.Typer()
apps = {"backup": backup_app, "restore": restore_app}


class Bar:
    """Shows how far a long act is, on a terminal only."""

    def __init__(self, what: str) -> None:
        self._what, self._shows, self._said = what, sys.stderr.isatty(), 0.0

    def __call__(self, done: int, total: int) -> None:
        """Say it, ten times a second at most."""
        now = time.monotonic()
        if self._shows and (now - self._said > _SAID_EVERY or done >= total):
            self._said = now
            end = "\n" if done >= total else ""
            sys.stderr.write(f"\r{self._what}: {done >> 20:,} of {total >> 20:,} MiB{end}")
            sys.stderr.flush()


@backup_app.command()
def backup(
    to: Annotated[
        Path | None, typer.Argument(help="File, or folder for a file named by the time.")
    ] = None,
    *,
    verify: Annotated[
        Path | None, typer.Option("--verify", help="Check this backup instead of making one.")
    ] = None,
    passphrase_file: Phrase = None,
    as_json: Json = False,
) -> None:
    """Write database, lake, blobs and ledger of one moment into one file, while work goes on.

    The home's keys go in sealed: by the passphrase, else for the escrow (`pehra keys escrow`). With
    neither they are left out.
    """
    from pehra.cli import archive

    began = time.monotonic()
    if verify is not None:
        done = archive.verify(verify, Bar("checked"))
        _say(done, began, as_json=as_json, words="holds")
        return
    home = door.open_home()
    done = write(home, to, deposit.phrase_of(passphrase_file))
    enter(done)
    _say(done, began, as_json=as_json, words="is made")
    if done.about.keys == "absent":
        door.note(
            f"It holds no keys, without which it cannot be worked with: keep a copy of {home.keys}"
            " apart, or make an escrow (`pehra keys escrow`), or give `--passphrase-file`."
        )


def write(home: Home, to: Path | None, phrase: str | None = None) -> Backup:
    """Make a backup.

    Args:
        home: which.
        to: file, or folder for a file named by the time; None: the home's own folder for them.
        phrase: seals the keys; None: they are sealed for the escrow, or left out.
    """
    from pehra.cli import archive

    now = clock()
    if to is None:
        to = home.root / archive.BACKUPS
        to.mkdir(mode=0o700, exist_ok=True)
    target = to / f"pehra-{now:%Y%m%dT%H%M%SZ}.tar" if to.is_dir() else to
    if target.is_dir() or not target.parent.is_dir():
        message = f"There is no folder {target.parent}."
        raise UsageError(message, mend="Make it, or name another place.")
    keys = partial(archive.sealed_keys, phrase=phrase)
    return archive.back_up(home, target, keys, now=now, progress=Bar("written"))


def enter(done: Backup) -> None:
    """Write into the ledger that a backup was made."""
    from pehra.ledger import actions as ledger

    facts: dict[str, JSON] = {
        "manifest": done.manifest_sha256,
        "bytes": done.size,
        "ledger": done.about.facts.ledger_size,
        "keys": done.about.keys,
    }
    ledger.record("home.backup", actor=door.operator(), subject="home", facts=facts, now=clock())


def _told(done: Backup, seconds: float) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(done)
    about = told.pop("about")
    facts = about.pop("facts")
    rows, size, root = facts.pop("rows"), facts.pop("ledger_size"), facts.pop("ledger_root")
    facts["migrations"] = len(facts["migrations"])
    counts = {"rows": sum(rows.values()), "findings": rows.get("findings_finding", 0)}
    ledger = {"size": size, "root": root}
    return {**told, **about, **facts, **counts, "ledger": ledger, "seconds": round(seconds, 3)}


def _say(done: Backup, began: float, *, as_json: bool, words: str) -> None:
    told = _told(done, time.monotonic() - began)
    line = (
        f"{done.file} {words}: {done.files:,} files, {done.size >> 20:,} MiB,"
        f" {told['observations']:,} observations, {told['findings']:,} findings,"
        f" ledger of {told['ledger']['size']:,} entries"
    )
    door.say(as_json, told, [line, f"root {told['ledger']['root']}"])


@restore_app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="The backup.")],
    *,
    to: Annotated[Path, typer.Option("--to", help="Home to make: a folder that is not there.")],
    share: Shares = None,
    passphrase_file: Phrase = None,
    keys: Annotated[
        Path | None, typer.Option("--keys", help="Folder with the keys of the home.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Make a home from a backup: checked file by file, then count by count.

    The ledger's head is that of the backup. Indexes are built anew. The keys come by the holders'
    shares, by the passphrase, or from a folder; without them the home can be read, and not worked
    in until `pehra keys recover`.
    """
    from pehra.cli import archive
    from pehra.kernel.settings import Home

    began = time.monotonic()
    home = Home(to.absolute())
    lines, phrase = deposit.lines_of(share or []), deposit.phrase_of(passphrase_file)

    def fill(root: Path, about: About) -> None:
        if keys is not None:
            deposit.put_back(deposit.bundle_of(keys), root / "keys")
        elif lines or phrase is not None:
            place = root / ("escrow" if about.keys == "escrow" else ".") / deposit.SEALED
            deposit.put_back(deposit.opened(place, lines, phrase), root / "keys")

    done = archive.bring_back(file, home, fill, Bar("restored"))
    os.environ["PEHRA_HOME"] = str(home.root)
    _say(done, began, as_json=as_json, words="is restored")
    if not (home.keys / "finding.key").exists():
        door.note(
            f"The keys are missing: copy them into {home.keys}, or `pehra keys recover`, before"
            " anything is taken in."
        )
