"""A home of its own for the whole test run, on SQLite or on the PostgreSQL that is named.

Two things are asked of a run by `.ci/test-all`: `PEHRA_NO_SKIP=1` turns a skip into a failure, and
`--only-database` picks the tests that need running again on the second database. Tests that are
marked `long` begin first, so that no worker waits for another's last one.
"""

from __future__ import annotations

import os
import secrets
import shutil
import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import django
import hypothesis
import psycopg
import pytest
from django.conf import settings
from django.db import connection

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from pytest_django import DjangoDbBlocker

# pytest-django reads the settings before any conftest where an ini file or the environment names
# them, and the home and the database of this run would come too late: so both are named here.
WORKER = "PYTEST_XDIST_WORKER" in os.environ
if settings.configured:
    message = (
        "the settings were read before the tests' own home was made: unset DJANGO_SETTINGS_MODULE"
    )
    raise pytest.UsageError(message)
if WORKER:  # inside the home of the process that started it, which takes both away
    HOME = Path(os.environ["PEHRA_HOME"]) / os.environ["PYTEST_XDIST_WORKER"]
    HOME.mkdir()
else:
    HOME = Path(tempfile.mkdtemp(prefix="pehra-test-home-"))
os.environ["PEHRA_HOME"] = str(HOME)
if "PEHRA_TEST_DATABASE_URL" in os.environ:
    os.environ["PEHRA_DATABASE_URL"] = os.environ["PEHRA_TEST_DATABASE_URL"]
else:
    os.environ.pop("PEHRA_DATABASE_URL", None)
os.environ["DJANGO_SETTINGS_MODULE"] = "pehra.web.settings"
# The tests start some hundred processes. One that may keep no bytecode compiles all of Django anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
django.setup()

# How long an example takes says how busy the machine is, not whether the law holds.
# Where a change is judged, the same change is judged the same way twice; elsewhere laws are tried
# on new examples every time.
hypothesis.settings.register_profile("house", deadline=None, derandomize="CI" in os.environ)
hypothesis.settings.load_profile("house")

NO_SKIP = os.environ.get("PEHRA_NO_SKIP") == "1"
_DATABASE = {"db", "transactional_db", "live_server", "client", "admin_client"}


def pytest_configure(config: pytest.Config) -> None:
    """Name the settings to no worker: each reads them once it has a home of its own."""
    if config.getoption("numprocesses", None):
        os.environ.pop("DJANGO_SETTINGS_MODULE")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the choice of the database's tests."""
    text = "run only tests that use the database: `django_db`, or marked `database`"
    parser.addoption("--only-database", action="store_true", help=text)


def pytest_report_header() -> str:
    """Say which database this run is on."""
    return f"database: {connection.vendor}"


def _needs_both(item: pytest.Item) -> bool:
    if item.get_closest_marker("either"):
        return False
    marked = any(item.get_closest_marker(name) for name in ("django_db", "database"))
    return marked or not _DATABASE.isdisjoint(getattr(item, "fixturenames", ()))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Long tests first; what has no database is left out, where that was asked for."""
    if config.getoption("--only-database"):
        config.hook.pytest_deselected(items=[item for item in items if not _needs_both(item)])
        items[:] = [item for item in items if _needs_both(item)]
    items[:] = _dealt(items, int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))


def _dealt(items: list[pytest.Item], workers: int) -> list[pytest.Item]:
    """A stretch for each worker, for so are they given out: its share of the long tests first.

    What is left at a stretch's end is short, and goes to whoever is done before the others.
    """
    long = [item for item in items if item.get_closest_marker("long")]
    short = [item for item in items if not item.get_closest_marker("long")]
    ends = [len(short) * number // workers for number in range(workers + 1)]
    return [
        item
        for number in range(workers)
        for item in (*long[number::workers], *short[ends[number] : ends[number + 1]])
    ]


def _refuse_skip(report: pytest.CollectReport | pytest.TestReport) -> None:
    if NO_SKIP and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, and a skip fails here: {report.longrepr}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a test that was skipped."""
    report = yield
    _refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Fail a module that was skipped as a whole."""
    report = yield
    _refuse_skip(report)
    return report


def pytest_unconfigure() -> None:
    """Leave nothing behind."""
    if not WORKER:
        shutil.rmtree(HOME, ignore_errors=True)


def _statement(server: str, words: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(words.encode())


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[dict[str, str]]:
    """The tests' own database, and a copy of it from before any test: it is migrated only once."""
    del django_db_setup
    home = tmp_path_factory.mktemp("migrated")
    environment = {**os.environ, "PEHRA_HOME": str(home)}
    server, name = os.environ.get("PEHRA_TEST_DATABASE_URL"), f"migrated_{secrets.token_hex(6)}"
    with django_db_blocker.unblock():
        if server:
            connection.close()  # nobody may be in a database that is copied
            _statement(
                server, f"CREATE DATABASE {name} TEMPLATE {connection.settings_dict['NAME']}"
            )
            environment["PEHRA_DATABASE_URL"] = urlsplit(server)._replace(path=f"/{name}").geturl()
        else:
            connection.ensure_connection()
            with closing(sqlite3.connect(home / settings.HOME.database.name)) as copy:
                connection.connection.backup(copy)
    yield environment
    if server:
        _statement(server, f"DROP DATABASE {name}")


@pytest.fixture(scope="session")
def migrated(django_db_setup: dict[str, str]) -> dict[str, str]:
    """Environment of a home whose tables are made; nothing may be written there: copy it."""
    return django_db_setup


@pytest.fixture
def house(migrated: dict[str, str], tmp_path: Path) -> Iterator[dict[str, str]]:
    """Environment for processes that a test starts: a home of its own, its tables made.

    It is on SQLite or on the PostgreSQL that is named: mark such tests `database`.
    """
    home = tmp_path / "home"
    shutil.copytree(migrated["PEHRA_HOME"], home)
    (home / "pehra.toml").touch()
    environment = {**migrated, "PEHRA_HOME": str(home)}
    server, name = os.environ.get("PEHRA_TEST_DATABASE_URL"), f"house_{secrets.token_hex(6)}"
    if server:
        template = urlsplit(migrated["PEHRA_DATABASE_URL"]).path.lstrip("/")
        _statement(server, f"CREATE DATABASE {name} TEMPLATE {template}")
        environment["PEHRA_DATABASE_URL"] = urlsplit(server)._replace(path=f"/{name}").geturl()
    yield environment
    if server:
        _statement(server, f"DROP DATABASE {name} WITH (FORCE)")
