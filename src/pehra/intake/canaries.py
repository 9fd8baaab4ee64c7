"""Canaries: addresses and names that no list of bad things rightly names (`canaries.toml`).

A list that names one is wrong about it, and so may be about the rest. A URL on such a host is no
canary: harmful pages do stand on good hosts. A network is one where it holds a canary's address.
"""

from __future__ import annotations

import tomllib
from bisect import bisect_left
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import msgspec
import polars as pl

from pehra.kernel.addresses import bounds, pack
from pehra.observations.schema import REPORTED, complete

if TYPE_CHECKING:
    from collections.abc import Collection


class Canaries(msgspec.Struct, frozen=True):
    """What is never bad as a whole.

    Attributes:
        addresses: 16 bytes -> text.
        names: in lower case.
    """

    addresses: dict[bytes, str]
    names: frozenset[str]

    def without(self, known: Collection[str]) -> Canaries:
        """These but for some, by their text."""
        return Canaries(
            {packed: text for packed, text in self.addresses.items() if text not in known},
            self.names - frozenset(known),
        )


@cache
def canaries(countries: frozenset[str]) -> Canaries:
    """Those of the world, and those of the government of a nation with these codes."""
    told = tomllib.loads(files("pehra.intake").joinpath("canaries.toml").read_text())
    own = told.pop("government")
    groups = [*told.values(), *(own[code] for code in sorted(countries & own.keys()))]
    addresses = [text for group in groups for text in group["addresses"]]
    names = frozenset(name for group in groups for name in group["names"])
    return Canaries({pack(text): text for text in addresses}, names)


def named(table: pl.DataFrame, known: Canaries) -> pl.Series:
    """For each row of a reader's table the canary that it names, as text, or null."""
    told = complete(table, REPORTED).select("ip", "network", "host", "url_host", "url")
    whole = pl.col("url").is_null()
    host = pl.coalesce("host", "url_host").str.to_lowercase()
    addresses = pl.col("ip").replace_strict(
        list(known.addresses), list(known.addresses.values()), default=None, return_dtype=pl.String
    )
    return told.select(
        canary=pl.coalesce(
            pl.when(whole).then(addresses),
            pl.when(whole & host.is_in(list(known.names))).then(host),
            pl.Series(_inside(told["network"], known), dtype=pl.String),
        )
    ).to_series()


def _inside(networks: pl.Series, known: Canaries) -> list[str | None]:
    """For each network a canary's address in it; only lists of networks have many of them."""
    if networks.null_count() == len(networks) or not known.addresses:
        return [None] * len(networks)
    order = sorted(known.addresses)
    held = {}
    for text in networks.drop_nulls().unique():
        first, last = _bounds(text)
        place = bisect_left(order, first)
        inside = place < len(order) and order[place] <= last
        held[text] = known.addresses[order[place]] if inside else None
    return [held.get(text) for text in networks]


def _bounds(network: str) -> tuple[bytes, bytes]:
    try:
        return bounds(network)
    except ValueError:
        return b"\xff" * 16, b""
