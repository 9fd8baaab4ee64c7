"""An ingest that stops just before or just after each step it takes, then the same again.

Every function that leaves a mark is wrapped once, and its calls are ends: first before it has done
anything, then after it has done all. Of each kind the first, the middle and the last are tried. The
kills of `test_crash.py` fall where they fall; here no boundary is missed.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import polars as pl
import pytest
from django.db import connection
from django.db.models import Sum

from pehra.engines.blobs import files as blobs
from pehra.engines.lake import delta
from pehra.findings import ingest as way
from pehra.findings import jobs, replays
from pehra.findings.actions import take_in
from pehra.findings.keyfile import KeyFile
from pehra.findings.models import Finding, FindingSeen
from pehra.intake import actions as intake
from pehra.intake import discover
from pehra.intake.models import Batch, Reject
from pehra.ledger.queries import show
from pehra.mandate.tenancy import as_system
from pehra.observations.store import open_lake

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.findings.conftest import House

    from pehra.intake.source import Delivery, Reading, Source

STEPS: tuple[tuple[Any, str], ...] = (
    (blobs.Incoming, "keep"),
    (intake, "receive"),
    (intake, "take_up"),
    (intake, "judge"),
    (delta.Lake, "_commit"),
    (delta.Lake, "_forget"),
    (delta.Lake, "append"),
    (intake, "part_stored"),
    (intake, "part_replayed"),
    (intake, "mark_applied"),
    (intake, "finish"),
    (intake, "replayed"),
    (take_in, "_plan"),
    (take_in, "_apply"),
    (KeyFile, "save"),
    (Path, "rename"),
    (Path, "unlink"),
)
LINES = 70
BAD = (7, 31, 62)
PART_BYTES = 1_600


class Stopped(BaseException):
    """The process ends here."""


class Ends:
    """Counts the calls of all steps, and ends the run at one of them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.passed = 0
        self.end: int | None = None
        self.reached: list[str] = []
        for owner, name in STEPS:
            monkeypatch.setattr(owner, name, self._wrapped(name, getattr(owner, name)))

    def _wrapped(self, name: str, step: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*words: Any, **more: Any) -> Any:  # noqa: ANN401 whatever the step takes
            self._pass(f"before {name}")
            told = step(*words, **more)
            self._pass(f"after {name}")
            return told

        return wrapped

    def _pass(self, where: str) -> None:
        self.passed += 1
        self.reached.append(where)
        if self.passed == self.end:
            raise Stopped(where)

    def look(self, run: Callable[[], object], *, every: bool) -> list[int]:
        """Run to the end; of each kind of end the first, the middle and the last, or the middle."""
        self.passed = 0
        self.reached.clear()
        run()
        places: dict[str, list[int]] = {}
        for place, name in enumerate(self.reached, start=1):
            places.setdefault(name, []).append(place)
        return sorted(
            place
            for all_ in places.values()
            for place in ({all_[0], middle(all_), all_[-1]} if every else {middle(all_)})
        )

    def stop(self, run: Callable[[], object], at: int) -> bool:
        """Run up to an end; False where the run was over before."""
        self.passed, self.end = 0, at
        self.reached.clear()
        try:
            run()
        except Stopped:
            return True
        finally:
            self.end = None
        return False


def middle(places: list[int]) -> int:
    """The one in the middle."""
    return places[len(places) // 2]


LONG = [pytest.mark.service, pytest.mark.long]
ALL_OF_THEM = pytest.mark.parametrize("every", [pytest.param(True, marks=LONG)], indirect=True)
"""For what takes long by itself; `make test` has the ingest, and a killed list."""


@pytest.fixture(params=[False, pytest.param(True, marks=[*LONG, pytest.mark.either])])
def every(request: pytest.FixtureRequest) -> bool:
    """Whether three ends of each kind are tried, or one: on PostgreSQL always the latter.

    What lies between two ends of one kind is another part or another chunk, not another statement.
    """
    return bool(request.param) and connection.vendor == "sqlite"


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch) -> Ends:
    """Small chunks and commits, and ends between all of them."""
    monkeypatch.setattr(take_in, "CHUNK", 15)
    monkeypatch.setattr(delta, "GATHERED", 25)
    monkeypatch.setattr(delta, "_GENERATION", 2)
    monkeypatch.setattr(delta, "_GRACE_SECONDS", 0)
    return Ends(monkeypatch)


@pytest.fixture
def house(watch: House) -> House:
    """A home that reads by small parts."""
    (watch.home.root / "pehra.toml").write_text(f"[intake]\npart_bytes = {PART_BYTES}\n")
    return watch


def rows(number: int) -> Iterator[tuple[int, int, str, str]]:
    """(row, host, port, severity) of a report: half of it about findings of every report."""
    for n in range(1, LINES + 1):
        port = n % 30 + 1 if n % 2 else 1000 + number * 40 + n % 40
        yield n, n % 40 + 1, str(port), "critical" if (n + number) % 23 == 0 else "high"


