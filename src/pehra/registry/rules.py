"""Which claim beats which, what an asset's one spelling is, and what two claims cannot both be.

Pure: the same order in which `pehra.registry.claims` sorts whole columns, for one claim at a time.
"""

from __future__ import annotations

import functools
import ipaddress
import re
from typing import TYPE_CHECKING

import can_ada
import msgspec
import polars as pl
from publicsuffixlist import PublicSuffixList

from pehra.kernel.addresses import DOCUMENTATION, SPECIAL
from pehra.kernel.time import EPOCH, micros

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

SOURCE_RANK: dict[str, int] = {"manual": 0, "self": 1, "registry": 2, "observed": 3}
"""By whose word; the smaller beats the larger. What a person entered beats what is automatic."""

USUAL_CONFIDENCE = {"manual": 100, "self": 80, "registry": 50, "observed": 30}
"""Per cent, where a register states none."""
KINDS = ("prefix", "asn", "domain", "software")
USES = ("static", "dynamic", "carrier-nat")
POOLED = ("dynamic", "carrier-nat")
"""Uses in which an address is not one subscriber's: a finding is about the pool."""

_MAPPED_BITS = 96
_SHORTEST = {4: 8, 6: 16}
_ASN = re.compile(r"^(?:as)?(\d{1,10})$", re.IGNORECASE)
_LABEL = re.compile(r"^(?!-)[a-z0-9_-]{1,63}(?<!-)$")
_LONGEST_NAME = 253


class NotAnAsset(ValueError):
    """A text that names no asset; says why, and what to write instead."""


class ClaimFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A claim, as precedence sees it. `value` is canonical; times are UTC, null is open."""

    claim: int
    organisation: int
    kind: str
    value: str
    source: str
    confidence: int = 100
    valid_from: datetime | None = None
    valid_to: datetime | None = None

    def in_force(self, at: datetime) -> bool:
        """Whether it holds at a moment: from the first, until before the last."""
        since, until = self.valid_from, self.valid_to
        return (since is None or since <= at) and (until is None or at < until)


def precedence(claim: ClaimFacts) -> tuple[int, int, int, int, int]:
    """Sort key: the smallest wins.

    Source first (`SOURCE_RANK`), then the longer prefix (an ASN is shorter than any prefix; of
    names the one with more labels), then confidence, then the older claim (null is the oldest),
    then the smaller id.
    """
    since = micros(claim.valid_from) if claim.valid_from else -micros_of_ever()
    return (
        SOURCE_RANK[claim.source],
        -specificity(claim.kind, claim.value),
        -claim.confidence,
        since,
        claim.claim,
    )


def micros_of_ever() -> int:
    """More microseconds than any date has."""
    return 2**62


def specificity(kind: str, value: str) -> int:
    """Bits of 128 of a prefix, dots of a name, -1 of an ASN or anything else."""
    if kind == "prefix":
        network = ipaddress.ip_network(value)
        return network.prefixlen + (_MAPPED_BITS if network.version == 4 else 0)  # noqa: PLR2004 an IP version
    return value.count(".") if kind == "domain" else -1


def kind_of(text: str) -> str:
    """Kind of an asset by its looks: `prefix`, `asn` or `domain`."""
    if _ASN.match(text):
        return "asn"
    return "prefix" if "/" in text or ":" in text or _dotted(text) else "domain"


def _dotted(text: str) -> bool:
    return text.count(".") == 3 and text.replace(".", "").isdigit()  # noqa: PLR2004 dots of IPv4


def canonical(kind: str, text: str) -> str:
    """The one spelling of an asset.

    Raises:
        NotAnAsset: says what is wrong with it.
    """
    text = text.strip()
    if kind == "prefix":
        return _canonical_prefix(text)
    if kind == "asn":
        return _canonical_asn(text)
    if kind == "domain":
        return _canonical_domain(text)
    if not text or len(text) > 255:  # noqa: PLR2004 width of the column
        message = "a name of 1 to 255 characters is needed"
        raise NotAnAsset(message)
    return text


def _canonical_prefix(text: str) -> str:
    try:
        network = ipaddress.ip_network(text)
    except ValueError as error:
        hint = _without_host_bits(text)
        message = f"`{text}` has host bits set; did you mean `{hint}`?" if hint else f"{error}"
        raise NotAnAsset(message) from None
    mapped = getattr(network.network_address, "ipv4_mapped", None)
    if mapped is not None or network.prefixlen < _SHORTEST[network.version]:
        what = "IPv4 in IPv6 notation" if mapped else "more than one organisation can hold"
        message = f"`{text}` is {what}"
        raise NotAnAsset(message)
    if _is_special(network):
        message = f"`{text}` is reserved or private (RFC 6890); nobody is attributed there"
        raise NotAnAsset(message)
    return str(network)


def _without_host_bits(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text, strict=False))
    except ValueError:
        return ""


_Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_Table = tuple[tuple[int, int, int, int], ...]


def _table(networks: Sequence[_Network]) -> _Table:
    return tuple(
        (net.version, net.prefixlen, int(net.netmask), int(net.network_address)) for net in networks
    )


_SPECIAL, _DOCUMENTATION = _table(SPECIAL), _table(DOCUMENTATION)


def _within(network: _Network, others: _Table) -> bool:
    bits, version, length = int(network.network_address), network.version, network.prefixlen
    for other_version, other_length, mask, other in others:
        if other_version == version and other_length <= length and bits & mask == other:
            return True
    return False


def _is_special(network: _Network) -> bool:
    return _within(network, _SPECIAL) and not _within(network, _DOCUMENTATION)


def plain_prefixes(texts: pl.Series) -> pl.Series:
    """Which texts are IPv4 prefixes in their one spelling, and held by somebody; null is not.

    The common case of a large register, decided in columns: for these `canonical` gives the text
    itself. What is not among them may still be a prefix.
    """
    part = r"(0|[1-9]\d{0,2})"
    found = texts.str.extract_groups(rf"^{part}\.{part}\.{part}\.{part}/([1-9]\d?)$")
    a, b, c, d, length = (found.struct.field(str(at)).cast(pl.Int64) for at in range(1, 6))
    number = a * 2**24 + b * 2**16 + c * 2**8 + d
    size = pl.Series(2 ** (32 - length.clip(0, 32).fill_null(32).to_numpy()))
    sound = (a <= 255) & (b <= 255) & (c <= 255) & (d <= 255)  # noqa: PLR2004 octets of IPv4
    sound &= length.is_between(8, 32) & (number % size == 0)
    for version, bits, _, other in _SPECIAL:
        if version == 4:  # noqa: PLR2004 an IP version
            sound &= (number < other) | (number >= other + 2 ** (32 - bits))
    return sound.fill_null(False)


def _canonical_asn(text: str) -> str:
    found = _ASN.match(text)
    number = int(found[1]) if found else 0
    if not 0 < number < 2**32 - 1:
        message = f"`{text}` is no ASN; write `AS64500` or `64500`"
        raise NotAnAsset(message)
    return str(number)


@functools.cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList(only_icann=True)


def _canonical_domain(text: str) -> str:
    name = text.rstrip(".").lower()
    if name.startswith("*."):
        message = f"`{text}`: a name stands for all below it; write `{name[2:]}`"
        raise NotAnAsset(message)
    if not name.isascii() or name.startswith("xn--") or ".xn--" in name:
        name = _a_labels(name)
    labels = name.split(".")
    sound = len(name) <= _LONGEST_NAME and all(_LABEL.match(label) for label in labels)
    if not sound or len(labels) == 1 or labels[-1].isdigit():
        message = f"`{text}` is no domain name; write it such as `example.org.pk`"
        raise NotAnAsset(message)
    if _suffixes().privatesuffix(name) is None:
        message = f"`{text}` is a public suffix: many organisations hold names below it"
        raise NotAnAsset(message)
    return name


def _a_labels(name: str) -> str:
    """A-labels by UTS 46, as browsers do; a name that has none comes back unchanged."""
    try:
        return str(can_ada.parse(f"https://{name}/").hostname)
    except ValueError:
        return name


class Conflict(msgspec.Struct, frozen=True):
    """Two or more organisations that claim one asset by equally strong words at one time.

    Attributes:
        kind: of the asset.
        value: canonical.
        source: the source that all of them have.
        claims: ids, ascending.
        organisations: ids, ascending.
    """

    kind: str
    value: str
    source: str
    claims: tuple[int, ...]
    organisations: tuple[int, ...]

    @property
    def subject(self) -> str:
        """What the work item is about."""
        return f"{self.kind} {self.value} ({self.source})"


def conflicts(claims: pl.DataFrame) -> list[Conflict]:
    """Find what a person must decide.

    Args:
        claims: columns `claim`, `organisation`, `kind`, `value`, `source`, `valid_from`, `valid_to`
            (UTC, null: open); withdrawn ones are not among them.

    Returns:
        By kind, value and source.
    """
    key = ["kind", "value", "source"]
    contested = claims.filter(pl.col("organisation").n_unique().over(key) > 1)
    dated = contested.select(
        *key,
        "claim",
        "organisation",
        since=pl.col("valid_from").dt.epoch("us").fill_null(-micros_of_ever()),
        until=pl.col("valid_to").dt.epoch("us").fill_null(micros_of_ever()),
    )
    pairs = dated.join(dated, on=key, suffix="_other").filter(
        (pl.col("organisation") != pl.col("organisation_other"))
        & (pl.col("since") < pl.col("until_other"))
        & (pl.col("since_other") < pl.col("until"))
    )
    found = pairs.group_by(key).agg(
        pl.col("claim").unique().sort(), pl.col("organisation").unique().sort()
    )
    return [
        Conflict(kind, value, source, tuple(ids), tuple(holders))
        for kind, value, source, ids, holders in found.sort(key).iter_rows()
    ]


def oldest(moments: Sequence[datetime | None]) -> datetime | None:
    """The earliest of some beginnings; null, the earliest of all, wins."""
    return None if None in moments else min(filter(None, moments), default=EPOCH)
