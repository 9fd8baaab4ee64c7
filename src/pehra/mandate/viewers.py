"""Who looks: the teams and organisations whose rows a person may see."""

from __future__ import annotations

import msgspec


class Viewer(msgspec.Struct, frozen=True):
    """One who reads.

    Attributes:
        name: account name, for logs.
        sees_all: national staff and the system.
        teams: ids of teams whose constituents' rows may be seen.
        organisations: ids of organisations whose rows may be seen.
    """

    name: str
    sees_all: bool = False
    teams: frozenset[int] = frozenset()
    organisations: frozenset[int] = frozenset()


SYSTEM_VIEWER = Viewer(name="pehra", sees_all=True)
NOBODY = Viewer(name="nobody")