def report(house: House, number: int) -> Path:
    """A report of which some lines cannot be read."""
    lines = (
        f"{'yesterday' if n in BAD else f'2026-11-20 {number % 24:02}:{n % 60:02}:00'},{severity},"
        f"192.0.2.{host},tcp,{port},telnet,64500,PK"
        for n, host, port, severity in rows(number)
    )
    return house.report(f"scan_telnet-{number}", "2026-11-20", lines)


def model(numbers: list[int], *, bad: tuple[int, ...] = BAD) -> Counter[tuple[str, int]]:
    """How often each (asset, port) was seen."""
    return Counter(
        (f"192.0.2.{host}", int(port))
        for number in numbers
        for n, host, port, _ in rows(number)
        if n not in bad
    )


def seen() -> dict[tuple[str, int], int]:
    """The findings' counts, as they stand."""
    with as_system():
        told = FindingSeen.objects.values_list("finding__asset", "finding__port", "count")
        return {(asset, port or 0): count for asset, port, count in told}


def stored(house: House) -> dict[str, list[int]]:
    """Rows of each batch in the lake."""
    frame = open_lake(house.home.lake).scan().select("batch", "row").collect()
    return {
        str(name): rows["row"].sort().to_list()
        for (name,), rows in frame.partition_by("batch", as_dict=True).items()
    }


def test_an_ingest_that_ends_at_any_step_is_continued(
    house: House, ends: Ends, *, every: bool
) -> None:
    house.take_in(report(house, 0))
    house.take_in(report(house, 1))
    third = report(house, 2)
    places = ends.look(lambda: house.take_in(third), every=every)
    assert set(ends.reached) >= {"after _commit", "after _forget", "after rename", "after _apply"}
    stops, done = 0, 3
    for at in places:
        path = report(house, done)
        stops += ends.stop(lambda path=path: house.take_in(path), at)  # type: ignore[misc] # mypy knows no default of a lambda
        where = ends.reached[-1]
        assert house.take_in(path).rows == LINES
        done += 1
        assert seen() == model(list(range(done))), where
    assert stops >= len(places) * 0.8
    good = [n for n in range(1, LINES + 1) if n not in BAD]
    assert stored(house) == dict.fromkeys(Batch.objects.values_list("id", flat=True), good)
    counts = Batch.objects.values_list("state", "rows", "accepted", "rejected", "attributed")
    accepted = len(good)
    assert list(counts) == [("applied", LINES, accepted, len(BAD), accepted)] * done
    assert Counter(Reject.objects.values_list("row", flat=True)) == dict.fromkeys(BAD, done)
    for name in Batch.objects.values_list("id", flat=True):
        assert [entry.act for entry in show(f"batch:{name}")] == ["intake.take-in"]


def better(source: Source) -> Source:
    """The source, whose reader has learnt what `yesterday` means."""

    def read(delivery: Delivery) -> Reading:
        mended = Path(os.environ["PEHRA_HOME"]) / "mended"
        mended.write_text(delivery.path.read_text().replace("yesterday", "2026-11-19 05:00:00"))
        return source.read(msgspec.structs.replace(delivery, path=mended))

    return msgspec.structs.replace(source, read=read)


@ALL_OF_THEM
def test_a_replay_that_ends_at_any_step_is_continued(
    house: House, ends: Ends, monkeypatch: pytest.MonkeyPatch, *, every: bool
) -> None:
    find = discover.source
    names = [house.take_in(report(house, 0)).batch]
    monkeypatch.setattr(replays, "find_source", lambda slug: better(find(slug)))

    def replay() -> way.Result:
        return jobs.replay(names[-1], home=house.home, now=house.now)

    places = ends.look(replay, every=every)
    assert set(ends.reached) >= {"after append", "after _apply", "after part_replayed"}
    stops = 0
    for at in places:
        monkeypatch.setattr(replays, "find_source", find)
        names.append(house.take_in(report(house, len(names))).batch)
        monkeypatch.setattr(replays, "find_source", lambda slug: better(find(slug)))
        stops += ends.stop(replay, at)
        where = ends.reached[-1]
        again = replay()
        assert (again.rows, again.rejected) == (LINES, 0)
        assert seen() == model(list(range(len(names))), bad=()), where
    assert stops >= len(places) * 0.8
    done = len(names)
    whole = list(range(1, LINES + 1))
    assert stored(house) == dict.fromkeys(Batch.objects.values_list("id", flat=True), whole)
    counts = Batch.objects.values_list("rows", "accepted", "rejected", "attributed")
    assert list(counts) == [(LINES, LINES, 0, LINES)] * done
    assert Reject.objects.count() == 0


def listed(day: int) -> list[int]:
    """Hosts that a day's list names: some for ever, some for a few days."""
    return [host for host in range(1, 70) if host % 3 == 0 or (host + day * 5) % 7 < 4]


