"""The risk to people of a breach: seven questions, each with a reason, and what they come to.

The questions and their weights are ours. The result is a suggestion: a person decides, and says why
where another level is chosen. A worse answer never gives a milder result.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from pehra.cases.breaches.rules import Risk
from pehra.kernel.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

QUESTIONS = (
    "sensitivity", "identity", "number", "intent", "protection", "spread", "weakness",
)  # fmt: skip
"""How delicate the data are; how surely they name somebody; how many people; whether somebody meant
it; whether they can be read; how far they have gone; whether the people need more care."""
WORST = 3
_LOW, _HIGH = 5, 12


class Answer(msgspec.Struct, frozen=True):
    """From 0, harmless, to 3; with the reason."""

    score: int
    reason: str


def check_answers(answers: Mapping[str, Answer]) -> None:
    """See that every question was answered, with a reason.

    Raises:
        UsageError: one was not.
    """
    for question in QUESTIONS:
        found = answers.get(question)
        if found is None or not 0 <= found.score <= WORST or not found.reason.strip():
            message = f"The question `{question}` has no answer from 0 to {WORST} with a reason."
            raise UsageError(message, mend="Answer all seven; a few words each are enough.")


def total(answers: Mapping[str, Answer]) -> int:
    """The sum of all answers, 0 to 21."""
    return sum(answers[question].score for question in QUESTIONS)


def suggested(answers: Mapping[str, Answer]) -> Risk:
    """What the answers come to.

    Unreadable data that went nowhere are no high risk, whatever they are; delicate data that name
    people and are out are a high one, however few.
    """
    of = {question: answers[question].score for question in QUESTIONS}
    whole = total(answers)
    if of["protection"] == 0 and of["spread"] <= 1:
        return Risk.NONE if whole <= _LOW + 1 else Risk.LOW
    delicate = of["sensitivity"] == WORST and of["identity"] >= WORST - 1
    out = of["protection"] >= WORST - 1 and of["spread"] >= WORST - 1
    if whole >= _HIGH or (delicate and out):
        return Risk.HIGH
    return Risk.LOW if whole >= _LOW else Risk.NONE


def check_level(level: Risk, answers: Mapping[str, Answer], why: str) -> None:
    """See that a level other than the suggested one is chosen with a reason.

    Raises:
        UsageError: it is not.
    """
    if level != suggested(answers) and not why.strip():
        message = f"The answers come to `{suggested(answers)}`; `{level}` was chosen."
        raise UsageError(message, mend="Say why the answers do not hold here.")
