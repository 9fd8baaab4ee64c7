"""A case as another system told it, whatever the system: what every reader gives."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta, tzinfo
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from pehra.cases.rules import LONGEST_TITLE, Kind
from pehra.kernel.errors import UsageError
from pehra.kernel.labels import Tlp

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LARGEST = 64 * 1024**2
"""Bytes of a file."""
MOST_LINES = 20_000
"""Lines, tasks and indicators of one case together."""
LONGEST = 18_000
"""Characters of a line's text; what goes beyond is the next line's."""

WIDE = 8_000
"""Characters of a field that is one line."""
_CUT = " [cut]"

_KINDS: tuple[tuple[str, Kind], ...] = (
    ("ransom", Kind.RANSOMWARE),
    ("phish", Kind.PHISHING),
    ("deface", Kind.WEB_COMPROMISE),
    ("web compromise", Kind.WEB_COMPROMISE),
    ("denial", Kind.DDOS),
    ("ddos", Kind.DDOS),
    ("dos", Kind.DDOS),
    ("exfiltrat", Kind.DATA_LEAK),
    ("leak", Kind.DATA_LEAK),
    ("botnet", Kind.C2),
    ("c2", Kind.C2),
    ("insider", Kind.INSIDER),
    ("supply chain", Kind.SUPPLIER),
    ("fraud", Kind.FRAUD),
    ("vulnerab", Kind.VULNERABILITY),
    ("compromise", Kind.INTRUSION),
    ("intrusion", Kind.INTRUSION),
)
_UNSET = datetime(1971, 1, 1, tzinfo=UTC)
"""RT writes 1970-01-01 where there is no moment."""
_LATEST = datetime(9000, 1, 1, tzinfo=UTC)
_SHAPES = ("%a %b %d %H:%M:%S %Y", "%a, %b %d, %Y %I:%M:%S %p")
"""As RT writes moments in spreadsheets; RFC 2822 is another way."""
_MILLISECONDS = 10**11
"""Numbers from here on are milliseconds: seconds would be in the year 5138."""
_UNSAFE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


class End(msgspec.Struct, frozen=True):
    """How a case ended there: `closed`, `rejected` or `duplicate`; `at` where it is known."""

    how: str
    at: datetime | None = None


class Line(msgspec.Struct, frozen=True):
    """Something that was said or done.

    Attributes:
        ref: what it is called there, unique in its case.
        at: when it happened; None: not known.
        by: who, as it is written there.
        text: what.
        mail: it was a message.
    """

    ref: str
    at: datetime | None
    by: str
    text: str
    mail: bool = False


class Job(msgspec.Struct, frozen=True):
    """A task."""

    ref: str
    title: str
    state: str
    done: bool
    due: datetime | None = None


class Indicator(msgspec.Struct, frozen=True):
    """An address, a name, a hash: what the case is known by."""

    kind: str
    value: str
    note: str = ""
    tlp: str = ""


class Record(msgspec.Struct, frozen=True):
    """A case.

    Attributes:
        place: where in the file it stands.
        ref: what it is called there.
        title: in one line.
        opened: when it began there.
        status: the word for its state there.
        end: how it ended; None: somebody works on it.
        severity: as it is graded there; nobody grades a case here by it.
        kind: what happened, guessed from classifications and tags.
        tlp: who may read it.
        organisations: whom it affects, as they are named there.
        left: what has no place here.
    """

    place: str
    ref: str
    title: str
    opened: datetime
    status: str
    end: End | None = None
    severity: str = ""
    kind: Kind = Kind.OTHER
    tlp: Tlp = Tlp.AMBER
    organisations: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()
    jobs: tuple[Job, ...] = ()
    indicators: tuple[Indicator, ...] = ()
    left: tuple[str, ...] = ()


class Rejected(msgspec.Struct, frozen=True):
    """A record that is none, or cannot be read, and why."""

    place: str
    why: str


class Read(NamedTuple):
    """What a file holds."""

    records: list[Record]
    rejects: list[Rejected]


class Unreadable(ValueError):
    """A record says too little to be a case; the reason follows on the record's place."""


def decoded(data: bytes, name: str) -> Any:  # noqa: ANN401 any JSON
    """What a JSON text says.

    Raises:
        UsageError: it is too large, or no JSON.
    """
    check_size(len(data), name)
    try:
        return msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        message = f"{name} is no JSON."
        raise UsageError(
            message, mend="See docs/start-with-what-you-have.md for the file."
        ) from None


def check_size(size: int, name: str) -> None:
    """See that a file is not too large.

    Raises:
        UsageError: it is.
    """
    if size > LARGEST:
        message = f"{name} has over {LARGEST >> 20} MiB."
        raise UsageError(message, mend="Export fewer cases at a time.")


