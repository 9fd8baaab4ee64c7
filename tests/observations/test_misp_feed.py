"""A feed of MISP: its manifest names the events that are there, and hashes find the right one."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import polars as pl
import pymisp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pehra.intake.sources.misp import SOURCE
from pehra.kernel.addresses import pack
from pehra.observations.misp import Author, events_of
from pehra.observations.misp_feed import write
from pehra.observations.plain import CARRIED

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Whole = Callable[..., pl.DataFrame]

AGAIN = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
COLUMNS = [name for name in CARRIED if name != "extra"]


@AGAIN
@given(data=st.data())
def test_a_feed_holds_every_row_once(
    data: st.DataObject,
    anything: st.SearchStrategy[dict[str, Any]],
    whole: Whole,
    reread: Callable[..., pl.DataFrame],
    tmp_path_factory: Any,  # noqa: ANN401 pytest's own
) -> None:
    folder = tmp_path_factory.mktemp("feed")
    lists = st.lists(anything, min_size=1, max_size=4)
    one, other = whole(data.draw(lists), "a" * 32), whole(data.draw(lists), "b" * 32)
    assert write([one, other], Author("A CERT"), folder) == one.height + other.height
    names = events_of((folder / "manifest.json").read_bytes())
    assert {path.stem for path in folder.glob("*-*.json")} == names.keys()
    files = [folder / f"{name}.json" for name in names]
    again = pl.concat([reread(SOURCE, [file.read_bytes()]) for file in files])
    assert again.select(COLUMNS).to_dicts() == pl.concat([one, other]).select(COLUMNS).to_dicts()
    for file in files:
        pymisp.MISPEvent().load(file.read_text())


def test_a_value_is_found_by_its_hash(whole: Whole, tmp_path: Path) -> None:
    row = {"ip": pack("192.0.2.7"), "type": "scanner", "tlp": "AMBER"}
    rows = whole([row, {**row, "ip": pack("2001:db8::1"), "tlp": "RED"}])
    assert write([rows], Author("A CERT"), tmp_path) == 2
    ((name, entry),) = json.loads((tmp_path / "manifest.json").read_text()).items()
    assert entry["Tag"] == [{"name": "tlp:red"}]
    sums = [hashlib.md5(text.encode()).hexdigest() for text in ("192.0.2.7", "2001:db8::1")]  # noqa: S324 MISP's own choice
    assert (tmp_path / "hashes.csv").read_text().splitlines() == [f"{one},{name}" for one in sums]
    assert list(tmp_path.glob("*.part")) == []


def test_a_feed_of_nothing_is_whole(tmp_path: Path) -> None:
    assert write([], Author("A CERT"), tmp_path / "new") == 0
    assert (tmp_path / "new" / "manifest.json").read_text() == "{}"
    assert (tmp_path / "new" / "hashes.csv").read_text() == ""
