"""What a letter about an advisory says: the summary, what to do, and where the whole is."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

import msgspec

from pehra.dispatch.letters import Letter
from pehra.outreach.advisories.rules import Standing, Text
from pehra.outreach.advisories.text import to_plain


class News(msgspec.Struct, frozen=True, kw_only=True):
    """What is told.

    Attributes:
        standing: of the advisory, now.
        why: of a withdrawal, or of what takes its place.
        page: address of the advisory.
    """

    number: str
    standing: str
    text: Text
    page: str
    why: str = ""


class Asked(msgspec.Struct, frozen=True):
    """What a letter asks of its reader: to acknowledge, by a link and a moment, or how to end."""

    acknowledge: str = ""
    by: str = ""
    leave: str = ""


@cache
def _book() -> dict[str, dict[str, str]]:
    data = files("pehra.outreach.advisories") / "data" / "words.toml"
    return tomllib.loads(data.read_text("utf-8"))


def words(language: str) -> dict[str, str]:
    """What stands around an advisory's own text."""
    return _book()["ur" if language == "ur" else "en"]


def said(text: Text, part: str, language: str) -> str:
    """A part of a text in a language; in English where it was not translated."""
    urdu = getattr(text, f"{part}_ur") if language == "ur" else ""
    return str(urdu or getattr(text, part))


def letter(news: News, asked: Asked, language: str) -> Letter:
    """The letter to one reader."""
    name, text = words(language), news.text
    ended = news.standing in {Standing.WITHDRAWN, Standing.SUPERSEDED}
    again = f"{name[news.standing]}: " if news.standing != Standing.PUBLISHED else ""
    severity = "" if ended else f"{name[text.severity.word]}: "
    title = said(text, "title", language)
    parts = [title, to_plain(said(text, "summary", language))]
    if ended:
        parts = [f"{name[news.standing]}: {title}", f"{name['why']}: {to_plain(news.why)}"]
    elif news.standing == Standing.UPDATED:
        parts.insert(1, f"{name['change']}: {to_plain(said(text, 'change', language))}")
    if said(text, "action", language) and not ended:
        parts.append(f"{name['action']}: {to_plain(said(text, 'action', language))}")
    if text.deadline and not ended:
        parts.append(f"{name['deadline']}: {text.deadline.isoformat()}")
    parts.append(f"{name['page']}:\n{news.page}")
    parts += _asked(asked, name)
    return Letter(
        subject=f"[{news.number}] {again}{severity}{title}",
        text="\n\n".join(filter(None, parts)) + "\n",
        language=language,
    )


def _asked(asked: Asked, name: dict[str, str]) -> list[str]:
    found = []
    if asked.acknowledge:
        by = f"\n{name['by']}: {asked.by}" if asked.by else ""
        found.append(f"{name['acknowledge']}:\n{asked.acknowledge}{by}")
    if asked.leave:
        found.append(f"{name['leave']}:\n{asked.leave}")
    return found


def confirmation(link: str, language: str) -> Letter:
    """The letter that asks whether an address wants advisories at all."""
    name = words(language)
    text = f"{name['confirm']}\n\n{link}\n"
    return Letter(subject=name["confirm_subject"], text=text, language=language)
