"""STIX 2.1: the library stix2 parses it, our reader reads it as it was, markings are OASIS's."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import stix2
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.observations.conftest import extras

from pehra.intake.sources.stix import SOURCE
from pehra.kernel.addresses import pack
from pehra.kernel.labels import Tlp
from pehra.observations.plain import CARRIED
from pehra.observations.stix import EXTENSION, MARKINGS, bundle

if TYPE_CHECKING:
    from collections.abc import Callable

    import polars as pl

    Whole = Callable[..., pl.DataFrame]

AGAIN = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
COLUMNS = [name for name in CARRIED if name != "extra"]


def written(*chunks: pl.DataFrame, about: str = "of a test") -> bytes:
    return b"".join(bundle(chunks, name="A CERT", about=about))


def test_every_label_has_a_marking() -> None:
    assert list(MARKINGS) == list(Tlp)


@AGAIN
@given(data=st.data())
def test_out_and_in_again_is_the_same(
    data: st.DataObject,
    anything: st.SearchStrategy[dict[str, Any]],
    whole: Whole,
    reread: Callable[..., pl.DataFrame],
) -> None:
    rows = whole(data.draw(st.lists(anything, min_size=1, max_size=8)))
    again = reread(SOURCE, [written(rows)])
    assert again.select(COLUMNS).to_dicts() == rows.select(COLUMNS).to_dicts()
    assert extras(again) == extras(rows)


@settings(AGAIN, max_examples=10)
@given(data=st.data())
def test_stix2_parses_it(
    data: st.DataObject, anything: st.SearchStrategy[dict[str, Any]], whole: Whole
) -> None:
    rows = whole(data.draw(st.lists(anything, min_size=1, max_size=4)))
    told = json.loads(written(rows))
    parsed = stix2.parse(told, allow_custom=False)
    assert [one["id"] for one in parsed.objects] == [one["id"] for one in told["objects"]]
    known = {one["id"] for one in told["objects"]}
    seen = [one for one in told["objects"] if one["type"] == "observed-data"]
    assert len(seen) == rows.height
    for one, row in zip(seen, rows.iter_rows(named=True), strict=True):
        assert {*one["object_refs"], one["created_by_ref"]} <= known
        marked = [MARKINGS[row["tlp"]]] if row["tlp"] else None
        assert one.get("object_marking_refs") == marked
        labels = [f"pap:{row['pap'].lower()}"] if row["pap"] else []
        assert one["labels"] == [f'rsit:{row["class"]}="{row["type"]}"', *labels]


def test_the_same_rows_give_the_same_bundle(whole: Whole) -> None:
    rows = whole([{"ip": pack("192.0.2.1"), "type": "scanner", "tlp": "GREEN", "asn": 64500}] * 2)
    assert written(rows) == written(rows)
    told = json.loads(written(rows))["objects"]
    assert len({one["id"] for one in told}) == len(told)  # an address is written once
    assert json.loads(written(rows, about="a"))["id"] != json.loads(written(rows, about="b"))["id"]


def test_who_holds_the_asset_is_not_told(whole: Whole) -> None:
    row = {"ip": pack("192.0.2.1"), "type": "scanner", "organisation": 7, "why": "claim 3"}
    (one,) = [one for one in json.loads(written(whole([row])))["objects"] if "labels" in one]
    assert one["extensions"] == {
        EXTENSION: {"extension_type": "property-extension", "source": "shadowserver"}
    }
