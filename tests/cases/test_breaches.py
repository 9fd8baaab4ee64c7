"""Breaches without a database: states, contents, risk, lists that are refused, drafts, ranges."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.apps import apps
from hypothesis import given
from hypothesis import strategies as st

from pehra.cases.breaches import leaked, lists, risk, rules, texts
from pehra.cases.breaches.leaked import Kind, Line
from pehra.cases.breaches.risk import QUESTIONS, Answer
from pehra.cases.breaches.rules import Contents, Excused, Exemption, Risk, State
from pehra.kernel.errors import EnvironmentFault, IllegalStep, Refused, UsageError

T0 = datetime(2026, 11, 22, 6, tzinfo=UTC)
BARE = Contents(what="A laptop was lost.")
WHOLE = Contents(
    what="Files with applications were copied.",
    confidentiality=True,
    people_kinds="applicants for an account",
    people_least=1_000,
    people_most=1_200,
    record_kinds="names, addresses, copies of identity cards",
    records_most=1_200,
    contact="data@bank.example",
    consequences="somebody may open accounts in their names",
    taken="the door is closed",
)


@given(st.sampled_from(State), st.sampled_from(State), st.sampled_from([None, *Risk]))
def test_a_breach_goes_only_where_table_and_risk_lead(
    old: State, new: State, of: Risk | None
) -> None:
    allowed = rules._BY_RISK.get((old, new))  # noqa: SLF001 the table itself is what is tried
    if new in rules.STEPS[old] and (allowed is None or of in allowed):
        rules.check_step(old, new, of)
    else:
        with pytest.raises(IllegalStep):
            rules.check_step(old, new, of)


@given(st.lists(st.sampled_from(State), max_size=15), st.sampled_from(Risk))
def test_no_breach_of_high_risk_ends_untold(wanted: list[State], of: Risk) -> None:
    state, seen = State.DETECTED, {State.DETECTED}
    for new in wanted:
        try:
            rules.check_step(state, new, of)
        except IllegalStep:
            continue
        state = new
        seen.add(new)
    if state == State.CLOSED and of == Risk.HIGH:
        assert State.NOTIFIED_AUTHORITY in seen
        assert seen & {State.NOTIFIED_PEOPLE, State.EXEMPT}
    if state == State.CLOSED and of == Risk.LOW:
        assert State.NOTIFIED_AUTHORITY in seen


def over(contents: Contents, **changes: Any) -> Contents:  # noqa: ANN401 any of its parts
    return msgspec.structs.replace(contents, **changes)


def test_what_is_missing_is_named() -> None:
    assert rules.missing(WHOLE) == ()
    assert rules.missing(BARE) == (
        "nature", "people_kinds", "people_most", "record_kinds", "records_most", "contact",
        "consequences", "measures",
    )  # fmt: skip


@pytest.mark.parametrize(
    "changes",
    [{"what": " "}, {"people_least": 9, "people_most": 8}, {"records_most": -1},
     {"taken": "a" * 8_001}],
)  # fmt: skip
def test_contents_that_cannot_be_are_refused(changes: dict[str, Any]) -> None:
    rules.check_contents(WHOLE)
    with pytest.raises(UsageError):
        rules.check_contents(over(WHOLE, **changes))


def test_what_is_late_says_why() -> None:
    by = rules.due(T0, 72)
    assert by == T0 + timedelta(hours=72)
    assert rules.due(T0, None) is None
    rules.check_late(T0 + timedelta(hours=72), by, "")
    rules.check_late(T0 + timedelta(hours=900), None, "")
    late = T0 + timedelta(hours=73)
    rules.check_late(late, by, "The extent was not known before.")
    with pytest.raises(Refused, match="no reason"):
        rules.check_late(late, by, "busy")


def test_an_exemption_says_why_and_where_the_public_is_told() -> None:
    why = "All disks are encrypted, and the keys are safe."
    rules.check_exemption(Excused(Exemption.ENCRYPTED, why))
    with pytest.raises(UsageError, match="says why"):
        rules.check_exemption(Excused(Exemption.ENCRYPTED, "yes"))
    with pytest.raises(UsageError, match="the public is told"):
        rules.check_exemption(Excused(Exemption.DISPROPORTIONATE, why))
    rules.check_exemption(Excused(Exemption.DISPROPORTIONATE, why, "PKCERT-2026-001"))


def answers(*scores: int) -> dict[str, Answer]:
    return {name: Answer(score, "so") for name, score in zip(QUESTIONS, scores, strict=True)}


@given(st.lists(st.integers(0, 3), min_size=7, max_size=7), st.integers(0, 6))
def test_a_worse_answer_never_gives_a_milder_risk(scores: list[int], which: int) -> None:
    order = list(Risk)
    before = risk.suggested(answers(*scores))
    worse = [min(3, one + (place == which)) for place, one in enumerate(scores)]
    assert order.index(risk.suggested(answers(*worse))) >= order.index(before)


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ((0, 0, 0, 0, 0, 0, 0), Risk.NONE),
        ((1, 1, 1, 0, 2, 0, 0), Risk.LOW),
        ((3, 3, 0, 0, 2, 2, 0), Risk.HIGH),  # few people, and all is out
        ((3, 3, 3, 3, 0, 1, 3), Risk.LOW),  # unreadable, and went nowhere
        ((2, 2, 2, 2, 2, 1, 1), Risk.HIGH),
    ],
)
def test_what_answers_come_to(scores: tuple[int, ...], expected: Risk) -> None:
    assert risk.suggested(answers(*scores)) == expected


def test_every_question_has_an_answer_and_a_reason() -> None:
    found = answers(1, 1, 1, 1, 1, 1, 1)
    risk.check_answers(found)
    for bad in (Answer(4, "x"), Answer(1, " "), None):
        wrong = {name: one for name, one in found.items() if bad or name != "intent"}
        with pytest.raises(UsageError, match="intent"):
            risk.check_answers(wrong | ({"intent": bad} if bad else {}))
    risk.check_level(Risk.LOW, found, "")
    with pytest.raises(UsageError, match="was chosen"):
        risk.check_level(Risk.HIGH, found, "")


LISTS = {
    "mail addresses": "a@example.org b@example.org c@example.org",
    "numbers of identity cards": "61101-1234567-1 61101-1234567-3 6110112345675",
    "telephone numbers": "0300-1234567, +923001234568 and 03211234569",
    "digests of passwords": "\n".join(hashlib.md5(bytes([n]), usedforsecurity=False).hexdigest()
                                      for n in range(3)),
    "numbers of payment cards": "4111 1111 1111 1111 5500-0000-0000-0004 340000000000009",
    "rows of a table": "\n".join(f"name{n};street {n};born {n}" for n in range(6)),
}  # fmt: skip


@pytest.mark.parametrize("kind", LISTS)
def test_a_list_of_people_is_refused_and_why_is_said(kind: str) -> None:
    assert lists.found(f"We found this:\n{LISTS[kind]}") == kind
    with pytest.raises(Refused, match="takes in no leaked personal data") as caught:
        lists.check_no_list(["", LISTS[kind]])
    assert "how many and of which kind" in caught.value.mend


def test_an_account_of_what_happened_is_no_list() -> None:
    told = (
        "At 10:40 the desk (data@bank.example, +92 51 1234567) saw that 1,200 files were copied;"
        " digest 5d41402abc4b2a76b9719d911017c592.\n\n- closed the door: yes\n- told the head: yes"
    )
    assert lists.found(told) == ""


def test_no_column_has_anybodys_own_data() -> None:
    """A column about people is a count, a kind of data, or the name of one who acts here."""
    columns = {
        field.name
        for name in ("Breach", "BreachText")
        for field in apps.get_model("cases", name)._meta.concrete_fields
    }
    assert columns == {
        "id", "case", "organisation", "processor", "processor_aware_at", "state", "aware_at",
        "recorded_at", "changed_at", "contents", "answers", "risk", "risk_why", "assessed_at",
        "assessed_by", "authority_due", "people_due", "processor_due", "unconfirmed",
        "authority_at", "people_at", "people_told", "late_reason", "exemption", "exemption_why",
        "public_notice", "closed_at", "breach", "to", "addressee", "language", "subject", "body",
        "drafted_at", "drafted_by", "edited_at", "edited_by", "released_at", "released_by",
        "envelope", "outcome",
    }, "a new column of a breach needs a reason here: is it anybody's personal data?"  # fmt: skip
    assert set(Contents.__struct_fields__) == {
        "what", "confidentiality", "integrity", "availability", "people_kinds", "people_least",
        "people_most", "record_kinds", "records_least", "records_most", "contact", "consequences",
        "taken", "proposed",
    }  # fmt: skip


ABOUT = texts.About(name="First Bank", aware_at=T0, contents=WHOLE, risk=Risk.HIGH)


def test_drafts_say_what_is_known_and_what_is_not() -> None:
    whole = texts.to_authority(ABOUT, "en")
    assert whole.subject == "Notification of a breach of personal data: First Bank"
    for words in ("This notification is complete.", "about 1,000 to 1,200", "about 1,200",
                  "Known since: 2026-11-22 06:00 UTC", "as judged: high"):  # fmt: skip
        assert words in whole.body
    early = texts.to_authority(
        msgspec.structs.replace(ABOUT, contents=BARE, late_reason="It was a holiday."), "en"
    )
    assert "early notification" in early.body
    assert "People: not known yet; not known yet" in early.body
    assert "late because: It was a holiday." in early.body
    people = texts.to_people(ABOUT, "en")
    assert "What you can do:" in people.body
    assert "as judged" not in people.body


def test_drafts_are_there_in_urdu() -> None:
    assert texts.words("ur").keys() == texts.words("en").keys()
    assert "First Bank" in texts.to_people(ABOUT, "ur").subject
    assert "{" not in texts.to_authority(ABOUT, "ur").body + texts.to_people(ABOUT, "ur").body


WORDS = [f"mango{number}" for number in range(300)]


def laid(folder: Path, kind: Kind, *, apart: bool) -> list[str]:
    """Digests laid beside a home, in one sorted file or in a file for each range."""
    digests = sorted(leaked.digest_of(word, kind) for word in WORDS)
    folder.mkdir(exist_ok=True)
    if apart:
        (folder / kind).mkdir()
        for digest in digests:
            with (folder / kind / f"{digest[:5]}.txt").open("a", newline="") as file:
                file.write(f"{digest[5:]}:{len(digest)}\r\n")
    else:
        (folder / f"{kind}.txt").write_text("".join(f"{one}:{len(one)}\n" for one in digests))
    return digests


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("apart", [True, False])
def test_a_range_has_just_what_begins_so(tmp_path: Path, kind: Kind, apart: bool) -> None:  # noqa: FBT001 a parameter of the table
    digests = laid(tmp_path, kind, apart=apart)
    for digest in (digests[0], digests[150], digests[-1]):
        found = leaked.ranged(tmp_path, kind, digest[:5].lower())
        expected = [Line(one[5:], kind.digits) for one in digests if one[:5] == digest[:5]]
        assert found == expected
        assert leaked.count_in(found, digest) == kind.digits
        assert leaked.count_in(found, "0" * kind.digits) == 0
    taken = {one[:5] for one in digests}
    assert (
        leaked.ranged(tmp_path, kind, next(p for p in ("00000", "ABCDE") if p not in taken)) == []
    )


def test_nothing_longer_than_a_prefix_is_asked() -> None:
    whole = leaked.digest_of("seven mangoes", Kind.SHA1)
    for asked in (whole, whole[:6], whole[:4], "mango", ""):
        with pytest.raises(UsageError, match="by no more"):
            leaked.ranged(Path(), Kind.SHA1, asked)


def test_what_nobody_laid_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFault, match="no data of leaked passwords"):
        leaked.ranged(tmp_path, Kind.NTLM, "00000")


def test_digests_are_those_of_the_ranges() -> None:
    assert leaked.digest_of("password", Kind.NTLM) == "8846F7EAEE8FB117AD06BDD830B7586C"
    assert leaked.digest_of("password", Kind.SHA1) == "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8"
