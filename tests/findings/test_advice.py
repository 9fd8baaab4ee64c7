"""Every finding has advice in both languages, and no placeholder is left in it."""

from __future__ import annotations

import re
import tomllib
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.findings.advice import LANGUAGES, Language, advice, book, identifiers, pieces
from pehra.intake.classification import RSIT

URDU = re.compile("[\u0600-\u06ff]")
SHADOWSERVER = (resources.files("pehra.intake.sources") / "shadowserver.toml").read_text()


def texts(identifier: str, kind: str, language: str) -> tuple[str, str, str, str]:
    found = advice(identifier, RSIT.get(kind, "other"), kind, language)
    return found.what, found.why, found.fix, found.check


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_type_and_class_has_words(language: Language) -> None:
    words = book(language)
    assert set(words.types) == set(RSIT)
    assert set(words.classes) == set(RSIT.values())
    assert [name for name, one in words.classes.items() if not all([*texts_of(one)])] == []
    assert [name for name, one in words.groups.items() if not all([*texts_of(one)])] == []
    assert [name for name, one in words.types.items() if not one.what] == []


def texts_of(words: object) -> list[str]:
    return [getattr(words, part) for part in ("what", "why", "fix", "check")]


def test_both_languages_say_the_same_things() -> None:
    def said(language: Language) -> dict[str, list[bool]]:
        words = book(language)
        kinds = {"class": words.classes, "type": words.types, "group": words.groups}
        return {
            f"{kind}.{name}": [bool(text) for text in texts_of(one)]
            for kind, found in kinds.items()
            for name, one in found.items()
        }

    assert said("en") == said("ur")


def test_every_identifier_of_shadowserver_is_known_by_itself() -> None:
    types = re.findall(r'identifier = "([^"]+)", type', SHADOWSERVER)
    assert tomllib.loads(SHADOWSERVER)
    assert sorted(set(types) - set(identifiers())) == []
    assert {known.group for known in identifiers().values()} == set(book("en").groups)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_placeholder_is_left_and_no_value_is_missing(language: Language) -> None:
    for identifier, known in identifiers().items():
        words = book(language).groups[known.group]
        wanted = set(re.findall(r"\{(\w+)\}", " ".join(texts_of(words))))
        given_values = {"service": known.service, "port": known.port, "try": known.attempt}
        assert [name for name in wanted if not given_values[name]] == [], identifier
        shown = " ".join(texts(identifier, "vulnerable-system", language))
        assert re.findall(r"\{(?:service|port|try)\}", shown) == []


def test_urdu_is_urdu() -> None:
    found = [*texts("open-redis", "vulnerable-system", "ur"), *texts("", "spam", "ur")]
    assert [text for text in found if not URDU.search(text)] == []
    assert texts("open-redis", "vulnerable-system", "ur")[3].count("\u2066") == 1


def test_pages_get_what_is_a_machines_apart() -> None:
    for language in LANGUAGES:
        cut = pieces("open-redis", "vulnerable", "vulnerable-system", language)
        machine = [piece.text for piece in cut["check"] if piece.machine]
        assert machine == ["redis-cli -h ADDRESS ping"]
        whole = "".join(piece.text for piece in cut["fix"])
        told = advice("open-redis", "vulnerable", "vulnerable-system", language).fix
        assert whole == re.sub("[\u2066\u2069]", "", told)
    assert "\u2066" not in "".join(texts("open-redis", "vulnerable-system", "en"))


def test_the_nearest_word_is_taken() -> None:
    redis = advice("open-redis", "vulnerable", "vulnerable-system", "en")
    assert redis.what == "Redis can be reached from the whole Internet on port 6379/tcp."
    assert "redis-cli -h ADDRESS ping" in redis.check
    cve = advice("cve-2024-1", "vulnerable", "vulnerable-system", "en")
    assert cve.what == "A service has a known weakness."
    assert cve.fix == book("en").classes["vulnerable"].fix
    assert cve.check == "From outside your network run: nmap ADDRESS"


@given(st.text(max_size=9), st.text(max_size=9), st.text(max_size=9), st.text(max_size=2))
def test_every_finding_has_advice(
    identifier: str, rsit_class: str, rsit_type: str, language: str
) -> None:
    assert all(texts_of(advice(identifier, rsit_class, rsit_type, language)))
