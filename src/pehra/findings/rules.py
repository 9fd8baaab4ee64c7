"""What a finding's state may become, and by what. Pure: time and facts come in as arguments."""

from __future__ import annotations

from enum import IntEnum


class State(IntEnum):
    """States of a finding (house design, section 6)."""

    OPEN = 1
    NOTIFIED = 2
    ACKNOWLEDGED = 3
    FIX_CLAIMED = 4
    GONE = 5
    PASSED = 6
    RELAPSED = 7
    DISPUTED = 8
    EXCEPTION = 9
    TRANSFERRED = 10
    WITHDRAWN = 11

    @property
    def word(self) -> str:
        """The word used in files and on pages."""
        return {State.PASSED: "passed-to-subscriber"}.get(self, self.name.lower().replace("_", "-"))
