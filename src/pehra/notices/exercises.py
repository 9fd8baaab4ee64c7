"""Made-up findings for an exercise: whole letters whose every line can be thrown away. Pure.

Nothing made up is ever a row among findings: a line follows from the scenario, the organisation and
the hour, and is worked out again wherever it is shown. So it cannot get into a number.
"""

from __future__ import annotations

import hashlib
import tomllib
from datetime import timedelta
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import msgspec

from pehra.kernel.errors import UsageError
from pehra.kernel.labels import Severity, Tlp
from pehra.kernel.time import iso
from pehra.notices.letters import Line

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

MARK = "EX"
"""Before the number of a made-up finding; `F` stands before that of a real one."""
TAG = "exercise:drill"
"""Of an XARF report that belongs to an exercise."""
WORDS = "EXERCISE: this is a drill. Nothing in it is real."
SOURCE = "exercise"
_SCENARIOS = "scenarios.toml"


class Invented(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of a scenario; `host` is the first label of a name, empty: an address."""

    identifier: str
    rsit_class: str = msgspec.field(name="class")
    rsit_type: str = msgspec.field(name="type")
    severity: str
    port: int | None = None
    host: str = ""

    @property
    def level(self) -> int:
        """Severity as a number."""
        return int(Severity[self.severity.upper()])


class Scenario(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What each organisation of an exercise is told."""

    lines: tuple[Invented, ...]


class Holder(msgspec.Struct, frozen=True):
    """An organisation that is written to."""

    id: int
    slug: str
    name: str


def _text() -> bytes:
    return (files("pehra.notices") / "data" / _SCENARIOS).read_bytes()


@cache
def scenarios() -> dict[str, Scenario]:
    """All scenarios by name."""
    return msgspec.convert(tomllib.loads(_text().decode()), dict[str, Scenario])


def version() -> str:
    """What two persons approve: changes whenever a scenario does."""
    return f"exercise-{hashlib.sha256(_text()).hexdigest()[:12]}"


def scenario(name: str) -> Scenario:
    """One scenario.

    Raises:
        UsageError: there is none of this name.
    """
    found = scenarios().get(name)
    if found is None:
        message = f"`{name}` is no scenario of an exercise."
        raise UsageError(message, mend=f"Possible: {', '.join(scenarios())}.")
    return found


def lines(name: str, holders: Iterable[Holder], at: datetime) -> list[Line]:
    """What a letter of an exercise names: each holder's lines after the other's, numbered on."""
    made = scenario(name).lines
    found: list[Line] = []
    for holder in holders:
        for place, one in enumerate(made):
            seen = at - timedelta(hours=2 * (place + 1))
            found.append(
                Line(
                    finding=len(found) + 1,
                    mark=MARK,
                    asset=_asset(one, holder, place),
                    port=one.port,
                    identifier=one.identifier,
                    rsit_class=one.rsit_class,
                    rsit_type=one.rsit_type,
                    what="",
                    severity=one.level,
                    organisation=holder.name,
                    first_seen=seen - timedelta(days=1),
                    last_seen=seen,
                    count=place + 2,
                    due_at=None,
                    sources=(SOURCE,),
                )
            )
    return found


def _asset(one: Invented, holder: Holder, place: int) -> str:
    if one.host:
        return f"{one.host}.{holder.slug}.example"
    return f"203.0.113.{1 + (holder.id * 7 + place) % 254}"


def row(line: Line, number: int) -> dict[str, Any]:
    """A made-up finding as a row of which a report is made, as `observations.plain` gives one."""
    is_name = line.asset.endswith(".example")
    given: dict[str, Any] = {
        "id": f"exercise N{number} {line.finding}",
        "source": SOURCE,
        "observed_at": iso(line.last_seen),
        "class": line.rsit_class,
        "type": line.rsit_type,
        "identifier": line.identifier,
        "severity": Severity(line.severity).word,
        "tlp": Tlp.AMBER.value,
        "host" if is_name else "ip": line.asset,
    }
    if line.port:
        given["port"] = line.port
    return given


def tagged(report: dict[str, Any]) -> dict[str, Any]:
    """An XARF report with the mark of an exercise."""
    return {**report, "tags": [*report.get("tags", ()), TAG], "description": WORDS}
