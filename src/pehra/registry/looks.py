"""Look whether the word of a proof is where it should be: in the name's DNS, or on its web server.

Whatever goes wrong on the way is an answer too: the word is not there, or nobody answered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from pehra.engines.dns.txt import Resolvers, texts
from pehra.engines.http.ask import Question, ask
from pehra.engines.http.fetch import Limits
from pehra.kernel.errors import EnvironmentFault, Refused
from pehra.registry.control import dns_name, file_url, holds

if TYPE_CHECKING:
    from collections.abc import Callable

    from pehra.kernel.settings import Settings

_SMALL = Limits(size=4096, seconds=15.0, silence=10.0)
_OK, _BUSY, _SERVER_FAULT = 200, (408, 429), 500
"""A redirect is no 200: what stands elsewhere proves control of elsewhere."""


class Look(msgspec.Struct, frozen=True):
    """What was found.

    Attributes:
        found: whether the word is there; null: nobody answered.
        detail: in words, for the holder.
    """

    found: bool | None
    detail: str


class Means(msgspec.Struct, frozen=True):
    """By what names and pages are asked.

    Attributes:
        resolvers: for names.
        loopback: also fetch from this machine; for tests.
        address: of the file of a domain.
    """

    resolvers: Resolvers = Resolvers()
    loopback: bool = False
    address: Callable[[str], str] = file_url


def means_of(settings: Settings) -> Means:
    """As the settings say."""
    asked = settings.dns
    resolvers = Resolvers(asked.resolvers, asked.port, asked.seconds)
    return Means(resolvers, loopback=settings.fetch.loopback)


def look(method: str, domain: str, token: str, means: Means) -> Look:
    """Look for the word of a proof by `dns-txt` or `https-file`."""
    if method == "dns-txt":
        return _look_in_dns(domain, token, means)
    return _look_at_file(domain, token, means)


def _look_in_dns(domain: str, token: str, means: Means) -> Look:
    name = dns_name(domain)
    try:
        found = texts(name, means.resolvers)
    except EnvironmentFault as error:
        return Look(None, error.message[:240])
    if holds(found, token):
        return Look(found=True, detail=f"The record stands at {name}.")
    there = f"{len(found)} other records stand" if found else "No record stands"
    return Look(found=False, detail=f"{there} at {name}."[:240])


def _look_at_file(domain: str, token: str, means: Means) -> Look:
    url = means.address(domain)
    try:
        answer = ask(Question("GET", url), limits=_SMALL, loopback=means.loopback)
    except EnvironmentFault as error:
        return Look(None, error.message[:240])
    except Refused as error:
        return Look(found=False, detail=error.message[:240])
    if answer.status in _BUSY or answer.status >= _SERVER_FAULT:
        return Look(None, f"{url} answers {answer.status}."[:240])
    if answer.status != _OK:
        return Look(found=False, detail=f"{url} answers {answer.status}."[:240])
    lines = answer.body.decode("utf-8", "replace").splitlines()
    if holds(lines, token):
        return Look(found=True, detail=f"The line stands at {url}.")
    return Look(found=False, detail=f"{url} is there, but the line is not in it."[:240])
