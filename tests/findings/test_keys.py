"""Laws of a finding's key: what it depends on, what it does not, and what makes no finding."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pehra.findings.keys import (
    ADDRESS,
    HOST,
    POOL,
    keys_of_asset,
    secret_of,
    spelled,
    together,
    with_keys,
)
from pehra.findings.keys import sightings as told_by
from pehra.kernel.addresses import pack, unpack
from pehra.kernel.errors import EnvironmentFault
from pehra.kernel.labels import Role, Severity
from pehra.kernel.settings import Home
from pehra.observations.schema import OBSERVATION, complete

if TYPE_CHECKING:
    import random
    from pathlib import Path

SECRET = "0" * 64
NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
TELNET: dict[str, Any] = {
    "row": 1,
    "observed_at": NOW,
    "class": "vulnerable",
    "type": "potentially-unwanted-accessible",
    "identifier": "open-telnet",
    "severity": "high",
    "role": "scan",
    "ip": pack("192.0.2.10"),
    "port": 23,
    "country": "PK",
    "organisation": 7,
    "claim": 70,
    "team": 1,
    "source": "shadowserver",
    "batch": "a" * 32,
}
BOT = TELNET | {
    "class": "malicious-code",
    "type": "infected-system",
    "identifier": "qakbot",
    "role": "sinkhole",
    "family": "qakbot",
    "port": 40_000,
}


def sightings(keyed: pl.DataFrame) -> pl.DataFrame:
    """What rows say of each finding, cut into two parts and put together again."""
    half = keyed.height // 2
    return together([told_by(keyed[:half]), told_by(keyed[half:])])


def frame(*rows: dict[str, Any]) -> pl.DataFrame:
    table = pl.DataFrame(list(rows), infer_schema_length=None) if rows else pl.DataFrame()
    return complete(table, OBSERVATION)


def keys(*rows: dict[str, Any], secret: str = SECRET) -> list[int | None]:
    return with_keys(frame(*rows), secret, ["PK"])["finding_key"].to_list()


def key(row: dict[str, Any], secret: str = SECRET) -> int:
    (found,) = keys(row, secret=secret)
    assert found is not None
    return found


NAMES = st.from_regex(r"[a-z]{1,8}\.[a-z]{1,8}\.pk", fullmatch=True)
# The separator of the hashed words is among the letters, so that words cannot run together.
WORDS = st.text("ab|1", min_size=1, max_size=5)
FAULTS = st.fixed_dictionaries(
    {
        "identifier": WORDS,
        "port": st.none() | st.integers(0, 12),
        "family": st.none() | WORDS,
        "cves": st.none() | st.lists(st.sampled_from(["CVE-2026-0001", "CVE-2026-0002"])),
    }
)
ADDRESSES = st.integers(1, 254).map(lambda last: pack(f"192.0.2.{last}")) | st.integers(1, 254).map(
    lambda last: pack(f"2001:db8::{last:x}")
)
ASSETS = st.one_of(
    st.fixed_dictionaries({"ip": ADDRESSES}),
    st.fixed_dictionaries({"host": NAMES, "ip": st.none() | ADDRESSES}),
    st.fixed_dictionaries({"url_host": NAMES, "host": st.none() | NAMES}),
    st.fixed_dictionaries(
        {
            "ip": ADDRESSES,
            "use": st.sampled_from(["dynamic", "carrier-nat"]),
            "claim": st.integers(1, 9),
        }
    ),
)
ROWS = st.builds(lambda asset, fault: TELNET | fault | asset, ASSETS, FAULTS)


def asset_of(row: dict[str, Any]) -> str:
    """The asset as `Finding.asset` writes it."""
    name = row.get("url_host") or row.get("host")
    if name:
        return str(name)
    return f"pool {row['claim']}" if row.get("use") else unpack(row["ip"])


def fault_of(row: dict[str, Any]) -> tuple[object, ...]:
    cves = " ".join(sorted(row["cves"] or ()))
    return row["identifier"], row["port"], row["family"] or cves


@given(st.lists(ROWS, min_size=1, max_size=12))
def test_rows_share_a_key_exactly_where_asset_and_fault_are_the_same(
    rows: list[dict[str, Any]],
) -> None:
    found = keys(*rows)
    meant = {number: (asset_of(row), fault_of(row)) for number, row in enumerate(rows)}
    for one, meaning in meant.items():
        for other, another in meant.items():
            assert (found[one] == found[other]) == (meaning == another)


@given(st.lists(ROWS, min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_neither_order_nor_feed_nor_batch_nor_time_matters(
    rows: list[dict[str, Any]], chance: random.Random
) -> None:
    found = keys(*rows)
    order = list(range(len(rows)))
    chance.shuffle(order)
    others = [
        rows[n]
        | {
            "row": n,
            "batch": "b" * 32,
            "source": f"feed-{n}",
            "observed_at": NOW - timedelta(days=n),
            "severity": "low",
            "organisation": n,
            "team": None,
        }
        for n in order
    ]
    assert keys(*others) == [found[n] for n in order]


@given(st.lists(ROWS, min_size=1, max_size=8), ASSETS)
def test_the_keys_of_an_asset_are_those_of_its_findings_and_no_others(
    rows: list[dict[str, Any]], asset: dict[str, Any]
) -> None:
    words = asset_of(TELNET | asset)
    least, most = keys_of_asset(words, SECRET)
    assert most - least == 2**32 - 1
    inside = [least <= found <= most for found in keys(*rows) if found is not None]
    assert inside == [asset_of(row) == words for row in rows]


def test_one_fault_on_very_many_addresses_is_as_many_findings() -> None:
    # Had the fault no part in telling assets apart, some ten pairs of these would share a key.
    count = 300_000
    first = int.from_bytes(pack("192.1.0.0"))
    many = complete(
        frame(TELNET)
        .drop("ip")
        .join(pl.DataFrame({"ip": [(first + n).to_bytes(16) for n in range(count)]}), how="cross"),
        OBSERVATION,
    )
    assert with_keys(many, SECRET, ["PK"])["finding_key"].n_unique() == count


@given(ROWS, st.text("0123456789abcdef", min_size=64, max_size=64))
def test_another_secret_makes_another_key(row: dict[str, Any], secret: str) -> None:
    assume(secret != SECRET)
    assert key(row) != key(row, secret)
    assert keys_of_asset(asset_of(row), SECRET) != keys_of_asset(asset_of(row), secret)


@pytest.mark.parametrize(
    ("row", "pinned"),
    [
        (TELNET, 3_470_766_444_319_050_737),
        (BOT, 3_470_766_443_638_521_618),
        (TELNET | {"use": "dynamic"}, -3_552_861_401_315_230_240),
        (TELNET | {"host": "www.example.pk"}, -7_947_550_757_514_089_175),
    ],
    ids=["service", "event", "pool", "host"],
)
def test_keys_never_change(row: dict[str, Any], pinned: int) -> None:
    # A home keeps its findings by these for ever: a change here needs a migration of every home.
    assert key(row) == pinned


def test_a_port_counts_where_a_service_is_exposed_and_nowhere_else() -> None:
    assert key(TELNET) != key(TELNET | {"port": 2323})
    assert key(BOT) == key(BOT | {"port": 40_001})
    # What a scanner saw is a service, whatever it is called; so is what is called vulnerable.
    assert key(BOT | {"role": "scan"}) != key(BOT | {"role": "scan", "port": 40_001})
    assert key(TELNET | {"role": None}) != key(TELNET | {"role": None, "port": 2323})


def test_a_pool_is_one_asset_for_each_claim_fault_and_family() -> None:
    pool = BOT | {"use": "dynamic"}
    elsewhere = pool | {"ip": pack("192.0.2.99"), "port": 1}
    assert key(pool) == key(elsewhere)
    assert key(pool) != key(pool | {"claim": 71})
    assert key(pool) == key(pool | {"claim": 71, "pool": 70})
    assert key(pool) != key(pool | {"identifier": "mirai"})
    assert key(pool) != key(pool | {"family": "mirai"})
    assert key(pool) != key(BOT)
    assert key(BOT | {"use": "static"}) == key(BOT)


def test_a_url_that_names_an_address_is_about_the_address() -> None:
    page = BOT | {"url_host": "192.0.2.10"}
    assert key(page) == key(BOT)
    assert key(page | {"ip": None}) == key(BOT)
    six = BOT | {"url_host": "2001:db8::1", "ip": None}
    assert key(six) == key(BOT | {"ip": pack("2001:db8::1")})
    least, most = keys_of_asset("192.0.2.10", SECRET)
    assert least <= key(page | {"ip": None}) <= most
    told = sightings(with_keys(frame(page | {"ip": None}), SECRET, ["PK"]))
    assert told.select("asset_kind", "ip", "name").rows() == [(ADDRESS, pack("192.0.2.10"), None)]
    assert keys(page | {"url_host": "192.0.2.999", "ip": None}) == [None]


@pytest.mark.parametrize(
    ("change", "makes_one"),
    [
        ({}, True),
        ({"severity": "info"}, False),
        ({"severity": None}, True),
        ({"ip": pack("10.0.0.1")}, False),
        ({"ip": pack("10.0.0.1"), "host": "www.example.pk"}, True),
        ({"ip": pack("fe80::1")}, False),
        ({"ip": pack("203.0.113.1")}, True),
        ({"ip": None}, False),
        ({"ip": None, "host": "www.example.pk"}, True),
        ({"identifier": None}, False),
        ({"role": "blocklist"}, True),
        ({"role": "blocklist", "organisation": None}, True),
        ({"role": "blocklist", "organisation": None, "country": "DE"}, False),
        ({"role": "blocklist", "organisation": None, "country": None}, False),
        ({"role": "blocklist", "country": "DE"}, True),
        ({"organisation": None, "country": "DE"}, True),
        ({"role": None, "organisation": None, "country": None}, True),
    ],
)
def test_what_makes_a_finding(change: dict[str, Any], *, makes_one: bool) -> None:
    assert [found is not None for found in keys(TELNET | change)] == [makes_one]


@pytest.mark.parametrize(
    ("words", "asset"),
    [
        (" 192.0.2.10 ", "192.0.2.10"),
        ("::ffff:192.0.2.10", "192.0.2.10"),
        ("2001:DB8:0::1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("WWW.Example.PK.", "www.example.pk"),
        ("pool 7", "pool 7"),
        ("", ""),
    ],
)
def test_an_asset_has_one_spelling(words: str, asset: str) -> None:
    assert spelled(words) == asset


def test_no_rows_make_no_findings() -> None:
    keyed = with_keys(frame(), SECRET, ["PK"])
    assert keyed["finding_key"].to_list() == []
    assert sightings(keyed).height == 0


TOLD = st.fixed_dictionaries(
    {
        "ip": st.sampled_from([pack("192.0.2.10"), pack("192.0.2.11")]),
        "severity": st.sampled_from([None, *(level.word for level in Severity)]),
        "observed_at": st.integers(0, 400).map(lambda hours: NOW - timedelta(hours=hours)),
        "until": st.none() | st.integers(0, 400).map(lambda hours: NOW - timedelta(hours=hours)),
        "count": st.none() | st.integers(1, 1_000),
        "organisation": st.none() | st.integers(1, 3),
    }
)


def moment(value: datetime) -> int:
    return int(value.timestamp()) * 1_000_000


@given(st.lists(TOLD, max_size=12))
def test_sightings_are_what_the_rows_say_one_by_one(told: list[dict[str, Any]]) -> None:
    keyed = with_keys(frame(*(TELNET | row for row in told)), SECRET, ["PK"])
    groups: dict[tuple[int, int | None], list[dict[str, Any]]] = {}
    for found, row in zip(keyed["finding_key"], told, strict=True):
        if found is not None:
            groups.setdefault((found, row["organisation"]), []).append(row)

    def order(group: tuple[int, int | None]) -> tuple[int, int, int]:
        newest = max(moment(row["observed_at"]) for row in groups[group])
        return group[0], -newest, group[1] or 9

    expected: list[dict[str, Any]] = []
    for found, holder in sorted(groups, key=order):
        rows = groups[found, holder]
        newest = max(row["observed_at"] for row in rows)
        latest = next(row for row in rows if row["observed_at"] == newest)
        ends = [row["until"] or row["observed_at"] for row in rows]
        expected.append(
            {
                "key": found,
                "first_seen": moment(min(row["observed_at"] for row in rows)),
                "last_seen": moment(max(newest, *ends)),
                "count": sum(row["count"] or 1 for row in rows),
                "severity": max(Severity[(row["severity"] or "medium").upper()] for row in rows),
                "ip": latest["ip"],
                "organisation": holder,
                "former": bool(expected) and expected[-1]["key"] == found,
            }
        )
    shown = sightings(keyed).sort("key", maintain_order=True)
    assert shown.select(list(expected[0]) if expected else "key").to_dicts() == expected


def test_sightings_keep_the_words_of_the_finding() -> None:
    named = BOT | {"url_host": "www.example.pk", "cves": ["CVE-2026-2", "CVE-2026-1"], "asn": 64500}
    told = sightings(with_keys(frame(named | {"family": ""}), SECRET, ["PK"])).to_dicts()
    assert len(told) == 1
    assert (
        told[0]
        | {
            "asset_kind": HOST,
            "name": "www.example.pk",
            "port": None,
            "identifier": "qakbot",
            "rsit_class": "malicious-code",
            "rsit_type": "infected-system",
            "what": "CVE-2026-1 CVE-2026-2",
            "exposed": False,
            "asn": 64500,
            "country": "PK",
            "team": 1,
            "claim": 70,
        }
        == told[0]
    )
    pooled = sightings(with_keys(frame(BOT | {"use": "carrier-nat"}), SECRET, ["PK"]))
    assert pooled.select("asset_kind", "claim", "pool").rows() == [(POOL, 70, 70)]


def test_words_fit_their_columns() -> None:
    long = BOT | {"identifier": "i" * 300, "family": "f\0" * 300, "url_host": "h" * 400}
    told = sightings(with_keys(frame(long), SECRET, ["PK"]))
    assert told.select("identifier", "what", "name").row(0) == ("i" * 96, "f" * 160, "h" * 255)
    least, most = keys_of_asset("h" * 255, SECRET)
    assert least <= told["key"].item() <= most


def test_every_role_is_a_service_or_an_event() -> None:
    exposed = {
        role: sightings(with_keys(frame(BOT | {"role": role.value}), SECRET, ["PK"]))["exposed"]
        for role in Role
    }
    assert {role for role, column in exposed.items() if column.item()} == {Role.SCAN}


def test_the_secret_is_read_or_missed(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with pytest.raises(EnvironmentFault, match=r"Cannot read .*finding\.key") as missed:
        secret_of(home)
    assert missed.value.mend == "Run `pehra init`, or restore the key."
    home.keys.mkdir()
    (home.keys / "finding.key").write_text(f"{SECRET}\n")
    assert secret_of(home) == SECRET
