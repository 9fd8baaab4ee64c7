"""Drafts about a breach: to the authority and to people, in plain English and Urdu.

A draft is a beginning: a person edits it and lets it leave, or hands it on.
"""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files

import msgspec

from pehra.cases.breaches.rules import Contents, Risk, missing

LANGUAGES = ("en", "ur")


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What a draft is made from."""

    name: str
    """Of the organisation, in the draft's language where it has one."""
    aware_at: datetime
    contents: Contents
    risk: Risk | None = None
    late_reason: str = ""


class Draft(msgspec.Struct, frozen=True):
    """A subject and a text."""

    subject: str
    body: str


@cache
def _book() -> dict[str, dict[str, str]]:
    data = files("pehra.cases.breaches") / "data" / "words.toml"
    return tomllib.loads(data.read_text("utf-8"))


def words(language: str) -> dict[str, str]:
    """What stands around a draft's facts."""
    return _book()["ur" if language == "ur" else "en"]


def _number(least: int | None, most: int | None, name: dict[str, str]) -> str:
    if most is None:
        return name["unknown"]
    if least is None or least == most:
        return name["about"].format(most=f"{most:,}")
    return name["span"].format(least=f"{least:,}", most=f"{most:,}")


def _nature(of: Contents, name: dict[str, str]) -> str:
    parts = ("confidentiality", "integrity", "availability")
    told = [name[part] for part in parts if getattr(of, part)]
    return "; ".join(told) or name["unknown"]


def to_authority(about: About, language: str) -> Draft:
    """What the authority is told: early, with what is not known named as such, or complete."""
    name, of = words(language), about.contents
    unknown = name["unknown"]
    number = _number(of.people_least, of.people_most, name)
    records = _number(of.records_least, of.records_most, name)
    lines = [
        name["early"] if missing(of) else name["complete"],
        name["late"].format(reason=about.late_reason) if about.late_reason else "",
        name["holder"].format(name=about.name),
        name["aware"].format(aware=about.aware_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M")),
        name["nature"].format(nature=_nature(of, name)),
        name["what"].format(what=of.what),
        name["people"].format(kinds=of.people_kinds or unknown, number=number),
        name["records"].format(kinds=of.record_kinds or unknown, number=records),
        name["risk"].format(risk=name[about.risk] if about.risk else unknown),
        name["consequences"].format(consequences=of.consequences or unknown),
        name["taken"].format(taken=of.taken or unknown),
        name["proposed"].format(proposed=of.proposed) if of.proposed else "",
        name["contact"].format(contact=of.contact or unknown),
    ]
    subject = name["authority_subject"].format(name=about.name)
    return Draft(subject, "\n\n".join(filter(None, lines)) + "\n")


def to_people(about: About, language: str) -> Draft:
    """What people are told: what happened to their data, what it means, what they can do."""
    name, of = words(language), about.contents
    unknown = name["unknown"]
    lines = [
        name["people_begin"].format(name=about.name),
        name["people_what"].format(what=of.what),
        name["people_data"].format(kinds=of.record_kinds or unknown),
        name["people_means"].format(consequences=of.consequences or unknown),
        name["people_done"].format(name=about.name, taken=of.taken or unknown),
        name["people_do"],
        name["people_ask"].format(contact=of.contact or unknown),
    ]
    subject = name["people_subject"].format(name=about.name)
    return Draft(subject, "\n\n".join(lines) + "\n")
