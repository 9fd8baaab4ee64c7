"""IP addresses as 16 bytes: IPv4 is mapped (RFC 4291, section 2.5.5.2), so both families sort.

`sort_key` is a signed 64-bit integer by which the lake is sorted and pruned: an IPv4 address is
its own 32-bit value, an IPv6 address the upper 64 bits read as signed. It only narrows a search;
equality is always that of the 16 bytes.
"""

from __future__ import annotations

import ipaddress

IPv4 = ipaddress.IPv4Address | ipaddress.IPv4Network
_MAPPED = b"\x00" * 10 + b"\xff\xff"

# RFC 5737 and RFC 3849 (and RFC 9637): accepted as findings, since samples and training use them.
DOCUMENTATION = tuple(
    ipaddress.ip_network(text)
    for text in (
        "192.0.2.0/24",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "2001:db8::/32",
        "3fff::/20",
    )
)

# IANA special-purpose registries (RFC 6890 and its updates): no organisation holds these.
SPECIAL = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "::/128",
        "::1/128",
        "64:ff9b:1::/48",
        "100::/64",
        "2001::/23",
        "fc00::/7",
        "fe80::/10",
        "ff00::/8",
    )
)


def pack(address: str | ipaddress.IPv4Address | ipaddress.IPv6Address) -> bytes:
    """16 bytes of an address; raises `ValueError` where it is none."""
    parsed = ipaddress.ip_address(address) if isinstance(address, str) else address
    return _MAPPED + parsed.packed if parsed.version == 4 else parsed.packed  # noqa: PLR2004 an IP version


def unpack(packed: bytes) -> str:
    """Text of 16 bytes: dotted for mapped IPv4, RFC 5952 for IPv6."""
    if packed[:12] == _MAPPED:
        return str(ipaddress.IPv4Address(packed[12:]))
    return str(ipaddress.IPv6Address(packed))


def sort_key(packed: bytes) -> int:
    """Signed 64-bit key of 16 bytes, see the module's text."""
    if packed[:12] == _MAPPED:
        return int.from_bytes(packed[12:], "big")
    return int.from_bytes(packed[:8], "big", signed=True)


def bounds(network: str) -> tuple[bytes, bytes]:
    """First and last address, packed, of a prefix such as `192.0.2.0/24`; host bits are cut off.

    Raises `ValueError` where the text is neither an address nor a prefix.
    """
    parsed = ipaddress.ip_network(network, strict=False)
    return pack(parsed.network_address), pack(parsed.broadcast_address)


def canonical_network(text: str) -> str:
    """The one spelling of a prefix; a lone address becomes /32 or /128."""
    return str(ipaddress.ip_network(text.strip(), strict=False))
