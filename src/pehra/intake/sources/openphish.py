"""OpenPhish: pages that fish for passwords; the community's list of URLs, or the feed for members.

Format: https://openphish.com/phishing_feeds.html. The community's list has a URL a line and no
times: they are of the receipt. It holds the newest few hundred pages only, so what is no longer on
it may still be up: its silence covers nothing. The members' feed is a JSON object a line with its
own times (`isotime`).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import polars as pl

from pehra.intake import typed
from pehra.intake.columns import Plan, read_parts
from pehra.intake.content import content_rules
from pehra.intake.jsonrows import open_json
from pehra.intake.linefields import Layout, open_fields
from pehra.intake.linelist import open_lines
from pehra.intake.listing import Listing, reading
from pehra.intake.source import Covers, Delivery, Reading, Source
from pehra.kernel.labels import Role

if TYPE_CHECKING:
    from collections.abc import Mapping

_LAYOUT = Layout(names=("url",), least=1, quoted=False)


def _address(frame: pl.DataFrame) -> Mapping[str, pl.Expr]:
    """The page's address, else that which its URL names."""
    if "url" not in frame.columns:
        return {}
    named = typed.address(pl.col("ip" if "ip" in frame.columns else "url"))
    return {"ip": pl.coalesce(named, typed.url_address(typed.url(pl.col("url"))))}


_PLAN = Plan(
    takes={
        "observed_at": ("isotime",),
        "url": ("url",),
        "ip": ("ip",),
        "asn": ("asn",),
        "country": ("country_code",),
        "host": ("host",),
    },
    constants={
        "class": "fraud",
        "type": "phishing",
        "identifier": "phish-url",
        "severity": "critical",
        "role": Role.BLOCKLIST.value,
    },
    names={"asn_name": "source.as_name", "country_name": "source.geolocation.country"},
    known=frozenset({"isotime", "url", "ip", "asn", "country_code", "host"}),
    computed=_address,
    content=content_rules("openphish"),
)


def read(delivery: Delivery) -> Reading:
    """Open a list; raises `UnreadableFile` where it is no text."""
    with delivery.path.open("rb") as stream:
        begin = stream.read(4096).removeprefix(b"\xef\xbb\xbf").lstrip()
    if begin.startswith(b"{"):
        table = open_json(delivery.path, delivery.part_bytes)
        return Reading("members", None, (), read_parts(table.stretches, _PLAN, delivery))
    table = open_fields(open_lines(delivery.path, "#"), _LAYOUT, delivery.part_bytes)
    return reading(delivery, table.stretches, _PLAN, Listing("community", ()))


SOURCE = Source(
    slug="openphish",
    title="OpenPhish, phishing URLs",
    url="https://openphish.com/phishing_feeds.html",
    licence="OpenPhish terms of use: the community feed is for non-commercial use",
    role=Role.BLOCKLIST,
    read=read,
    every=timedelta(hours=12),
    covers=Covers.NOTHING,
    fetch=("https://raw.githubusercontent.com/openphish/public_feed/refs/heads/main/feed.txt",),
    snapshot=True,
)
