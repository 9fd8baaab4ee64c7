"""What a message is about: findings and what was told of them, joined. Pure.

Numbers come from what may be told: where a report is for nobody's eyes but ours, it counts in no
message, and a finding that only such reports know is left out.
"""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 msgspec reads the annotation when it runs
from typing import TYPE_CHECKING

import msgspec

from pehra.kernel.labels import Pap, Tlp
from pehra.notices.letters import Line  # noqa: TC001 msgspec reads the annotation when it runs
from pehra.observations.queries import TOLD_LABELS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LABELS = tuple(map(Tlp, TOLD_LABELS))
UNKNOWN = LABELS.index(Tlp.AMBER)
"""Of a finding whose reports are no longer kept."""


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
    known: Iterable[Line], told: Mapping[int, Told], only_withheld: frozenset[int]
) -> Content:
    """Lines of the findings that may be told, under the strictest label of any of them.

    Args:
        known: findings as their own table has them, the worst first.
        told: by id of the finding.
        only_withheld: findings of which nothing that is kept may be told.
    """
    lines: list[Line] = []
    label, pap, withheld = 0, 0, 0
    for line in known:
        if line.finding in only_withheld:
            withheld += 1
            continue
        seen = told.get(line.finding)
        label = max(label, UNKNOWN if seen is None else seen.label)
        pap = max(pap, 0 if seen is None else seen.pap)
        lines.append(_counted_anew(line, seen))
    return Content(tuple(lines), LABELS[label], list(Pap)[pap], withheld)


def _counted_anew(line: Line, seen: Told | None) -> Line:
    if seen is None or not seen.withheld:
        return line
    return msgspec.structs.replace(
        line,
        first_seen=seen.first,
        last_seen=seen.last,
        count=seen.count,
        sources=seen.sources,
    )
