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
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import psycopg
import pytest

from pehra.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


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


_PROCESS = """
import contextlib, io, json, sys
from pehra.cli import main
answers = sys.stdout
for line in sys.stdin:
    sys.argv, code, out, err = ["pehra", *json.loads(line)], 0, io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main.main()
        except SystemExit as end:
            code = end.code or 0
    print(json.dumps([code, out.getvalue(), err.getvalue()]), file=answers, flush=True)
"""
"""A process that does what is asked of it, call by call: starting one costs more than the calls."""


NOWHERE: Mapping[str, str] = MappingProxyType({})
"""Nothing else in the environment: the test's own home."""


class Calls:
    """Calls `pehra` in processes of their own, one for each home."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment
        self.home = Path(environment["PEHRA_HOME"])
        self._children: dict[tuple[tuple[str, str], ...], subprocess.Popen[str]] = {}

    def __call__(
        self, *words: str | Path, code: int = 0, at: Mapping[str, str] = NOWHERE
    ) -> dict[str, Any]:
        """What the call said as JSON; its exit code must be `code`."""
        told = self.all(*words, code=code, at=at).splitlines()[-1]
        found: dict[str, Any] = json.loads(told)
        return found

    def all(self, *words: str | Path, code: int = 0, at: Mapping[str, str] = NOWHERE) -> str:
        """The whole of standard output of a call with `--json`."""
        told = self.tried(*words, at=at)
        assert told.code == code, told.err + told.out
        return told.out

    def tried(self, *words: str | Path, at: Mapping[str, str] = NOWHERE) -> Outcome:
        """What a call with `--json` came to, whatever that is."""
        child = self._child(at)
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(json.dumps([*map(str, words), "--json"]) + "\n")
        child.stdin.flush()
        answer = child.stdout.readline()
        assert answer, f"the process ended at {words}: {child.wait()}"
        code, out, err = json.loads(answer)
        return Outcome(code, out, err)

    def _child(self, variables: Mapping[str, str]) -> subprocess.Popen[str]:
        key = tuple(sorted(variables.items()))
        if key not in self._children:
            self._children[key] = subprocess.Popen(
                [sys.executable, "-c", _PROCESS],
                env={**self.environment, **variables},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        return self._children[key]

    def end(self) -> None:
        """End all processes."""
        for child in self._children.values():
            child.communicate()
        self._children.clear()


@pytest.fixture
def calls(house: dict[str, str]) -> Iterator[Calls]:
    """`pehra` in processes of its own, with a home whose tables are made: mark it `database`."""
    made = Calls(house)
    yield made
    made.end()


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
