"""What a message says: its topics by words in English, Urdu and Roman Urdu, and its addresses.

The words are ours and stand in `data/words.csv`, by topic and language.
"""

from __future__ import annotations

import csv
import functools
import importlib.resources
import re
import unicodedata

import msgspec

LONGEST = 20_000
"""Characters of a message that are looked at."""
MOST_LINKS = 200

_DATA = importlib.resources.files("pehra.cases.triage") / "data"
_LINK = re.compile(
    r"(?:h(?:tt|xx|\*\*|__)ps?(?:\[:\]|:)/{1,2}|www(?:\.|\[\.\]))[^\s<>\"']{3,2048}"
    r"|(?<![\w@.\-])(?:[a-z0-9\-]{1,63}(?:\.|\[\.\])){1,6}"
    r"(?:com|net|org|pk|info|top|xyz|shop|site|online|live|club|vip|icu|app|dev|io|me|ly|cc|co|cn"
    r"|ru|link|click|life|store|work|tk|ml|ga|cf|gq)\b(?!@)(?:/[^\s<>\"']{0,2048})?",
    re.IGNORECASE,
)
_END = ".,;:!?)]}*>\u00bb'\"\u06d4\u060c"
_MAIL = re.compile(r"[\w.+\-]{1,64}@[\w.\-]{1,255}")
_NUMBER = re.compile(r"\d")
_DATES = re.compile(
    r"\b(?:mon|tues?|wednes|thurs?|fri|satur|sun)(?:day)?\b"
    r"|\b(?:jan|febr?|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)"
    r"(?:uary|ch|il|ust|tember|ober|ember)?\b",
)
_SPACE = re.compile(r"\s+")
_FOREIGN = re.compile(r"[^\x20-\x7e]+")
_UNSEEN = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\u00ad]")


class Topic(msgspec.Struct, frozen=True):
    """Words of one topic that stand in a message."""

    topic: str
    language: str
    words: tuple[str, ...]


def plain(text: str) -> str:
    """The text in one form: compatibility letters folded, invisible ones gone, lower case."""
    folded = unicodedata.normalize("NFKC", text[:LONGEST])
    return _SPACE.sub(" ", _UNSEEN.sub("", folded)).strip().lower()


def links(text: str) -> list[str]:
    """Addresses that stand in the text, each once, defanged ones too."""
    found = (match[0].rstrip(_END) for match in _LINK.finditer(text[:LONGEST]))
    return list(dict.fromkeys(found))[:MOST_LINKS]


def bare(text: str) -> str:
    """What the line of runs reads: no addresses, dates or numbers, Latin letters only.

    So nothing tells the age of a message, and writing that no sample had weighs nothing.
    """
    words = _MAIL.sub(" ", _LINK.sub(" ", plain(text)))
    return _SPACE.sub(" ", _FOREIGN.sub(" ", _NUMBER.sub("0", _DATES.sub(" ", words)))).strip()


def topics(text: str) -> list[Topic]:
    """Which topics the text touches, with the words."""
    said = plain(text)
    found = []
    for topic, language, pattern in _patterns():
        words = tuple(dict.fromkeys(match[0] for match in pattern.finditer(said)))
        if words:
            found.append(Topic(topic, language, words))
    return found


@functools.cache
def _patterns() -> tuple[tuple[str, str, re.Pattern[str]], ...]:
    with (_DATA / "words.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return tuple(
        (
            row["topic"],
            row["language"],
            re.compile(
                r"\b(?:"
                + "|".join(re.escape(plain(word)) for word in row["words"].split("|"))
                + ")"
            ),
        )
        for row in rows
    )
