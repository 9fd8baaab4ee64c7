"""Findings and what may be told of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pehra.kernel.labels import Pap, Tlp
from pehra.notices import matters
from pehra.notices.letters import Line
from pehra.notices.matters import LABELS, Told

AT = datetime(2026, 11, 20, 5, tzinfo=UTC)


def known(number: int) -> Line:
    facts: dict[str, Any] = dict.fromkeys(("asset", "identifier", "rsit_class", "rsit_type"), "x")
    return Line(
        **facts,
        finding=number,
        port=None,
        what="",
        severity=3,
        organisation="River Bank",
        first_seen=AT - timedelta(days=9),
        last_seen=AT,
        count=9,
        due_at=None,
        sources=("open", "secret"),
    )


def told(label: Tlp = Tlp.GREEN, withheld: int = 0, pap: int = 0) -> Told:
    return Told(2, AT, AT, ("open",), LABELS.index(label), pap, withheld)


def test_the_strictest_label_of_any_line_is_the_messages() -> None:
    found = matters.joined(
        [known(1), known(2)], {1: told(), 2: told(Tlp.AMBER_STRICT, pap=2)}, frozenset()
    )
    assert (found.tlp, found.pap, found.withheld) == (Tlp.AMBER_STRICT, Pap.AMBER, 0)


def test_what_only_secret_reports_know_is_left_out() -> None:
    found = matters.joined([known(1), known(2)], {1: told()}, frozenset({2}))
    assert [line.finding for line in found.lines] == [1]
    assert (found.tlp, found.withheld) == (Tlp.GREEN, 1)


def test_numbers_that_secret_reports_had_a_part_in_are_counted_anew() -> None:
    (line,) = matters.joined([known(1)], {1: told(withheld=7)}, frozenset()).lines
    assert (line.count, line.first_seen, line.sources) == (2, AT, ("open",))
    (plain,) = matters.joined([known(1)], {1: told()}, frozenset()).lines
    assert (plain.count, plain.sources) == (9, ("open", "secret"))


def test_where_no_report_is_kept_the_label_is_amber() -> None:
    assert matters.joined([known(1)], {}, frozenset()).tlp == Tlp.AMBER
    nothing = matters.joined([], {}, frozenset())
    assert (nothing.lines, nothing.tlp) == ((), Tlp.CLEAR)


@given(
    st.dictionaries(st.integers(1, 6), st.sampled_from(LABELS)), st.frozensets(st.integers(1, 6))
)
def test_no_label_is_ever_widened(labels: dict[int, Tlp], secret: frozenset[int]) -> None:
    seen = {number: told(label) for number, label in labels.items() if number not in secret}
    found = matters.joined([known(number) for number in range(1, 7)], seen, secret)
    assert {line.finding for line in found.lines} == set(range(1, 7)) - secret
    least = [LABELS.index(labels.get(line.finding, Tlp.AMBER)) for line in found.lines]
    assert LABELS.index(found.tlp) == max(least, default=0)
