"""What somebody who searches means: a number, an address, a network, a name, a digest, or words."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

import msgspec

from pehra.kernel.words import latin_digits
from pehra.registry.rules import NotAnAsset, canonical

LONGEST = 300
"""Characters that are read; the rest is left out."""

_NUMBER = re.compile(r"[Ff]?([0-9]{1,18})")
_ASN = re.compile(r"[Aa][Ss]\s?([0-9]{1,10})")
_DIGEST = re.compile(r"[0-9a-fA-F]{32}|[0-9a-fA-F]{64}")
_HOST = re.compile(r"[^\s/@:]+\.[^\s/@:.]{2,}")
_CVE = re.compile(r"CVE-[0-9]{4}-[0-9]{4,19}", re.IGNORECASE)
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{2,95}")


class Asked(msgspec.Struct, frozen=True):
    """A search, read; what it cannot be is empty.

    Attributes:
        text: as typed, with Latin digits.
        number: of a finding.
        asn: of a network.
        asset: an address or a host name, as findings spell it.
        network: the address or prefix, as networks are written.
        cve: its number, in capitals.
        digest: SHA-256 of a file or the number of a batch, lower case.
        identifier: what may be the name of a fault, such as `open-telnet` or `cve-2024-1`.
        held: (kind, value) of every asset whose holder also holds what was asked for.
    """

    text: str
    number: int | None = None
    asn: int | None = None
    asset: str = ""
    network: str = ""
    cve: str = ""
    digest: str = ""
    identifier: str = ""
    held: tuple[tuple[str, str], ...] = ()


def read(text: str) -> Asked:
    """What `text` may mean."""
    plain = latin_digits(text.replace("\x00", " ")).strip()[:LONGEST]
    bare = _without_scheme(plain)
    number, asn = _NUMBER.fullmatch(plain), _ASN.fullmatch(plain)
    asset, held = _network(bare) or _name(bare) or ("", ())
    network = held[0][1] if held and held[0][0] == "prefix" else ""
    if asn:
        held = (("asn", str(int(asn[1]))),)
    return Asked(
        text=plain,
        number=int(number[1]) if number else None,
        asn=int(asn[1]) if asn else None,
        asset=asset,
        network=network,
        cve=plain.upper() if _CVE.fullmatch(plain) else "",
        digest=plain.lower() if _DIGEST.fullmatch(plain) else "",
        identifier=plain.lower() if _SLUG.fullmatch(plain.lower()) else "",
        held=held,
    )


def _without_scheme(text: str) -> str:
    """The host of an address of the web, defanged or not; anything else as it is."""
    cleaned = text.replace("[.]", ".").replace("hxxp", "http")
    if "://" in cleaned:
        try:
            return urlsplit(cleaned).hostname or ""
        except ValueError:
            return ""
    return cleaned.strip("[]")


_Found = tuple[str, tuple[tuple[str, str], ...]]


def _network(text: str) -> _Found | None:
    """An address or a prefix, with every prefix around it."""
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
    mapped = getattr(network.network_address, "ipv4_mapped", None)
    if mapped is not None and network.prefixlen == network.max_prefixlen:
        network = ipaddress.ip_network(mapped)
    alone = network.prefixlen == network.max_prefixlen
    around = (network.supernet(new_prefix=size) for size in range(network.prefixlen, 7, -1))
    return (
        str(network.network_address) if alone else "",
        tuple(("prefix", str(one)) for one in around),
    )


def _name(text: str) -> _Found | None:
    """A host name, with every domain around it."""
    host = text.strip(".").lower()
    if not _HOST.fullmatch(host):
        return None
    labels = host.split(".")
    around = []
    for start in range(len(labels) - 1):
        try:
            around.append(("domain", canonical("domain", ".".join(labels[start:]))))
        except NotAnAsset:
            continue
    spelled = around[0][1] if around and around[0][1].count(".") == host.count(".") else host
    return spelled, tuple(around)
