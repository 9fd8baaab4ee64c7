"""The laws that every source is held to, shipped or plugged in.

`PEHRA_WRITE_SAMPLES=1` writes the expected lines that are missing; those that are there stay.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pehra.intake.discover import sources
from pehra.intake.source import Delivery, Part, Reading, Source
from pehra.intake.stretches import RAW_BYTES
from pehra.kernel.errors import UnreadableFile
from pehra.observations.schema import REPORTED

Deliver = Callable[..., Delivery]
Rows = Callable[[Reading], list[dict[str, Any]]]
RECEIVED = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
"""As every delivery of these tests."""
SAMPLES = Path(__file__).parent / "samples"
ALL = pytest.mark.parametrize("source", sources().values(), ids=lambda source: source.slug)
QUIET = settings(
    deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def _inputs(source: Source) -> list[Path]:
    folder = SAMPLES / source.read.__module__.rsplit(".", 1)[-1]
    named = sorted(folder.iterdir()) if folder.is_dir() else []
    return [path for path in named if not path.name.endswith((".expected.jsonl", ".options.json"))]


def _options(path: Path) -> dict[str, str]:
    options = path.with_name(f"{path.name}.options.json")
    found: dict[str, str] = json.loads(options.read_text()) if options.exists() else {}
    return found


EVERY_SAMPLE = pytest.mark.parametrize(
    ("source", "path"),
    [(source, path) for source in sources().values() for path in _inputs(source)],
    ids=lambda value: value.slug if isinstance(value, Source) else value.name,
)


def _parts(source: Source, delivery: Delivery) -> list[Part]:
    try:
        return list(source.read(delivery).parts)
    except UnreadableFile:
        return []


_NUL = pl.col(pl.String).str.contains("\0", literal=True)


def _check(parts: list[Part]) -> None:
    row = 0
    for part in parts:
        assert part.table.height + len(part.rejects) == part.rows
        assert set(part.table.columns) <= set(REPORTED)
        assert {"row", "observed_at", "class", "type", "identifier"} <= set(part.table.columns)
        assert dict(part.table.schema) == {name: REPORTED[name] for name in part.table.columns}
        assert part.table["observed_at"].null_count() == 0
        # A day for wrong clocks: no observation is of a time after that.
        assert part.table.filter(pl.col("observed_at") > RECEIVED + timedelta(days=1)).is_empty()
        assert not part.table.select(_NUL.any()).transpose().to_series().any()
        numbers = sorted([*part.table["row"].to_list(), *(one.row for one in part.rejects)])
        assert numbers == list(range(row + 1, row + 1 + part.rows))
        assert all(len(one.raw) <= RAW_BYTES and one.reason and one.detail for one in part.rejects)
        row += part.rows


@ALL
def test_a_source_says_where_it_comes_from_and_under_which_licence(source: Source) -> None:
    assert source.url.startswith("https://")
    assert (bool(source.title), bool(source.licence)) == (True, True)


@ALL
def test_a_source_has_a_sample(source: Source) -> None:
    assert len(_inputs(source)) > 0


@EVERY_SAMPLE
def test_a_sample_is_read_exactly(
    source: Source, path: Path, deliver: Deliver, rows: Rows, request: pytest.FixtureRequest
) -> None:
    expected = path.with_name(f"{path.name}.expected.jsonl")
    got = rows(source.read(deliver(path.read_bytes(), path.name, options=_options(path))))
    if os.environ.get("PEHRA_WRITE_SAMPLES") and not expected.exists():
        expected.write_text("".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in got))
    assert got == [json.loads(line) for line in expected.read_text().splitlines()], (
        request.node.name
    )


@EVERY_SAMPLE
def test_the_same_bytes_give_the_same_result(source: Source, path: Path, deliver: Deliver) -> None:
    delivery = deliver(path.read_bytes(), path.name, options=_options(path))
    first, second = _parts(source, delivery), _parts(source, delivery)
    _check(first)
    assert [part.table.equals(other.table) for part, other in zip(first, second, strict=True)] == [
        True for _ in first
    ]
    assert [part.rejects for part in first] == [part.rejects for part in second]


@EVERY_SAMPLE
@pytest.mark.parametrize("part_bytes", [1, 64, 1000])
def test_the_cut_changes_nothing(
    source: Source, path: Path, deliver: Deliver, rows: Rows, part_bytes: int
) -> None:
    whole = rows(source.read(deliver(path.read_bytes(), path.name, options=_options(path))))
    delivery = deliver(path.read_bytes(), path.name, options=_options(path), part_bytes=part_bytes)
    assert rows(source.read(delivery)) == whole


@ALL
@QUIET
@given(data=st.binary(max_size=400))
def test_any_bytes_give_observations_or_rejects(
    source: Source, deliver: Deliver, data: bytes
) -> None:
    options = _options(_inputs(source)[0])
    _check(_parts(source, deliver(data, _inputs(source)[0].name, options=options)))


@EVERY_SAMPLE
@QUIET
@given(seed=st.integers(0, 2**32), part_bytes=st.sampled_from([300, 1 << 20]))
def test_a_mutated_sample_gives_observations_or_rejects(
    source: Source, path: Path, deliver: Deliver, seed: int, part_bytes: int
) -> None:
    data = bytearray(path.read_bytes())
    chance = random.Random(seed)  # noqa: S311 no secret, reproducible
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(data))
        bite = chance.choice([b"", b'"', b"\n", b",", b"\0", b"\xff", b"\\", b"{", b"]", b"9" * 30])
        data[at : at + chance.randrange(3)] = bite
    delivery = deliver(bytes(data), path.name, options=_options(path), part_bytes=part_bytes)
    _check(_parts(source, delivery))
