"""What the tests of the readers share: a delivery from bytes, a reading as plain rows."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pehra.intake.source import Delivery, Part, Reading
from pehra.kernel.addresses import unpack

RECEIVED = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
Deliver = Callable[..., Delivery]
Rows = Callable[[Reading], list[dict[str, Any]]]


@pytest.fixture(scope="session")
def deliver(tmp_path_factory: pytest.TempPathFactory) -> Deliver:
    """A delivery of some bytes; later calls overwrite the file."""
    path = tmp_path_factory.mktemp("delivery") / "blob"

    def make(data: bytes, file_name: str = "file", **rest: Any) -> Delivery:  # noqa: ANN401 fields of a struct
        path.write_bytes(data)
        return Delivery(path=path, file_name=file_name, received_at=RECEIVED, **rest)

    return make


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for name, value in row.items():
        if value is None:
            continue
        if isinstance(value, bytes):
            plain[name] = unpack(value)
        elif isinstance(value, datetime):
            plain[name] = value.isoformat()
        else:
            plain[name] = json.loads(value) if name == "extra" else value
    return plain


def _rows(part: Part) -> list[dict[str, Any]]:
    accepted = [_plain(row) for row in part.table.iter_rows(named=True)]
    rejected = [
        {"row": one.row, "line": one.line, "offset": one.offset, "reject": one.reason,
         "detail": one.detail, "raw": one.raw.decode(errors="replace")}
        for one in part.rejects
    ]  # fmt: skip
    return sorted([*accepted, *rejected], key=lambda row: row["row"])


@pytest.fixture(scope="session")
def rows() -> Rows:
    """Every row of a reading, accepted or not, in the order of the file, as JSON would hold it."""

    def plain(reading: Reading) -> list[dict[str, Any]]:
        return [row for part in reading.parts for row in _rows(part)]

    return plain


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder with a folder of samples per source."""
    return Path(__file__).parent / "samples"


@pytest.fixture(scope="session")
def text_frame() -> Callable[[dict[str, list[str]]], pl.DataFrame]:
    """A frame of String columns."""

    def make(columns: dict[str, list[str]]) -> pl.DataFrame:
        return pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String()))

    return make
