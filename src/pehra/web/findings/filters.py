"""The filter of the list of findings lives in the address: read here, and drawn as a form."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
from django.utils.translation import gettext as _

from pehra.findings.queries import UNRESOLVED, Filter
from pehra.findings.rules import State
from pehra.kernel.addresses import pack, unpack
from pehra.kernel.labels import Severity
from pehra.web import figures, marks, phrases

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import QueryDict

_STATES = {state.word: state for state in State}
_SEVERITIES = {level.word: level for level in Severity}
NEEDED, ANY = "needed", "any"
PAST, DAY = "past", "day"
"""Deadlines: those that have passed, and those that come within a day."""
_SOON = timedelta(days=1)
LONGEST = 255
MOST_TICKED = 500
_MOST_DIGITS = 19
KNOWN = frozenset(
    {"severity", "state", "asset", "identifier", "what", "organisation", "asn", "team", "source"}
    | {"since", "until", "holder", "assigned", "number", "due"}
)
"""Names that the address of the list may carry."""


class Asked(msgspec.Struct, frozen=True):
    """What the address asks for, and what it says that cannot be read."""

    filter: Filter
    warnings: tuple[str, ...]
    narrowed: bool
    """Something besides the state that is shown without asking."""


def _text(query: QueryDict, name: str) -> str:
    return query.get(name, "").strip().replace("\x00", "")[:LONGEST]


def asset(text: str) -> str:
    """An asset as findings spell it: one spelling of an address, lower case for a name."""
    try:
        return unpack(pack(text.strip("[]")))
    except ValueError:
        return text.lower().rstrip(".")


def _asn(query: QueryDict) -> int | None:
    digits = _text(query, "asn").upper().removeprefix("AS")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 10 else None  # noqa: PLR2004 digits of 2**32 (RFC 6793)


def _states(query: QueryDict) -> frozenset[State]:
    asked = query.getlist("state")
    if ANY in asked:
        return frozenset()
    named = frozenset(_STATES[word] for word in asked if word in _STATES)
    return named or UNRESOLVED


def _unread(query: QueryDict) -> tuple[str, ...]:
    """Sentences about values that are left out; a filter is never narrowed in silence."""
    found = [
        _("There is no state “%(word)s”; it was left out.") % {"word": word}
        for word in query.getlist("state")
        if word not in {*_STATES, NEEDED, ANY, ""}
    ]
    found += [
        _("There is no severity “%(word)s”; it was left out.") % {"word": word}
        for word in query.getlist("severity")
        if word not in _SEVERITIES
    ]
    found += [
        _("“%(word)s” is no day; write it as 2026-11-22.") % {"word": _text(query, name)}
        for name in ("since", "until")
        if _text(query, name) and figures.start_of(_text(query, name)) is None
    ]
    return tuple(found)


def _numbers(query: QueryDict) -> tuple[int, ...]:
    """Findings that somebody ticked one by one."""
    texts = query.getlist("number")[:MOST_TICKED]
    return tuple(int(text) for text in texts if text.isascii() and text.isdigit()
                 and len(text) < _MOST_DIGITS)  # fmt: skip


def _assignee(query: QueryDict, me: int | None) -> int | None:
    return {"me": me, "nobody": 0}.get(query.get("assigned", ""))


def plain(query: QueryDict) -> str:
    """The filter alone, as the address carries it: without the page and what is empty."""
    kept = query.copy()
    for name in list(kept):
        values = [value for value in kept.getlist(name) if value]
        kept.setlist(name, values)
        if name not in KNOWN or not values:
            del kept[name]
    return kept.urlencode()


def _due(query: QueryDict, now: datetime) -> tuple[datetime | None, datetime | None]:
    """After which moment a deadline must come, and until which."""
    return {PAST: (None, now), DAY: (now, now + _SOON)}.get(_text(query, "due"), (None, None))


def read(query: QueryDict, *, now: datetime, me: int | None = None) -> Asked:
    """The filter that an address asks for at a moment; `me` is the reader's account."""
    due_after, due_until = _due(query, now)
    numbers = _numbers(query)
    severities = frozenset(
        _SEVERITIES[word] for word in query.getlist("severity") if word in _SEVERITIES
    )
    wanted = Filter(
        states=frozenset() if numbers and "state" not in query else _states(query),
        severities=severities,
        organisation=_text(query, "organisation"),
        team=_text(query, "team"),
        identifier=_text(query, "identifier"),
        what=_text(query, "what"),
        asset=asset(_text(query, "asset")),
        source=_text(query, "source"),
        since=figures.start_of(_text(query, "since")),
        until=figures.end_of(_text(query, "until")),
        asn=_asn(query),
        unheld=query.get("holder") == "none",
        assignee=_assignee(query, me),
        numbers=numbers,
        overdue=due_until,
        due_after=due_after,
    )
    return Asked(wanted, _unread(query), wanted != Filter(states=UNRESOLVED))


class Choice(msgspec.Struct, frozen=True):
    """One choice of the form."""

    value: str
    word: str
    chosen: bool
    mark: marks.SeverityMark | None = None


class Box(msgspec.Struct, frozen=True):
    """One box to type in, with choices to pick from."""

    name: str
    label: str
    value: str
    type: str = "text"
    hint: str = ""
    choices: Sequence[str] = ()


class Form(msgspec.Struct, frozen=True):
    """The filter as a form."""

    severities: list[Choice]
    states: list[Choice]
    assigned: list[Choice]
    deadlines: list[Choice]
    boxes: list[Box]


def _state_choices(query: QueryDict) -> list[Choice]:
    asked = query.get("state", NEEDED)
    asked = asked if asked in {*_STATES, ANY} else NEEDED
    words = {NEEDED: _("Needs somebody"), ANY: _("Any state")}
    words |= {state.word: str(phrases.STATE[state]) for state in State}
    return [Choice(value, word, value == asked) for value, word in words.items()]


def _assigned_choices(query: QueryDict) -> list[Choice]:
    asked = query.get("assigned", "")
    words = {"": _("Anybody"), "me": _("Me"), "nobody": _("Nobody")}
    return [Choice(value, word, value == asked) for value, word in words.items()]


def _deadline_choices(query: QueryDict) -> list[Choice]:
    asked = _text(query, "due")
    words = {"": _("Any"), PAST: _("Has passed"), DAY: _("Within 24 hours")}
    return [Choice(value, word, value == asked) for value, word in words.items()]


def form(
    query: QueryDict, wanted: Filter, *, identifiers: Sequence[str], sources: Sequence[str]
) -> Form:
    """The form that shows what the address asks for."""
    shown = sorted((level for level in Severity if level is not Severity.INFO), reverse=True)
    return Form(
        severities=[
            Choice(level.word, "", level in wanted.severities, marks.severity(level))
            for level in shown
        ],
        states=_state_choices(query),
        assigned=_assigned_choices(query),
        deadlines=_deadline_choices(query),
        boxes=[
            Box("asset", _("Address or host"), _text(query, "asset"), "search", "192.0.2.1"),
            Box("identifier", _("What"), wanted.identifier, choices=identifiers),
            Box("what", _("Family or CVE"), wanted.what),
            Box("organisation", _("Organisation"), wanted.organisation),
            Box("asn", _("Network"), _text(query, "asn"), hint="AS64500"),
            Box("team", _("Lead team"), wanted.team),
            Box("source", _("Source"), wanted.source, choices=sources),
            Box("since", _("Seen since"), _text(query, "since"), "date"),
            Box("until", _("Last seen until"), _text(query, "until"), "date"),
        ],
    )
