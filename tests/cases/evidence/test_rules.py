"""The steps of a hand-over: what random persons try, and what never comes of it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.cases.evidence import rules
from pehra.cases.evidence.rules import (
    POWER_OF,
    STEPS,
    Basis,
    Count,
    Counted,
    Kind,
    State,
    Step,
    Taken,
)
from pehra.kernel.errors import IllegalStep, Refused, UsageError
from pehra.mandate.powers import FAMILIES, GroundFacts

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
PERSONS = st.sampled_from(["amna", "bilal", "dua", "esa"])
ROLES = st.sampled_from(["LEG", "DIR", "EVC"])
LAW = GroundFacts(
    slug="law-31", instrument="An Act", acts=("evidence-preserve",), longest_days=90,
    ordered_by="investigators", valid_from=date(2020, 1, 1), valid_to=date(2027, 1, 1),
)  # fmt: skip


def test_every_step_is_by_a_power_and_from_every_state_there_is_a_way_to_an_end() -> None:
    assert set(STEPS) == set(State)
    assert set(POWER_OF) == set(State) - {State.REQUEST}
    ends = {state for state in State if not STEPS[state]}
    assert ends == rules.ENDED
    for state in State:
        seen, todo = set(), [state]
        while todo:
            seen.add(one := todo.pop())
            todo += STEPS[one] - seen
        assert seen & ends, state


@given(
    st.lists(st.tuples(st.sampled_from(State), PERSONS, PERSONS, ROLES), max_size=120),
    st.sampled_from(Kind),
    PERSONS,
)
def test_whatever_is_tried_the_keys_are_two_persons_and_nobody_has_two_parts(
    tries: list[tuple[State, str, str, str]], kind: Kind, asker: str
) -> None:
    state, taken = State.REQUEST, [Taken(State.REQUEST, "ask", (asker,))]
    for to, person, typist, role in tries:
        persons = tuple({person, typist})
        try:
            rules.check_step(state, Step(to, persons, role), taken, kind)
        except Refused:
            continue
        assert to in STEPS[state]
        taken.append(Taken(to, POWER_OF[to].does, persons))
        state = to
    families: dict[str, set[object]] = {}
    for one in taken:
        for person in one.persons:
            families.setdefault(person, set()).add(FAMILIES[one.does])
    assert all(len(found) == 1 for found in families.values())
    by = {one.state: set(one.persons) for one in taken}
    if State.SECOND_SIGN in by:
        assert not by[State.SECOND_SIGN] & (by[State.LEGALITY] | by[State.NARROWED])
    if State.DELIVERED in by:
        assert {State.SECOND_SIGN, State.PACKAGE, State.PRESERVE, State.NARROWED} <= set(by)
        assert kind != Kind.PRESERVE


def test_the_course_that_is_meant_is_possible() -> None:
    who = {"apply": ("custodian", "EVC"), "approve": ("lawyer", "LEG")}
    state, taken = State.REQUEST, [Taken(State.REQUEST, "ask", ("liaison",))]
    for to in ("identity_check", "legality", "narrowed", "preserve", "package", "second_sign",
               "delivered", "receipt", "outcome", "retained", "destroyed"):  # fmt: skip
        does = POWER_OF[State(to)].does
        person, role = ("director", "DIR") if to == "second_sign" else who[does]
        rules.check_step(state, Step(State(to), (person,), role), taken, Kind.TRAFFIC)
        state = State(to)
        taken.append(Taken(state, does, (person,)))
    assert state == State.DESTROYED


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (Step(State.SECOND_SIGN, ("dua",), "LEG"), "is for the director"),
        (Step(State.SECOND_SIGN, ("amna",), "DIR"), "amna turned the first key"),
        (Step(State.SECOND_SIGN, ("dua", "amna"), "DIR"), "amna turned the first key"),
        (Step(State.SECOND_SIGN, ("esa",), "DIR"), "has the part `carry-out`"),
        (Step(State.DELIVERED, ("esa",), "EVC"), "does not go to `delivered`"),
    ],
)
def test_a_single_key_is_refused(step: Step, words: str) -> None:
    taken = [
        Taken(State.LEGALITY, "approve", ("amna",)), Taken(State.PACKAGE, "apply", ("esa",)),
    ]  # fmt: skip
    with pytest.raises(Refused, match=words):
        rules.check_step(State.PACKAGE, step, taken, Kind.TRAFFIC)
    with pytest.raises(Refused, match="Nobody found this request lawful"):
        rules.check_step(State.PACKAGE, Step(State.SECOND_SIGN, ("dua",), "DIR"), [], Kind.TRAFFIC)


def test_a_key_that_was_turned_keeps_a_person_from_the_other() -> None:
    signed = [Taken(State.NARROWED, "approve", ("amna",)),
              Taken(State.SECOND_SIGN, "approve", ("dua",))]  # fmt: skip
    anew = Step(State.NARROWED, ("dua",), "LEG")
    with pytest.raises(Refused, match="dua turned the second key"):
        rules.check_step(State.SECOND_SIGN, anew, signed, Kind.TRAFFIC)


def test_own_data_waits_for_consent_and_nothing_else_does() -> None:
    assert rules.steps_from(State.LEGALITY, Kind.OWN) == {State.CONSENT, State.REFUSED}
    assert rules.steps_from(State.LEGALITY, Kind.CONTENT) == {State.NARROWED, State.REFUSED}


@pytest.mark.parametrize("state", ["narrowed", "preserve", "package", "second_sign"])
def test_what_has_not_left_can_be_narrowed_anew_or_refused(state: str) -> None:
    found = rules.steps_from(State(state), Kind.TRAFFIC)
    assert {State.NARROWED, State.REFUSED} <= found
    assert (State.PACKAGE in found) is (state != "narrowed")


def test_late_paper_stops_a_request() -> None:
    rules.check_paper(None, None, NOW)
    rules.check_paper(NOW, NOW, NOW)
    rules.check_paper(NOW + timedelta(seconds=1), None, NOW)
    with pytest.raises(Refused, match="is overdue"):
        rules.check_paper(NOW, None, NOW)


def test_what_is_only_preserved_is_never_packed() -> None:
    step = Step(State.PACKAGE, ("esa",), "EVC")
    with pytest.raises(IllegalStep, match="From there: narrowed, outcome, refused"):
        rules.check_step(State.PRESERVE, step, [], Kind.PRESERVE)
    with pytest.raises(IllegalStep, match="From there: narrowed, package, refused"):
        rules.check_step(State.PRESERVE, Step(State.OUTCOME, ("esa",), "EVC"), [], Kind.TRAFFIC)


def test_a_ground_carries_its_own_kind_by_its_own_body_for_its_own_time() -> None:
    on = date(2026, 11, 22)
    good = Basis(Kind.PRESERVE, "law-31", "investigators", date(2027, 2, 1))
    assert rules.check_lawful(good, [LAW], on) == LAW
    for wrong, words in (
        (Basis(Kind.PRESERVE, "", "investigators", good.ends), "needs a ground in law"),
        (Basis(Kind.PRESERVE, "law-99", "investigators", good.ends), "There is no ground"),
        (Basis(Kind.CONTENT, "law-31", "investigators", good.ends), "does not carry"),
        (Basis(Kind.PRESERVE, "law-31", "somebody", good.ends), "only `investigators` orders"),
        (Basis(Kind.PRESERVE, "law-31", "investigators", date(2027, 3, 1)), "90 days at most"),
    ):
        with pytest.raises(Refused, match=words):
            rules.check_lawful(wrong, [LAW], on)
    with pytest.raises(Refused, match="is not in force"):
        rules.check_lawful(good, [LAW], date(2027, 1, 1))


@pytest.mark.parametrize(
    ("at", "last"),
    [
        (NOW + timedelta(seconds=1), None),
        (NOW - timedelta(minutes=16), None),
        (NOW - timedelta(minutes=2), NOW - timedelta(minutes=1)),
    ],
)
def test_nothing_is_back_dated_or_dated_ahead(at: datetime, last: datetime | None) -> None:
    with pytest.raises(Refused, match=r"back-dated|yet to come"):
        rules.check_moment(at, last, NOW)
    rules.check_moment(NOW, NOW, NOW)


def test_a_name_is_no_path_and_turns_nothing_round() -> None:
    turned = "/etc/../in\u202evoice\u0000.exe"
    assert rules.check_name(turned) == "invoice.exe"
    assert rules.check_name("C:\\evil\\a.txt") == "a.txt"
    for bad in ("", "a/", "\n", "x" * 256):
        with pytest.raises(UsageError, match="1 to 255"):
            rules.check_name(bad)


def test_words_are_wanted_and_a_hold_keeps() -> None:
    assert rules.check_words("  for the\ncourt's order ", "The purpose") == "for the court's order"
    with pytest.raises(UsageError, match="The purpose has 3 letters"):
        rules.check_words("why", "The purpose")
    on = date(2026, 11, 22)
    rules.check_destroyable([], on, on)
    for held, until in ((["a court"], on), ([], None), ([], date(2026, 11, 23))):
        with pytest.raises(Refused, match=r"keeps it|is kept until"):
            rules.check_destroyable(held, until, on)


def test_small_counts_are_hidden_and_cannot_be_worked_out() -> None:
    rows = [Counted("a", "x", "refused")] * 7 + [Counted("b", "x", "refused")] * 5
    assert rules.public_counts(rows, "agency") == [Count("a", 7), Count("b", 5)]
    assert rules.public_counts(rows, "ground") == [Count("x", 12)]
    rows.append(Counted("c", "x", "handed-over"))
    assert rules.public_counts(rows, "agency") == [
        Count("a", 7), Count("b", None), Count("c", None),
    ]  # fmt: skip
    assert rules.public_counts(rows[:3], "agency") == [Count("a", None)]
    assert rules.public_counts([], "agency") == []
