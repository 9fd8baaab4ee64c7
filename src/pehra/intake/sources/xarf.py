"""XARF reports in JSON: version 4, and the versions 1 to 3 before it.

Formats: https://xarf.org/ and https://github.com/abusix/xarf. One report, JSON Lines, or an array;
each is a row. The category and type of a report become a type of RSIT, its source the asset.
Evidence, samples, mail and persons are left out. Reports of our own export come back as they were.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pehra.intake.jsontree import Kind, Member, walk
from pehra.intake.records import Found, own_plan, parts, refused, said
from pehra.intake.source import Delivery, Reading, Source
from pehra.intake.xarf_reports import row_of
from pehra.kernel.errors import UnreadableFile
from pehra.kernel.labels import Role

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PLAN = own_plan("xarf", {})


def read(delivery: Delivery) -> Reading:
    """Open a file.

    Raises:
        UnreadableFile: it begins with no JSON object.
    """
    first = next(_members(delivery.path), None)
    if first is None or not first.data.startswith(b"{"):
        message = "The file holds no XARF report."
        raise UnreadableFile(message, mend="It has to be a report in JSON, or several.")
    return Reading("", None, (), parts(_found(delivery.path), _PLAN, delivery))


def _members(path: Path) -> Iterator[Member]:
    for member in walk(path, frozenset(), frozenset({""})):
        if member.kind in {Kind.VALUE, Kind.FAULT}:
            yield member


def _found(path: Path) -> Iterator[Found]:
    for member in _members(path):
        record = member.record()
        if isinstance(record, str):
            yield refused(member, "json", record)
            continue
        try:
            yield said(member, [row_of(record)])
        except ValueError as error:
            yield refused(member, "missing", str(error))


SOURCE = Source(
    slug="xarf",
    title="XARF reports, versions 1 to 4",
    url="https://xarf.org/",
    licence="as agreed with whoever reports",
    role=Role.REPORT,
    read=read,
)