def the_list(house: House, day: int) -> Path:
    """A day's list."""
    path = house.home.root.parent / "ipsum.txt"
    date = f"2026-11-20 {day // 60:02}:{day % 60:02}:00"
    lines = "".join(f"192.0.2.{host}\t3\n" for host in listed(day))
    path.write_text(f"# Last update: {date}\n{lines}")
    return path


@ALL_OF_THEM
def test_a_list_that_ends_at_any_step_is_continued(
    house: House, ends: Ends, *, every: bool
) -> None:
    (house.home.root / "pehra.toml").write_text("[intake]\npart_bytes = 400\n")
    house.take_in(the_list(house, 0), "ipsum")
    places = ends.look(lambda: house.take_in(the_list(house, 1), "ipsum"), every=every)
    assert set(ends.reached) >= {"after judge", "after append", "after _apply", "after finish"}
    stops, day = 0, 2
    for at in places:
        path = the_list(house, day)
        stops += ends.stop(lambda path=path: house.take_in(path, "ipsum"), at)  # type: ignore[misc] # mypy knows no default of a lambda
        where = ends.reached[-1]
        told = house.take_in(path, "ipsum")
        assert (told.error, told.verdict) == (None, "good"), where
        day += 1
    assert stops >= len(places) * 0.8
    check_lists(house, day)


def check_lists(house: House, days: int) -> None:
    """What is stored of the lists of some days is what each changed, once."""
    added, gone = Counter[int](), Counter[int]()
    for day in range(days):
        now, before = set(listed(day)), set(listed(day - 1)) if day else set[int]()
        added.update(now - before)
        gone.update(before - now)
    lake = open_lake(house.home.lake).scan().select("ip", "tags").collect()
    told: dict[bool, Counter[int]] = {False: Counter(), True: Counter()}
    for ip, tags in lake.rows():
        told[tags == ["removed"]][ip[-1]] += 1
    assert (told[False], told[True]) == (added, gone)
    assert seen() == {(f"192.0.2.{host}", 0): count for host, count in added.items()}
    for row in Batch.objects.all():
        assert (row.state, row.rejected, row.duplicates) == ("applied", 0, 0)
        assert row.rows == row.accepted + row.unchanged
    counted = Batch.objects.aggregate(accepted=Sum("accepted"), removed=Sum("removed"))
    assert counted == {"accepted": added.total(), "removed": gone.total()}


def test_a_list_whose_worker_was_killed_is_taken_in_before_the_next(
    house: House, ends: Ends
) -> None:
    house.take_in(the_list(house, 0), "ipsum")
    ends.look(lambda: house.take_in(the_list(house, 1), "ipsum"), every=True)
    judged = ends.reached.index("after judge") + 1
    assert ends.stop(lambda: house.take_in(the_list(house, 2), "ipsum"), judged)
    house.take_in(the_list(house, 3), "ipsum")
    check_lists(house, 4)


def test_a_part_stored_before_a_crash_keeps_its_cut_and_its_holder(
    house: House, ends: Ends
) -> None:
    path = report(house, 0)
    house.take_in(path)
    second = report(house, 1)
    ends.look(lambda: house.take_in(report(house, 2)), every=True)
    first_append = ends.reached.index("after append") + 1
    assert ends.stop(lambda: house.take_in(second), first_append)
    (house.home.root / "pehra.toml").write_text("[intake]\npart_bytes = 1000000\n")
    jobs._settings.cache_clear()  # noqa: SLF001 as in a new process
    house.register(
        b"organisation,name,kind,asset,source,valid_from\n"
        b"lake-school,Lake School,prefix,192.0.2.0/26,manual,2026-11-01\n"
    )
    told = house.take_in(second)
    assert (told.accepted, told.error) == (LINES - len(BAD), None)
    rows = open_lake(house.home.lake).scan().filter(pl.col("batch") == told.batch).collect()
    assert rows["row"].sort().to_list() == [n for n in range(1, LINES + 1) if n not in BAD]
    assert rows["organisation"].n_unique() == 2
    counted, held = Counter[tuple[str, int]](), Counter[int | None]()
    with as_system():
        values = FindingSeen.objects.values_list(
            "finding__asset", "finding__port", "holder", "count"
        )
        for asset, port, holder, count in values:
            counted[asset, port or 0] += count
            held[holder] += count
    assert counted == model([0, 1, 2])
    # Findings are counted for whom the stored rows name.
    everything = open_lake(house.home.lake).scan().collect()
    assert held == Counter(everything["organisation"].to_list())


def test_another_table_is_not_read_by_the_keys_of_the_first(house: House, ends: Ends) -> None:
    del ends
    house.take_in(report(house, 0))
    keys = KeyFile(house.home.indexes / "finding-keys")
    take_in.catch_up(keys)
    keys.save(force=True)
    # As after a backup from before: fewer findings, and other ones since.
    with as_system():
        FindingSeen.objects.all().delete()
        Finding.objects.all().delete()
        Batch.objects.all().delete()
    house.take_in(report(house, 5))
    assert seen() == model([5])
