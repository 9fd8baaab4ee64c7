"""Early warnings: which new findings a holder wants to be told of earlier than others are.

Pure. A subscription is of an asset whose control is proven; a finding is under it when its address
lies in the prefix, its network is the ASN, or its name is the domain or below it.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

import msgspec

from pehra.kernel.labels import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable


class Placed(msgspec.Struct, frozen=True):
    """A new finding and where it is: `asset` is an address or a name, `asn` its network."""

    id: int
    organisation: int
    severity: int
    asset: str
    asn: int | None


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What a holder wants to hear of an asset; severities are words."""

    organisation: int
    kind: str
    asset: str
    at_once: tuple[str, ...]
    digest: tuple[str, ...]


class Early(msgspec.Struct, frozen=True):
    """Ids of findings that are told at once, and of those that go into the next digest."""

    at_once: frozenset[int] = frozenset()
    digest: frozenset[int] = frozenset()


def covers(kind: str, value: str, placed: Placed) -> bool:
    """Whether a finding is on an asset, or in it."""
    if kind == "domain":
        return placed.asset == value or placed.asset.endswith(f".{value}")
    if kind == "asn":
        return placed.asn is not None and str(placed.asn) == value
    try:
        address = ipaddress.ip_address(placed.asset)
        network = ipaddress.ip_network(value)
    except ValueError:  # a name, or a pool
        return False
    return address.version == network.version and address in network


def early(found: Iterable[Placed], wanted: Iterable[Wish]) -> Early:
    """Sort new findings by what their own holder wants of the assets that they are on."""
    by_holder: dict[int, list[Wish]] = {}
    for one in wanted:
        by_holder.setdefault(one.organisation, []).append(one)
    at_once: set[int] = set()
    digest: set[int] = set()
    for placed in found:
        word = Severity(placed.severity).word
        for one in by_holder.get(placed.organisation, []):
            if covers(one.kind, one.asset, placed):
                at_once.update([placed.id] if word in one.at_once else [])
                digest.update([placed.id] if word in one.digest else [])
    return Early(frozenset(at_once), frozenset(digest - at_once))
