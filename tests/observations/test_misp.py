"""MISP events: PyMISP loads them, our reader reads them as they were, labels are never left out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pymisp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.observations.conftest import extras

from pehra.intake.sources.misp import SOURCE
from pehra.kernel.addresses import pack
from pehra.observations.misp import Author, event, events_of, strictest, tags
from pehra.observations.plain import CARRIED

if TYPE_CHECKING:
    from collections.abc import Callable

    import polars as pl

    Whole = Callable[..., pl.DataFrame]
    Reread = Callable[..., pl.DataFrame]

AGAIN = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
AUTHOR = Author("A CERT")
COLUMNS = [name for name in CARRIED if name != "extra"]


def written(*chunks: pl.DataFrame, about: str = "of a test") -> bytes:
    return b"".join(event(chunks, AUTHOR, about, "2026-11-22"))


@AGAIN
@given(data=st.data())
def test_out_and_in_again_is_the_same(
    data: st.DataObject, anything: st.SearchStrategy[dict[str, Any]], whole: Whole, reread: Reread
) -> None:
    rows = whole(data.draw(st.lists(anything, min_size=1, max_size=8)))
    again = reread(SOURCE, [written(rows)])
    assert again.select(COLUMNS).to_dicts() == rows.select(COLUMNS).to_dicts()
    assert extras(again) == extras(rows)


@AGAIN
@given(data=st.data())
def test_pymisp_loads_it(
    data: st.DataObject, anything: st.SearchStrategy[dict[str, Any]], whole: Whole
) -> None:
    rows = whole(data.draw(st.lists(anything, min_size=1, max_size=5)))
    loaded = pymisp.MISPEvent()
    loaded.load(written(rows).decode())
    assert (loaded.info, loaded.org.name) == ("of a test", "A CERT")
    assert [one.name for one in loaded.objects] == ["intelmq_event"] * rows.height
    for given_, row in zip(loaded.objects, rows.iter_rows(named=True), strict=True):
        named = {one.object_relation: one.value for one in given_.attributes}
        assert named["classification.type"] == row["type"]
        labels = {tag.name for one in given_.attributes for tag in one.tags}
        assert labels == set(tags({name: row[name] for name in row if row[name] is not None}))
    found = {tag.name for tag in loaded.tags}
    label = strictest(rows, "")
    assert found == ({f"tlp:{label.lower()}"} if label else set())


def test_an_event_bears_its_strictest_label(whole: Whole) -> None:
    row = {"ip": pack("192.0.2.1"), "type": "scanner", "class": "information-gathering"}
    first = whole([{**row, "tlp": "GREEN"}, {**row, "tlp": "AMBER+STRICT"}])
    last = whole([{**row, "tlp": "AMBER"}, row])
    told = json.loads(written(first, last))
    assert told["Event"]["Tag"] == [{"name": "tlp:amber+strict"}]
    assert json.loads(written())["Event"]["Tag"] == []
    assert strictest(whole([row]), "") == ""


def test_the_same_rows_give_the_same_event(whole: Whole) -> None:
    rows = whole([{"ip": pack("192.0.2.1"), "type": "scanner", "pap": "RED"}])
    assert written(rows) == written(rows)
    uuids = {json.loads(written(rows, about=name))["Event"]["uuid"] for name in ("a", "b")}
    assert len(uuids) == 2


@pytest.mark.parametrize(
    "data", [b"", b"[]", b'{"x": {}}', b"[" * 5_000, b'{"x": 1}', b'{"%s": {"timestamp": "t"}}']
)
def test_a_manifest_that_is_none_is_refused(data: bytes) -> None:
    data = data.replace(b"%s", b"0c6f2a0e-6a39-5b5d-8c53-2f4c1a7e9d10")
    with pytest.raises(ValueError, match="This is no manifest of a MISP feed"):
        events_of(data)


def test_a_manifest_names_its_events() -> None:
    name = "0c6f2a0e-6a39-5b5d-8c53-2f4c1a7e9d10"
    assert events_of(json.dumps({name.upper(): {"timestamp": "7"}}).encode()) == {name: 7}
