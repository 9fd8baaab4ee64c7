"""A day of everything by the real command: every line adds up, and how long it takes is printed.

`docs/benchmarks.md` has the figure; `-s` shows the table.
"""

from __future__ import annotations

import json
import time
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import pytest
from tests.intake.shared_files import READ, files, newest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# Each act commits, as at work: PostgreSQL slows down in one transaction of ten thousand acts.
pytestmark = [pytest.mark.service, pytest.mark.long, pytest.mark.django_db(transaction=True)]
PARTS = ("accepted", "rejected", "duplicates", "unchanged")
FEEDS = 30
"""At least so many are a day."""


def test_a_day_of_all_sources_adds_up(
    pehra: Callable[..., Any], tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    pehra("init")
    table: list[tuple[str, int, int, float]] = []
    for number, kept in enumerate(READ):
        folder = tmp_path / f"{number}"
        folder.mkdir()
        for name, data in files(kept, newest(kept)):
            (folder / PurePath(name).name).write_bytes(data)
        options = [word for pair in kept.options.items() for word in ("-o", "=".join(pair))]
        began = time.monotonic()
        told = pehra("ingest", kept.source, *sorted(folder.iterdir()), *options, "--json")
        seconds = time.monotonic() - began
        lines = [json.loads(line) for line in told.out.splitlines()]
        for line in lines:
            assert line["rows"] == sum(line[part] for part in PARTS)
        name = f"{kept.source} {kept.archive}"
        table.append((name, len(list(folder.iterdir())), lines[-1]["rows"], seconds))
    assert sum(files for _, files, _, _ in table) > FEEDS
    with capfdbinary.disabled():
        print(*table, sum(seconds for *_, seconds in table), sep="\n")  # noqa: T201 the figure
