"""Verbs on batches: each step is marked once, whoever repeats it, and nothing is lost."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pehra.engines.blobs.files import Blob
from pehra.intake import actions, queries
from pehra.intake.actions import Covered, PartCounts
from pehra.intake.models import Batch, Coverage, Reject
from pehra.intake.source import ANY_OF_KIND
from pehra.intake.source import Reject as ReadReject
from pehra.kernel.actors import Actor
from pehra.kernel.errors import UnreadableFile, UsageError
from pehra.kernel.ids import batch_id
from pehra.ledger.queries import recent
from pehra.mandate.viewers import SYSTEM_VIEWER

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
ACTOR = Actor("amna", "operator")
DAY = date(2026, 11, 20)


def receive(digit: str = "a", source: str = "shadowserver", **rest: Any) -> str:  # noqa: ANN401 any argument
    blob = Blob(digit * 64, 100, Path("blob"))
    told = {"file_name": f"{digit}.csv", "options": {}, "part_bytes": 8, "now": NOW}
    words: dict[str, Any] = told | rest
    return actions.receive(blob, source, **words)


def reject(row: int, detail: str = "no time", raw: bytes = b"x") -> ReadReject:
    return ReadReject(row, row + 1, row * 10, "time", detail, raw)


def row_of(name: str) -> Batch:
    found = queries.batch(name, viewer=SYSTEM_VIEWER)
    assert found is not None
    return found


def finish(
    name: str, kind: str = "scan_telnet", *identifiers: str, day: date = DAY
) -> dict[str, Any]:
    covered = Covered(identifiers, day, "constituency") if identifiers else None
    return actions.finish(name, kind=kind, covered=covered, actor=ACTOR, now=NOW)


def test_the_same_bytes_from_the_same_source_are_one_batch() -> None:
    name = receive()
    assert name == batch_id("a" * 64, "shadowserver")
    assert receive(now=NOW + timedelta(days=1)) == name
    assert row_of(name).received_at == NOW
    assert receive(source="csv") != name
    assert receive("b") != name
    assert queries.count(viewer=SYSTEM_VIEWER) == 3


def test_options_may_be_told_again_until_something_was_read() -> None:
    name = receive(options={"time": "a"})
    receive(options={"time": "b"}, part_bytes=9)
    assert (row_of(name).options, row_of(name).part_bytes) == ({"time": "b"}, 9)
    actions.part_stored(name, 1, PartCounts(1, 1, 0, 0, 0), [])
    receive(options={"time": "c"}, part_bytes=10)
    assert (row_of(name).options, row_of(name).part_bytes) == ({"time": "b"}, 9)


def test_a_file_may_come_again_under_another_name_until_something_was_read() -> None:
    name = receive(file_name="report.csv")
    actions.take_up(name)
    actions.fail(name, UnreadableFile("Its name says nothing."), actor=ACTOR, now=NOW)
    receive(file_name="2026-11-20-scan_telnet-test.csv")
    assert actions.take_up(name).file_name == "2026-11-20-scan_telnet-test.csv"
    receive(file_name="third.csv")
    assert actions.take_up(name).file_name == "2026-11-20-scan_telnet-test.csv"


def test_a_batch_that_is_taken_up_counts_as_begun() -> None:
    name = receive()
    first, second = actions.take_up(name), actions.take_up(name)
    assert (first.state, first.done, second.state) == ("reading", False, "reading")
    assert (first.id, first.sha256, first.file_name) == (name, "a" * 64, "a.csv")
    finish(name)
    assert actions.take_up(name).done
    with pytest.raises(UsageError, match="There is no batch `none`"):
        actions.take_up("none")


def test_a_part_counts_once_and_in_order() -> None:
    name = receive()
    counts = PartCounts(rows=10, accepted=8, rejected=2, attributed=7, dropped=3)
    for _ in range(2):
        actions.part_stored(name, 1, counts, [reject(4), reject(7)])
    actions.part_stored(name, 3, counts, [reject(30)])
    row = row_of(name)
    assert (row.parts, row.rows, row.accepted, row.rejected, row.attributed, row.dropped) == (
        *(1, 10, 8, 2, 7, 3),
    )
    rejects = queries.newest_rejects(name, viewer=SYSTEM_VIEWER, size=9)
    assert [(one.row, one.line, one.offset, one.reason) for one in rejects] == [
        (4, 5, 40, "time"),
        (7, 8, 70, "time"),
    ]
    actions.part_stored(name, 2, counts, [])
    assert (row_of(name).parts, row_of(name).rows) == (2, 20)


def test_rejects_hold_any_bytes_and_any_text() -> None:
    name = receive()
    raw = bytes(range(256))
    actions.keep_rejects(name, [reject(1, "x" * 500, raw), reject(2, "a\0b", b"\0")])
    actions.keep_rejects(name, [reject(1, "another", b"another")])
    kept = queries.newest_rejects(name, viewer=SYSTEM_VIEWER, size=9)
    assert [(one.detail, one.raw) for one in kept] == [
        ("x" * 240, raw),
        ("a\N{REPLACEMENT CHARACTER}b", b"\0"),
    ]
    assert raw not in [bytes(row.raw) for row in Reject.objects.all()], "it lies sealed"


def test_a_chunk_of_findings_is_marked_once() -> None:
    name = receive()
    told = [actions.mark_applied(name, mark, 1, 10, 100) for mark in (1, 2, 2, 1, 5)]
    assert told == [True, True, False, False, True]
    row = row_of(name)
    assert (row.applied_through, row.opened, row.updated, row.relapsed) == (5, 3, 30, 300)


def test_a_batch_is_finished_once_with_one_entry() -> None:
    name = receive()
    actions.part_stored(name, 1, PartCounts(2, 2, 0, 1, 0), [])
    counts = finish(name, "scan_telnet", "open-telnet")
    assert counts | {"rows": 2, "accepted": 2, "attributed": 1} == counts
    row = row_of(name)
    assert (row.state, row.kind, row.day, row.finished_at) == ("applied", "scan_telnet", DAY, NOW)
    entry = recent()[0]
    assert (entry.act, entry.subject, len(recent())) == ("intake.take-in", f"batch:{name}", 1)
    assert finish(name, "other", "open-ftp") == counts
    assert (row_of(name).kind, len(recent())) == ("scan_telnet", 1)
    assert [one.identifier for one in Coverage.objects.all()] == ["open-telnet"]


def test_a_report_of_a_kind_covers_whatever_its_kind_ever_named() -> None:
    finish(receive("a"), "sinkhole", "mirai", ANY_OF_KIND)
    finish(receive("b"), "sinkhole", "qakbot", ANY_OF_KIND, day=DAY + timedelta(days=1))
    finish(receive("c"), "other", "necurs", ANY_OF_KIND)
    finish(receive("d", source="csv"), "sinkhole", ANY_OF_KIND)
    told = Coverage.objects.order_by("batch__file_name", "identifier")
    assert list(told.values_list("batch__file_name", "identifier", "day")) == [
        ("a.csv", "mirai", DAY),
        ("b.csv", "mirai", DAY + timedelta(days=1)),
        ("b.csv", "qakbot", DAY + timedelta(days=1)),
        ("c.csv", "necurs", DAY),
    ]


def test_networks_are_kept_with_their_coverage() -> None:
    name = receive()
    covered = Covered(("open-telnet",), DAY, "networks", (64500, 64501))
    actions.finish(name, kind="", covered=covered, actor=ACTOR, now=NOW)
    (day,) = queries.coverage_since(NOW - timedelta(days=9))
    assert (day.source, day.identifier, day.day, day.scope, day.networks) == (
        *("shadowserver", "open-telnet", DAY, "networks"),
        (64500, 64501),
    )
    assert list(queries.coverage_since(NOW)) == []


def test_a_file_is_given_up_unless_it_was_finished() -> None:
    name, done = receive("a"), receive("b")
    finish(done)
    for one in (name, done):
        error = UnreadableFile("It is no CSV\0." + "x" * 3_000)
        actions.fail(one, error, actor=ACTOR, now=NOW)
    assert row_of(name).state == "failed"
    assert row_of(name).error.startswith("It is no CSV\N{REPLACEMENT CHARACTER}.xxx")
    assert (len(row_of(name).error), row_of(name).finished_at) == (2_000, NOW)
    assert (row_of(done).state, row_of(done).error) == ("applied", "")
    assert [entry.act for entry in recent()] == ["intake.give-up", "intake.take-in"]
    digest = hashlib.sha256(row_of(name).error.encode()).hexdigest()
    assert recent()[0].facts == {"error": "unreadable-file", "sha256": digest}
    finish(name)
    assert (row_of(name).state, row_of(name).error) == ("applied", "")


def test_a_replay_adds_parts_and_leaves_what_is_still_rejected() -> None:
    name = receive()
    actions.part_stored(name, 1, PartCounts(5, 2, 3, 1, 0), [reject(n) for n in (1, 2, 3)])
    # What a replay could read is a part of its own before the replay ends.
    actions.part_stored(name, 2, PartCounts(2, 2, 0, 2, 0), [])
    actions.replayed(name, added=2, rejects=[reject(3, "still")], actor=ACTOR, now=NOW)
    row = row_of(name)
    assert (row.rows, row.accepted, row.rejected, row.attributed) == (5, 4, 1, 3)
    assert list(Reject.objects.values_list("row", "detail")) == [(3, "still")]
    assert recent()[0].act == "intake.replay"
