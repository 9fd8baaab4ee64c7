"""What `.ci/test-all` relies on: a skip fails, and the second run has the database's tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    import pytest

TESTS = Path(__file__).resolve().parents[1]

SAMPLE = """
import pytest

@pytest.mark.skip(reason="no server")
def test_skipped() -> None: ...

@pytest.mark.xfail(strict=True)
def test_known_gap() -> None:
    assert False

@pytest.mark.django_db
def test_rows() -> None: ...

@pytest.mark.database
def test_rows_elsewhere() -> None: ...

@pytest.mark.either
@pytest.mark.django_db
def test_rows_anywhere() -> None: ...

def test_pure() -> None: ...
"""

SHORT_AND_LONG = """
from pathlib import Path
import pytest

def test_short(request: pytest.FixtureRequest) -> None:
    with (request.path.parent / "order").open("a") as order:
        order.write(request.node.name)

@pytest.mark.long
def test_long(request: pytest.FixtureRequest) -> None:
    test_short(request)
"""


IN_A_WORKER = """
import os
from pathlib import Path
import pytest

@pytest.mark.parametrize("number", range(4))
def test_home(number: int) -> None:
    home, worker = Path(os.environ["PEHRA_HOME"]), os.environ["PYTEST_XDIST_WORKER"]
    assert (home.name, home.parent.name[:16], home.is_dir()) == (worker, "pehra-test-home-", True)
    (home.parent.parent / "workers").open("a").write(worker + "\\n")
"""


def outcome(place: Path, *options: str) -> str:
    """Last line of pytest's report over the sample, where no skip may pass."""
    shutil.copy(TESTS / "conftest.py", place)
    (place / "pytest.ini").write_text(
        "[pytest]\nmarkers =\n  django_db\n  database\n  either\n  long\n"
    )
    (place / "test_sample.py").write_text(SAMPLE)
    # Django and the rest are left out: what is tried here is our own conftest.
    # Nor is it a worker of the run that this is in.
    around = {name: value for name, value in os.environ.items() if "XDIST" not in name}
    around.pop("DJANGO_SETTINGS_MODULE")
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options],
        cwd=place,
        env=around | {"PEHRA_NO_SKIP": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    return run.stdout.splitlines()[-1].partition(" in ")[0]


def test_a_skip_fails_of_a_test_and_of_a_module(tmp_path: Path) -> None:
    (tmp_path / "test_absent.py").write_text("import pytest\npytest.importorskip('no_such_module')")
    assert outcome(tmp_path, "--continue-on-collection-errors") == ("4 passed, 1 xfailed, 2 errors")


def test_each_worker_has_a_home_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    (tmp_path / "test_workers.py").write_text(IN_A_WORKER)
    told = outcome(
        tmp_path,
        "-p",
        "xdist",
        "-p",
        "pytest_django",
        "-n",
        "2",
        "--dist",
        "each",
        "test_workers.py",
    )
    assert told == "8 passed"
    assert sorted(set((tmp_path / "workers").read_text().split())) == ["gw0", "gw1"]
    assert list(tmp_path.glob("pehra-test-home-*")) == []


def test_the_settings_are_of_the_home_of_this_run_or_worker() -> None:
    assert str(settings.HOME.root) == os.environ["PEHRA_HOME"]


def test_only_what_uses_the_database(tmp_path: Path) -> None:
    assert outcome(tmp_path, "--only-database") == "2 passed, 4 deselected"


def test_long_tests_begin_first(tmp_path: Path) -> None:
    (tmp_path / "test_order.py").write_text(SHORT_AND_LONG)
    assert outcome(tmp_path, "test_order.py") == "2 passed"
    assert (tmp_path / "order").read_text() == "test_longtest_short"
