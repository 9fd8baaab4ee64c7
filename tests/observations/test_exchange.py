"""Every format is written through one door; what is marked TLP:RED stays behind and is counted."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from pehra.kernel.addresses import pack
from pehra.observations import intelmq, misp, xarf
from pehra.observations.exchange import (
    Format,
    Letter,
    Tally,
    feed,
    legible,
    parquet,
    pieces,
    shared,
)
from pehra.observations.plain import CARRIED
from pehra.observations.schema import OBSERVATION, complete

if TYPE_CHECKING:
    from collections.abc import Callable

    Whole = Callable[..., pl.DataFrame]

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "exchange.md"
LETTER = Letter("A CERT", "reports@cert.example", "cert.example", "all", "2026-11-28")
STREAMS = [one for one in Format if one not in {Format.PARQUET, Format.MISP_FEED}]
ROW: dict[str, Any] = {"ip": pack("192.0.2.1"), "type": "spam", "identifier": "=1+1", "port": 25}


@pytest.fixture
def rows(whole: Whole) -> pl.DataFrame:
    return whole([ROW, {**ROW, "tlp": "RED"}, {**ROW, "tlp": "AMBER", "type": "data-leak"}])


def out(rows: pl.DataFrame, format_: Format, *, with_red: bool = False) -> tuple[bytes, Tally]:
    tally = Tally()
    chunks = shared([rows, rows.head(1)], tally, with_red=with_red)
    return b"".join(pieces(chunks, format_, LETTER, tally)), tally


@pytest.mark.parametrize("format_", STREAMS)
def test_red_leaves_only_when_it_is_asked_for(format_: Format, rows: pl.DataFrame) -> None:
    data, tally = out(rows, format_)
    assert (tally.rows, tally.withheld) == (3, 1)
    assert b"RED" not in data.replace(b"TLP:RED", b"")  # the marking is defined, and marks nothing
    data, tally = out(rows, format_, with_red=True)
    assert (tally.rows, tally.withheld) == (4, 0)


def test_what_xarf_cannot_say_is_counted(rows: pl.DataFrame) -> None:
    data, tally = out(rows, Format.XARF)
    kinds = [json.loads(line)["category"] for line in data.splitlines()]
    assert (kinds, tally.in_general) == (["messaging", "reputation", "messaging"], 1)


def test_a_table_has_one_header_and_no_formula(rows: pl.DataFrame) -> None:
    read = list(csv.DictReader(io.StringIO(out(rows, Format.CSV)[0].decode())))
    assert [row["classification.identifier"] for row in read] == ["'=1+1"] * 3
    assert [row["tlp"] for row in read] == ["", "AMBER", ""]


@pytest.mark.parametrize("format_", STREAMS)
def test_an_export_of_nothing_is_whole(format_: Format) -> None:
    tally = Tally()
    data = b"".join(pieces(shared([], tally, with_red=False), format_, LETTER, tally))
    if format_ in {Format.MISP, Format.STIX}:
        assert isinstance(json.loads(data), dict)
    else:
        assert data.decode() == ("" if format_ is not Format.CSV else f"{','.join(header())}\n")


def header() -> list[str]:
    return intelmq.columns(complete(pl.DataFrame(), OBSERVATION)).columns


def test_parquet_has_the_names_of_the_schema(rows: pl.DataFrame, tmp_path: Path) -> None:
    parquet(shared([rows, rows], Tally(), with_red=False), tmp_path / "all.parquet")
    read = pl.read_parquet(tmp_path / "all.parquet")
    assert read.columns == [name for name in OBSERVATION if name != "ip_key"]
    assert read["ip"].to_list() == ["192.0.2.1"] * 4
    kept = legible(rows.filter(pl.col("tlp").ne_missing("RED")))
    assert read.to_dicts() == kept.to_dicts() * 2


def test_a_feed_is_a_folder(rows: pl.DataFrame, tmp_path: Path) -> None:
    feed(shared([rows], Tally(), with_red=False), LETTER, tmp_path)
    (entry,) = json.loads((tmp_path / "manifest.json").read_text()).values()
    assert (entry["Orgc"]["name"], entry["Tag"]) == ("A CERT", [{"name": "tlp:amber"}])


def test_the_document_says_where_each_column_stands() -> None:
    lines = re.findall(
        r"^\| `(\w+)` \| (.*) \| (.*) \| (.*) \| (.*) \|$", DOCUMENT.read_text(), re.MULTILINE
    )
    assert [name for name, *_ in lines] == list(CARRIED)
    names = {**intelmq.NAMES, "observed_at": "time.source", "ip": "source.ip"} | {
        "peer_ip": "destination.ip", "cves": "product.vulnerabilities", "extra": "extra"
    }  # fmt: skip
    for name, in_intelmq, in_misp, _, in_xarf in lines:
        assert in_intelmq.strip("`") == names.get(name, f"extra.{name}")
        assert in_misp.strip("`") == misp.FIELDS.get(name, ("extra",))[0]
        assert (in_xarf != "`observation`") == (name in xarf.NATIVE)
