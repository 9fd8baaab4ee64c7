"""IPsum: addresses that stand on public block lists, and on how many.

Format: https://github.com/stamparm/ipsum: notes after `#`, then an address and the number of lists,
with a tab between, the most listed first; lists of one level have the address alone. Times: the
note `Last update`, else the receipt. How many lists there are stays in `extra` as `lists`.
"""

from __future__ import annotations

from datetime import timedelta

from pehra.intake.columns import Plan
from pehra.intake.linefields import Layout, open_fields
from pehra.intake.linelist import open_lines
from pehra.intake.listdate import list_date
from pehra.intake.listing import Listing, reading
from pehra.intake.source import Covers, Delivery, Reading, Source
from pehra.kernel.labels import Role

_IDENTIFIER = "blacklisted-ip"
_LAYOUT = Layout(names=("ip", "lists"), least=1, separator="\t", quoted=False)
_PLAN = Plan(
    takes={"ip": ("ip",)},
    constants={
        "class": "other",
        "type": "other",
        "identifier": _IDENTIFIER,
        "severity": "low",
        "role": Role.BLOCKLIST.value,
    },
    kinds={"lists": "integer"},
)


def read(delivery: Delivery) -> Reading:
    """Open a list; raises `UnreadableFile` where it is no text."""
    listed = open_lines(delivery.path, "#")
    table = open_fields(listed, _LAYOUT, delivery.part_bytes)
    date = list_date(listed.notes, delivery.received_at)
    return reading(delivery, table.stretches, _PLAN, Listing("", (_IDENTIFIER,), date))


SOURCE = Source(
    slug="ipsum",
    title="IPsum, addresses by the number of block lists",
    url="https://github.com/stamparm/ipsum",
    licence="Unlicense",
    role=Role.BLOCKLIST,
    read=read,
    every=timedelta(days=1),
    covers=Covers.CONSTITUENCY,
    fetch=("https://raw.githubusercontent.com/stamparm/ipsum/master/ipsum.txt",),
    snapshot=True,
)
