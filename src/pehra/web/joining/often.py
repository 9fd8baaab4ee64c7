"""How often a form without an account is taken: by the hour, from one address and from all."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from allauth.account.adapter import get_adapter
from django.core.cache import cache

from pehra.kernel.ids import digest

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest

FROM_ONE, FROM_ALL = 5, 100
_HOUR = 3_600


def place(address: str) -> str:
    """What counts as one sender: an IPv4 address, or the /64 of an IPv6 address."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    length = 64 if found.version == 6 else 32  # noqa: PLR2004 an IP version
    return str(ipaddress.ip_network((found, length), strict=False))


def too_often(
    request: HttpRequest,
    name: str,
    now: datetime,
    most: tuple[int, int] = (FROM_ONE, FROM_ALL),
) -> bool:
    """Count one more, and say whether that is more than an hour takes from one, or from all."""
    hour = now.strftime("%Y%m%d%H")
    sender = place(get_adapter().get_client_ip(request))
    counted = (f"{name}:{digest(sender.encode())[:32]}", f"{name}:all")
    return any(_count(f"{key}:{hour}") > few for key, few in zip(counted, most, strict=True))


def _count(key: str) -> int:
    if cache.add(key, 1, _HOUR):
        return 1
    try:
        return cache.incr(key)
    except ValueError:  # it ran out meanwhile
        return 1
