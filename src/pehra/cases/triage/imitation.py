"""Names that harm imitates, who owns them, and how an address comes to look like them.

National names with their owners' domains are dated data (`data/names.csv`, as of `AS_OF`), as are
the names that criminals of the world use most (`data/world.csv`). A word with `=` before it is
also a common word, and counts only where it stands alone.
"""

from __future__ import annotations

import csv
import functools
import importlib.resources
import itertools
import re
from datetime import date
from typing import TYPE_CHECKING

import msgspec

from pehra.cases.triage.addresses import shown
from pehra.cases.triage.lettering import skeleton, skeletons

if TYPE_CHECKING:
    from pehra.cases.triage.addresses import Address

AS_OF = date(2026, 11, 28)
"""When the lists of names were last looked through."""

_DATA = importlib.resources.files("pehra.cases.triage") / "data"
_LONG = 5
"""A word shorter than this is part of too many other words."""
_LONGER = 8
_USUAL = frozenset(
    [
        "com",
        "net",
        "org",
        "co.uk",
        "co.jp",
        "jp",
        "de",
        "fr",
        "it",
        "es",
        "nl",
        "be",
        "ch",
        "at",
        "pl",
        "pt",
        "ie",
        "se",
        "no",
        "dk",
        "fi",
        "eu",
        "us",
        "ca",
        "com.au",
        "com.br",
        "com.mx",
        "in",
        "co.in",
        "com.tr",
        "com.sg",
        "com.hk",
        "com.pk",
        "pk",
        "ae",
        "gov",
        "me",
        "io",
        "tv",
        "app",
    ]
)
"""Where an owner whom we do not list may have its name; elsewhere others register it first."""


class Name(msgspec.Struct, frozen=True):
    """Somebody whom harm pretends to be."""

    kind: str
    called: str
    national: bool


class Likeness(msgspec.Struct, frozen=True):
    """How an address looks like a name that is not its own.

    Attributes:
        name: whose.
        word: the word of theirs.
        seen: what stands in the address.
        how: `label` (the word itself), `spelled` (look-alike letters), `near` (a letter off),
            `inside` (part of a longer label).
    """

    name: Name
    word: str
    seen: str
    how: str


class Names(msgspec.Struct, frozen=True):
    """The lists, made ready to ask."""

    words: dict[str, Name]
    alone: frozenset[str]
    owned: frozenset[str]
    spelled: dict[str, str]
    near: dict[str, str]
    within: re.Pattern[str]


@functools.cache
def names() -> Names:
    """The shipped lists."""
    words: dict[str, Name] = {}
    alone: set[str] = set()
    owned: set[str] = set()
    for row in _rows("world.csv"):
        for word in row["words"].split():
            plain = word.removeprefix("=")
            words[plain] = Name(row["kind"], plain.capitalize(), national=False)
            if word != plain:
                alone.add(plain)
    for row in _rows("names.csv"):
        owned.update(row["own"].split())
        for word in row["words"].split():
            words[word] = Name(row["kind"], row["name"], national=True)
    long = [word for word in words if len(word) >= _LONG and word not in alone]
    near = {cut: word for word in long for cut in {word, *_cuts(word)}}
    within = re.compile("|".join(sorted(map(re.escape, long), key=len, reverse=True)))
    spelled = {skeleton(word): word for word in words}
    return Names(words, frozenset(alone), frozenset(owned), spelled, near, within)


def _rows(name: str) -> list[dict[str, str]]:
    with (_DATA / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _cuts(word: str) -> set[str]:
    return {word[:place] + word[place + 1 :] for place in range(len(word))}


def is_owned(address: Address) -> bool:
    """Whether the address is under a domain of its owner, as far as the lists say."""
    return is_listed(address.host, address.name, address.under, address.hosting)


def is_listed(host: str, name: str, under: str, hosting: str) -> bool:
    """The same, of an address in columns."""
    labels = host.split(".")
    if any(".".join(labels[first:]) in names().owned for first in range(len(labels))):
        return True
    return name in names().words and under in _USUAL and not hosting


@functools.lru_cache(maxsize=131_072)
def resembled(label: str) -> tuple[str, str] | None:
    """How one label resembles a word of the lists, and which; None where it does not."""
    lists = names()
    if label in lists.words:
        return "label", label
    if len(label) < _LONG:
        return None
    for reading in skeletons(label):
        if reading != label and reading in lists.spelled:
            return "spelled", lists.spelled[reading]
    return _one_off(label)


def _one_off(label: str) -> tuple[str, str] | None:
    near = names().near
    for cut in (label, *_cuts(label)):
        word = near.get(cut)
        if word is not None and abs(len(word) - len(label)) <= 1 and _fits(word, label):
            return "near", word
    return None


def _fits(word: str, label: str) -> bool:
    """A letter more, less or other; two neighbours swapped. Short words keep their first."""
    return len(word) >= _LONGER or word[0] == label[0]


_BETWEEN = re.compile(r"[.\-_]+")


def likenesses(address: Address) -> list[Likeness]:
    """Which names of others the host of an address looks like, the plainest first."""
    if is_owned(address) or address.ip:
        return []
    chosen = f"{address.sub}.{address.name}" if address.sub else address.name
    chosen = ".".join(shown(label) for label in chosen.split("."))
    found: dict[str, Likeness] = {}
    for label in [*_BETWEEN.split(chosen), *chosen.split(".")]:
        match = resembled(label)
        if match is not None and match[1] not in found:
            how, word = match
            found[word] = Likeness(names().words[word], word, label, how)
    for part in names().within.finditer(skeleton(chosen) + " " + chosen):
        word = part[0]
        if word not in found:
            found[word] = Likeness(names().words[word], word, word, "inside")
    return sorted(found.values(), key=lambda one: (_HOW.index(one.how), -len(one.word)))


_HOW = ("spelled", "label", "near", "inside")


_WORD = re.compile(r"[^\W_]+(?:[-.][^\W_]+)?")


def named(text: str) -> list[Name]:
    """Whom of the lists a text names, each once."""
    lists = names()
    words = _WORD.findall(text.lower())
    pairs = [a + b for a, b in itertools.pairwise(words)]
    found = (lists.words[word] for word in [*pairs, *words] if word in lists.words)
    return list(dict.fromkeys(found))
