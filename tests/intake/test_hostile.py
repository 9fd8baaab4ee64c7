"""Bytes that nobody should send, into every source: rows, rejects or a refusal, in bounded memory.

The laws of `test_sources.py` hold for them too; here are the shapes that random bytes do not find.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.intake.hostile import LARGE, SMALL

from pehra.intake.discover import sources
from pehra.intake.source import Delivery, Source
from pehra.kernel.errors import UnreadableFile

Deliver = Callable[..., Delivery]
SAMPLES = Path(__file__).parent / "samples"
ALL = pytest.mark.parametrize("source", sources().values(), ids=lambda source: source.slug)


def _sample(source: Source) -> Path:
    """A file as the source's publisher writes it, whose name and options stand for its own."""
    folder = SAMPLES / source.read.__module__.rsplit(".", 1)[-1]
    ours = (".expected.jsonl", ".options.json")
    files = (path for path in sorted(folder.iterdir()) if path.is_file())
    return next(path for path in files if not path.name.endswith(ours))


def _laws(source: Source, deliver: Deliver, data: bytes) -> None:
    sample = _sample(source)
    options = sample.with_name(f"{sample.name}.options.json")
    told = json.loads(options.read_text()) if options.exists() else {}
    try:
        parts = list(source.read(deliver(data, sample.name, options=told)).parts)
    except UnreadableFile:
        return
    row = 0
    for part in parts:
        numbers = sorted([*part.table["row"].to_list(), *(one.row for one in part.rejects)])
        assert numbers == list(range(row + 1, row + 1 + part.rows))
        row += part.rows


@ALL
def test_hostile_bytes_give_rows_or_rejects(source: Source, deliver: Deliver) -> None:
    for data in SMALL.values():
        _laws(source, deliver, data)


@pytest.mark.service
@ALL
def test_much_of_it_does_too(source: Source, deliver: Deliver) -> None:
    for data in LARGE.values():
        _laws(source, deliver, data)


_MEASURED = """
import resource, sys
from datetime import UTC, datetime
from pathlib import Path
from pehra.intake.discover import sources
from pehra.intake.source import Delivery
from pehra.kernel.errors import UnreadableFile
from tests.intake.hostile import LARGE, SMALL
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for name, source in sources().items():
    path = Path(sys.argv[1])
    try:
        for part in source.read(
            Delivery(path=path, file_name=path.name, received_at=datetime.now(UTC))
        ).parts:
            del part
    except UnreadableFile:
        pass
    print(name, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""
MEBIBYTES = 300
"""Of memory on top of what a Python with Polars takes, for a file of 300 MB."""


@pytest.mark.service
@pytest.mark.parametrize("begin", [b"", b"{", b"[", b"#"], ids=["text", "object", "array", "note"])
def test_a_line_of_300_mb_costs_no_such_memory(tmp_path: Path, begin: bytes) -> None:
    path = tmp_path / "endless"
    with path.open("wb") as stream:
        stream.write(begin)
        for _ in range(300):
            stream.write(b"a" * 1_000_000)
    told = subprocess.run(
        [sys.executable, "-c", _MEASURED, str(path)],
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    taken = {name: int(size) for name, size in map(str.split, told.stdout.splitlines())}
    assert {name: size for name, size in taken.items() if size > MEBIBYTES} == {}
