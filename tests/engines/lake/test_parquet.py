"""Files of a lake: sorted, lean, whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from pehra.engines.lake import parquet

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA: dict[str, pl.DataType] = {
    "key": pl.Int64(),
    "text": pl.String(),
    "packed": pl.Binary(),
    "words": pl.List(pl.String()),
    "number": pl.Int16(),
}
few = st.integers(0, 2) | st.none()
rows = st.tuples(
    few,
    st.sampled_from(["a", "b", None]),
    st.sampled_from([b"a", b"b", None]),
    st.sampled_from([["a"], [], [None], None]),
    few,
)


@given(st.lists(rows, max_size=6))
def test_rows_are_put_in_order_whole(told: list[tuple[object, ...]]) -> None:
    frame = pl.DataFrame(told, schema=SCHEMA, orient="row")
    ordered = parquet.by_key(frame, "key")
    keys = ordered["key"].to_list()
    assert keys == sorted(keys, key=lambda key: (key is None, key))
    assert sorted(map(repr, ordered.rows())) == sorted(map(repr, frame.rows()))


@given(st.lists(rows, max_size=6))
def test_only_columns_that_say_nothing_are_left_out(told: list[tuple[object, ...]]) -> None:
    frame = pl.DataFrame(told, schema=SCHEMA, orient="row")
    lean = parquet.lean(frame, "key")
    empty = [c.name for c in frame if c.null_count() == len(c) and c.name != "key"]
    assert lean.equals(frame.drop(empty))


def test_a_file_is_whole_under_its_name(tmp_path: Path) -> None:
    path = tmp_path / "day" / "a.1.parquet"
    frame = pl.DataFrame({"key": [1, 2], "text": ["a", None]})
    parquet.write(frame, path)
    assert pl.read_parquet(path).equals(frame)
    assert [file.name for file in path.parent.iterdir()] == ["a.1.parquet"]
