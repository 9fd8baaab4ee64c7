"""The lake: every append once, whatever is repeated, gathered, joined, removed or killed."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import TYPE_CHECKING

import polars as pl
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from pehra.engines.lake import delta
from pehra.engines.lake.delta import Lake

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA: dict[str, pl.DataType] = {
    "name": pl.String(),
    "number": pl.Int64(),
    "row": pl.Int64(),
    "day": pl.Date(),
    "key": pl.Int64(),
}
LARGE = 20
DAYS = (date(2026, 11, 20), date(2026, 11, 21))
LATER = date(2026, 12, 1)

WRITER = """
import sys
from pathlib import Path
import polars as pl
from pehra.engines.lake import delta
delta.GATHERED, delta._GENERATION = 20, 3
from datetime import date
schema = {"name": pl.String(), "number": pl.Int64(), "row": pl.Int64(), "day": pl.Date(),
          "key": pl.Int64()}
lake = delta.Lake(Path(sys.argv[1]), schema, day="day", key="key")
print("ready", flush=True)
for number in range(1, int(sys.argv[3]) + 1):
    for name in sys.argv[2].split(","):
        size = 30 if number % 5 == 0 else number % 7
        frame = pl.DataFrame(
            {"name": [name] * size, "number": [number] * size, "row": range(size),
             "day": [date(2026, 11, 20 + n % 2) for n in range(size)], "key": range(size)},
            schema=schema)
        lake.append(frame, name=name, number=number)
    if number % 8 == 0:
        lake.gather()
    if number % 12 == 0:
        lake.compact(date(2026, 12, 1))
"""


def size_of(number: int) -> int:
    """Rows of an append, as `WRITER` makes them."""
    return 30 if number % 5 == 0 else number % 7


def rows(name: str, number: int, size: int, days: tuple[date, ...] = DAYS) -> pl.DataFrame:
    """An append's rows, on each of the days in turn."""
    told = {
        "name": [name] * size,
        "number": [number] * size,
        "row": list(range(size)),
        "day": [days[n % len(days)] for n in range(size)],
        "key": [size - n for n in range(size)],
    }
    return pl.DataFrame(told, schema=SCHEMA)


def opened(path: Path) -> Lake:
    """The lake as a process finds it."""
    return Lake(path, SCHEMA, day="day", key="key")


def there(lake: Lake) -> Counter[tuple[str, int]]:
    """How many rows of each append there are; each row once."""
    told = lake.scan().collect()
    assert told.select("name", "number", "row").is_unique().all()
    return Counter(told.select("name", "number").iter_rows())


def files(path: Path, ending: str) -> list[Path]:
    """Files below a folder."""
    return sorted(path.rglob(f"*{ending}"))


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delta, "GATHERED", LARGE)
    monkeypatch.setattr(delta, "_GENERATION", 3)


class Life(RuleBasedStateMachine):
    """A lake under any order of acts, by two processes in turn."""

    path: Path

    def __init__(self) -> None:
        super().__init__()
        shutil.rmtree(self.path.parent, ignore_errors=True)
        self.lakes = [opened(self.path), opened(self.path)]
        self.sizes: Counter[tuple[str, int]] = Counter()
        self.highest: Counter[str] = Counter()

    @rule(
        who=st.integers(0, 1), name=st.sampled_from("ab"), size=st.sampled_from([0, 1, 5, 19, 25])
    )
    def append_next(self, who: int, name: str, size: int) -> None:
        """A part of a batch."""
        number = self.highest[name] + 1
        assert self.lakes[who].append(rows(name, number, size), name=name, number=number)
        self.highest[name] = number
        self.sizes[name, number] = size

    @rule(who=st.integers(0, 1), name=st.sampled_from("ab"), size=st.sampled_from([1, 25]))
    def append_again(self, who: int, name: str, size: int) -> None:
        """A part that is there already, by a retry."""
        number = self.highest[name]
        if number:
            again = rows(name, number, size)
            assert not self.lakes[who].append(again, name=name, number=number)

    @rule(who=st.integers(0, 1))
    def gather(self, who: int) -> None:
        """The job that gathers."""
        self.lakes[who].gather()

    @rule(who=st.integers(0, 1))
    def compact(self, who: int) -> None:
        """The job that joins files."""
        self.lakes[who].compact(LATER)

    @rule(who=st.integers(0, 1))
    def start_again(self, who: int) -> None:
        """A process begins."""
        self.lakes[who] = opened(self.path)

    @invariant()
    def every_append_is_there_once(self) -> None:
        """Whoever looks."""
        for lake in self.lakes:
            assert there(lake) == +self.sizes
            assert {name: lake.appended(name) for name in "ab"} == {
                name: self.highest[name] for name in "ab"
            }


