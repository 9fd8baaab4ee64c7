"""Who looks: the teams and organisations whose rows a person may see."""

from __future__ import annotations

from datetime import date  # noqa: TC003 msgspec reads the annotation when it runs

import msgspec


class Viewer(msgspec.Struct, frozen=True):
    """One who reads.

    Attributes:
        name: account name, for logs.
        sees_all: national staff and the system.
        teams: ids of teams whose constituents' rows may be seen.
        organisations: ids of organisations whose rows may be seen.
        on: the day, UTC, whose structure says on whom the teams lead; null: on nobody.
    """

    name: str
    sees_all: bool = False
    teams: frozenset[int] = frozenset()
    organisations: frozenset[int] = frozenset()
    on: date | None = None


SYSTEM_VIEWER = Viewer(name="pehra", sees_all=True)
NOBODY = Viewer(name="nobody")
