"""The tree of errors: each has a stable code, says what is wrong and what to do next.

A door (web, cli) turns them into an answer; nothing below a door catches `PehraError`.
The exit code is the command contract's: 1 done in part, 2 usage, 3 refused by rule, 4 environment.
"""

from __future__ import annotations


class PehraError(Exception):
    """Root of all errors that Pehra raises on purpose.

    Attributes:
        code: stable, for machines; never translated.
        exit_code: what the command line answers with.
        mend: the next step for the reader, a sentence.
    """

    code = "error"
    exit_code = 1

    def __init__(self, message: str, *, mend: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.mend = mend

    def __str__(self) -> str:
        return f"{self.message} {self.mend}".strip()


class UsageError(PehraError):
    """The caller's words do not fit: a wrong option, an unknown source, a malformed value."""

    code = "usage"
    exit_code = 2


class Refused(PehraError):
    """A rule forbids the act; the message names the rule."""

    code = "refused"
    exit_code = 3


class IllegalStep(Refused):
    """The state table has no such step from here."""

    code = "illegal-step"


class EnvironmentFault(PehraError):
    """The machine or the home is not as needed: no home, disk full, database away."""

    code = "environment"
    exit_code = 4


class UnreadableFile(PehraError):
    """A whole file cannot be read as its source promises; the file itself is kept."""

    code = "unreadable-file"


class Damaged(PehraError):
    """Stored data does not hold together: a ledger entry, an index, a blob."""

    code = "damaged"
