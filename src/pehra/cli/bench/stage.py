"""The home that a bench works in: made by the commands that a user has, never by short cuts.

An address table, an organisation with a claim for each network in it, and a store of findings
that earlier reports opened.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import date  # noqa: TC003 msgspec reads the annotation
from typing import TYPE_CHECKING, Any

import msgspec
import polars as pl

from pehra.cli.bench import apart, prefixes, reports

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pehra.cli.bench.reports import Universe

_FILL = 1_000_000
"""Rows of each report that fills the store."""


class Wanted(msgspec.Struct, frozen=True):
    """What a stage holds.

    Attributes:
        prefixes: path of an IPv4 address table, or how many prefixes to make up.
        known: findings in the store before the bench.
        day: of the reports that opened them.
        database: URL of an empty PostgreSQL database; empty: SQLite in the home.
    """

    prefixes: str
    known: int
    day: date
    database: str = ""


class Stage(msgspec.Struct, frozen=True):
    """A home that is ready.

    Attributes:
        home: its folder.
        wanted: what is in it.
        over: the pairs that reports are about; the first `known` are findings.
    """

    home: Path
    wanted: Wanted
    over: Universe

    def run(self, step: str, options: dict[str, Any]) -> dict[str, Any]:
        """Run a step of a bench in this home, in a process of its own."""
        return apart.run(step, options, environment(self.home, self.wanted.database))

    def start(self, step: str, options: dict[str, Any]) -> subprocess.Popen[bytes]:
        """Start a step beside others."""
        return apart.start(step, options, environment(self.home, self.wanted.database))


def environment(home: Path, database: str) -> dict[str, str]:
    """Variables by which a process works in `home`."""
    given = {"PEHRA_HOME": str(home)}
    return {**given, "PEHRA_DATABASE_URL": database} if database else given


def build(folder: Path, wanted: Wanted, note: Callable[[str], None]) -> Stage:
    """Make the home in `folder` and fill it; a stage that is there already is used as it is."""
    stage = _opened(folder, wanted)
    made = folder / "stage.json"
    if made.is_file() and msgspec.json.decode(made.read_bytes(), type=Wanted) == wanted:
        pehra(stage, "init")  # tables that this version has added since
        return stage
    note("A home, an address table and a register")
    shutil.rmtree(stage.home, ignore_errors=True)
    _found(stage, folder)
    for start in range(0, wanted.known, _FILL):
        stop = min(start + _FILL, wanted.known)
        note(f"Findings {start:,} to {stop:,} of {wanted.known:,}")
        recipe = reports.Recipe("scan_telnet", wanted.day, stop - start, fresh=start)
        path = folder / f"{stop}" / recipe.file_name
        path.parent.mkdir()
        reports.write(path, recipe, stage.over)
        pehra(stage, "ingest", "shadowserver", str(path))
        shutil.rmtree(path.parent)
    made.write_bytes(msgspec.json.encode(wanted))
    return stage


def ready(kept: Path | None, folder: Path, wanted: Wanted, note: Callable[[str], None]) -> Stage:
    """A stage in `folder`; a copy of the one in `kept`, so that a bench can be repeated.

    With PostgreSQL the rows are not in the home, and nothing is kept.
    """
    if kept is None or wanted.database:
        return build(folder, wanted, note)
    kept.mkdir(parents=True, exist_ok=True)
    stage = build(kept, wanted, note)
    shutil.copytree(stage.home, folder / "home")
    os.sync()  # else writing the copy down would be measured as well
    return msgspec.structs.replace(stage, home=folder / "home")


def _opened(folder: Path, wanted: Wanted) -> Stage:
    ranges, _ = prefixes.chosen(wanted.prefixes, folder)
    return Stage(folder / "home", wanted, reports.universe(ranges))


def _found(stage: Stage, folder: Path) -> None:
    ranges, table = prefixes.chosen(stage.wanted.prefixes, folder)
    register = folder / "register.csv"
    asns = pl.Series("asn", ranges.asn).unique().sort().to_frame()
    asns.select(
        organisation=pl.format("as{}", "asn"),
        name=pl.format("Holder of AS{}", "asn"),
        country=pl.lit("PK"),
        kind=pl.lit("asn"),
        asset=pl.col("asn"),
        source=pl.lit("registry"),
    ).write_csv(register)
    pehra(stage, "init")
    pehra(stage, "networks", "update", "--from", str(table))
    pehra(stage, "registry", "import", str(register))


def pehra(stage: Stage, *arguments: str) -> dict[str, Any]:
    """Run a command of ours in the stage's home; returns its JSON.

    Raises:
        EnvironmentFault: it failed.
    """
    done = subprocess.run(  # noqa: S603 our own interpreter and module
        [sys.executable, "-m", "pehra.cli.main", *arguments, "--json"],
        check=False,
        stdout=subprocess.PIPE,
        env={**os.environ, **environment(stage.home, stage.wanted.database)},
    )
    return apart.answer(f"pehra {arguments[0]}", done.returncode, done.stdout)
