"""Questions to the lake: what narrows them, networks of both families, and who may see what."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pehra.kernel.addresses import bounds, pack
from pehra.kernel.errors import UsageError
from pehra.kernel.settings import Home
from pehra.mandate.viewers import NOBODY, SYSTEM_VIEWER, Viewer
from pehra.observations import queries
from pehra.observations.queries import Asked
from pehra.observations.store import open_lake, sort_key

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Whole = Callable[..., pl.DataFrame]
    Keep = Callable[..., Home]

AT = datetime(2026, 11, 20, 5, tzinfo=UTC)
ADDRESSES = (
    *("0.0.0.0", "0.0.0.1", "10.0.0.1", "127.255.255.255", "128.0.0.0", "192.0.2.0"),  # noqa: S104 rows, nothing is bound
    *("192.0.2.127", "192.0.2.128", "192.0.2.255", "192.0.3.0", "255.255.255.255"),
    *("::", "::1", "::1:0:0", "::fffe:ffff:ffff", "::1:0:0:0", "1::", "2001:db8::", "2001:db8::1"),
    *("2001:db8::ffff:ffff:ffff:ffff", "2001:db8:0:1::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"),
    *("2001:db9::", "7fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "8000::", "fe80::1"),
    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
)


def row(ip: str | None = "192.0.2.10", **rest: Any) -> dict[str, Any]:  # noqa: ANN401 any column
    return {"observed_at": AT, "ip": pack(ip) if ip else None, "identifier": "open-telnet"} | rest


def asked_for(home: Home, viewer: Viewer = SYSTEM_VIEWER, **words: Any) -> list[int]:  # noqa: ANN401 any question
    """Numbers of the rows that answer, and the count agrees."""
    asked = Asked(**words)
    found = queries.query(home, asked, viewer=viewer).collect().sort("batch", "row")
    assert queries.count(home, asked, viewer=viewer) == found.height
    return found["row"].to_list()


@settings(max_examples=60)
@given(
    st.one_of(
        st.builds("{}/{}".format, st.sampled_from(ADDRESSES), st.integers(0, 32)),
        st.builds("{}/{}".format, st.sampled_from(ADDRESSES), st.integers(0, 128)),
        st.sampled_from(ADDRESSES),
    )
)
def test_a_prefix_holds_what_the_standard_library_says(network: str) -> None:
    try:
        meant = ipaddress.ip_network(network, strict=False)
    except ValueError:
        with pytest.raises(UsageError, match="neither an address nor a prefix"):
            queries._in_network(network)  # noqa: SLF001 without a lake, to try many
        return
    frame = pl.DataFrame({"ip": [pack(address) for address in ADDRESSES]})
    keyed = frame.with_columns(ip_key=sort_key())
    held = keyed.with_row_index("n").filter(*queries._in_network(network))["n"]  # noqa: SLF001 without a lake, to try many
    assert [ADDRESSES[n] for n in held] == [
        address for address in ADDRESSES if ipaddress.ip_address(address) in meant
    ]


@pytest.mark.parametrize("network", ["192.0.2.0/33", "192.0.2", "192.0.2.0/24/8", "example.pk"])
def test_a_network_that_is_none_is_said(keep: Keep, network: str) -> None:
    home = keep(row())
    with pytest.raises(UsageError, match="neither an address nor a prefix") as refused:
        queries.count(home, Asked(network=network), viewer=SYSTEM_VIEWER)
    assert refused.value.mend == "Write it like 192.0.2.0/24."


def test_host_bits_are_cut_off_in_both_families(keep: Keep) -> None:
    home = keep(row("192.0.2.10"), row("192.0.2.200"), row("2001:db8::1"), row(None))
    assert asked_for(home) == [1, 2, 3, 4]
    assert asked_for(home, network="192.0.2.77/25") == [1]
    assert asked_for(home, network="192.0.2.200") == [2]
    assert asked_for(home, network="2001:db8::ffff/64") == [3]
    assert asked_for(home, network="::/0") == [3]
    assert asked_for(home, network="0.0.0.0/0") == [1, 2]
    assert asked_for(home, network="::ffff:192.0.2.10") == [1]


@pytest.mark.parametrize(
    ("words", "rows"),
    [
        ({"since": AT}, [1, 2, 3]),
        ({"since": AT + timedelta(microseconds=1)}, [2, 3]),
        ({"until": AT + timedelta(hours=1)}, [1]),
        ({"since": AT, "until": AT}, []),
        ({"organisation": 7}, [1, 3]),
        ({"unattributed": True}, [2]),
        ({"identifier": "open-ftp"}, [2]),
        ({"identifier": "open"}, []),
        ({"rsit_type": "scanner"}, [3]),
        ({"host": "www.example.pk"}, [3]),
        ({"source": "shadowserver"}, [1, 2, 3]),
        ({"source": "csv"}, []),
        ({"batch": f"{1:032x}"}, [1, 2, 3]),
        ({"batch": f"{2:032x}"}, []),
        ({"organisation": 7, "identifier": "open-telnet", "network": "192.0.2.0/28"}, [1]),
    ],
)
def test_every_word_narrows(keep: Keep, words: dict[str, Any], rows: list[int]) -> None:
    home = keep(
        row(organisation=7),
        row(identifier="open-ftp", observed_at=AT + timedelta(hours=1)),
        row(
            organisation=7,
            type="scanner",
            host="www.example.pk",
            ip="192.0.2.99",
            observed_at=AT + timedelta(days=1),
        ),
    )
    assert asked_for(home, **words) == rows


def test_one_sees_what_one_holds_or_leads(keep: Keep) -> None:
    home = keep(
        row(organisation=7, team=1),
        row(organisation=8, team=1),
        row(organisation=9, team=2),
        row(organisation=None, team=1),
        row(organisation=None, team=None),
    )
    seen = {
        "holder": asked_for(home, Viewer("h", organisations=frozenset({7, 9}))),
        "team": asked_for(home, Viewer("t", teams=frozenset({1}))),
        "both": asked_for(home, Viewer("b", teams=frozenset({2}), organisations=frozenset({7}))),
        "nobody": asked_for(home, NOBODY),
        "staff": asked_for(home, Viewer("s", sees_all=True)),
        # Asking for another's rows by name gives none of them.
        "curious": asked_for(home, Viewer("c", organisations=frozenset({7})), organisation=8),
    }
    assert seen == {
        "holder": [1, 3],
        "team": [1, 2, 4],
        "both": [1, 3],
        "nobody": [],
        "staff": [1, 2, 3, 4, 5],
        "curious": [],
    }


def test_chunks_are_the_same_rows(keep: Keep) -> None:
    home = keep(row(), row("192.0.2.11", organisation=7))
    keep(row("192.0.2.12"))
    chunks = list(queries.chunks(home, Asked(), viewer=SYSTEM_VIEWER))
    assert sorted(pl.concat(chunks)["ip"]) == [pack(f"192.0.2.{n}") for n in (10, 11, 12)]
    mine = Viewer("h", organisations=frozenset({7}))
    assert pl.concat(queries.chunks(home, Asked(), viewer=mine))["row"].to_list() == [2]
    assert sum(one.height for one in queries.chunks(home, Asked(), viewer=NOBODY)) == 0


def test_an_empty_lake_answers(tmp_path: Path) -> None:
    home = Home(tmp_path)
    open_lake(home.lake)
    assert asked_for(home) == []
    assert sum(one.height for one in queries.chunks(home, Asked(), viewer=SYSTEM_VIEWER)) == 0
    assert queries.unattributed(home, viewer=SYSTEM_VIEWER).height == 0


def test_a_finding_shows_its_rows_the_newest_first(keep: Keep) -> None:
    told = [row(finding_key=5, observed_at=AT + timedelta(hours=n), team=1) for n in range(4)]
    home = keep(*told, row(finding_key=6))
    span = bounds("192.0.2.10")
    assert queries.of_finding(home, 5, span, viewer=SYSTEM_VIEWER)["row"].to_list() == [4, 3, 2, 1]
    assert queries.of_finding(home, 5, None, viewer=SYSTEM_VIEWER).height == 4
    some = queries.of_finding(home, 5, span, viewer=SYSTEM_VIEWER, limit=2, offset=1)
    assert some["row"].to_list() == [3, 2]
    assert queries.of_finding(home, 5, bounds("192.0.2.11"), viewer=SYSTEM_VIEWER).height == 0
    assert queries.of_finding(home, 5, span, viewer=NOBODY).height == 0
    assert queries.of_finding(home, 5, span, viewer=Viewer("t", teams=frozenset({1}))).height == 4


def test_networks_without_a_holder_are_counted(keep: Keep) -> None:
    later = AT + timedelta(days=1)
    home = keep(
        row(asn=64500, country="PK"),
        row(asn=64500, country="PK", observed_at=later),
        row("192.0.2.11", asn=64501, country="PK"),
        row("192.0.2.12", asn=64500, country="PK", organisation=7),
    )
    found = queries.unattributed(home, viewer=SYSTEM_VIEWER).rows()
    assert found == [(64500, "PK", 2, 1, later), (64501, "PK", 1, 1, AT)]
    assert queries.unattributed(home, viewer=SYSTEM_VIEWER, size=1).height == 1
    assert queries.unattributed(home, viewer=NOBODY).height == 0
