"""Observations as readers could have told them, for the tests of store, queries and export."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from hypothesis import strategies as st

from pehra.intake.classification import RSIT
from pehra.intake.source import Delivery
from pehra.kernel.addresses import pack
from pehra.kernel.labels import Pap, Role, Severity, Tlp
from pehra.kernel.settings import Home
from pehra.observations.schema import REPORTED, complete
from pehra.observations.store import open_lake, received

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from pehra.intake.source import Source

RECEIVED = datetime(2026, 11, 22, 6, tzinfo=UTC)

_moments = st.datetimes(datetime(1990, 1, 1), datetime(2026, 11, 1)).map(  # noqa: DTZ001 given its zone at once
    lambda moment: moment.replace(tzinfo=UTC)
)
_addresses = st.ip_addresses().map(pack)
_names = st.from_regex(r"[a-z][a-z0-9-]{0,10}[a-z0-9]\.(com|edu)\.pk", fullmatch=True)
_words = st.from_regex(r"[a-z][a-z0-9_.-]{0,20}", fullmatch=True)
_texts = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Z"]), min_size=1, max_size=12
)
_urls = st.builds("{}://{}/{}".format, st.sampled_from(["http", "https"]), _names, _words)
_FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "identifier": _words,
    "severity": st.sampled_from([level.word for level in Severity]),
    "tlp": st.sampled_from([label.value for label in Tlp]),
    "pap": st.sampled_from([label.value for label in Pap]),
    "confidence": st.integers(0, 100),
    "role": st.sampled_from([role.value for role in Role]),
    "port": st.integers(0, 65_535),
    "protocol": st.sampled_from(["tcp", "udp"]),
    "application": _texts,
    "asn": st.integers(1, 2**32 - 1),
    "network": st.sampled_from(["192.0.2.0/24", "2001:db8::/32"]),
    "country": st.sampled_from(["PK", "DE"]),
    "host": _names,
    "url": _urls,
    "peer_ip": _addresses,
    "peer_port": st.integers(0, 65_535),
    "peer_host": _names,
    "family": _texts,
    "product_vendor": _texts,
    "product_name": _texts,
    "product_version": _texts,
    "cves": st.lists(
        st.integers(1, 99_999).map("CVE-2026-{:05}".format), min_size=1, max_size=3, unique=True
    ),
    "tags": st.lists(_words, min_size=1, max_size=3, unique=True),
    "count": st.integers(1, 10**9),
    "until": _moments,
    "expires": _moments,
}


@st.composite
def _told(draw: st.DrawFn) -> dict[str, Any]:
    row = draw(st.fixed_dictionaries({}, optional=_FIELDS))
    kind = draw(st.sampled_from(sorted(RSIT)))
    return {"identifier": "unclassified", "role": "report", **row} | {
        "observed_at": draw(_moments),
        "ip": draw(_addresses),
        "type": kind,
        "class": RSIT[kind],
    }


_EXTRAS = st.fixed_dictionaries(
    {},
    optional={
        "x.text": _texts,
        "x.deep.text": _texts,
        "x.number": st.integers(-(2**53), 2**53),
        "x.flag": st.booleans(),
        "x.list": st.lists(_texts, min_size=1, max_size=3),
    },
)
"""A key holds values of one kind: of a mixture, the rest comes back as text."""


@st.composite
def _anything(draw: st.DrawFn) -> dict[str, Any]:
    row, asset = draw(_told()), draw(st.sampled_from(["ip", "host", "url", "network"]))
    if asset != "ip":
        del row["ip"]
        row[asset] = draw(_FIELDS[asset])
    extra = draw(_EXTRAS)
    return row | ({"extra": json.dumps(extra)} if extra else {})


@pytest.fixture(scope="session")
def anything() -> st.SearchStrategy[dict[str, Any]]:
    """Rows about an address, a name, a URL or a network, with columns in `extra`."""
    return _anything()


@pytest.fixture
def reread(tmp_path: Path) -> Callable[[Source, Iterable[bytes]], pl.DataFrame]:
    """What a source reads of what was written; a row that it refuses fails the test."""
    path = tmp_path / "written"

    def read(source: Source, written: Iterable[bytes]) -> pl.DataFrame:
        path.write_bytes(b"".join(written))
        parts = list(source.read(Delivery(path, "written", RECEIVED)).parts)
        assert [part.rejects for part in parts] == [[] for _ in parts]
        return pl.concat([complete(part.table, REPORTED) for part in parts])

    return read


def extras(rows: pl.DataFrame) -> list[dict[str, Any]]:
    """`extra` of each row, its nested names dotted, without what a reader adds."""
    found = [_dotted(json.loads(text)) if text else {} for text in rows["extra"]]
    return [{key: one[key] for key in one if key.startswith("x.")} for one in found]


def _dotted(told: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in told.items():
        flat |= (
            _dotted(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
        )
    return flat


@pytest.fixture(scope="session")
def told() -> st.SearchStrategy[dict[str, Any]]:
    """Rows as a reader of any source could give them, without columns that follow from others."""
    return _told()


@pytest.fixture(scope="session")
def whole() -> Callable[..., pl.DataFrame]:
    """Rows as the lake keeps them, of one batch; columns of attribution as given."""

    def make(
        rows: list[dict[str, Any]], batch: str = "a" * 32, source: str = "shadowserver",
        received_at: datetime = RECEIVED,
    ) -> pl.DataFrame:  # fmt: skip
        seen = [{"observed_at": RECEIVED - timedelta(hours=1), **row} for row in rows]
        named = pl.DataFrame(seen, infer_schema_length=None)
        numbered = named.with_columns(row=pl.int_range(1, len(rows) + 1, dtype=pl.Int64))
        reported = complete(numbered, REPORTED)
        rest = [column for column in numbered if column.name not in REPORTED]
        return received(
            reported.with_columns(rest), batch=batch, source=source, received_at=received_at
        )

    return make


@pytest.fixture
def keep(tmp_path: Path, whole: Callable[..., pl.DataFrame]) -> Callable[..., Home]:
    """Keep rows in the lake of a home, a batch a call, each received a day after the one before."""
    home = Home(tmp_path)
    lake = open_lake(home.lake)
    batches = 0

    def append(*rows: dict[str, Any], source: str = "shadowserver") -> Home:
        nonlocal batches
        batches += 1
        name = f"{batches:032x}"
        at = RECEIVED + timedelta(days=batches - 1)
        lake.append(whole(list(rows), name, source, at), name=name, number=1)
        return home

    return append
