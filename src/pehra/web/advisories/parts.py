"""An advisory's words as a page shows them: in the reader's language where there are any."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from pehra.kernel.labels import Severity
from pehra.outreach.advisories.letters import said
from pehra.outreach.advisories.text import to_html
from pehra.web import figures, marks, phrases
from pehra.web.advisories import words as names

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from pehra.outreach.advisories.queries.shown import Line, Past
    from pehra.outreach.advisories.rules import Text
    from pehra.web.marks import Badge, SeverityMark

_RIGHT = ("ur",)


class Words(msgspec.Struct, frozen=True):
    """Some words and the language in which they are; `html` is clean."""

    text: str
    language: str
    html: str = ""

    @property
    def direction(self) -> str:
        """In which way they run."""
        return "rtl" if self.language in _RIGHT else "ltr"


def words(text: Text, part: str, *, rich: bool = False) -> Words:
    """A part of a text in the reader's language, else in English."""
    language = get_language() or "en"
    translated = language == "ur" and bool(getattr(text, f"{part}_ur", ""))
    told = said(text, part, language) if hasattr(text, f"{part}_ur") else getattr(text, part)
    html = SafeString(to_html(told)) if rich else ""
    return Words(told, "ur" if translated else "en", html)


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """An advisory in a list."""

    number: str
    title: Words
    summary: Words
    severity: SeverityMark
    state: Badge
    published: str
    changed: str


def row(one: Line) -> Row:
    """An advisory in a list."""
    published = one.published_at.astimezone(figures.zone()).date()
    changed = one.changed_at.astimezone(figures.zone()).date()
    return Row(
        number=one.number,
        title=words(one.text, "title"),
        summary=words(one.text, "summary"),
        severity=marks.severity(one.text.severity),
        state=marks.badge(names.STANDING, one.standing),
        published=figures.day(published),
        changed=figures.day(changed) if changed != published else "",
    )


def page(text: Text) -> dict[str, object]:
    """What a page says of a text, for the template of one."""
    return {
        "title": words(text, "title"),
        "summary": words(text, "summary", rich=True),
        "body": words(text, "body", rich=True),
        "action": words(text, "action", rich=True),
        "detection": words(text, "detection", rich=True),
        "severity": marks.severity(text.severity),
        "deadline": figures.day(text.deadline) if text.deadline else "",
        "exploited": text.exploited,
        "cves": text.cves,
        "products": text.products,
        "sources": text.sources,
    }


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the history of an advisory; `edition` numbers the text as it was then."""

    edition: int
    at: figures.Moment | None
    what: str
    words: Words | None
    parts: str


def changes(history: Sequence[Past], *, now: datetime) -> list[Change]:
    """The history, the newest first."""
    return [
        Change(
            edition=one.number,
            at=figures.moment(one.at, now=now),
            what=_("First published") if one.place == 1 else _("Changed"),
            words=words(one.text, "change") if one.text.change else None,
            parts=", ".join(str(names.PART[part]) for part in one.parts),
        )
        for one in reversed(history)
    ]


def severities() -> list[tuple[str, str]]:
    """Choices of a filter by severity."""
    wanted = [Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM]
    return [(one.word, str(phrases.SEVERITY[one])) for one in wanted]
