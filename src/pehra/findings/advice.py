"""What is wrong, why it matters, how to mend it and how to see that it is mended, in plain words.

The words are data (`data/advice.*.toml`), in English and Urdu. Each of the four comes from the
first that has it: the identifier's group, the RSIT type, the class. Pages and notices use the same.
"""

from __future__ import annotations

import functools
import re
import tomllib
from importlib import resources
from typing import Literal

import msgspec

Language = Literal["en", "ur"]
LANGUAGES: tuple[Language, ...] = ("en", "ur")
_PARTS = ("what", "why", "fix", "check")
_OPEN, _CLOSE = "\u2066", "\u2069"
"""Unicode's left-to-right isolate: commands and ports keep their order within Urdu. The files mark
with it what is a machine's in either language; English text goes out without."""


class Advice(msgspec.Struct, frozen=True):
    """Four short texts for the holder of an asset; `ADDRESS` in `check` stands for the asset."""

    what: str
    why: str
    fix: str
    check: str


class Known(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is known of an identifier; `attempt`, in the file `try`, is a command for `check`."""

    group: str
    service: str = ""
    port: str = ""
    attempt: str = msgspec.field(name="try", default="")


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Some of the four texts; empty: whoever comes next says it."""

    what: str = ""
    why: str = ""
    fix: str = ""
    check: str = ""


class _Book(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All words of one language."""

    classes: dict[str, Words] = msgspec.field(name="class")
    types: dict[str, Words] = msgspec.field(name="type")
    groups: dict[str, Words] = msgspec.field(name="group")


class _Identifiers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All identifiers."""

    identifier: dict[str, Known]


def _toml(name: str) -> object:
    text = (resources.files("pehra.findings") / "data" / name).read_text("utf-8")
    return tomllib.loads(text)


@functools.cache
def identifiers() -> dict[str, Known]:
    """What is known of each identifier."""
    return msgspec.convert(_toml("advice.toml"), _Identifiers).identifier


@functools.cache
def book(language: Language) -> _Book:
    """Words of a language."""
    return msgspec.convert(_toml(f"advice.{language}.toml"), _Book)


def advice(identifier: str, rsit_class: str, rsit_type: str, language: str) -> Advice:
    """Advice on a finding, as plain text; every finding has some.

    Args:
        identifier: such as `open-telnet`; an unknown one is advised by type and class.
        rsit_class: of RSIT v1003; an unknown one counts as `other`.
        rsit_type: likewise.
        language: `ur`; anything else is English.
    """
    found = _advice(identifier, rsit_class, rsit_type, language == "ur")
    if language == "ur":
        return found
    texts = (getattr(found, part) for part in _PARTS)
    return Advice(*(text.replace(_OPEN, "").replace(_CLOSE, "") for text in texts))


class Piece(msgspec.Struct, frozen=True):
    """A piece of a text; what is a machine's runs from left to right on any page."""

    text: str
    machine: bool


def pieces(
    identifier: str, rsit_class: str, rsit_type: str, language: str
) -> dict[str, list[Piece]]:
    """The same for a page: `what`, `why`, `fix` and `check` in pieces."""
    found = _advice(identifier, rsit_class, rsit_type, language == "ur")
    return {part: _cut(getattr(found, part)) for part in _PARTS}


def _cut(text: str) -> list[Piece]:
    found = []
    for number, piece in enumerate(re.split(f"[{_OPEN}{_CLOSE}]", text)):
        if piece:
            found.append(Piece(piece, machine=number % 2 == 1))
    return found


@functools.lru_cache(maxsize=4096)
def _advice(identifier: str, rsit_class: str, rsit_type: str, urdu: bool) -> Advice:  # noqa: FBT001 one of two languages
    words = book("ur" if urdu else "en")
    known = identifiers().get(identifier)
    none = Words()
    sources = (
        words.groups[known.group] if known else none,
        words.types.get(rsit_type, none),
        words.classes.get(rsit_class, none),
        words.classes["other"],
    )
    texts = (next(filter(None, (getattr(one, part) for one in sources))) for part in _PARTS)
    return Advice(*(_filled(text, known) for text in texts))


def _filled(text: str, known: Known | None) -> str:
    """Put in what the identifier says; plain replacement, for a command may hold braces."""
    if known is None:
        return text
    for name, value in (("service", known.service), ("port", known.port), ("try", known.attempt)):
        text = text.replace(f"{{{name}}}", f"{_OPEN}{value}{_CLOSE}")
    return text
