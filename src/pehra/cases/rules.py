"""What a case's state may become, and by what (rules, section 4.1). Pure: time comes in.

A word on recovery is a claim: whoever is affected makes it, and another analyst verifies it. The
director closes what is of national weight.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING

from pehra.kernel.errors import IllegalStep, Refused, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST_TITLE = 200
LONGEST_TEXT = 20_000
LEAST_NATIONAL = 3
"""The mildest category that the director closes."""


class State(IntEnum):
    """States of a case, in the order of its course."""

    REPORTED = 1
    TRIAGED = 2
    REJECTED = 3
    DUPLICATE = 4
    MERGED = 5
    CONFIRMED = 6
    CONTAINED = 7
    ERADICATED = 8
    RECOVERED = 9
    VERIFIED = 10
    CLOSED = 11
    REOPENED = 12

    @property
    def word(self) -> str:
        """The word used in files and on pages."""
        return self.name.lower()

    @classmethod
    def of_word(cls, word: str) -> State:
        """The state of a word; raises `KeyError` on none."""
        return {state.word: state for state in cls}[word]


class Act(StrEnum):
    """What can happen to a case."""

    TRIAGE = "triage"
    REJECT = "reject"
    MARK_DUPLICATE = "mark-duplicate"
    MERGE = "merge"
    CONFIRM = "confirm"
    CONTAIN = "contain"
    ERADICATE = "eradicate"
    CLAIM_RECOVERED = "claim-recovered"
    VERIFY = "verify"
    DISPROVE = "disprove"
    """Whoever was to verify the recovery found that it is not so."""
    CLOSE = "close"
    REOPEN = "reopen"


OPEN = frozenset(
    {
        State.REPORTED,
        State.TRIAGED,
        State.CONFIRMED,
        State.CONTAINED,
        State.ERADICATED,
        State.RECOVERED,
        State.VERIFIED,
        State.REOPENED,
    }
)
"""Somebody works on it, or must."""

ENDED = frozenset(State) - OPEN

_WORKED_ON = (State.CONFIRMED, State.CONTAINED, State.ERADICATED, State.REOPENED)


def _table() -> dict[tuple[State, Act], State]:
    table = {
        (State.REPORTED, Act.TRIAGE): State.TRIAGED,
        (State.REPORTED, Act.REJECT): State.REJECTED,
        (State.REPORTED, Act.MARK_DUPLICATE): State.DUPLICATE,
        (State.TRIAGED, Act.REJECT): State.REJECTED,
        (State.TRIAGED, Act.MARK_DUPLICATE): State.DUPLICATE,
        (State.TRIAGED, Act.CONFIRM): State.CONFIRMED,
        (State.CONFIRMED, Act.CONTAIN): State.CONTAINED,
        (State.REOPENED, Act.CONTAIN): State.CONTAINED,
        (State.CONTAINED, Act.ERADICATE): State.ERADICATED,
        (State.RECOVERED, Act.VERIFY): State.VERIFIED,
        (State.RECOVERED, Act.DISPROVE): State.REOPENED,
        (State.VERIFIED, Act.CLOSE): State.CLOSED,
        (State.VERIFIED, Act.REOPEN): State.REOPENED,
        (State.CLOSED, Act.REOPEN): State.REOPENED,
        (State.REJECTED, Act.REOPEN): State.REOPENED,
        (State.DUPLICATE, Act.REOPEN): State.REOPENED,
    }
    for state in _WORKED_ON:
        table[state, Act.CLAIM_RECOVERED] = State.RECOVERED
    for state in OPEN:
        table[state, Act.MERGE] = State.MERGED
    return table


TABLE = _table()
"""Every step that exists; what is not here is refused. An undone merge brings the state before."""


def step(state: State, act: Act) -> State:
    """The state after `act`.

    Raises:
        IllegalStep: the table has no such step.
    """
    after = TABLE.get((state, act))
    if after is None:
        known = sorted(a.value for s, a in TABLE if s == state)
        mend = f"Possible now: {', '.join(known)}." if known else "Undo the merge first."
        message = f"A case that is {state.word} cannot {act.value}."
        raise IllegalStep(message, mend=mend)
    return after


def acts_from(state: State) -> tuple[Act, ...]:
    """What can happen to a case in this state, in the order of its course."""
    return tuple(act for act in Act if (state, act) in TABLE)


class Kind(StrEnum):
    """What happened, as far as is known."""

    RANSOMWARE = "ransomware"
    PHISHING = "phishing"
    WEB_COMPROMISE = "web-compromise"
    DATA_LEAK = "data-leak"
    DDOS = "ddos"
    C2 = "c2"
    INSIDER = "insider"
    SUPPLIER = "supplier"
    INTRUSION = "intrusion"
    FRAUD = "fraud"
    VULNERABILITY = "vulnerability"
    OTHER = "other"


class Origin(StrEnum):
    """How a case began."""

    OFFICER = "officer"
    REPORT = "report"
    MAIL = "mail"
    FINDINGS = "findings"
    SPLIT = "split"
    IMPORT = "import"
    EXERCISE = "exercise"


class PartyRole(StrEnum):
    """What a team or an organisation is in a case."""

    LEAD = "lead"
    """The one team that leads."""
    SUPPORT = "support"
    OFFERED = "offered"
    """The lead was offered to this team; until it accepts, the one before leads on."""
    AFFECTED = "affected"
    REPORTER = "reporter"
    SUSPECTED = "suspected"
    """An organisation whose systems are said to be the cause."""


TEAM_ROLES = frozenset({PartyRole.LEAD, PartyRole.SUPPORT, PartyRole.OFFERED})


class EntryKind(StrEnum):
    """What a line of the timeline tells of."""

    OPENED = "opened"
    STEP = "step"
    GRADE = "grade"
    NOTE = "note"
    CALL = "call"
    PARTY = "party"
    HAND_OFF = "hand-off"
    LINK = "link"
    TASK = "task"
    CLOCK = "clock"
    CLAIM = "claim"
    MAIL = "mail"
    REPORT = "report"
    EVIDENCE = "evidence"
    PLAYBOOK = "playbook"
    SITUATION = "situation"
    MERGE = "merge"
    SPLIT = "split"
    BREACH = "breach"
    NOTICE = "notice"
    EXERCISE = "exercise"


class LinkKind(StrEnum):
    """What a case may be linked to."""

    FINDING = "finding"
    OBSERVATION = "observation"
    ORGANISATION = "organisation"
    REPORT = "report"
    EVIDENCE = "evidence"
    NOTICE = "notice"
    ORDER = "order"
    ADVISORY = "advisory"
    BREACH = "breach"
    CASE = "case"


def check_title(title: str) -> str:
    """A title without what surrounds it.

    Raises:
        UsageError: it is empty or too long.
    """
    words = " ".join(title.split())
    if not words:
        message = "A case needs a title."
        raise UsageError(message, mend="Say in a few words what happened, and to whom.")
    if len(words) > LONGEST_TITLE:
        message = f"The title has over {LONGEST_TITLE} characters."
        raise UsageError(message, mend="Shorten it; what else is known is a note.")
    return words


def check_text(text: str) -> str:
    """What somebody wrote, without what surrounds it.

    Raises:
        UsageError: it is too long.
    """
    words = text.strip().replace("\x00", "")
    if len(words) > LONGEST_TEXT:
        message = f"The text has over {LONGEST_TEXT} characters."
        raise UsageError(message, mend="Shorten it, or keep it as evidence.")
    return words


def check_another(act: Act, before: Iterable[str], person: str) -> None:
    """See that another person verifies what somebody claimed.

    Raises:
        Refused: it is one and the same.
    """
    if act in {Act.VERIFY, Act.DISPROVE} and person in set(before):
        message = f"{person} claimed the recovery, so another person looks at it."
        raise Refused(message, mend="Ask a colleague to verify it.")


def power_for(act: Act, severity: int | None) -> tuple[str, str]:
    """The power of mandate that a step needs: its act, and what is done about it.

    Whoever is affected may claim the recovery too, under `close-as-fixed` and `claim`.
    """
    if act in {Act.REJECT, Act.MARK_DUPLICATE, Act.MERGE}:
        return "merge-cases", "may"
    if act in {Act.VERIFY, Act.DISPROVE}:
        return "close-as-fixed", "verify"
    if act is Act.CLOSE and (severity is None or severity <= LEAST_NATIONAL):
        return "close-cases", "may"
    return "work-cases", "may"


def check_graded(act: Act, severity: int | None) -> None:
    """See that a case has a grade before it counts as an incident.

    Raises:
        Refused: it has none.
    """
    if act is Act.CONFIRM and severity is None:
        message = "A case is graded before it is confirmed."
        raise Refused(message, mend="Answer the eight questions of its grade.")