def said(value: object) -> str:
    """What a value says, in plain characters; empty for none and for what is no word."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return _UNSAFE.sub("", str(value).replace("\r\n", "\n")).strip()


def line_of(value: object, most: int = LONGEST_TITLE) -> str:
    """The same in one line, which says where it was cut."""
    words = " ".join(said(value).split())
    return words if len(words) <= most else f"{words[: most - len(_CUT)]}{_CUT}"


def long_title(value: object) -> str:
    """A title that was cut, in full; empty for any other."""
    words = " ".join(said(value).split())
    return words if len(words) > LONGEST_TITLE else ""


def lines_of(whole: Line) -> list[Line]:
    """A line as one, or as several where it says much; none where it says nothing."""
    pieces = range(0, len(whole.text), LONGEST)
    return [
        msgspec.structs.replace(
            whole,
            ref=f"{whole.ref}#{number}" if number else whole.ref,
            text=whole.text[begin : begin + LONGEST],
        )
        for number, begin in enumerate(pieces)
    ]


def items(value: object) -> list[dict[str, Any]]:
    """The objects of a list; nothing for anything else."""
    if isinstance(value, dict):
        value = list(value.values())
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def strange(one: dict[str, Any], *names: str) -> list[str]:
    """What stands in lists of objects and is no object, by the name of its list."""
    counts = {
        name: len(several) - len(items(several))
        for name in names
        if isinstance(several := one.get(name), list | dict)
    }
    told = [f"{many} in `{name}`: no objects" for name, many in counts.items() if many]
    others = (name for name in names if name not in counts and one.get(name) not in (None, ""))
    return [*told, *(f"`{name}`: no list" for name in others)]


def within(value: object, *names: str) -> object:
    """What stands in an object in an object; None where something is missing."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def moment(value: object, zone: tzinfo = UTC) -> datetime | None:
    """A moment as ISO 8601, as RT writes it, or as seconds or milliseconds; in UTC.

    Args:
        value: what is written.
        zone: of moments that say none.
    """
    text = said(value)[:64]
    try:
        found = _of_number(text) if text.lstrip("-").isdecimal() else _of_text(text, zone)
    except (ValueError, OverflowError):
        return None
    return found if _UNSET < found < _LATEST else None


def _of_number(text: str) -> datetime:
    number = int(text)
    parts = {"milliseconds": number} if abs(number) >= _MILLISECONDS else {"seconds": number}
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(**parts)


def _of_text(text: str, zone: tzinfo) -> datetime:
    found = next(_readings(text), None)
    if found is None:
        raise ValueError(text)
    return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)


def _readings(text: str) -> Iterator[datetime]:
    with suppress(ValueError):
        yield datetime.fromisoformat(text)
    for shape in _SHAPES:
        with suppress(ValueError):
            yield datetime.strptime(text, shape)  # noqa: DTZ007 `_of_text` knows the zone
    with suppress(ValueError):
        yield parsedate_to_datetime(text)


def tlp_of(value: object) -> Tlp | None:
    """A label as a word, or as TheHive's number, from 3 on read as the strictest."""
    word = said(value)[:24]
    if word.isdecimal():
        return (Tlp.CLEAR, Tlp.GREEN, Tlp.AMBER, Tlp.RED)[min(int(word), 3)]
    try:
        return Tlp.parse(word)
    except ValueError:
        return None


def kind_of(*words: str) -> Kind:
    """What happened, by the first word that says so."""
    text = " ".join(words).lower().replace("-", " ").replace("_", " ")
    for part, kind in _KINDS:
        if re.search(rf"\b{part}" if len(part) < 4 else part, text):  # noqa: PLR2004 short words stand alone
            return kind
    return Kind.OTHER


def merged(seen: Iterable[Indicator]) -> tuple[Indicator, ...]:
    """Each indicator once, with all that was said of it and its strictest label."""
    found: dict[tuple[str, str], Indicator] = {}
    order = ["", *Tlp]
    for one in seen:
        before = found.get((one.kind, one.value))
        if before is not None:
            notes = dict.fromkeys(filter(None, (before.note, one.note)))
            label = max(before.tlp, one.tlp, key=order.index)
            one = Indicator(one.kind, one.value, "; ".join(notes), label)  # noqa: PLW2901 joined with the one before
        found[one.kind, one.value] = one
    return tuple(found.values())


def ended(how: str, at: datetime | None) -> End | None:
    """An end, where there is one."""
    return End(how, at) if how else None


def required(value: str, what: str) -> str:
    """A word that a record must have.

    Raises:
        Unreadable: it is missing.
    """
    if not value:
        reason = f"it has no {what}"
        raise Unreadable(reason)
    return value


def began(*candidates: datetime | None) -> datetime:
    """The first moment that is known.

    Raises:
        Unreadable: none is.
    """
    found = next((one for one in candidates if one is not None), None)
    if found is None:
        reason = "it does not say when it began"
        raise Unreadable(reason)
    return found
