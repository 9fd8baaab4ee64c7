"""Rules of reports: where one goes, what comes first, what may follow what."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.cases.reported.rules import (
    LONGEST_TEXT,
    STEPS,
    Crowd,
    Door,
    Kind,
    Match,
    Place,
    Share,
    State,
    Wish,
    check_step,
    checked,
    clean,
    grade,
    is_flood,
    placed,
)
from pehra.kernel.errors import IllegalStep, UsageError

MATCHES = st.builds(Match, st.integers(1, 9), st.sampled_from(State), st.sampled_from(Share))


def crowd(kind: Kind = Kind.LINK, **given: object) -> Crowd:
    facts: dict[str, object] = {
        "score": 0.0, "reports": 1, "origins": 1, "top": 1, "gathered": False, "like": False,
    }  # fmt: skip
    return Crowd(kind=kind, **(facts | given))  # type: ignore[arg-type] # a test's own words


def test_a_decision_holds_for_the_very_same_only() -> None:
    assert placed([Match(1, State.SPAM, Share.WHOLE)], Kind.LINK) == Place(1)
    for share in (Share.PART, Share.ALIKE, Share.SITE):
        assert placed([Match(1, State.LAWFUL, share)], Kind.LINK) == Place(None, 1)
    assert placed([Match(1, State.CASE, Share.ALIKE)], Kind.LINK) == Place(1)
    both = [Match(1, State.SPAM, Share.PART), Match(2, State.OPEN, Share.ALIKE)]
    assert placed(both, Kind.LINK) == Place(2)
    assert placed([], Kind.LINK) == Place()


def test_a_site_alone_joins_nothing() -> None:
    assert placed([Match(1, State.OPEN, Share.SITE)], Kind.LINK) == Place()
    assert placed([Match(1, State.CASE, Share.SITE)], Kind.LINK) == Place(None, 1)


@pytest.mark.parametrize("kind", [Kind.INCIDENT, Kind.VULNERABILITY])
def test_no_decision_holds_for_another_incident(kind: Kind) -> None:
    for state in (State.CASE, State.LAWFUL, State.SPAM):
        assert placed([Match(1, state, Share.WHOLE)], kind) == Place(None, 1)
    assert placed([Match(1, State.OPEN, Share.WHOLE)], kind) == Place(1)


@given(st.lists(MATCHES, max_size=5), st.sampled_from(Kind))
def test_a_place_is_one_of_the_matches(matches: list[Match], kind: Kind) -> None:
    place = placed(matches, kind)
    named = {one.cluster for one in matches}
    assert place.cluster in named | {None}
    assert place.like in named | {None}
    assert place.cluster is None or place.like is None


def test_what_hurts_beats_what_is_many() -> None:
    lone = grade(crowd(Kind.INCIDENT))
    flood = grade(crowd(reports=100_000, origins=3, top=99_998))
    broad = grade(crowd(reports=100_000, origins=5_000, top=40))
    phish = grade(crowd(score=0.95))
    assert flood < grade(crowd()) < broad < lone
    assert broad < phish
    assert grade(crowd(Kind.INCIDENT, gathered=True)) == 0
    assert grade(crowd(like=True)) < grade(crowd())


@given(st.sampled_from(Kind), st.floats(0, 1), st.integers(1, 10**6), st.integers(1, 10**6))
def test_more_of_the_same_from_one_place_never_raises(
    kind: Kind, score: float, reports: int, more: int
) -> None:
    before = crowd(kind, score=score, reports=reports, top=reports)
    after = crowd(kind, score=score, reports=reports + more, top=reports + more)
    assert 0 <= grade(after) <= grade(before) <= 6


def test_a_flood() -> None:
    assert is_flood(20, 16)
    assert not is_flood(20, 15)
    assert not is_flood(19, 19)


@pytest.mark.parametrize(("old", "new"), list(itertools.product(State, State)))
def test_steps(old: State, new: State) -> None:
    if new in STEPS[old]:
        check_step(old, new)
    else:
        with pytest.raises(IllegalStep):
            check_step(old, new)


def test_what_is_said_is_made_fit() -> None:
    told = checked(
        Wish(kind=Kind.LINK, door=Door.FORM, text=" a\0b\ud800c" * LONGEST_TEXT, language="xx")
    )
    assert (told.text[:3], len(told.text), told.language) == ("ab?", LONGEST_TEXT - 1, "en")
    with pytest.raises(UsageError):
        checked(Wish(kind=Kind.LINK, door=Door.FORM, text="\0 \n"))


@given(st.text())
def test_what_is_clean_stays(text: str) -> None:
    assert clean(clean(text)) == clean(text)
