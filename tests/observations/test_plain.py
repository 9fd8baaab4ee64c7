"""Rows as plain values: nothing empty, nothing of ours about the holder, all else as it was."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from pehra.kernel.addresses import pack
from pehra.observations.plain import CARRIED, NOT_CARRIED, plain
from pehra.observations.schema import ATTRIBUTED, OBSERVATION, RECEIVED, REPORTED

if TYPE_CHECKING:
    from collections.abc import Callable

    import polars as pl


def test_every_column_is_carried_or_is_not_for_partners() -> None:
    assert {*CARRIED, *NOT_CARRIED} == {*REPORTED, *ATTRIBUTED}
    assert set(CARRIED).isdisjoint(NOT_CARRIED)
    assert {*CARRIED, *NOT_CARRIED, *RECEIVED} == OBSERVATION.keys()


@given(data=st.data())
def test_values_are_those_of_the_row(
    data: st.DataObject,
    anything: st.SearchStrategy[dict[str, Any]],
    whole: Callable[..., pl.DataFrame],
) -> None:
    rows = whole(data.draw(st.lists(anything, min_size=1, max_size=5)))
    for row, told in zip(rows.iter_rows(named=True), plain(rows), strict=True):
        assert None not in told.values()
        assert bytes.fromhex(told.pop("id")) == row["id"]
        assert (told.pop("source"), told.pop("received_at")) == (
            row["source"],
            "2026-11-22T06:00:00Z",
        )
        for name in ("observed_at", "until", "expires"):
            if name in told:
                told[name] = datetime.fromisoformat(told[name])
        for name in ("ip", "peer_ip"):
            if name in told:
                told[name] = pack(told[name])
        if "extra" in told:
            told["extra"] = json.dumps(told["extra"])
        assert told == {name: row[name] for name in CARRIED if row[name] is not None}
