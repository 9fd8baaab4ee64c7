"""What a file of another system would change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from pehra.cases.brought.difference import Known, difference
from pehra.cases.brought.record import MOST_LINES, End, Indicator, Job, Line, Record, Rejected

NOW = datetime(2026, 11, 22, tzinfo=UTC)
RECORD = Record(
    place="1",
    ref="42",
    title="Phishing",
    opened=NOW - timedelta(days=9),
    status="open",
    lines=(Line("a", NOW, "amna", "one"), Line("b", None, "", "two")),
    jobs=(Job("t", "Call", "Waiting", done=False),),
    indicators=(Indicator("ip", "192.0.2.7"),),
)


def replaced(**facts: object) -> Record:
    return msgspec.structs.replace(RECORD, **facts)


def known(record: Record) -> dict[str, Known]:
    ((change,), _) = difference([record], {}, NOW)
    return {record.ref: Known(7, change.parts)}


def test_what_is_new_comes_whole_and_the_second_time_nothing() -> None:
    ((change,), rejects) = difference([RECORD], {}, NOW)
    assert (rejects, change.case, change.outcome) == ([], None, "added")
    assert (change.lines, change.jobs, change.indicators) == (
        *(RECORD.lines, RECORD.jobs),
        RECORD.indicators,
    )
    assert change.detail == "2 lines, 1 task, 1 indicator"
    ((again,), _) = difference([RECORD], known(RECORD), NOW)
    assert (again.case, again.outcome, again.detail, again.gone) == (7, "unchanged", "", ())


def test_a_changed_ticket_brings_what_is_new() -> None:
    later = replaced(
        status="resolved",
        end=End("closed", NOW),
        lines=(RECORD.lines[0], Line("c", NOW, "amna", "three")),
        jobs=(Job("t", "Call", "Completed", done=True),),
    )
    ((change,), _) = difference([later], known(RECORD), NOW)
    assert (change.case, change.outcome) == (7, "changed")
    assert [one.ref for one in change.lines] == ["c"]
    assert change.words == (("status", "open", "resolved"), ("ended", "", "closed"))
    assert (change.jobs, change.again, change.indicators) == ((), later.jobs, ())
    assert change.gone == ("line b",)
    assert change.detail == (
        "1 line, status: open -> resolved, ended: - -> closed, task Call: Completed,"
        " 1 gone there, kept here"
    )
    ((after,), _) = difference([later], {"42": Known(7, change.parts)}, NOW)
    assert (after.outcome, after.detail) == ("unchanged", "1 gone there, kept here")


def test_what_cannot_come_in() -> None:
    many = tuple(Line(str(n), None, "", "x") for n in range(MOST_LINES))
    several = [RECORD, replaced(place="2"), replaced(place="3", ref="f", opened=NOW + timedelta(1)),
               replaced(place="4", ref="m", lines=many)]  # fmt: skip
    changes, rejects = difference(several, {}, NOW)
    assert [one.record.place for one in changes] == ["1"]
    assert rejects == [
        Rejected("2", "42 stands in the file before"),
        Rejected("3", "f begins in the future"),
        Rejected("4", "m has 20,002 parts, over 20,000"),
    ]


lines = st.lists(
    st.builds(Line, ref=st.sampled_from("abc") | st.just("a" * 120), at=st.none(), by=st.just(""),
              text=st.sampled_from("xyz")),
    max_size=6,
).map(tuple)  # fmt: skip


@settings(max_examples=40)
@given(lines, lines)
def test_a_file_twice_changes_nothing_whatever_its_names(before: object, after: object) -> None:
    first, second = replaced(lines=before), replaced(lines=after)
    ((change,), _) = difference([second], known(first), NOW)
    ((again,), _) = difference([second], {"42": Known(7, change.parts)}, NOW)
    assert again.outcome == "unchanged"
    assert (change.outcome == "unchanged") >= (before == after)
    ((whole,), _) = difference([second], {}, NOW)
    assert whole.lines == after
