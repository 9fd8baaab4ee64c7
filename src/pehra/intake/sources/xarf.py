"""XARF reports in JSON: version 4, and the versions 1 to 3 before it.

Formats: https://xarf.org/ and https://github.com/abusix/xarf. One report, JSON Lines, or an array;
each is a row. The category and type of a report become a type of RSIT, its source the asset.
Evidence, samples, mail and persons are left out. Reports of our own export come back as they were.
"""

from __future__ import annotations

from typing import Any

from pehra.intake.records import Row, events, members, own_plan, parts
from pehra.intake.source import Delivery, Reading, Source
from pehra.intake.xarf_reports import row_of
from pehra.kernel.errors import UnreadableFile
from pehra.kernel.labels import Role

_PLAN = own_plan("xarf", {})


def read(delivery: Delivery) -> Reading:
    """Open a file.

    Raises:
        UnreadableFile: it begins with no JSON object.
    """
    first = next(members(delivery.path), None)
    if first is None or not first.data.startswith(b"{"):
        message = "The file holds no XARF report."
        raise UnreadableFile(message, mend="It has to be a report in JSON, or several.")
    return Reading("", None, (), parts(events(delivery.path, _rows), _PLAN, delivery))


def _rows(report: dict[str, Any]) -> list[Row]:
    return [row_of(report)]


SOURCE = Source(
    slug="xarf",
    title="XARF reports, versions 1 to 4",
    url="https://xarf.org/",
    licence="as agreed with whoever reports",
    role=Role.REPORT,
    read=read,
)
