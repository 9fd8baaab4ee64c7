"""Labels of the field: TLP 2.0 (FIRST, 2022), PAP, severity, and the roles a report can have."""

from __future__ import annotations

from enum import IntEnum, StrEnum


class Tlp(StrEnum):
    """Traffic Light Protocol 2.0: who may read."""

    CLEAR = "CLEAR"
    GREEN = "GREEN"
    AMBER = "AMBER"
    AMBER_STRICT = "AMBER+STRICT"
    RED = "RED"

    @classmethod
    def parse(cls, text: str) -> Tlp:
        """Read a label; TLP 1 `WHITE` is `CLEAR`. Raises `ValueError` on anything else."""
        word = text.strip().upper().removeprefix("TLP:")
        return cls("CLEAR" if word == "WHITE" else word)


class Pap(StrEnum):
    """Permissible Actions Protocol: what may be done with it."""

    CLEAR = "CLEAR"
    GREEN = "GREEN"
    AMBER = "AMBER"
    RED = "RED"


class Severity(IntEnum):
    """How bad, in Shadowserver's five levels; higher is worse. `INFO` never becomes a finding."""

    INFO = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def word(self) -> str:
        """The word used in files and on pages: `critical` to `info`."""
        return self.name.lower()


class Role(StrEnum):
    """What kind of witness a source is."""

    C2 = "c2"
    SINKHOLE = "sinkhole"
    HONEYPOT = "honeypot"
    SCAN = "scan"
    BLOCKLIST = "blocklist"
    REPORT = "report"
