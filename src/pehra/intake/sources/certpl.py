"""CERT Polska's list of warnings: names that are used to swindle people of data and money.

Format: https://cert.pl/en/warning-list/: JSON array or CSV with the moment each name was entered
and struck off, or names alone, a name a line. Times without a zone are UTC. A name that was struck
off has the severity `info`, and `until` says when.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import polars as pl

from pehra.intake.columns import Plan
from pehra.intake.jsonrows import open_json
from pehra.intake.linefields import Layout, announced, open_fields
from pehra.intake.linelist import open_lines
from pehra.intake.listing import Listing, reading
from pehra.intake.source import Covers, Delivery, Reading, Source
from pehra.kernel.labels import Role

if TYPE_CHECKING:
    from collections.abc import Mapping

_IDENTIFIER = "phishing-domain"
_COLUMNS = ("RegisterPositionId", "DomainAddress", "InsertDate", "DeleteDate")
_KNOWN = {
    **{name.lower(): name for name in _COLUMNS},
    "pozycjarejestru": "RegisterPositionId",
    "adresdomeny": "DomainAddress",
    "datawpisu": "InsertDate",
    "datawykreslenia": "DeleteDate",
}
_PLAIN = ("DomainAddress",)


def _struck_off(frame: pl.DataFrame) -> Mapping[str, pl.Expr]:
    if "DeleteDate" not in frame.columns:
        return {}
    struck = pl.col("DeleteDate") != ""
    return {"severity": pl.when(struck).then(pl.lit("info")).otherwise(pl.lit("high"))}


_PLAN = Plan(
    takes={
        "observed_at": ("InsertDate",),
        "host": ("DomainAddress",),
        "until": ("DeleteDate",),
    },
    constants={
        "class": "fraud",
        "type": "phishing",
        "identifier": _IDENTIFIER,
        "severity": "high",
        "role": Role.BLOCKLIST.value,
    },
    names={"RegisterPositionId": "register_position"},
    kinds={"RegisterPositionId": "integer"},
    computed=_struck_off,
)


def read(delivery: Delivery) -> Reading:
    """Open a list; raises `UnreadableFile` where it is no text."""
    with delivery.path.open("rb") as stream:
        begin = stream.read(4096).removeprefix(b"\xef\xbb\xbf").lstrip()
    timed = True
    if begin[:1] in (b"[", b"{"):
        table = open_json(delivery.path, delivery.part_bytes)
    else:
        listed = open_lines(delivery.path, "#")
        separator = "\t" if "\t" in listed.first else ","
        names, headed = announced(listed, _KNOWN, separator=separator) or (_COLUMNS, False)
        layout = Layout(names, least=3, separator=separator, headed=headed)
        timed = headed or separator in listed.first
        if not timed:
            layout = Layout(_PLAIN, least=1, quoted=False)
        table = open_fields(listed, layout, delivery.part_bytes)
    listing = Listing("" if timed else "names", (_IDENTIFIER,), timed=timed)
    return reading(delivery, table.stretches, _PLAN, listing)


SOURCE = Source(
    slug="certpl",
    title="CERT Polska, list of warnings",
    url="https://cert.pl/en/warning-list/",
    licence="free to use; name CERT Polska",
    role=Role.BLOCKLIST,
    read=read,
    every=timedelta(days=1),
    covers=Covers.CONSTITUENCY,
    fetch=("https://hole.cert.pl/domains/v2/domains.json",),
    snapshot=True,
)
