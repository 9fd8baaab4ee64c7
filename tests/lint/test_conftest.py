"""What `.ci/test-all` relies on: a skip fails, and the second run has the database's tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

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

def test_pure() -> None: ...
"""


def outcome(place: Path, *options: str, no_skip: str) -> str:
    """Last line of pytest's report over the sample."""
    shutil.copy(TESTS / "conftest.py", place)
    shutil.copy(TESTS.parent / "pyproject.toml", place)
    (place / "test_sample.py").write_text(SAMPLE)
    environment = os.environ | {"PEHRA_NO_SKIP": no_skip, "PYTHONPATH": str(TESTS.parent / "src")}
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--rootdir", place, place, *options],
        cwd=place,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return run.stdout.splitlines()[-1].partition(" in ")[0]


def test_a_skip_fails_where_it_must(tmp_path: Path) -> None:
    assert outcome(tmp_path, "-k", "not rows", no_skip="0") == (
        "1 passed, 1 skipped, 2 deselected, 1 xfailed"
    )
    assert outcome(tmp_path, "-k", "not rows", no_skip="1") == (
        "1 passed, 2 deselected, 1 xfailed, 1 error"
    )


def test_only_what_uses_the_database(tmp_path: Path) -> None:
    selected = outcome(tmp_path, "--only-database", "--collect-only", no_skip="1")
    assert selected == "2/5 tests collected (3 deselected)"


def test_a_module_skipped_as_a_whole_fails(tmp_path: Path) -> None:
    (tmp_path / "test_absent.py").write_text("import pytest\npytest.importorskip('no_such_module')")
    assert outcome(tmp_path, no_skip="1") == "1 error"
