"""Events of IntelMQ (data format 3.5): JSON, CSV, or a dump of its PostgreSQL table `events`.

Format: https://docs.intelmq.org/latest/dev/data-format/. JSON is JSON Lines or an array; CSV has a
header with the names of the format; a dump is that of `pg_dump`, as plain text, of which tables
with a column `time.source` or `time.observation` are read. `extra` may be nested, dotted or one
cell of JSON; its fields stay in `extra` without the prefix, and so does every field that has no
column here; what `pehra observations export` puts there for want of a field becomes a column again.
`raw` and what somebody visited (`destination.url`) are dropped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pehra.intake.column_map import mapped, mapped_plan
from pehra.intake.columns import read_parts
from pehra.intake.eventtable import open_events
from pehra.intake.source import Delivery, Reading, Source
from pehra.kernel.labels import Role

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pehra.intake.columns import Plan

_NOT_IDF = {"host": "source.fqdn", "ip": "source.ip"}
_OURS = {name: f"extra.{name}" for name in ("pap", "role", "tags", "count", "until", "expires")}
"""Columns of an observation that have no field in the format, as our own export names them."""


def plan_of(options: Mapping[str, str]) -> Plan:
    """What its columns mean; options can map columns as for JSON Lines.

    Raises:
        UsageError: the map is none.
    """
    columns = _NOT_IDF | _OURS | mapped(options, but=frozenset())
    return mapped_plan(frozenset(), columns, prefix="extra.")


def read(delivery: Delivery) -> Reading:
    """Open a file.

    Raises:
        UnreadableFile: it is none of these, or has no column for a time.
        UsageError: the map is none.
    """
    plan = plan_of(delivery.options)
    table = open_events(delivery.path, delivery.part_bytes)
    parts = read_parts(table.stretches, plan, delivery)
    return Reading(kind="", day=None, identifiers=(), parts=parts)


SOURCE = Source(
    slug="intelmq",
    title="Events of IntelMQ",
    url="https://docs.intelmq.org/latest/dev/data-format/",
    licence="that of the feed that each event names",
    role=Role.REPORT,
    read=read,
)
