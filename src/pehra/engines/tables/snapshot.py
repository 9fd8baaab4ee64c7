"""A database as it stands at one moment, copied while others write: SQLite and PostgreSQL 15+.

SQLite: a read transaction in WAL mode keeps its moment; the online backup API copies pages through
that very connection, and so of that moment (sqlite.org/backup.html). PostgreSQL: a REPEATABLE READ
transaction exports its snapshot, and `pg_dump --snapshot` dumps just that (section 9.28.5).
Policies of row-level security bind both as they bind everybody: each says that it sees all.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, Protocol

import psycopg
from psycopg import conninfo

from pehra.kernel.errors import EnvironmentFault, Refused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_WAITS_SECONDS = 60
_ALL = "-c pehra.sees_all=yes"
"""The setting that policies on tenants' tables read: `mandate.fences`."""
_VARIABLES = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE",
}


class Snapshot(Protocol):
    """A database at one moment."""

    vendor: str
    file_name: str
    """Under which its copy is kept in a backup."""

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """Rows that a SELECT gives as of that moment."""

    def tables(self) -> list[str]:
        """Names of its tables."""

    def save(self, path: Path) -> None:
        """Copy all of it into a file."""


class _Sqlite:
    vendor = "sqlite"
    file_name = "pehra.sqlite3"

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        return self._connection.execute(statement).fetchall()

    def tables(self) -> list[str]:
        words = (
            "SELECT name FROM sqlite_master WHERE type = 'table'"
            " AND name NOT LIKE 'sqlite_%' AND sql NOT LIKE 'CREATE VIRTUAL%'"
        )
        return sorted(name for (name,) in self.rows(words))

    def save(self, path: Path) -> None:
        with closing(sqlite3.connect(path)) as copy:
            # The copy is worth nothing until it is whole, so it needs no journal.
            copy.execute("PRAGMA journal_mode=OFF")
            copy.execute("PRAGMA synchronous=OFF")
            self._connection.backup(copy)


class _Postgresql:
    vendor = "postgresql"
    file_name = "pehra.pgdump"

    def __init__(self, connection: psycopg.Connection, url: str) -> None:
        self._connection, self._url = connection, url
        self._name = str(self.rows("SELECT pg_export_snapshot()")[0][0])

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        return self._connection.execute(statement.encode()).fetchall()

    def tables(self) -> list[str]:
        words = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
        return sorted(name for (name,) in self.rows(words))

    def save(self, path: Path) -> None:
        words = ["--format=custom", "--compress=1", "--no-owner", "--no-privileges"]
        words.append("--enable-row-security")
        _run("pg_dump", [*words, f"--snapshot={self._name}", f"--file={path}"], self._url)


@contextmanager
def snapshot(url: str, file: Path) -> Iterator[Snapshot]:
    """Hold the database at the moment of the call.

    Args:
        url: `database.url` of the settings.
        file: the SQLite file, where that is `sqlite`.

    Raises:
        EnvironmentFault: it does not answer.
    """
    try:
        if url == "sqlite":
            with closing(_sqlite(file)) as connection:
                yield _Sqlite(connection)
        else:
            with psycopg.connect(url, options=_options(url)) as held:
                held.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
                yield _Postgresql(held, url)
    except (sqlite3.Error, psycopg.Error) as error:
        message = f"The database cannot be copied: {str(error).strip()}."
        raise EnvironmentFault(message, mend="Run `pehra doctor`; free space.") from None


def _options(url: str) -> str:
    return f"{conninfo.conninfo_to_dict(url).get('options') or ''} {_ALL}".strip()


def _sqlite(file: Path) -> sqlite3.Connection:
    if not file.is_file():
        message = f"There is no database at {file}."
        raise EnvironmentFault(message, mend="Run `pehra init`.")
    connection = sqlite3.connect(file, timeout=_WAITS_SECONDS, isolation_level=None)
    connection.execute("BEGIN")
    connection.execute("SELECT count(*) FROM sqlite_master")  # the moment is that of the first read
    return connection


def put_back(url: str, copy: Path, file: Path) -> None:
    """Make the database anew from a copy that `Snapshot.save` made; there must be none yet.

    Args:
        url: `database.url` of the settings.
        copy: the copy; a SQLite one is moved.
        file: where the SQLite file goes.

    Raises:
        Refused: the copy is of the other database, or the database has tables already.
        EnvironmentFault: it does not answer, or `pg_restore` is missing or fails.
    """
    vendor = "sqlite" if copy.name == _Sqlite.file_name else "postgresql"
    if vendor != ("sqlite" if url == "sqlite" else "postgresql"):
        message = f"The backup holds a {vendor} database, and `database.url` names another."
        raise Refused(message, mend="Set PEHRA_DATABASE_URL to a database of the same kind.")
    if vendor == "sqlite":
        if copy != file:
            copy.rename(file)
        return
    with snapshot(url, file) as before:
        if before.tables():
            message = "The database named by `database.url` has tables already."
            raise Refused(message, mend="Set PEHRA_DATABASE_URL to a new, empty database.")
    words = ["--exit-on-error", "--no-owner", "--no-privileges", "--single-transaction"]
    name = conninfo.conninfo_to_dict(url)["dbname"]
    _run("pg_restore", [*words, f"--dbname={name}", str(copy)], url)


def _run(program: str, words: list[str], url: str) -> None:
    """Run a program of PostgreSQL's; the password goes by the environment, which others lack."""
    found = shutil.which(program)
    if found is None:
        message = f"`{program}` is not installed."
        raise EnvironmentFault(message, mend="Install PostgreSQL's client programs.")
    told = conninfo.conninfo_to_dict(url)
    named = {name: str(told[key]) for key, name in _VARIABLES.items() if told.get(key)}
    named["PGOPTIONS"] = _options(url)
    run = subprocess.run(  # noqa: S603 our own words; the address is the operator's
        [found, *words], env={**os.environ, **named}, capture_output=True, text=True, check=False
    )
    if run.returncode:
        message = f"`{program}` failed: {run.stderr.strip()[-400:]}"
        raise EnvironmentFault(message, mend="Its version must not be older than the server's.")
