"""Each error has a code of its own, an exit code of the contract, and says what to do next."""

from __future__ import annotations

from pehra.kernel import errors
from pehra.kernel.errors import IllegalStep, PehraError, Refused, UsageError

TREE = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, PehraError)
]


def test_codes_are_unique() -> None:
    assert sorted({kind.code for kind in TREE}) == sorted(kind.code for kind in TREE)


def test_exit_codes_are_those_of_the_contract() -> None:
    assert {kind.code: kind.exit_code for kind in TREE} == {
        "error": 1,
        "usage": 2,
        "refused": 3,
        "illegal-step": 3,
        "environment": 4,
        "unreadable-file": 1,
        "damaged": 1,
    }


def test_an_error_says_what_and_what_next() -> None:
    error = UsageError("There is no source `shadow`.", mend="Did you mean `shadowserver`?")
    assert (error.message, error.mend) == (
        "There is no source `shadow`.",
        "Did you mean `shadowserver`?",
    )
    assert str(error) == "There is no source `shadow`. Did you mean `shadowserver`?"
    assert str(UsageError("No.")) == "No."


def test_an_illegal_step_is_a_refusal() -> None:
    assert issubclass(IllegalStep, Refused)
