"""A home of its own for the whole test run, on SQLite or on the PostgreSQL that is named.

Two things are asked of a run by `.ci/test-all`: `PEHRA_NO_SKIP=1` turns a skip into a failure, and
`--only-database` picks the tests that need running again on the second database.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

HOME = Path(tempfile.mkdtemp(prefix="pehra-test-home-"))
os.environ["PEHRA_HOME"] = str(HOME)
if "PEHRA_TEST_DATABASE_URL" in os.environ:
    os.environ["PEHRA_DATABASE_URL"] = os.environ["PEHRA_TEST_DATABASE_URL"]
else:
    os.environ.pop("PEHRA_DATABASE_URL", None)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pehra.web.settings")

NO_SKIP = os.environ.get("PEHRA_NO_SKIP") == "1"
_DATABASE = {"db", "transactional_db", "live_server", "client", "admin_client"}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the choice of the database's tests."""
    text = "run only tests that use the database: `django_db`, or marked `database`"
    parser.addoption("--only-database", action="store_true", help=text)


def pytest_report_header() -> str:
    """Say which database this run is on."""
    return f"database: {'PostgreSQL' if 'PEHRA_DATABASE_URL' in os.environ else 'SQLite'}"


def _uses_database(item: pytest.Item) -> bool:
    marked = any(item.get_closest_marker(name) for name in ("django_db", "database"))
    return marked or not _DATABASE.isdisjoint(getattr(item, "fixturenames", ()))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what has no database, where that was asked for."""
    if not config.getoption("--only-database"):
        return
    config.hook.pytest_deselected(items=[item for item in items if not _uses_database(item)])
    items[:] = [item for item in items if _uses_database(item)]


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
    shutil.rmtree(HOME, ignore_errors=True)
