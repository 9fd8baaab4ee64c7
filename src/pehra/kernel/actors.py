"""Who acts: a person in an office, or the system itself. Every act names one."""

from __future__ import annotations

import msgspec


class Actor(msgspec.Struct, frozen=True):
    """The one who acts.

    Attributes:
        name: account name of the person, or the name of the part of the system.
        office: slug of the office in whose name the act is done.
    """

    name: str
    office: str


SYSTEM = Actor(name="pehra", office="system")
