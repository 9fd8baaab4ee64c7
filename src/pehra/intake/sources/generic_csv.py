"""Any CSV with a header, under a column map; see `pehra.intake.column_map` for the map.

Options besides the map: `separator` (one of `,` `;` `|` or a tab; else the header's most frequent
one). Times without a zone are UTC. Columns that the map does not take go to `extra`.
"""

from __future__ import annotations

from pehra.intake.column_map import mapped, mapped_plan
from pehra.intake.columns import read_parts
from pehra.intake.delimited import SEPARATORS, open_delimited
from pehra.intake.source import Delivery, Reading, Source
from pehra.kernel.errors import UsageError
from pehra.kernel.labels import Role

_OWN = frozenset({"separator"})


def read(delivery: Delivery) -> Reading:
    """Open a file.

    Raises:
        UnreadableFile: it has no header, or no column that holds a time.
        UsageError: the map is none.
    """
    columns = mapped(delivery.options, but=_OWN)
    separator = delivery.options.get("separator", "")
    if separator and separator not in SEPARATORS:
        message = f"`{separator}` is no separator."
        raise UsageError(message, mend="Known are a comma, a semicolon, a tab and a bar.")
    table = open_delimited(delivery.path, delivery.part_bytes, separator)
    plan = mapped_plan(frozenset(table.names), columns)
    parts = read_parts(table.stretches, plan, delivery)
    return Reading(kind="", day=None, identifiers=(), parts=parts)


SOURCE = Source(
    slug="csv",
    title="Any CSV file with a column map",
    url="https://www.rfc-editor.org/rfc/rfc4180",
    licence="as agreed with whoever sent the file",
    role=Role.REPORT,
    read=read,
)
