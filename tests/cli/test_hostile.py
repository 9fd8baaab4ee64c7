"""Hostile bytes into every source by the real command: counts or words, and memory holds.

The readers alone are tried in `tests/intake/test_hostile.py`, with more shapes. A traceback fails
these tests, since the command runs in this process.
"""

from __future__ import annotations

import gzip
import io
import json
import resource
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from tests.intake.hostile import LARGE, SMALL

from pehra.intake.discover import sources

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = [pytest.mark.service, pytest.mark.long, pytest.mark.either]
PARTS = ("accepted", "rejected", "duplicates", "unchanged")
TRIED = (
    *("nothing", "random", "half NUL", "UTF-16 without a mark", "hostile JSON", "hostile CSV"),
    *("a line of 3 MB", "200,000 brackets"),
)
MEBIBYTES = 400
"""Of memory that all of it may take together on top of what was taken before."""


def _zipped(data: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../etc/passwd", data)
        archive.writestr("zeros", b"\0" * 1_000_000)
    return packed.getvalue()


@pytest.fixture(scope="module")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A file of each shape; among them 300 MB of zeros that gzip makes small."""
    folder = tmp_path_factory.mktemp("hostile")
    zeros = gzip.compress(b"\0" * 300_000_000, 1)
    packed = {"zeros.gz": zeros, "cut.gz": zeros[:1000], "away.zip": _zipped(b"192.0.2.1\n")}
    every = SMALL | LARGE
    for name, data in {**{f"{name}.txt": every[name] for name in TRIED}, **packed}.items():
        (folder / name).write_bytes(data)
    return sorted(folder.iterdir())


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def test_every_shape_ends_in_counts_or_words(pehra: Callable[..., Any], shapes: list[Path]) -> None:
    pehra("init")
    before = _peak()
    for slug in sorted(sources()):
        told = pehra("ingest", slug, *shapes, "--json")
        lines = [json.loads(line) for line in told.out.splitlines()]
        assert (slug, told.code) == (slug, 1)
        assert len(lines) > len(shapes)
        for line in lines:
            assert line["rows"] == sum(line[part] for part in PARTS)
        zeros = [line for line in lines if line.get("file") == "zeros.gz"]
        assert [(line["rows"], bool(line["error"])) for line in zeros] == [(0, True)]
    assert _peak() - before < MEBIBYTES
