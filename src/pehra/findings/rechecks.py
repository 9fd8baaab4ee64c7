"""Whether a service may be looked at again by ourselves, on its holder's word. Pure.

Nothing is scanned: one port that a report named, of a host whose holder consents, at most once an
hour. A closed port supports what coverage decides, and never decides alone.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

import msgspec

from pehra.engines.http.knock import check_target
from pehra.findings.advice import identifiers
from pehra.findings.rules import ENDED, State
from pehra.kernel.errors import Refused, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

OVER = ENDED | {State.GONE, State.PASSED}
"""States in which nobody waits for an answer from the port."""
EVERY = timedelta(hours=1)
"""A host is knocked at once in this time at most, whoever asks and whatever for."""
NEWS = timedelta(days=1)
"""For so long a claim that it is fixed is looked at without being asked for."""
LONGEST_CONSENT = timedelta(days=366)
TOO_SOON = "too-soon"
_TCP = "/tcp"
_SPEAKS = {
    "accessible-http": "http",
    "open-elasticsearch": "http",
    "open-kubernetes": "https",
}
"""Kinds of which the status line says more than the port."""

WHY_NOT = {
    "no-holder": "Nobody is known to hold the asset.",
    "ended": "The finding is over.",
    "kind": "Only a service of TCP at an address is checked, not a pool, a name or an event.",
    "address": "Only hosts on the Internet are checked.",
    "no-consent": "Its holder has not consented to re-checks, or no longer does.",
    "moved": "The register does not know this host as its holder's own today.",
    "too-soon": "The host was checked within the hour.",
}
"""Why a service is not looked at, by code."""
_MEND = {
    "no-consent": "The head of the organisation consents on the workspace's page *Re-checks*.",
    "too-soon": "Wait: a host is checked once an hour at most.",
    "moved": "Coverage decides; its next report shows whose it is.",
}


class Consent(msgspec.Struct, frozen=True):
    """An organisation's word, from a moment until another; it may be taken back."""

    organisation: int
    since: datetime
    until: datetime
    ended_at: datetime | None = None


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """What a finding says of a service.

    Attributes:
        at_address: the asset is an address, and neither a pool nor a name.
        organisation: who must act; null: not known.
        holder: who holds the address today, by the claim that wins; null: nobody, or it is one of
            a pool's.
    """

    finding: int
    asset: str
    at_address: bool
    port: int | None
    identifier: str
    exposed: bool
    state: State
    organisation: int | None
    holder: int | None


@cache
def kinds() -> frozenset[str]:
    """Identifiers of services that speak TCP."""
    return frozenset(name for name, known in identifiers().items() if known.port.endswith(_TCP))


def with_holder(service: Service, holder: int | None) -> Service:
    """The same service, with who holds its address today."""
    return msgspec.structs.replace(service, holder=holder)


def in_force(consent: Consent, now: datetime) -> bool:
    """Whether a consent holds now; no longer at the moment of its end."""
    ended = consent.ended_at is not None and consent.ended_at <= now
    return consent.since <= now < consent.until and not ended


def why_not(
    service: Service,
    consents: Iterable[Consent],
    last: datetime | None,
    *,
    now: datetime,
    loopback: bool = False,
) -> str:
    """Code of the first reason not to look at a service; empty: it may be looked at.

    Args:
        service: see there.
        consents: of anybody; those of others do not count.
        last: when its host was last knocked at, for whatever finding.
        now: when it would be looked at.
        loopback: in tests, loopback addresses and no others.
    """
    ours = (one for one in consents if one.organisation == service.organisation)
    needed = {
        "no-holder": service.organisation is not None,
        "ended": service.state not in OVER,
        "kind": service.identifier in kinds()
        and service.exposed
        and service.at_address
        and service.port is not None,
        "address": _is_target(service, loopback=loopback),
        "no-consent": any(in_force(one, now) for one in ours),
        "moved": service.holder == service.organisation,
        TOO_SOON: last is None or now - last >= EVERY,
    }
    return next((code for code, given in needed.items() if not given), "")


def _is_target(service: Service, *, loopback: bool) -> bool:
    try:
        check_target(service.asset, service.port or 0, loopback=loopback)
    except Refused:
        return False
    return True


def refusal(code: str) -> Refused:
    """The reason as an error."""
    return Refused(WHY_NOT[code], mend=_MEND.get(code, "Coverage decides, as for every finding."))


def speaks(identifier: str) -> str:
    """What is said at the port of a kind: `http`, `https`, or nothing."""
    return _SPEAKS.get(identifier, "")


def check_until(until: datetime, now: datetime) -> None:
    """See that a consent ends ahead, and within a year.

    Raises:
        UsageError: it does not.
    """
    if not now < until <= now + LONGEST_CONSENT:
        message = "A consent ends after today, and within a year."
        raise UsageError(message, mend="Name a last day within a year; it can be given again.")