def test_every_append_is_there_once_in_any_order_of_acts(tmp_path: Path) -> None:
    run_state_machine_as_test(
        type("Here", (Life,), {"path": tmp_path / "home" / "lake"}),
        settings=settings(
            max_examples=8,
            stateful_step_count=12,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_a_small_part_before_a_large_one_does_not_set_the_mark_back(tmp_path: Path) -> None:
    lake = opened(tmp_path / "lake")
    assert lake.append(rows("a", 1, 3), name="a", number=1)
    assert lake.append(rows("a", 2, 30), name="a", number=2)
    lake.gather()
    assert lake.appended("a") == 2
    assert not lake.append(rows("a", 2, 30), name="a", number=2)
    assert there(lake) == {("a", 1): 3, ("a", 2): 30}


def test_a_reader_sees_all_rows_once_while_they_are_gathered(tmp_path: Path) -> None:
    lake = opened(tmp_path / "lake")
    for number in range(1, 4):
        lake.append(rows("a", number, 4), name="a", number=number)
    begun = lake.scan()
    for number in range(4, 20):
        lake.append(rows("a", number, 4), name="a", number=number)
    lake.gather()
    lake.gather()
    lake.compact(LATER)
    seen = begun.collect()
    assert Counter(seen["number"].to_list()) == {1: 4, 2: 4, 3: 4}
    assert there(lake) == {("a", number): 4 for number in range(1, 20)}


def test_what_was_gathered_long_ago_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delta, "_GRACE_SECONDS", 0)
    lake = opened(tmp_path / "lake")
    for number in range(1, 20):
        lake.append(rows("a", number, 1), name="a", number=number)
    assert len(files(tmp_path / "lake" / "recent", ".parquet")) <= 6
    assert there(lake) == {("a", number): 1 for number in range(1, 20)}


def test_a_deleted_day_leaves_no_bytes(tmp_path: Path) -> None:
    lake = opened(tmp_path / "lake")
    for number, size in ((1, 3), (2, 30), (3, 3), (4, 3)):
        lake.append(rows("a", number, size), name="a", number=number)
    # What killed writers leave: a half file, and a whole one that no commit names.
    left = lake.path / "day=2026-11-20" / "a.9.parquet"
    shutil.copy(next(lake.path.glob("day=2026-11-20/*.parquet")), left)
    for half in (left.with_suffix(".unfinished"), lake.path.parent / "recent" / "000000000009"):
        half.mkdir() if half.suffix == "" else half.write_bytes(b"addresses")
    (lake.path.parent / "recent" / "000000000009" / "b.1.unfinished").write_bytes(b"addresses")
    lake.delete_day(DAYS[0])
    assert set(lake.scan().collect()["day"]) == {DAYS[1]}
    assert files(tmp_path, ".unfinished") == []
    assert files(lake.path.parent / "recent", ".parquet") == []
    assert files(lake.path / "day=2026-11-20", ".parquet") == []
    lake.delete_day(DAYS[1])
    assert lake.scan().collect().height == 0
    assert files(tmp_path, ".parquet") == []
    assert not lake.append(rows("a", 4, 3), name="a", number=4)


def test_joining_keeps_every_row_and_every_mark(tmp_path: Path) -> None:
    lake = opened(tmp_path / "lake")
    for number in range(1, 11):
        lake.append(rows("a", number, 25, DAYS[:1]), name="a", number=number)
    assert lake.compact(DAYS[0]) == 0
    assert lake.compact(LATER) == 9
    assert there(lake) == {("a", number): 25 for number in range(1, 11)}
    assert lake.appended("a") == 10


def test_columns_that_say_nothing_are_not_written_and_are_read_as_null(tmp_path: Path) -> None:
    schema = SCHEMA | {"note": pl.String(), "ip": pl.Binary(), "words": pl.List(pl.String())}
    lake = Lake(tmp_path / "lake", schema, day="day", key="key")
    parts = []
    for number in range(1, 13):
        size = 25 if number % 2 else 5
        told = rows("a", number, size, DAYS[:1]).with_columns(
            note=pl.lit(None if number % 3 else f"note {number}", pl.String()),
            ip=pl.when(number % 4 == 0).then(pl.int_range(size).cast(pl.String).cast(pl.Binary)),
            words=pl.lit([["w", None], None][number % 2], pl.List(pl.String)),
            key=pl.when(number % 5 != 0).then("key"),
        )
        lake.append(told, name="a", number=number)
        parts.append(told.select(schema.keys()))
    wanted = pl.concat(parts).sort("number", "row")

    def read() -> pl.DataFrame:
        return lake.scan().collect().sort("number", "row")

    first = next(lake.path.glob("day=2026-11-20/a.1.parquet"))
    assert pl.read_parquet_schema(first).keys() == SCHEMA.keys() - {"day"}
    assert read().equals(wanted)
    assert lake.scan().filter(pl.col("note") == "note 6").collect().height == 5
    assert lake.scan().filter(pl.col("key").is_between(2, 3)).collect().height == 2 * 10
    lake.gather()
    assert read().equals(wanted)
    assert lake.compact(LATER)
    assert read().equals(wanted)
    lake.append(parts[0], name="b", number=1)
    lake.rewrite_day(DAYS[0], lambda held: held.filter(pl.col("number") != 1), "again")
    assert read().equals(wanted.filter(pl.col("number") != 1))


def writer(path: Path, names: str, upto: int) -> subprocess.Popen[str]:
    """A process that appends to `names` in turn, gathers and joins."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), names, str(upto)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    return process


def begun(process: subprocess.Popen[str]) -> None:
    """Wait until it has everything imported."""
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"


def ended(process: subprocess.Popen[str]) -> int:
    """Wait for its end."""
    process.communicate(timeout=120)
    return process.returncode


def wanted(names: str, upto: int) -> dict[tuple[str, int], int]:
    """What the writers' appends come to."""
    sizes = {(name, n): size_of(n) for name in names.split(",") for n in range(1, upto + 1)}
    return {which: size for which, size in sizes.items() if size}


def test_first_readers_of_a_lake_that_is_not_there_see_nothing(tmp_path: Path) -> None:
    for number in range(10):
        lakes = [opened(tmp_path / f"lake{number}") for _ in range(4)]
        with ThreadPoolExecutor() as threads:
            seen = threads.map(lambda lake: lake.scan().collect().height, lakes)
            assert list(seen) == [0] * 4


def test_two_processes_append_beside_each_other(tmp_path: Path) -> None:
    both = [writer(tmp_path / "lake", names, 25) for names in ("a,b", "b,c")]
    assert [ended(process) for process in both] == [0, 0]
    assert there(opened(tmp_path / "lake")) == wanted("a,b,c", 25)


@pytest.fixture(params=[4, pytest.param(30, marks=[pytest.mark.service, pytest.mark.long])])
def kills(request: pytest.FixtureRequest) -> int:
    """How many writers are killed."""
    return int(request.param)


def test_killed_writers_lose_and_double_nothing(tmp_path: Path, kills: int) -> None:
    path = tmp_path / "lake"
    for number in range(kills):
        # Each goes through all appends again; those that are there are refused.
        process = writer(path, "a,b", 40)
        begun(process)
        time.sleep(0.02 + 0.9 * number / kills)
        process.kill()
        assert ended(process) in {0, -signal.SIGKILL}
        if number % 2:
            counted = there(opened(path))
            assert counted.items() <= wanted("a,b", 40).items()
    assert ended(writer(path, "a,b", 40)) == 0
    lake = opened(path)
    assert there(lake) == wanted("a,b", 40)
    lake.gather()
    assert files(tmp_path, ".unfinished") == []
    assert there(lake) == wanted("a,b", 40)
