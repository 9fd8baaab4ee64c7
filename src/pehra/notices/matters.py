"""What a message is about: findings and what was told of them, joined. Pure.

Numbers come from what may be told: where a report is for nobody's eyes but ours, it counts in no
message, and a finding that only such reports know is left out.
"""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 msgspec reads the annotation when it runs
from typing import TYPE_CHECKING

import msgspec

from pehra.kernel.labels import Pap, Tlp
from pehra.notices.letters import Line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LABELS = tuple(label for label in Tlp if label != Tlp.RED)
UNKNOWN = LABELS.index(Tlp.AMBER)
"""Of a finding whose reports are no longer kept."""


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """A finding as its own table has it."""

    id: int
    asset: str
    port: int | None
    identifier: str
    rsit_class: str
    rsit_type: str
    what: str
    severity: int
    organisation: str
    first_seen: datetime
    last_seen: datetime
    count: int
    due_at: datetime | None
    sources: tuple[str, ...]


class Told(msgspec.Struct, frozen=True):
    """What may be told of a finding, of the reports that are kept; ranks are places in `LABELS`."""

    count: int
    first: datetime
    last: datetime
    sources: tuple[str, ...]
    label: int
    pap: int
    withheld: int


class Content(msgspec.Struct, frozen=True):
    """Lines of a message with its labels; `withheld` findings are left out."""

    lines: tuple[Line, ...]
    tlp: Tlp
    pap: Pap
    withheld: int


def joined(
    known: Iterable[Known], told: Mapping[int, Told], only_withheld: frozenset[int]
) -> Content:
    """Lines of the findings that may be told, under the strictest label of any of them.

    Args:
        known: findings, the worst first.
        told: by id of the finding.
        only_withheld: findings of which nothing that is kept may be told.
    """
    lines: list[Line] = []
    label, pap, withheld = 0, 0, 0
    for one in known:
        if one.id in only_withheld:
            withheld += 1
            continue
        seen = told.get(one.id)
        label = max(label, UNKNOWN if seen is None else seen.label)
        pap = max(pap, 0 if seen is None else seen.pap)
        lines.append(_line(one, seen))
    return Content(tuple(lines), LABELS[label], list(Pap)[pap], withheld)


def _line(one: Known, seen: Told | None) -> Line:
    facts = msgspec.structs.asdict(one)
    facts["finding"] = facts.pop("id")
    if seen is not None and seen.withheld:
        facts |= {
            "first_seen": seen.first,
            "last_seen": seen.last,
            "count": seen.count,
            "sources": seen.sources,
        }
    return Line(**facts)
