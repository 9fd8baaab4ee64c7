"""Names to addresses that we are willing to connect to.

A name that an outsider chose may point into our own network (server-side request forgery), and may
point elsewhere when asked a second time. So a name is resolved once, every answer is checked, and
the connection goes to a checked address.
"""

from __future__ import annotations

import ipaddress
import socket

from pehra.kernel.errors import EnvironmentFault, Refused

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_UNICAST = ipaddress.ip_network("2000::/3")
"""All of IPv6 that was ever given out for use on the Internet (IANA). Outside of it lie forms that
carry an IPv4 address (RFC 4291, 6052, 8215), site-local ones (RFC 3879) and segment identifiers
(RFC 9602), which Python calls global."""
_REFUSED = tuple(
    ipaddress.ip_network(text)
    for text in (
        "2002::/16",  # carries an IPv4 address: RFC 3056
        "3fff::/20",  # documentation: RFC 9637
        "192.0.0.0/24",  # protocol assignments: RFC 6890; Oracle's clouds keep metadata there
        "192.88.99.0/24",  # relays of the above: RFC 7526
        "168.63.129.16/32",  # Azure's own services, answered from inside its machines
    )
)


def is_public(address: Address) -> bool:
    """Whether an address lies on the Internet at large, and nowhere else."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return is_public(address.ipv4_mapped)
        if address not in _UNICAST:
            return False
    refused = any(address in network for network in _REFUSED if network.version == address.version)
    return address.is_global and not address.is_multicast and not refused


def resolve(host: str, port: int, *, loopback: bool = False) -> Address:
    """One address of `host` to connect to.

    Args:
        host: a name, or an address in text.
        port: the port that will be connected to.
        loopback: accept 127.0.0.0/8 and ::1, and nothing else besides public ones; for tests.

    Raises:
        EnvironmentFault: the name does not resolve now.
        Refused: an answer is not public. One is enough: who mixes them wants us to choose wrong.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        said = getattr(error, "strerror", None) or "it is no name"
        message = f"{host} does not resolve: {said}."
        raise EnvironmentFault(message, mend="Check the name and the resolver.") from None
    addresses = [ipaddress.ip_address(str(line[4][0]).partition("%")[0]) for line in found]
    for address in addresses:
        if not is_public(address) and not (loopback and address.is_loopback):
            message = f"{host} points to {address}, which is not a public address."
            raise Refused(message, mend="Name a host on the Internet.")
    return addresses[0]
