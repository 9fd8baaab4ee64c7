"""Generated reports: the same seed gives the same bytes, and known pairs come back."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pehra.cli.bench import reports
from pehra.cli.bench.prefixes import made_up
from pehra.cli.bench.reports import Recipe, universe, write
from pehra.kernel.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

DAY = date(2026, 11, 20)
TELNET = (
    "timestamp,severity,ip,protocol,port,hostname,tag,asn,geo,region,city,naics,"
    "hostname_source,sector,banner"
)


def _pairs(path: Path, address: str = "ip") -> list[str]:
    return pl.read_csv(path, infer_schema=False)[address].to_list()


def test_the_same_call_gives_the_same_bytes(tmp_path: Path) -> None:
    over = universe(made_up(100))
    recipe = Recipe("scan_telnet", DAY, rows=400, known=1_000, share=0.5, fresh=1_000, seed=9)
    size = write(tmp_path / "one.csv", recipe, over)
    write(tmp_path / "two.csv", recipe, over)
    first = (tmp_path / "one.csv").read_bytes()
    assert len(first) == size
    assert first == (tmp_path / "two.csv").read_bytes()


def test_columns_are_those_of_the_public_schema(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", Recipe("scan_telnet", DAY, rows=3), universe(made_up(10)))
    write(tmp_path / "b.csv", Recipe("event4_sinkhole", DAY, rows=3), universe(made_up(10)))
    assert ",".join(pl.read_csv(tmp_path / "a.csv").columns) == TELNET
    assert pl.read_csv(tmp_path / "b.csv").width == 33


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 300), st.floats(0, 1), st.integers(1, 10_000))
def test_each_row_is_a_pair_of_its_own_and_the_share_is_kept(
    rows: int, share: float, seed: int
) -> None:
    recipe = Recipe("scan_telnet", DAY, rows=rows, known=300, share=share, fresh=300, seed=seed)
    pairs = reports._pairs(recipe, 0, rows)  # noqa: SLF001 the law is about the numbers themselves
    assert len(set(pairs.tolist())) == rows
    assert abs(int((pairs < 300).sum()) - rows * share) <= 1
    assert int(pairs.max()) < 300 + rows


def test_known_rows_repeat_what_an_earlier_report_named(tmp_path: Path) -> None:
    over = universe(made_up(500))
    write(tmp_path / "old.csv", Recipe("scan_telnet", DAY, rows=1_000), over)
    again = Recipe("scan_telnet", DAY, rows=100, known=1_000, share=0.8, fresh=1_000, seed=5)
    write(tmp_path / "new.csv", again, over)
    old, new = set(_pairs(tmp_path / "old.csv")), _pairs(tmp_path / "new.csv")
    assert len(old) == 1_000
    assert sum(address in old for address in new) == 80


def test_chunks_change_nothing_but_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    over = universe(made_up(50))
    recipe = Recipe("event4_sinkhole", DAY, rows=90, known=50, share=0.5, fresh=50)
    write(tmp_path / "whole.csv", recipe, over)
    monkeypatch.setattr(reports, "CHUNK", 7)
    write(tmp_path / "parts.csv", recipe, over)
    whole, parts = (_pairs(tmp_path / name, "src_ip") for name in ("whole.csv", "parts.csv"))
    assert sorted(whole) == sorted(parts)


def test_every_address_lies_in_its_range_with_its_asn() -> None:
    over = universe(made_up(40))
    address, asn = over.places(np.arange(over.total, dtype=np.uint64))
    assert len(np.unique(address)) == over.total
    which = np.searchsorted(over.prefixes.first, address, side="right") - 1
    assert bool(np.all(address <= over.prefixes.last[which]))
    assert over.prefixes.asn[which].tolist() == asn.tolist()


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe("scan_nothing", DAY, rows=1),
        Recipe("scan_telnet", DAY, rows=10, known=4, share=0.5, fresh=4),
        Recipe("scan_telnet", DAY, rows=10**9),
    ],
)
def test_what_cannot_be_made_is_refused(tmp_path: Path, recipe: Recipe) -> None:
    with pytest.raises(UsageError):
        write(tmp_path / "x.csv", recipe, universe(made_up(10)))
