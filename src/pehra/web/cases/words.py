"""What states, grades, clocks, kinds and answers of cases are called on pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from pehra.cases.rules import Act, EntryKind, Kind, LinkKind, Origin, PartyRole, State
from pehra.kernel.labels import Severity
from pehra.web.marks import SHAPE, SeverityMark

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django_stubs_ext import StrPromise

STATE: dict[State, tuple[str, StrPromise]] = {
    State.REPORTED: ("work", _("Reported")),
    State.TRIAGED: ("work", _("Triaged")),
    State.REJECTED: ("off", _("Rejected")),
    State.DUPLICATE: ("off", _("Duplicate")),
    State.MERGED: ("off", _("Merged")),
    State.CONFIRMED: ("bad", _("Confirmed incident")),
    State.CONTAINED: ("wait", _("Contained")),
    State.ERADICATED: ("wait", _("Eradicated")),
    State.RECOVERED: ("wait", _("Recovery claimed")),
    State.VERIFIED: ("done", _("Recovery verified")),
    State.CLOSED: ("done", _("Closed")),
    State.REOPENED: ("bad", _("Reopened")),
}
STATE_BY_WORD = {state.word: badge for state, badge in STATE.items()}

ACT: dict[Act, StrPromise] = {
    Act.TRIAGE: _("Triage"),
    Act.REJECT: _("Reject"),
    Act.MARK_DUPLICATE: _("Mark as a duplicate"),
    Act.MERGE: _("Merge"),
    Act.CONFIRM: _("Confirm the incident"),
    Act.CONTAIN: _("Contained"),
    Act.ERADICATE: _("Eradicated"),
    Act.CLAIM_RECOVERED: _("Claim that it is recovered"),
    Act.VERIFY: _("Verify the recovery"),
    Act.DISPROVE: _("It is not recovered"),
    Act.CLOSE: _("Close"),
    Act.REOPEN: _("Reopen"),
}

GRADE: dict[int, StrPromise] = {
    1: _("National emergency"),
    2: _("Highly significant"),
    3: _("Significant"),
    4: _("Substantial"),
    5: _("Moderate"),
    6: _("Localised"),
}
_LOOK: dict[int, tuple[str, str]] = {
    1: ("critical", "M8 0 10 5 16 5 11 9 13 15 8 11.5 3 15 5 9 0 5 6 5Z"),
    2: ("critical", SHAPE[Severity.CRITICAL]),
    3: ("high", SHAPE[Severity.HIGH]),
    4: ("medium", SHAPE[Severity.MEDIUM]),
    5: ("low", SHAPE[Severity.LOW]),
    6: ("info", SHAPE[Severity.INFO]),
}
"""Look and shape: star, diamond, square, half-round, circle, dot; word and number say it too."""


def mark(severity: int | None) -> SeverityMark | None:
    """The mark of a case's grade; null: nobody graded it."""
    if severity is None:
        return None
    code, shape = _LOOK[severity]
    return SeverityMark(code, f"C{severity} {GRADE[severity]}", shape)


KIND: dict[str, StrPromise] = {
    Kind.RANSOMWARE: _("Ransomware"),
    Kind.PHISHING: _("Phishing"),
    Kind.WEB_COMPROMISE: _("Compromised website"),
    Kind.DATA_LEAK: _("Data leak"),
    Kind.DDOS: _("Denial of service"),
    Kind.C2: _("Command and control"),
    Kind.INSIDER: _("Insider"),
    Kind.SUPPLIER: _("Supplier"),
    Kind.INTRUSION: _("Intrusion"),
    Kind.FRAUD: _("Fraud"),
    Kind.VULNERABILITY: _("Vulnerability"),
    Kind.OTHER: _("Something else"),
}

ORIGIN: dict[str, StrPromise] = {
    Origin.OFFICER: _("an officer"),
    Origin.REPORT: _("a report"),
    Origin.MAIL: _("mail"),
    Origin.FINDINGS: _("findings"),
    Origin.SPLIT: _("another case"),
    Origin.IMPORT: _("another system"),
    Origin.EXERCISE: _("an exercise"),
}

CLOCK: dict[str, StrPromise] = {
    "case-triage": _("A person looks at it"),
    "case-grade": _("The director confirms the grade"),
    "case-call": _("The owner is called"),
    "case-situation": _("Situation report"),
    "early-warning": _("Early warning"),
    "notification": _("Notification"),
    "final": _("Final report"),
    "case-review": _("Review"),
}

ROLE: dict[str, StrPromise] = {
    PartyRole.LEAD: _("leads"),
    PartyRole.SUPPORT: _("supports"),
    PartyRole.OFFERED: _("is offered the lead"),
    PartyRole.AFFECTED: _("is affected"),
    PartyRole.REPORTER: _("reported it"),
    PartyRole.SUSPECTED: _("is said to be the cause"),
}

