"""TXT records of a name (RFC 1035, section 3.3.14), asked of a resolver within a few seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dns.exception
import dns.name
import dns.rdatatype
import dns.resolver
import msgspec

from pehra.kernel.errors import EnvironmentFault

if TYPE_CHECKING:
    from dns.rdtypes.ANY.TXT import TXT

_MOST = 64
"""More records than these are not read: a name that has them wants to be slow."""


class Resolvers(msgspec.Struct, frozen=True):
    """Whom to ask.

    Attributes:
        addresses: of resolvers; empty: those of the system.
        port: of them.
        seconds: for one question, with all tries.
    """

    addresses: tuple[str, ...] = ()
    port: int = 53
    seconds: float = 5.0


def texts(name: str, resolvers: Resolvers) -> tuple[str, ...]:
    """TXT records of a name, each with its strings joined; none where the name has none.

    Raises:
        EnvironmentFault: nobody answers, or the answer is that of a broken server. That says
            nothing of the name.
    """
    try:
        asked = dns.resolver.Resolver(configure=not resolvers.addresses)
        if resolvers.addresses:
            asked.nameservers = list(resolvers.addresses)
            asked.port = resolvers.port
        asked.cache = None
        answer = asked.resolve(
            dns.name.from_text(name),
            dns.rdatatype.TXT,
            lifetime=resolvers.seconds,
            raise_on_no_answer=False,
            search=False,
        )
    except dns.resolver.NXDOMAIN:
        return ()
    except (dns.exception.DNSException, OSError, ValueError) as error:
        said = type(error).__name__
        message = f"The name server gives no answer about {name}: {said}."
        raise EnvironmentFault(
            message, mend="Try again later, or see `dns` in pehra.toml."
        ) from None
    records: list[TXT] = list(answer.rrset or ())[:_MOST]
    return tuple(b"".join(row.strings).decode("utf-8", "replace") for row in records)
