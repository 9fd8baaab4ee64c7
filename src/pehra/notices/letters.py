"""The message about findings: text, HTML and files, in the recipient's language.

Full detail helps (Li et al., USENIX Security 2016): what, where, when, why it matters, how to fix
it, how to check, why this recipient, by when, and how to answer. Pure: rows and words in, a letter
out. HTML has no image, no style from elsewhere and no link but the one by which to answer.
"""

from __future__ import annotations

import csv
import hashlib
import io
import tomllib
from functools import cache
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import msgspec

from pehra.dispatch.letters import Attachment, Letter
from pehra.kernel.cells import guarded
from pehra.kernel.labels import Severity, Tlp
from pehra.kernel.time import iso
from pehra.notices.rules import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime
    from zoneinfo import ZoneInfo

SHOWN = 20
"""Lines of one group that stand in the message itself; all are in the attached file."""
_GROUPS = 30
_LANGUAGES = ("en", "ur")


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A finding, as a message names it."""

    finding: int
    asset: str
    port: int | None
    identifier: str
    rsit_class: str
    rsit_type: str
    what: str
    severity: int
    organisation: str
    first_seen: datetime
    last_seen: datetime
    count: int
    due_at: datetime | None
    sources: tuple[str, ...]
    mark: str = "F"
    """Before its number; another where the finding is made up."""


class Advice(msgspec.Struct, frozen=True):
    """What stands beside a group of findings of one kind."""

    title: str
    what: str
    why: str
    fix: str
    check: str


class Matter(msgspec.Struct, frozen=True, kw_only=True):
    """What a message is about.

    Attributes:
        advice: identifier -> what to say of it, in the recipient's language.
        reports: XARF 4 reports, one for each finding that has one.
        reply_tag: of the address for replies, such as `links.tag` makes it.
        drill: the mark of an exercise, which each line then begins with; empty: it is none.
    """

    number: int
    kind: Kind
    language: str
    purpose: str
    why: str
    organisations: tuple[str, ...]
    team: str
    phone: str
    lines: tuple[Line, ...]
    advice: dict[str, Advice]
    link: str
    until: date
    tlp: Tlp
    zone: ZoneInfo
    reports: tuple[dict[str, Any], ...] = ()
    reply_tag: str = ""
    drill: str = ""


@cache
def _catalogue() -> dict[str, dict[str, Any]]:
    return tomllib.loads((files("pehra.notices") / "data" / "words.toml").read_text("utf-8"))


def words(language: str) -> dict[str, Any]:
    """The words of a language; those of English where the language is not known."""
    return _catalogue().get(language, _catalogue()["en"])


def version() -> str:
    """What two persons approve: changes whenever a word of any message does."""
    text = (files("pehra.notices") / "data" / "words.toml").read_bytes()
    return f"notice-{hashlib.sha256(text).hexdigest()[:12]}"


class _Writer:
    """Writes one message; `say` fills the blanks of a sentence."""

    def __init__(self, matter: Matter) -> None:
        self.matter = matter
        self.words = words(matter.language)
        self.organisations = ", ".join(matter.organisations)
        self.worst = max(line.severity for line in matter.lines)

    def say(self, name: str, **blanks: object) -> str:
        return str(self.words[name]).format(**blanks)

    def severity(self, level: int) -> str:
        return str(self.words["severity"][Severity(level).word])

    def moment(self, at: datetime) -> str:
        local = at.astimezone(self.matter.zone)
        return f"{at:%Y-%m-%d %H:%M} UTC ({local:%H:%M %Z})"

    def subject(self) -> str:
        matter = self.matter
        name = {
            Kind.URGENT: "subject_urgent",
            Kind.WEEKLY: "subject_weekly",
            Kind.REMINDER: "subject_reminder",
        }.get(matter.kind, "subject")
        if matter.kind == Kind.URGENT and self.worst < Severity.CRITICAL:
            name = "subject"
        count = len(matter.lines)
        name = f"{name}_one" if count == 1 else name
        return self.say(name, count=f"{count:,}", severity=self.severity(self.worst))

    def reason(self) -> str:
        _, word, tested = self.matter.why.split(" ")
        told = self.words["reason"]
        # A code of a newer version stands as it is: a letter goes out all the same.
        return f"{told.get(word, word)}, {told.get(tested, tested)}"

    def summary(self) -> list[str]:
        counted = dict.fromkeys(sorted(Severity, reverse=True), 0)
        for line in self.matter.lines:
            counted[Severity(line.severity)] += 1
        return [
            self.say("summary", severity=self.severity(level), count=f"{count:,}")
            for level, count in counted.items()
            if count
        ]

    def groups(self) -> list[tuple[Advice, list[Line]]]:
        """Lines by identifier, the worst kind first."""
        found: dict[str, list[Line]] = {}
        for line in sorted(self.matter.lines, key=lambda one: (-one.severity, one.finding)):
            found.setdefault(line.identifier, []).append(line)
        nothing = Advice("", "", "", "", "")
        return [
            (
                msgspec.structs.replace(known, title=known.title or name),
                lines,
            )
            for name, lines in found.items()
            for known in [self.matter.advice.get(name, nothing)]
        ]

    def heading(self, advice: Advice, lines: list[Line]) -> str:
        worst = self.severity(max(line.severity for line in lines))
        return self.say("group", title=advice.title, severity=worst, count=f"{len(lines):,}")

    def place(self, line: Line) -> str:
        named = f"{line.asset}:{line.port}" if line.port and ":" not in line.asset else line.asset
        if line.port and ":" in line.asset:
            named = f"[{line.asset}]:{line.port}"
        drill = f"[{self.matter.drill}] " if self.matter.drill else ""
        what = f" ({line.what})" if line.what else ""
        return f"{drill}{line.mark}{line.finding} {named}{what}"

    def facts(self, line: Line) -> list[str]:
        said = [
            self.say(
                "line_seen",
                count=f"{line.count:,}",
                first=self.moment(line.first_seen),
                last=self.moment(line.last_seen),
            )
        ]
        if line.due_at is not None:
            said.append(self.say("line_due", due=self.moment(line.due_at)))
        if line.sources:
            said.append(self.say("line_reported", sources=", ".join(line.sources)))
        return said

    def label(self) -> str:
        name = "tlp_" + self.matter.tlp.value.lower().replace("+", "_")
        return self.say("label", tlp=self.matter.tlp.value, meaning=self.words[name])

    def ending(self) -> list[str]:
        matter = self.matter
        trust = (
            self.say("trust", phone=matter.phone) if matter.phone else self.say("trust_no_phone")
        )
        why = self.say("why_you", organisations=self.organisations, reason=self.reason())
        return [why, self.say("attached"), self.say("times"), trust, self.label()]

    def opening(self) -> list[str]:
        matter = self.matter
        purpose = self.words["purpose"].get(matter.purpose, matter.purpose)
        greeting = self.say("greeting", purpose=purpose, organisations=self.organisations)
        said = [greeting, self.say("opening", team=matter.team)]
        if matter.kind in {Kind.WEEKLY, Kind.REMINDER}:
            said.append(self.say(matter.kind.value))
        return said

    def pointer(self) -> str:
        """What goes in clear to those who want no detail in clear: how many, how bad, and where."""
        count = f"{len(self.matter.lines):,}"
        hidden = self.say("hidden", count=count, severity=self.severity(self.worst))
        return "\n\n".join([*self.opening()[:1], hidden, self.answer(), self.label()]) + "\n"

    def answer(self) -> str:
        until = f"{self.matter.until:%Y-%m-%d}"
        return f"{self.say('answer', until=until)}:\n{self.matter.link}"


def write(matter: Matter) -> Letter:
    """The letter; its number stands in the subject, so that an answer by mail can be matched."""
    writer = _Writer(matter)
    return Letter(
        subject=f"[N{matter.number}] {writer.subject()}",
        text=_text(writer),
        html=_html(writer),
        attachments=_attachments(matter),
        language=matter.language,
        pointer=writer.pointer(),
        reply_tag=matter.reply_tag,
    )


def _text(writer: _Writer) -> str:
    matter = writer.matter
    said = ["\n\n".join(writer.opening())]
    said.append("\n".join(f"  {line}" for line in writer.summary()))
    for advice, lines in writer.groups()[:_GROUPS]:
        head = writer.heading(advice, lines)
        said.append(f"{head}\n{'-' * min(len(head), 70)}")
        said.append("\n".join(_text_lines(writer, lines)))
        said += [
            f"{writer.words[name]}: {text}"
            for name in ("what", "why", "fix", "check")
            if (text := getattr(advice, name))
        ]
    said.append(writer.answer())
    said.append(writer.say("answer_how"))
    said += writer.ending()
    said.append(writer.say("signed", team=matter.team))
    return "\n\n".join(said) + "\n"


def _text_lines(writer: _Writer, lines: Sequence[Line]) -> list[str]:
    said = []
    for line in lines[:SHOWN]:
        said.append(f"* {writer.place(line)}")
        said += [f"  {fact}" for fact in writer.facts(line)]
    if lines[SHOWN:]:
        said.append(writer.say("line_more", count=f"{len(lines) - SHOWN:,}"))
    return said


def _html(writer: _Writer) -> str:
    matter = writer.matter
    body = [f"<p>{escape(part)}</p>" for part in writer.opening()]
    body.append(f"<ul>{''.join(f'<li>{escape(one)}</li>' for one in writer.summary())}</ul>")
    for advice, lines in writer.groups()[:_GROUPS]:
        body.append(f"<h2>{escape(writer.heading(advice, lines))}</h2>")
        body.append(_html_lines(writer, lines))
        body += [
            f"<p><strong>{escape(writer.words[name])}</strong>: {escape(text)}</p>"
            for name in ("what", "why", "fix", "check")
            if (text := getattr(advice, name))
        ]
    until = f"{matter.until:%Y-%m-%d}"
    link = escape(matter.link, quote=True)
    body.append(f'<p><a href="{link}">{escape(writer.say("answer", until=until))}</a></p>')
    body.append(f"<p>{escape(writer.say('answer_how'))}</p>")
    body += [f"<p>{escape(part)}</p>" for part in writer.ending()]
    body.append(f"<p>{escape(writer.say('signed', team=matter.team))}</p>")
    language = matter.language if matter.language in _LANGUAGES else "en"
    return (
        f'<!doctype html><html lang="{language}" dir="{writer.words["direction"]}">'
        f'<head><meta charset="utf-8"><title>{escape(writer.subject())}</title></head>'
        f"<body>{''.join(body)}</body></html>"
    )


def _html_lines(writer: _Writer, lines: Sequence[Line]) -> str:
    items = [
        f'<li><bdi dir="ltr">{escape(writer.place(line))}</bdi>'
        + "".join(f"<br>{escape(fact)}" for fact in writer.facts(line))
        + "</li>"
        for line in lines[:SHOWN]
    ]
    if lines[SHOWN:]:
        items.append(f"<li>{escape(writer.say('line_more', count=f'{len(lines) - SHOWN:,}'))}</li>")
    return f"<ul>{''.join(items)}</ul>"


COLUMNS = (
    "finding",
    "severity",
    "organisation",
    "asset",
    "port",
    "identifier",
    "class",
    "type",
    "what",
    "first_seen",
    "last_seen",
    "count",
    "due_at",
    "sources",
)
"""Of `findings.csv`; times are RFC 3339 in UTC."""


def _attachments(matter: Matter) -> tuple[Attachment, ...]:
    found = [Attachment("findings.csv", "text/csv", table(matter.lines, matter.drill))]
    if matter.reports:
        content = msgspec.json.encode(list(matter.reports))
        found.append(Attachment("xarf.json", "application/json", content))
    return tuple(found)


def table(lines: Sequence[Line], drill: str = "") -> bytes:
    """`findings.csv`: cells that a spreadsheet would take for a formula are guarded.

    In an exercise each row ends with its mark, in a column of its own.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    last = (drill,) if drill else ()
    writer.writerow([*COLUMNS, *(("exercise",) if drill else ())])
    for line in lines:
        cells = (
            f"{line.mark}{line.finding}",
            Severity(line.severity).word,
            line.organisation,
            line.asset,
            "" if line.port is None else str(line.port),
            line.identifier,
            line.rsit_class,
            line.rsit_type,
            line.what,
            iso(line.first_seen),
            iso(line.last_seen),
            str(line.count),
            iso(line.due_at) if line.due_at else "",
            " ".join(line.sources),
            *last,
        )
        writer.writerow([guarded(cell) for cell in cells])
    return out.getvalue().encode()
