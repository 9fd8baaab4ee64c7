"""Lines of a timeline in the reader's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from django.utils.translation import gettext as _

from pehra.cases.rules import Act, State
from pehra.web import figures
from pehra.web.cases import words

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pehra.cases.queries.page import EntryView


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One line as the page shows it."""

    id: int
    title: str
    text: str
    who: str
    at: Any
    tlp: str
    shared: bool
    case: str
    """Number of the case that it came from, where that is another."""


def told(one: EntryView, *, number: int, now: datetime) -> Told:
    """A line in words."""
    return Told(
        id=one.id,
        title=title(one.kind, one.facts),
        text=one.text,
        who=f"{one.by}, {one.office}",
        at=figures.moment(one.at, now=now),
        tlp=f"TLP:{one.tlp}",
        shared=one.shared,
        case="" if one.case == number else f"C{one.case}",
    )


def title(kind: str, facts: Mapping[str, Any]) -> str:
    """What happened, in a few words; the rest is the officer's own text."""
    word = str(words.ENTRY.get(kind, kind))
    detail = _detail(kind, facts)
    return f"{word}: {detail}" if detail else word


def _detail(kind: str, facts: Mapping[str, Any]) -> str:
    did = facts.get("did")
    if isinstance(did, str):
        return str(words.DID.get(did, did))
    make = {"step": _step, "grade": _grade, "clock": _clock, "call": _clock, "link": _link,
            "party": _party, "mail": _mail, "situation": _situation}.get(kind)  # fmt: skip
    return make(facts) if make else ""


def _step(facts: Mapping[str, Any]) -> str:
    known = {state.word: state for state in State}
    after = known.get(str(facts.get("to")))
    if after is not None:
        return str(words.STATE[after][1])
    act = str(facts.get("act", ""))
    if act in set(Act):
        return str(words.ACT[Act(act)])
    return str(words.DID.get(act, act))


def _grade(facts: Mapping[str, Any]) -> str:
    if "confirmed" in facts:
        return _("C%(grade)s confirmed") % {"grade": facts["confirmed"]}
    said = f"C{facts.get('to')}"
    return _("%(grade)s, to be confirmed") % {"grade": said} if facts.get("provisional") else said


def _clock(facts: Mapping[str, Any]) -> str:
    code = str(facts.get("clock", ""))
    if not code:
        return ""
    word = str(words.CLOCK.get(code, code))
    text = _("%(clock)s, met") if facts.get("met") else _("%(clock)s, time is over")
    return text % {"clock": word}


def _link(facts: Mapping[str, Any]) -> str:
    word = str(words.LINK.get(str(facts.get("of")), facts.get("of", "")))
    if facts.get("count") == -1:
        return _("%(kind)s %(ref)s taken away") % {"kind": word, "ref": facts.get("ref", "")}
    if "ref" in facts:
        return f"{word} {facts['ref']}"
    count = facts.get("count", 0)
    return f"{word}, {figures.number(count if isinstance(count, int) else 0)}"


def _party(facts: Mapping[str, Any]) -> str:
    role = str(facts.get("role", ""))
    return str(words.ROLE.get(role, role))


def _mail(facts: Mapping[str, Any]) -> str:
    if facts.get("outgoing"):
        return _("sent")
    return _("came") if facts.get("trusted") else _("came, its writer is not known here")


def _situation(facts: Mapping[str, Any]) -> str:
    return _("draft") if facts.get("draft") else ""
