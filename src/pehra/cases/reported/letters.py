"""Letters to reporters: the number at once, and what became of the report. Pure.

Nothing that somebody reported stands in them: whoever types another's address gets no words out.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from pehra.dispatch.letters import Letter

_BREAKS = re.compile(r"\n{3,}")


def received(number: str, outside: str, language: str) -> Letter:
    """The number of a report, to whoever sent it."""
    return _letter("received", language, {"number": number, "link": link(outside, number)})


def answered(number: str, outside: str, language: str, told: tuple[str, str]) -> Letter:
    """What became of a report.

    Args:
        number: its own.
        outside: address of the site.
        language: of the reporter.
        told: the verdict, `rules.State`, and the words of the officer.
    """
    verdict, words = told
    said = _words()[language]["answered"][verdict]
    values = {"number": number, "link": link(outside, number), "verdict": said, "words": words}
    return _letter("answered", language, values)


def link(outside: str, number: str) -> str:
    """Address of the page of a number."""
    return f"{outside}/track/{number}/"


def _letter(kind: str, language: str, values: dict[str, str]) -> Letter:
    said = _words()[language][kind]
    subject = _filled(said["subject"], values)
    text = _BREAKS.sub("\n\n", _filled(said["text"].strip(), values))
    return Letter(subject=subject, text=f"{text}\n", language=language)


def _filled(text: str, values: dict[str, str]) -> str:
    """Each place filled once: braces in an officer's words stay what they are."""
    return re.sub(r"\{([a-z]+)\}", lambda found: values.get(found[1], found[0]), text)


@cache
def _words() -> dict[str, Any]:
    text = files("pehra.cases").joinpath("data", "reporters.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
