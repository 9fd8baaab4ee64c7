"""The command line as it is called: words in; exit code, both outputs and the last line out."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import psycopg
import pytest

from pehra.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass(frozen=True)
class Outcome:
    """What a call came to."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> dict[str, Any]:
        """The JSON object on the last line."""
        told = json.loads(self.out.splitlines()[-1])
        assert isinstance(told, dict)
        return told


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the home of the test is, or is not yet."""
    monkeypatch.setenv("PEHRA_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def pehra(
    place: Path,
    db: None,
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> Callable[..., Outcome]:
    """Call the command in this process: an error that no door turned into words fails the test."""
    del place, db

    def call(*words: str | Path) -> Outcome:
        capfdbinary.readouterr()
        monkeypatch.setattr(sys, "argv", ["pehra", *map(str, words)])
        code = 0
        try:
            main.main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        sys.stdout.flush()
        told = capfdbinary.readouterr()
        return Outcome(code, told.out.decode(), told.err.decode())

    return call


@pytest.fixture
def sample() -> Path:
    """The shipped sample's folder of reports."""
    return Path(str(files("pehra.intake") / "sample"))


@pytest.fixture
def open_for_work(pehra: Callable[..., Outcome], sample: Path) -> Callable[..., Outcome]:
    """A home with the sample's register and two of its reports: 23 rows, 3 of them unreadable."""
    register = files("pehra.registry") / "data" / "sample.yaml"
    for words in (
        ("init",),
        ("registry", "import", str(register)),
        ("ingest", "shadowserver", *sorted(sample.glob("2026-11-20-scan_[rs][dm]*.csv"))),
    ):
        told = pehra(*words)
        assert told.code <= 1, told.err
    return pehra


class Calls:
    """Calls `pehra` in processes of their own, in one home or another."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment
        self.home = Path(environment["PEHRA_HOME"])

    def __call__(
        self, *words: str | Path, code: int = 0, within: dict[str, str] | None = None
    ) -> dict[str, Any]:
        """What the call said as JSON; its exit code must be `code`, `within` another home."""
        run = subprocess.run(
            [sys.executable, "-m", "pehra.cli.main", *map(str, words), "--json"],
            env=self.environment | (within or {}),
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == code, run.stderr + run.stdout
        told: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
        return told


@pytest.fixture
def calls(house: dict[str, str]) -> Calls:
    """`pehra` in processes of its own, with a home whose tables are made: mark it `database`."""
    return Calls(house)


@pytest.fixture
def elsewhere() -> Iterator[dict[str, str]]:
    """Environment of a second home: nothing on SQLite, an empty database on PostgreSQL."""
    server, name = os.environ.get("PEHRA_TEST_DATABASE_URL"), f"second_{secrets.token_hex(6)}"
    if not server:
        yield {}
        return
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
        yield {"PEHRA_DATABASE_URL": urlsplit(server)._replace(path=f"/{name}").geturl()}
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
