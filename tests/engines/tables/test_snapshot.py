"""Snapshots of a database: of one moment, whole, and put back only where nothing is."""

from __future__ import annotations

import os
import secrets
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import psycopg
import pytest

from pehra.engines.tables.snapshot import put_back, snapshot
from pehra.kernel.errors import EnvironmentFault, Refused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SERVER = os.environ.get("PEHRA_TEST_DATABASE_URL", "")


def rows(file: Path, words: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(file)) as connection, connection:
        return connection.execute(words).fetchall()


def test_sqlite_is_copied_as_of_one_moment(tmp_path: Path) -> None:
    file, copy = tmp_path / "a.sqlite3", tmp_path / "pehra.sqlite3"
    rows(file, "PRAGMA journal_mode=WAL")
    rows(file, "CREATE TABLE word (text TEXT)")
    rows(file, "INSERT INTO word VALUES ('before')")
    with snapshot("sqlite", file) as held:
        rows(file, "INSERT INTO word VALUES ('after')")
        assert held.tables() == ["word"]
        assert held.rows("SELECT text FROM word") == [("before",)]
        held.save(copy)
    assert rows(copy, "SELECT text FROM word") == [("before",)]
    put_back("sqlite", copy, tmp_path / "new.sqlite3")
    assert rows(tmp_path / "new.sqlite3", "SELECT text FROM word") == [("before",)]
    assert not copy.exists()


def test_what_is_no_database_is_said(tmp_path: Path) -> None:
    with (
        pytest.raises(EnvironmentFault, match="There is no database"),
        snapshot("sqlite", tmp_path / "none"),
    ):
        pass
    (tmp_path / "torn").write_bytes(b"torn" * 2_000)
    with (
        pytest.raises(EnvironmentFault, match="cannot be copied"),
        snapshot("sqlite", tmp_path / "torn"),
    ):
        pass


def test_a_copy_of_the_other_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="holds a sqlite database"):
        put_back("postgresql://nobody@/none", tmp_path / "pehra.sqlite3", tmp_path / "a")
    with pytest.raises(Refused, match="holds a postgresql database"):
        put_back("sqlite", tmp_path / "pehra.pgdump", tmp_path / "a")


@pytest.fixture
def two() -> Iterator[list[str]]:
    """Addresses of two empty databases; none on SQLite."""
    names = [f"snapshot_{secrets.token_hex(6)}" for _ in range(2 if SERVER else 0)]
    for name in names:
        with psycopg.connect(SERVER, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
    yield [urlsplit(SERVER)._replace(path=f"/{name}").geturl() for name in names]
    for name in names:
        with psycopg.connect(SERVER, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.mark.service
@pytest.mark.database
def test_postgresql_is_copied_as_of_one_moment(tmp_path: Path, two: list[str]) -> None:
    if not two:
        assert not SERVER
        return  # the same law on SQLite is above
    old, new = two
    copy, nothing = tmp_path / "pehra.pgdump", tmp_path / "none"
    with psycopg.connect(old, autocommit=True) as other:
        other.execute("CREATE TABLE word (text TEXT)")
        other.execute("INSERT INTO word VALUES ('before')")
        with snapshot(old, nothing) as held:
            other.execute("INSERT INTO word VALUES ('after')")
            held.save(copy)
    put_back(new, copy, nothing)
    with snapshot(new, nothing) as held:
        assert held.rows("SELECT text FROM word") == [("before",)]
    with pytest.raises(Refused, match="has tables already"):
        put_back(new, copy, nothing)
