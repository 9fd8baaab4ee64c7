"""When a source is tried next, when its silence is news, and which source a message is of."""

from __future__ import annotations

from datetime import timedelta
from fnmatch import fnmatch
from typing import TYPE_CHECKING

import msgspec

from pehra.kernel.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

FIRST_DELAY = timedelta(minutes=1)
LONGEST_DELAY = timedelta(hours=1)
SHORTEST = timedelta(minutes=1)
"""Nobody's server is asked more often."""
RHYTHM = timedelta(days=1)
"""Of a source that is fetched and whose module names none."""

_LONGEST_SUBJECT = 998
"""RFC 5322, section 2.1.1."""


def next_try(
    every: timedelta,
    failures: int,
    jitter: float,
    now: datetime,
    wait: timedelta = timedelta(0),
) -> datetime:
    """When to ask next: by its rhythm, or sooner after a failure, with growing pauses.

    Args:
        every: the source's rhythm.
        failures: tries in a row that failed; 0 after a success.
        jitter: in [0, 1); spreads what failed together, and what has one rhythm.
        now: when the try ended.
        wait: that the server asked for.
    """
    if not failures:
        return now + every * (1 - jitter / 20)
    doubled = FIRST_DELAY * (1 << min(failures - 1, 12))
    return now + max(wait, min(doubled, max(LONGEST_DELAY, every)) * (0.5 + jitter / 2))


def silent_since(last: datetime, every: timedelta, times: int, now: datetime) -> datetime | None:
    """Since when nothing came although it should have; None where that is not so.

    Args:
        last: the last success, or since when one is expected.
        every: the rhythm.
        times: so many rhythms may pass.
        now: the moment of looking.
    """
    due = last + every * times
    return due if now > due else None


def check_every(every: timedelta) -> None:
    """Raise `UsageError` where somebody's server would be asked too often."""
    if every < SHORTEST:
        message = f"{every.total_seconds():g} s is too often."
        raise UsageError(message, mend=f"{SHORTEST.total_seconds():g} s or more.")


class Rule(msgspec.Struct, frozen=True):
    """Which messages are reports of which source; fields as in `models.MailRule`."""

    source: str
    sender: str = ""
    subject: str = ""
    file: str = ""
    whole: bool = False

    def fits(self, sender: str, subject: str) -> bool:
        """Whether a message is one of those; case does not matter."""
        wanted, given = self.sender.lower(), sender.lower()
        from_them = given.endswith(wanted) if wanted.startswith("@") else given == wanted
        words = subject[:_LONGEST_SUBJECT].lower()
        return (not wanted or from_them) and fnmatch(words, self.subject.lower() or "*")

    def takes(self, name: str) -> bool:
        """Whether an attachment of this name belongs to the report."""
        return fnmatch(name.lower(), self.file.lower() or "*")


def rule_for(rules: Iterable[Rule], sender: str, subject: str) -> Rule | None:
    """The first rule that fits a message; None where none does."""
    return next((rule for rule in rules if rule.fits(sender, subject)), None)
