"""Ask registries whom they name for an asset: RDAP, PeeringDB, and the asset's own security.txt.

One question after another, through the guard of `engines.http`. What a server answers is material:
a contact that it names is automatic and unverified until somebody answers from it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import msgspec

from pehra.engines.http.ask import Question, ask
from pehra.engines.http.fetch import Limits
from pehra.kernel.errors import EnvironmentFault, Refused
from pehra.registry import peeringdb, rdap, security_txt

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from pehra.kernel.settings import Registries
    from pehra.registry.contacts import FoundContact

_LIMITS = Limits(size=2 * 1024**2, seconds=20.0, silence=10.0)
_OK, _ABSENT = 200, 404
_MOST_REDIRECTS = 3


class Place(msgspec.Struct, frozen=True):
    """Where contacts of an asset may be named.

    Attributes:
        url: address.
        reads: which reader: `rdap`, `peeringdb` or `security.txt`.
    """

    url: str
    reads: str


class Named(msgspec.Struct, frozen=True):
    """What a place named; `fault` says in words why nothing could be read."""

    place: Place
    contacts: tuple[FoundContact, ...] = ()
    fault: str = ""


def places(kind: str, value: str, registries: Registries) -> list[Place]:
    """Where to ask about an asset; an empty address of the settings leaves a registry out."""
    base, peers = registries.rdap.rstrip("/"), registries.peeringdb.rstrip("/")
    found = []
    if kind == "domain":
        found.append(Place(f"https://{value}/.well-known/security.txt", "security.txt"))
    if base and kind == "prefix":
        found.append(Place(f"{base}/ip/{quote(value)}", "rdap"))
    if base and kind == "asn":
        found.append(Place(f"{base}/autnum/{quote(value)}", "rdap"))
    if peers and kind == "asn":
        found.append(Place(f"{peers}/net?asn={quote(value)}&depth=2", "peeringdb"))
    return found


def named(place: Place, now: datetime, *, loopback: bool = False) -> Named:
    """Ask one place; whatever goes wrong is in the result, in words."""
    readers: dict[str, Callable[[bytes], list[FoundContact]]] = {
        "rdap": rdap.contacts,
        "peeringdb": peeringdb.contacts,
        "security.txt": lambda data: security_txt.contacts(data, now),
    }
    try:
        body = _body(place.url, loopback=loopback)
        return Named(place, tuple(readers[place.reads](body)) if body is not None else ())
    except (EnvironmentFault, Refused) as error:
        return Named(place, fault=error.message)
    except ValueError as error:
        return Named(place, fault=f"{place.url} cannot be read: {str(error)[:120]}.")


def _body(url: str, *, loopback: bool) -> bytes | None:
    """Body of an answer, after redirects within https; null where nothing is there.

    RDAP servers send on to the registry that knows (RFC 7480, section 5.2).
    """
    for _ in range(_MOST_REDIRECTS + 1):
        headers = {"accept": "application/rdap+json, application/json, text/plain"}
        answer = ask(Question("GET", url, headers), limits=_LIMITS, loopback=loopback)
        target = answer.headers.get("location", "")
        if answer.status in (301, 302, 303, 307, 308) and target:
            url = _onward(url, target)
        elif answer.status == _ABSENT:
            return None
        elif answer.status == _OK:
            return answer.body
        else:
            message = f"{url} answers {answer.status}."
            raise EnvironmentFault(message, mend="Try again later.")
    message = f"{url} leads on and on."
    raise Refused(message, mend="Name the registry itself in pehra.toml.")


def _onward(url: str, target: str) -> str:
    if urlsplit(target).scheme not in ("https", urlsplit(url).scheme):
        message = f"{url} leads to {target[:200]}, which is not encrypted."
        raise Refused(message, mend="Name the registry itself in pehra.toml.")
    return target
