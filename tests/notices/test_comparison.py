"""Two ways of telling the same events, side by side."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pehra.findings.rules import State
from pehra.notices.comparison import (
    OURS,
    WORDS,
    Comparison,
    Reach,
    Sides,
    compared,
    fated,
    pairs,
    silenced,
)
from pehra.notices.intelmq import TOLD, Way

EVENT = {
    "row": pl.Int64, "asset": pl.String, "identifier": pl.String, "feed": pl.String,
    "organisation": pl.Int64, "fate": pl.String, "finding": pl.Int64, "holder": pl.Int64,
    "state": pl.Int64, "what": pl.String, "rsit_class": pl.String,
}  # fmt: skip
REACH = Reach(
    planned=True,
    standing=frozenset({1, 2, 3, 7}),
    new=frozenset({1, 7}),
    words={int(state): state.word for state in State},
    holders={5: frozenset({"open-telnet"}), 6: frozenset()},
)
NAMED = pl.DataFrame({"mailbox": ["a@x.example"], "finding": [1]}, schema=OURS)


def event(
    finding: int | None = 2, holder: int = 6, state: State = State.OPEN, what: str = "mirai"
) -> tuple[object, ...]:
    return (1, "192.0.2.1", what, "Feed", holder, "", finding, holder, int(state), what, "c")


@pytest.mark.parametrize(
    ("found", "reach", "fate"),
    [
        (event(finding=1), REACH, ""),
        (event(), REACH, "later"),
        (event(state=State.NOTIFIED), REACH, "told-already"),
        (event(state=State.GONE), REACH, "gone"),
        (event(state=State.PASSED), REACH, "passed-to-subscriber"),
        (event(holder=9), REACH, "no-contact"),
        (event(holder=5, what="open-telnet"), REACH, "inhibited"),
        (event(holder=5), REACH, "later"),
        (event(), Reach(False, *(getattr(REACH, name) for name in Reach.__struct_fields__[1:])),
         "not-planned"),
        ((1, None, None, None, None, "unreadable", *[None] * 5), REACH, "unreadable"),
    ],
)  # fmt: skip
def test_what_is_not_told_has_its_reason(
    found: tuple[object, ...], reach: Reach, fate: str
) -> None:
    events = pl.DataFrame([found], schema=EVENT, orient="row")
    assert fated(events, NAMED, reach)["fate"].to_list() == [fate]
    assert fate in {"", *WORDS, *REACH.words.values()}


def test_words_that_all_recipients_inhibit_are_silent() -> None:
    inhibits = pl.DataFrame({"contact": [1, 2, 2, 3], "word": ["a", "a", "b", "c"]})
    chosen = pl.DataFrame({"organisation": [8, 8, 9, 7], "contact": [1, 2, 3, 4]})
    assert silenced(inhibits, chosen) == {
        8: frozenset({"a"}),
        9: frozenset({"c"}),
        7: frozenset(),
    }


MAILBOXES = st.sampled_from(["a@x.example", "b@x.example", "c@x.example"])
SIDES = st.tuples(
    st.lists(st.sampled_from([0, 1, 2, 3]), max_size=6),
    st.sets(st.tuples(st.integers(1, 6), MAILBOXES)),
    st.sets(st.tuples(MAILBOXES, st.integers(1, 3))),
)


def sides(made: tuple[list[int], set[tuple[int, str]], set[tuple[str, int]]]) -> Sides:
    """Events with finding 1 to 3 or none; whom they tell; whom we tell."""
    findings, theirs, ours = made
    named = {finding for _, finding in ours}
    rows = [
        (row, None, None, None, None, one or None,
         "" if one in named else "no-contact" if one else "unheld")
        for row, one in enumerate(findings, 1)
    ]  # fmt: skip
    names = ("row", "asset", "identifier", "feed", "holder", "finding", "fate")
    kinds = dict(zip(names, ("row", *["asset"] * 3, "row", "row", "fate"), strict=True))
    events = pl.DataFrame(rows, schema={name: EVENT[kinds[name]] for name in names}, orient="row")
    told = [(row, "w", mailbox, "") for row, mailbox in sorted(theirs) if row <= len(findings)]
    return Sides(
        events,
        pl.DataFrame(told, schema=TOLD, orient="row"),
        pl.DataFrame(sorted(ours), schema=OURS, orient="row"),
        Way.ABUSE_CONTACT,
        len({mailbox for mailbox, _ in ours}),
    )


@settings(deadline=None, max_examples=40)
@given(made=SIDES)
def test_counts_are_those_of_plain_sets(
    made: tuple[list[int], set[tuple[int, str]], set[tuple[str, int]]],
) -> None:
    given_ = sides(made)
    findings = made[0]
    theirs = {(row, mailbox) for row, mailbox in made[1] if row <= len(findings)}
    ours = {
        (row, mailbox)
        for row, finding in enumerate(findings, 1)
        for mailbox, named in made[2]
        if named == finding
    }
    found: Comparison = compared(given_, pairs(given_))
    heard = [{row for row, _ in side} for side in (theirs, ours)]
    everybody = set(range(1, len(findings) + 1))
    assert found.told == {
        "both": len(heard[0] & heard[1]),
        "only-theirs": len(heard[0] - heard[1]),
        "only-ours": len(heard[1] - heard[0]),
        "nobody": len(everybody - heard[0] - heard[1]),
    }
    unheard = {(mailbox, one) for mailbox, one in made[2] if one not in findings}
    mailboxes = {one for _, one in theirs} | {one for one, _ in made[2]}
    odd = {one for _, one in theirs ^ ours} | {one for one, _ in unheard}
    assert sum(found.recipients.values()) == len(mailboxes)
    assert found.recipients["same"] == len(mailboxes - odd)
    assert {one.mailbox for one in found.differences} == odd
    for one in found.differences:
        mine = {pair for pair in theirs ^ ours if pair[1] == one.mailbox}
        left = {pair for pair in unheard if pair[0] == one.mailbox}
        assert sum(one.why.values()) == len(mine) + len(left)
        assert one.both == len({pair for pair in theirs & ours if pair[1] == one.mailbox})
    assert sum(one["events"] for one in found.untold.values()) == len(everybody - heard[1])
