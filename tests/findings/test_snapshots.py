"""Lists: only what changed is stored, and only what is believed takes away."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import polars as pl
import pytest

from pehra.findings import jobs, snapshots
from pehra.findings.rules import State
from pehra.intake import actions as intake
from pehra.intake.models import Alarm, Batch, Coverage
from pehra.intake.source import Part
from pehra.kernel.actors import SYSTEM
from pehra.observations.store import open_lake

if TYPE_CHECKING:
    from pathlib import Path

    from tests.findings.conftest import House

    from pehra.findings.ingest import Result

pytestmark = pytest.mark.django_db


class Lists:
    """IPsum's list as it comes day by day."""

    def __init__(self, watch: House, folder: Path) -> None:
        self.watch, self.folder = watch, folder

    def come(self, *hosts: int, more: str = "", days: int = 1) -> Result:
        """The list of a day, with the addresses of some hosts of 192.0.2.0/24."""
        self.watch.now += timedelta(days=days)
        path = self.folder / "ipsum.txt"
        lines = "".join(f"192.0.2.{host}\t3\n" for host in hosts)
        path.write_text(
            f"# Last update: {self.watch.now:%a, %d %b %Y %H:%M:%S} +0000\n{lines}{more}"
        )
        return self.watch.take_in(path, "ipsum")

    def stored(self) -> list[tuple[int, str, list[str] | None]]:
        """What the lake holds: row, address's last byte, tags; in order."""
        rows = open_lake(self.watch.home.lake).scan().sort("received_at", "row").collect()
        found = rows.select("row", "ip", "tags")
        return [(row, str(ip[-1]), tags) for row, ip, tags in found.rows()]


@pytest.fixture
def lists(watch: House, tmp_path: Path) -> Lists:
    """Lists into a home at work."""
    return Lists(watch, tmp_path)


def counts(told: Result) -> tuple[int, ...]:
    assert told.error is None
    assert told.rows == told.accepted + told.rejected + told.duplicates + told.unchanged
    return told.accepted, told.rejected, told.duplicates, told.unchanged, told.removed


def test_only_what_changed_is_stored(lists: Lists) -> None:
    assert counts(lists.come(1, 2, 3)) == (3, 0, 0, 0, 0)
    assert counts(lists.come(1, 2, 4, 4)) == (1, 0, 1, 2, 1)
    assert counts(lists.come(1, 2, 4)) == (0, 0, 0, 3, 0)
    assert lists.stored() == [
        (1, "1", None), (2, "2", None), (3, "3", None), (3, "4", None), (5, "3", ["removed"]),
    ]  # fmt: skip
    assert [row.verdict for row in Batch.objects.order_by("place")] == ["good"] * 3


def test_what_stays_listed_stays_seen_and_counts_once(lists: Lists) -> None:
    lists.come(10, 11, 12)
    told = lists.come(10, 11, 12)
    assert told.findings == {"opened": 0, "updated": 3, "relapsed": 0}
    assert [row.count for row in lists.watch.findings()] == [1, 1, 1]
    newest = max(row.last_seen for row in lists.watch.findings())
    assert newest.date() == lists.watch.now.date()


def test_what_is_gone_from_good_lists_is_gone(lists: Lists) -> None:
    lists.come(10, 11, 12)
    for _ in range(20):
        lists.come(10, 11)
    lists.watch.now += timedelta(days=2)
    closed = jobs.close({}, now=lists.watch.now, progress=lambda *_: None)
    assert closed == {"gone": 1}
    states = {row.asset: row.state for row in lists.watch.findings()}
    assert (states["192.0.2.12"], states["192.0.2.10"]) == (State.GONE, State.OPEN)


def test_a_list_that_halves_takes_nothing_away(lists: Lists) -> None:
    lists.come(*range(1, 101))
    told = lists.come(*range(1, 11), 200)
    assert (counts(told), told.verdict) == ((1, 0, 0, 10, 0), "held")
    assert Coverage.objects.values("day").distinct().count() == 1
    (alarm,) = Alarm.objects.values_list("kind", "state", "facts")
    assert alarm == ("shrunk", "open", {"rows": 11, "before": 100, "usual": 100})
    # It comes back: nothing was gone, and the alarm is over.
    told = lists.come(*range(1, 101))
    assert (counts(told), told.verdict) == ((0, 0, 0, 100, 1), "good")
    assert [row.state for row in Alarm.objects.all()] == ["over"]


def test_what_somebody_accepts_is_the_new_measure(lists: Lists) -> None:
    lists.come(*range(1, 101))
    held = lists.come(*range(1, 11))
    (alarm,) = Alarm.objects.all()
    name = intake.accept(alarm.pk, actor=SYSTEM, why="They moved.", now=lists.watch.now)
    assert name != held.batch
    told = jobs.ingest_batch({"batch": name}, now=lists.watch.now, progress=lambda *_: None)
    assert told is not None
    assert (told["unchanged"], told["removed"], told["verdict"]) == (10, 90, "accepted")
    assert lists.come(*range(1, 11)).verdict == "good"
    assert [row.state for row in Alarm.objects.all()] == ["accepted"]
    assert Coverage.objects.values("day").distinct().count() == 3


def test_a_canary_makes_no_finding_and_holds_the_list(lists: Lists) -> None:
    told = lists.come(10, more="8.8.8.8\t9\n")
    assert (told.verdict, told.findings["opened"]) == ("held", 1)
    assert lists.stored()[-1] == (2, "8", ["canary"])
    (alarm,) = Alarm.objects.all()
    assert (alarm.kind, alarm.facts) == ("canary", {"canaries": ["8.8.8.8"]})
    assert lists.come(10).verdict == "good"
    alarm.refresh_from_db()
    assert alarm.state == "over"


def test_what_is_no_list_raises_an_alarm_until_one_comes(lists: Lists) -> None:
    lists.come(10)
    path = lists.folder / "ipsum.txt"
    for text, kind in (("", "empty"), ("<html>Sorry</html>", "unreadable")):
        path.write_text(text)
        assert lists.watch.take_in(path, "ipsum").error
        assert Alarm.objects.get(state="open").kind == kind
        lists.come(10)
        assert not Alarm.objects.filter(state="open")
    assert lists.come(10, more="x\n" * 9).verdict == "held"
    assert Alarm.objects.get(state="open").kind == "unreadable"


def test_an_older_list_adds_and_takes_nothing_away(lists: Lists) -> None:
    lists.come(10, 11)
    told = lists.come(12, days=-1)
    assert (counts(told), told.verdict) == ((1, 0, 0, 0, 0), "late")
    assert not Alarm.objects.exists()


def test_rows_with_moments_of_their_own_are_listed_now(watch: House, tmp_path: Path) -> None:
    path = tmp_path / "full.csv"
    row = (
        '"2026-01-02 03:04:05", "7", "192.0.2.9:23", "ip:port", "botnet_cc", "elf.mirai", "", '
        '"Mirai", "", "100", "", "", "0", "x"\n'
    )
    path.write_text(row)
    first = watch.take_in(path, "threatfox")
    watch.now += timedelta(days=1)
    again = watch.take_in(path, "threatfox")
    assert (counts(first), counts(again)) == ((1, 0, 0, 0, 0), (0, 0, 0, 1, 0))
    (finding,) = watch.findings()
    assert (finding.count, finding.last_seen) == (1, watch.now)


def test_parts_of_what_is_no_list_are_stored_as_they_are() -> None:
    part = Part(pl.DataFrame({"row": [1]}), [], 1)
    assert list(snapshots.plain(iter([part]))) == [snapshots.Piece(part)]
