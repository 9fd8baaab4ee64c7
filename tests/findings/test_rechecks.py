"""The gate of re-checks: nothing is looked at without consent, elsewhere, or twice in an hour."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.engines.http.resolve import is_public
from pehra.findings.advice import identifiers
from pehra.findings.rechecks import (
    EVERY,
    LONGEST_CONSENT,
    OVER,
    WHY_NOT,
    Consent,
    Service,
    check_until,
    in_force,
    refusal,
    speaks,
    why_not,
    with_holder,
)
from pehra.findings.rules import State
from pehra.kernel.errors import UsageError

if TYPE_CHECKING:
    import ipaddress

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
DAY = timedelta(days=1)
GIVEN = Consent(1, NOW - DAY, NOW + DAY)


def service(**facts: Any) -> Service:  # noqa: ANN401 any fact of a service
    told: dict[str, Any] = {
        "finding": 7, "asset": "8.8.8.8", "at_address": True, "port": 23,
        "identifier": "open-telnet", "exposed": True, "state": State.FIX_CLAIMED,
        "organisation": 1, "holder": 1,
    }  # fmt: skip
    return Service(**told | facts)


def code(consents: list[Consent], last: datetime | None = None, **facts: Any) -> str:  # noqa: ANN401 any fact of a service
    return why_not(service(**facts), consents, last, now=NOW)


@pytest.mark.parametrize(
    ("why", "facts"),
    [
        ("", {}),
        ("no-holder", {"organisation": None, "holder": None}),
        ("ended", {"state": State.GONE}),
        ("kind", {"exposed": False}),
        ("kind", {"at_address": False}),
        ("kind", {"port": None}),
        ("kind", {"identifier": "open-snmp"}),  # UDP
        ("kind", {"identifier": "open-unheard-of"}),
        ("address", {"asset": "10.0.0.1"}),
        ("address", {"asset": "192.0.2.1"}),
        ("address", {"asset": "127.0.0.1"}),
        ("address", {"asset": "169.254.169.254"}),
        ("address", {"asset": "www.bank.example"}),
        ("moved", {"holder": 2}),
        ("moved", {"holder": None}),
    ],
)
def test_why_a_service_is_not_looked_at(why: str, facts: dict[str, Any]) -> None:
    assert code([GIVEN], **facts) == why


@given(
    organisation=st.sampled_from([1, 2]),
    since=st.timedeltas(-2 * DAY, 2 * DAY),
    until=st.timedeltas(-2 * DAY, 2 * DAY),
    ended=st.none() | st.timedeltas(-2 * DAY, 2 * DAY),
)
def test_without_a_consent_in_force_of_the_holder_nothing_is(
    organisation: int, since: timedelta, until: timedelta, ended: timedelta | None
) -> None:
    """By the law as it is said, not as it is written: from, until, and not taken back."""
    zero = timedelta()
    back = None if ended is None else NOW + ended
    given = Consent(organisation, NOW + since, NOW + until, back)
    stands = since <= zero < until and (ended is None or ended > zero)
    assert in_force(given, NOW) == stands
    assert code([given]) == ("" if stands and organisation == 1 else "no-consent")


@given(st.timedeltas(timedelta(hours=-3), timedelta(hours=3)))
def test_a_host_is_left_alone_for_an_hour(ago: timedelta) -> None:
    assert code([GIVEN], NOW - ago) == ("" if ago >= EVERY else "too-soon")


@given(st.ip_addresses(), st.integers(-1, 70_000), st.sampled_from(State), st.sampled_from([1, 2]))
def test_what_is_looked_at_is_public_held_and_open(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address, port: int, state: State, holder: int
) -> None:
    good = is_public(address) and 0 < port < 65_536 and state not in OVER and holder == 1
    told = code([GIVEN], asset=str(address), port=port, state=state, holder=holder)
    assert (told == "") == good


def test_in_tests_only_the_loopback_is() -> None:
    for asset, why in (("127.0.0.1", ""), ("8.8.8.8", "address"), ("10.0.0.1", "address")):
        told = why_not(service(asset=asset), [GIVEN], None, now=NOW, loopback=True)
        assert told == why


def test_a_consent_ends_within_a_year() -> None:
    check_until(NOW + LONGEST_CONSENT, NOW)
    for off in (timedelta(), -DAY, LONGEST_CONSENT + timedelta(seconds=1)):
        with pytest.raises(UsageError, match="within a year"):
            check_until(NOW + off, NOW)


def test_every_reason_has_words_and_a_next_step() -> None:
    for why, words in WHY_NOT.items():
        told = refusal(why)
        assert (str(told), bool(told.mend)) == (f"{words} {told.mend}", True)


def test_what_is_said_at_a_port() -> None:
    assert [speaks(one) for one in ("open-telnet", "accessible-http", "open-kubernetes")] == [
        "",
        "http",
        "https",
    ]
    assert identifiers()["accessible-http"].port == "80/tcp"
    assert with_holder(service(), 9).holder == 9
