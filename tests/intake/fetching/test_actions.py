"""Settings of sources and mailboxes, and what is noted of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pehra.engines.http.fetch import Validators
from pehra.intake.fetching import actions, queries
from pehra.intake.fetching.actions import Changes, Delivered, NewBox
from pehra.intake.fetching.rules import Rule
from pehra.jobs.queries import jobs
from pehra.kernel.actors import SYSTEM
from pehra.kernel.errors import UsageError
from pehra.ledger import queries as ledger
from pehra.mandate.viewers import SYSTEM_VIEWER, Viewer

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
DAY = timedelta(days=1)
SOURCE = "shadowserver"
ADDRESS = "https://feeds.example/{secret}/list.csv"

pytestmark = pytest.mark.django_db


def state(now: datetime = NOW, slug: str = SOURCE) -> queries.SourceState:
    found = queries.source_states(viewer=SYSTEM_VIEWER, now=now)
    return next(one for one in found if one.slug == slug)


def set_source(**changes: Any) -> None:  # noqa: ANN401 fields of a struct
    actions.set_source(SOURCE, Changes(**changes), actor=SYSTEM, now=NOW)


def test_nothing_is_fetched_before_somebody_says_so() -> None:
    assert queries.due(NOW) == []
    assert not any(one.enabled for one in queries.source_states(viewer=SYSTEM_VIEWER, now=NOW))


def test_what_is_set_is_what_is_due() -> None:
    with pytest.raises(UsageError, match="no address"):
        set_source(enabled=True)
    set_source(enabled=True, address=ADDRESS, every=timedelta(hours=6))
    told = queries.plan(SOURCE)
    assert (told.addresses, told.every, told.needs_key) == ((ADDRESS,), timedelta(hours=6), True)
    assert queries.due(NOW) == [SOURCE]
    actions.note_try(SOURCE, now=NOW, next_at=NOW + DAY)
    assert queries.due(NOW) == []
    assert queries.due(NOW + DAY) == [SOURCE]
    set_source(every=DAY)
    assert queries.due(NOW) == [SOURCE], "what was said anew is tried at once"
    set_source(enabled=False)
    assert queries.due(NOW) == []
    assert queries.plan(SOURCE).addresses == (ADDRESS,)


@pytest.mark.parametrize(
    "changes",
    [
        {"every": timedelta(seconds=1)},
        {"address": "ftp://feeds.example/x"},
        {"address": "https://feeds.example/" + "x" * 500},
        {"folder": "/" + "x" * 500},
    ],
)
def test_what_does_not_fit_changes_nothing(changes: dict[str, Any]) -> None:
    before = ledger.head().size
    with pytest.raises(UsageError):
        set_source(**changes)
    assert (queries.plan(SOURCE).addresses, ledger.head().size) == ((), before)


def test_a_folder_is_of_one_source() -> None:
    set_source(folder="/drop/one")
    with pytest.raises(UsageError, match=SOURCE):
        actions.set_source("csv", Changes(folder="/drop/one"), actor=SYSTEM, now=NOW)
    with pytest.raises(UsageError):
        actions.set_source("none", Changes(enabled=True), actor=SYSTEM, now=NOW)


def test_health_tells_success_fault_and_silence() -> None:
    set_source(enabled=True, address=ADDRESS, every=DAY)
    assert (state().last_success, state(NOW + 3 * DAY).silent_since) == (None, None)
    assert state(NOW + 4 * DAY).silent_since == NOW + 3 * DAY
    later = NOW + DAY
    actions.note_delivery(SOURCE, Delivered("b1", 7, new=True), now=later)
    told = state(later)
    assert (told.last_success, told.last_new, told.last_batch, told.last_rows) == (
        later, later, "b1", 7,
    )  # fmt: skip
    actions.note_delivery(SOURCE, Delivered("b1", 7, new=False), now=later + DAY)
    assert (state().last_success, state().last_new) == (later + DAY, later)
    fault = "No.\0" + "x" * 5_000
    actions.note_fault(SOURCE, fault, failures=2, now=later, next_at=later + DAY)
    assert (state().failures, state().fault[:4], len(state().fault)) == (2, "No.\ufffd", 2_000)
    actions.note_delivery(SOURCE, Delivered("b2", 0, new=True, fault="Not CSV."), now=later)
    assert (state().failures, state().fault, state().last_rows) == (3, "Not CSV.", 7)
    actions.note_answer(SOURCE, now=later, next_at=later + DAY)
    assert (state().failures, state().fault, state().next_at) == (0, "", later + DAY)
    set_source(enabled=False)
    assert state(NOW + 400 * DAY).silent_since is None


def test_what_came_by_hand_is_expected_to_go_on() -> None:
    actions.note_delivery(SOURCE, Delivered("b1", 7, new=True), now=NOW)
    assert state(NOW + 3 * DAY).silent_since is None
    assert state(NOW + 4 * DAY).silent_since == NOW + 3 * DAY
    actions.note_delivery("csv", Delivered("b1", 7, new=True), now=NOW)
    assert state(NOW + 400 * DAY, "csv").silent_since is None


def test_health_is_for_those_who_see_whole_reports() -> None:
    set_source(enabled=True, address=ADDRESS)
    actions.note_fault(SOURCE, "Away.", failures=1, now=NOW, next_at=NOW)
    nobody = Viewer(name="nobody", teams=frozenset(), organisations=frozenset())
    (found,) = (one for one in queries.source_states(viewer=nobody, now=NOW) if one.slug == SOURCE)
    assert (found.fault, found.enabled, found.last_try) == ("", False, None)
    assert queries.box_states(viewer=nobody) == []


def test_versions_are_kept_by_address() -> None:
    assert queries.known(SOURCE, ADDRESS) == Validators()
    actions.remember(SOURCE, ADDRESS, Validators('"1"', "Mon"))
    actions.remember(SOURCE, ADDRESS, Validators('"2"', ""))
    assert queries.known(SOURCE, ADDRESS) == Validators('"2"', "")
    actions.remember(SOURCE, ADDRESS, Validators("x" * 501, ""))
    assert queries.known(SOURCE, ADDRESS) == Validators()


def test_what_is_due_is_queued_once() -> None:
    set_source(enabled=True, address=ADDRESS)
    actions.set_mailbox("reports", NewBox("mail.example", "me"), actor=SYSTEM, now=NOW)
    assert (actions.queue_due(NOW), actions.queue_due(NOW)) == (2, 0)
    found = {(job.kind, job.payload.get("source", job.payload.get("mailbox"))) for job in jobs()}
    assert found == {(actions.FETCH, SOURCE), (actions.READ_MAIL, "reports")}
    assert ADDRESS not in repr(jobs())


def test_mailboxes_and_their_rules() -> None:
    box = NewBox("mail.example", "me")
    actions.set_mailbox("reports", box, actor=SYSTEM, now=NOW)
    rules = [
        Rule(SOURCE, sender="@one.example", subject="*daily*"),
        Rule("csv", sender="a@b.example"),
    ]
    actions.set_rules("reports", rules, actor=SYSTEM, now=NOW)
    assert queries.box("reports").rules == tuple(rules)
    for wrong in (Rule("none", sender="a@b.example"), Rule(SOURCE)):
        with pytest.raises(UsageError):
            actions.set_rules("reports", [wrong], actor=SYSTEM, now=NOW)
    actions.note_mail("reports", validity=7, uid=9, claimed=False)
    actions.set_mailbox("reports", NewBox("mail.example", "me", port=1), actor=SYSTEM, now=NOW)
    assert (queries.box("reports").uid_validity, queries.box("reports").last_uid) == (7, 9)
    actions.set_mailbox("reports", NewBox("mail.example", "you"), actor=SYSTEM, now=NOW)
    assert (queries.box("reports").uid_validity, queries.box("reports").last_uid) == (0, 0)
    with pytest.raises(UsageError):
        actions.set_mailbox("x", NewBox("h", "me", security="none at all"), actor=SYSTEM, now=NOW)
    actions.note_mail_end("reports", "Away.", now=NOW, next_at=NOW + DAY)
    (told,) = queries.box_states(viewer=SYSTEM_VIEWER)
    assert (told.fault, told.failures, told.unclaimed, told.rules) == ("Away.", 1, 1, tuple(rules))
    actions.note_mail_end("reports", "", now=NOW, next_at=NOW + DAY)
    (told,) = queries.box_states(viewer=SYSTEM_VIEWER)
    assert (told.fault, told.failures, told.last_success) == ("", 0, NOW)
    assert queries.boxes_due(NOW) == []
    actions.remove_mailbox("reports", actor=SYSTEM, now=NOW)
    with pytest.raises(UsageError):
        queries.box("reports")
