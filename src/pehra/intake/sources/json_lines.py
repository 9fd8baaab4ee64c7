"""Any JSON Lines file, or JSON array of objects, under a column map.

See `pehra.intake.column_map` for the map; nested objects are reached with dots, `source.ip`. Times
without a zone are UTC. Values that the map does not take go to `extra`.
"""

from __future__ import annotations

from pehra.intake.column_map import mapped, mapped_plan
from pehra.intake.columns import read_parts
from pehra.intake.jsonrows import open_json
from pehra.intake.source import Delivery, Reading, Source
from pehra.kernel.labels import Role


def read(delivery: Delivery) -> Reading:
    """Open a file.

    Raises:
        UnreadableFile: it is not JSON.
        UsageError: the map is none.
    """
    plan = mapped_plan(frozenset(), mapped(delivery.options, but=frozenset()))
    table = open_json(delivery.path, delivery.part_bytes)
    parts = read_parts(table.stretches, plan, delivery)
    return Reading(kind="", day=None, identifiers=(), parts=parts)


SOURCE = Source(
    slug="jsonl",
    title="Any JSON Lines file with a column map",
    url="https://jsonlines.org/",
    licence="as agreed with whoever sent the file",
    role=Role.REPORT,
    read=read,
)
