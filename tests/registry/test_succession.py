"""Laws of claims over time, against a plain model of what is in force when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pehra.registry.succession import Run, Standing, Word, meant, overlap, runs, span, succeed

START = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = 12


def day(number: int) -> datetime:
    return START + timedelta(days=number)


@st.composite
def words(draw: st.DrawFn) -> Word:
    since = draw(st.none() | st.integers(0, DAYS - 1))
    until = draw(st.none() | st.integers((since if since is not None else -1) + 1, DAYS))
    return Word(
        None if since is None else day(since),
        None if until is None else day(until),
        draw(st.sampled_from([50, 100])),
        draw(st.sampled_from(["static", "dynamic"])),
    )


class Table:
    """Claims of one key as a list, applying steps as the actions do."""

    def __init__(self) -> None:
        self.rows: dict[int, Word] = {}
        self.withdrawn: set[int] = set()
        self.ids = 0

    def standing(self) -> list[Run]:
        """Runs of what was not withdrawn."""
        live = [Standing(n, w) for n, w in self.rows.items() if n not in self.withdrawn]
        return runs(sorted(live, key=lambda one: (one.word.since or day(-9), one.claim)))

    def state(self, word: Word, now: datetime) -> str:
        """State a row at a moment; gives its outcome."""
        steps = succeed(meant(word, self.standing()), self.standing(), now)
        for claim, end in steps.close:
            self.rows[claim] = msgspec.structs.replace(self.rows[claim], until=end)
        self.withdrawn |= set(steps.withdraw)
        for added in steps.add:
            self.rows[self.ids] = added
            self.ids += 1
        return steps.outcome

    def in_force(self, at: datetime) -> list[Word]:
        """Claims that hold at a moment, by a plain scan."""
        return [
            word
            for number, word in self.rows.items()
            if number not in self.withdrawn
            and (word.since is None or word.since <= at)
            and (word.until is None or at < word.until)
        ]


histories = st.lists(words(), min_size=1, max_size=6)


@settings(deadline=None)
@given(histories)
def test_at_most_one_claim_is_in_force_at_any_moment(history: list[Word]) -> None:
    table = Table()
    for number, word in enumerate(history):
        table.state(word, day(2 * number + 1) + timedelta(hours=12))
    for hour in range(-24, 24 * DAYS, 6):
        assert len(table.in_force(START + timedelta(hours=hour))) <= 1


@settings(deadline=None)
@given(histories)
@example(
    [
        Word(None, day(0), 50, "dynamic"),
        Word(day(1), None, 50, "static"),
        Word(None, day(1), 50, "dynamic"),
    ]
)
def test_the_same_word_twice_changes_nothing(history: list[Word]) -> None:
    table = Table()
    for number, word in enumerate(history):
        now = day(2 * number + 1) + timedelta(hours=12)
        table.state(word, now)
        before, gone = dict(table.rows), set(table.withdrawn)
        assert table.state(word, now + timedelta(hours=1)) == "unchanged"
        assert (table.rows, table.withdrawn) == (before, gone)


@settings(deadline=None)
@given(histories, words())
@example(
    [Word(day(0), day(7), 50, "static"), Word(day(0), None, 50, "static")],
    Word(None, None, 50, "dynamic"),
)
@example(
    [Word(day(0), day(7), 50, "static"), Word(day(7), None, 50, "dynamic")],
    Word(day(0), None, 50, "dynamic"),
)
def test_the_last_word_holds_from_now_on(history: list[Word], last: Word) -> None:
    table = Table()
    for number, word in enumerate(history):
        table.state(word, day(number))
    now = day(6) + timedelta(hours=1)
    last = meant(last, table.standing())
    table.state(last, now)
    for hour in range(0, 24 * DAYS, 6):
        at = now + timedelta(hours=hour)
        expected = (last.since is None or last.since <= at) and (
            last.until is None or at < last.until
        )
        held = [(word.confidence, word.use) for word in table.in_force(at)]
        if expected:
            assert held == [(last.confidence, last.use)]


@settings(deadline=None)
@given(words(), st.sampled_from([50, 100]), st.sampled_from(["static", "dynamic"]))
def test_a_change_of_attributes_leaves_the_past(word: Word, confidence: int, use: str) -> None:
    table = Table()
    table.state(word, day(0))
    now = day(6) + timedelta(hours=1)
    past = [START + timedelta(hours=hour) for hour in range(-24, 24 * 6, 6)]
    before = [table.in_force(at) for at in past]
    if word.until is not None and word.until <= now:
        return
    table.state(msgspec.structs.replace(word, confidence=confidence, use=use), now)
    after = [table.in_force(at) for at in past]
    assert [[(w.confidence, w.use) for w in found] for found in after] == [
        [(w.confidence, w.use) for w in found] for found in before
    ]


def test_an_unstated_beginning_means_the_holding_that_lasts() -> None:
    table = Table()
    table.state(Word(day(1), None, 100, "static"), day(2))
    assert table.state(Word(None, None, 100, "static"), day(3)) == "unchanged"
    assert table.state(Word(None, day(9), 100, "static"), day(3)) == "changed"
    assert table.rows == {0: Word(day(1), day(9), 100, "static")}


def test_taking_an_end_back_adds_a_claim() -> None:
    table = Table()
    table.state(Word(day(1), day(5), 100, "static"), day(2))
    table.state(Word(day(1), None, 100, "static"), day(3))
    assert table.rows == {
        0: Word(day(1), day(5), 100, "static"),
        1: Word(day(5), None, 100, "static"),
    }
    assert span(table.standing()[0]) == Word(day(1), None, 100, "static")


def test_other_dates_withdraw_what_was_wrong() -> None:
    table = Table()
    table.state(Word(day(1), None, 100, "static"), day(2))
    assert table.state(Word(day(3), None, 100, "static"), day(4)) == "changed"
    assert table.withdrawn == {0}
    assert table.rows[1] == Word(day(3), None, 100, "static")


@settings(deadline=None)
@given(words(), words())
def test_overlap_is_a_shared_moment(left: Word, right: Word) -> None:
    def holds(word: Word, at: datetime) -> bool:
        return (word.since is None or word.since <= at) and (word.until is None or at < word.until)

    hours = [START + timedelta(hours=hour) for hour in range(-48, 24 * (DAYS + 2), 12)]
    assert overlap(left, right) == any(holds(left, at) and holds(right, at) for at in hours)