LINK: dict[str, StrPromise] = {
    LinkKind.FINDING: _("Finding"),
    LinkKind.OBSERVATION: _("Observation"),
    LinkKind.ORGANISATION: _("Organisation"),
    LinkKind.REPORT: _("Report"),
    LinkKind.EVIDENCE: _("Evidence"),
    LinkKind.NOTICE: _("Notice"),
    LinkKind.ORDER: _("Order"),
    LinkKind.ADVISORY: _("Advisory"),
    LinkKind.BREACH: _("Breach of personal data"),
    LinkKind.CASE: _("Case"),
}

CLAIM: dict[str, tuple[str, StrPromise]] = {
    "unverified": ("work", _("Unverified")),
    "supported": ("done", _("Evidence supports it")),
    "refuted": ("bad", _("Evidence refutes it")),
    "withdrawn": ("off", _("Withdrawn")),
}

CONFIDENCE: dict[str, StrPromise] = {
    "low": _("low confidence"),
    "medium": _("medium confidence"),
    "high": _("high confidence"),
}

ANSWER: dict[str, StrPromise] = {"unknown": _("not known"), "yes": _("yes"), "no": _("no")}

STEP_OF_TASK: dict[str, StrPromise] = {
    "call-the-council": _("C1 needs the council: call it together"),
}

ENTRY: dict[str, StrPromise] = {
    EntryKind.OPENED: _("Case opened"),
    EntryKind.STEP: _("Step"),
    EntryKind.GRADE: _("Grade"),
    EntryKind.NOTE: _("Note"),
    EntryKind.CALL: _("Call"),
    EntryKind.PARTY: _("Taken into the case"),
    EntryKind.HAND_OFF: _("Hand-off"),
    EntryKind.LINK: _("Link"),
    EntryKind.TASK: _("Task"),
    EntryKind.CLOCK: _("Clock"),
    EntryKind.CLAIM: _("Claim"),
    EntryKind.MAIL: _("Mail"),
    EntryKind.REPORT: _("Report"),
    EntryKind.EVIDENCE: _("Evidence"),
    EntryKind.PLAYBOOK: _("Playbook"),
    EntryKind.SITUATION: _("Situation report"),
    EntryKind.MERGE: _("Merge"),
    EntryKind.SPLIT: _("Split"),
    EntryKind.BREACH: _("Breach of personal data"),
    EntryKind.NOTICE: _("Notice"),
    EntryKind.EXERCISE: _("Exercise"),
}

DID: dict[str, StrPromise] = {
    "given": _("given"),
    "taken": _("taken"),
    "done": _("done"),
    "offered": _("the lead is offered"),
    "accepted": _("the lead is accepted"),
    "declined": _("the lead is declined"),
    "claimed": _("somebody says"),
    "suspected": _("somebody is suspected"),
    "unverified": _("unverified"),
    "supported": _("evidence supports it"),
    "refuted": _("evidence refutes it"),
    "withdrawn": _("withdrawn"),
    "merged": _("merged"),
    "split": _("split"),
    "undone": _("undone"),
    "describe": _("described anew"),
    "hand-to-investigator": _("handed to an investigator"),
}

AXIS: Mapping[str, tuple[StrPromise, Mapping[str, StrPromise]]] = {
    "functional": (
        _("What no longer works"),
        {
            "none": _("everything works"),
            "little": _("work is slower"),
            "part": _("a part has failed"),
            "vital-part": _("a part of a vital service has failed"),
            "vital-all": _("a vital service has failed"),
        },
    ),
    "activity": (
        _("What the attacker was seen to do"),
        {
            "attempt": _("tried to get in"),
            "prepared": _("prepared for more"),
            "present": _("is inside"),
            "acting": _("destroys, encrypts or steals"),
        },
    ),
    "location": (
        _("Where it was seen"),
        {
            "edge": _("at the edge of the network"),
            "office": _("on office computers"),
            "servers": _("on servers that the work rests on"),
            "control": _("in systems that control machines"),
            "safety": _("in systems that keep people safe"),
        },
    ),
    "actor": (
        _("How able the attacker is"),
        {
            "chance": _("by chance, with common tools"),
            "unknown": _("not known"),
            "skilled": _("skilled"),
            "organised": _("organised crime"),
            "state": _("as a state would"),
        },
    ),
    "information": (
        _("What was lost of information"),
        {
            "none": _("nothing"),
            "suspected": _("suspected, not shown"),
            "internal": _("internal papers"),
            "personal": _("data of persons"),
            "secret": _("secrets of the state, or keys"),
        },
    ),
    "recoverability": (
        _("How it can be repaired"),
        {
            "regular": _("with what is there"),
            "with-help": _("with help"),
            "uncertain": _("nobody can say when"),
            "not": _("it cannot"),
        },
    ),
    "dependency": (
        _("Who depends on it"),
        {
            "own": _("only itself"),
            "few": _("a few others"),
            "sector": _("its sector"),
            "sectors": _("several sectors"),
        },
    ),
    "potential": (
        _("How far it can still reach"),
        {
            "none": _("no further"),
            "local": _("a place"),
            "regional": _("a province"),
            "national": _("the nation"),
        },
    ),
}
