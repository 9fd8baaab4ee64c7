"""What nobody may list: named by address, by name, or inside a network."""

from __future__ import annotations

import polars as pl
import pytest

from pehra.intake.canaries import canaries, named
from pehra.kernel.addresses import pack

WORLD, PAKISTAN = canaries(frozenset()), canaries(frozenset({"PK"}))


@pytest.mark.parametrize(
    ("row", "canary"),
    [
        ({"ip": pack("8.8.8.8")}, "8.8.8.8"),
        ({"ip": pack("2001:4860:4860::8888")}, "2001:4860:4860::8888"),
        ({"ip": pack("192.0.2.1")}, None),
        ({"host": "DNS.Google"}, "dns.google"),
        ({"host": "mail.gov.pk"}, None),
        ({"host": "nadra.gov.pk"}, "nadra.gov.pk"),
        ({"host": "dns.google", "url": "https://dns.google/x"}, None),
        ({"url_host": "dns.google", "url": "https://dns.google/x"}, None),
        ({"network": "8.8.8.0/24"}, "8.8.8.8"),
        ({"network": "192.0.2.0/24"}, None),
        ({"network": "none"}, None),
    ],
)
def test_what_names_one(row: dict[str, object], canary: str | None) -> None:
    assert named(pl.DataFrame([row]), PAKISTAN).to_list() == [canary]


def test_rows_are_told_in_their_order() -> None:
    table = pl.DataFrame({"ip": [pack("192.0.2.1"), pack("9.9.9.9"), None]})
    assert named(table, WORLD).to_list() == [None, "9.9.9.9", None]
    assert named(table.clear(), WORLD).to_list() == []


def test_a_governments_names_are_its_nations() -> None:
    assert "nadra.gov.pk" in PAKISTAN.names
    assert "nadra.gov.pk" not in WORLD.names
    assert all(name == name.lower() for name in PAKISTAN.names)


def test_accepted_ones_are_none() -> None:
    left = WORLD.without({"8.8.8.8", "dns.google"})
    table = pl.DataFrame({"ip": [pack("8.8.8.8"), pack("8.8.4.4")], "host": [None, "dns.google"]})
    assert named(table, left).to_list() == [None, "8.8.4.4"]
