"""Files of a lake: sorted, lean, whole."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from pyarrow.parquet import ParquetFile

from pehra.engines.lake import parquet

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


def test_what_comes_again_is_written_once(tmp_path: Path) -> None:
    path = tmp_path / "a.1.parquet"
    many = 1_000
    frame = pl.DataFrame(
        {
            "words": [["telnet", "iot"], ["ssh"]] * many,
            "again": ["a", "b"] * many,
            "apart": [f"{number}" for number in range(2 * many)],
        }
    )
    parquet.write(frame, path)
    group = ParquetFile(path).metadata.row_group(0)
    written = [group.column(place) for place in range(group.num_columns)]
    assert {one.path_in_schema: one.has_dictionary_page for one in written} == {
        "words.list.element": True,
        "again": True,
        "apart": False,
    }


@given(st.lists(rows, max_size=6), st.integers(1, 400))
def test_a_file_holds_the_rows_as_they_were(told: list[tuple[object, ...]], times: int) -> None:
    frame = pl.DataFrame(told * times, schema=SCHEMA, orient="row").with_columns(
        at=pl.lit(datetime(2026, 11, 20, tzinfo=UTC), pl.Datetime("us", "UTC")),
        day=pl.lit(date(2026, 11, 20)),
        even=pl.lit("the same in every row"),
    )
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.1.parquet"
        parquet.write(frame, path)
        assert_frame_equal(pl.read_parquet(path), frame)
