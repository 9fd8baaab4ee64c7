"""What is exported under the names of the IntelMQ data format is read back as it was."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pehra.intake.source import Delivery
from pehra.intake.sources.intelmq import SOURCE
from pehra.kernel.addresses import pack
from pehra.observations.intelmq import FIELDS, columns, guarded, json_lines
from pehra.observations.schema import REPORTED, complete

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Whole = Callable[..., pl.DataFrame]

AGAIN = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
AS_THEY_WERE = [name for name in REPORTED if name not in {"row", "extra"}]


@pytest.fixture
def written(tmp_path: Path) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """Write an export and read it with the source `intelmq`; rejects fail."""
    path = tmp_path / "events.jsonl"

    def again(rows: pl.DataFrame) -> pl.DataFrame:
        path.write_bytes(b"".join(json_lines(rows)))
        told = list(SOURCE.read(Delivery(path, "events.jsonl", rows["received_at"][0])).parts)
        assert [part.rejects for part in told] == [[] for _ in told]
        return pl.concat([complete(part.table, REPORTED) for part in told])

    return again


def test_the_format_has_89_fields() -> None:
    assert len(FIELDS) == 89


@AGAIN
@given(data=st.data())
def test_an_export_is_read_back_to_the_same_columns(
    data: st.DataObject,
    told: st.SearchStrategy[dict[str, Any]],
    whole: Whole,
    written: Callable[[pl.DataFrame], pl.DataFrame],
) -> None:
    rows = whole(data.draw(st.lists(told, min_size=1, max_size=8)))
    once = written(rows)
    left_out = {"url_host", "url_path_hash"}  # they follow from the URL, which is read again
    same = [name for name in AS_THEY_WERE if name not in left_out]
    assert once.select(same).to_dicts() == rows.select(same).to_dicts()
    # And what was read is the same again after a second way there and back.
    assert written(whole(once.drop("row").to_dicts())).select(AS_THEY_WERE).to_dicts() == (
        once.select(AS_THEY_WERE).to_dicts()
    )


@AGAIN
@given(data=st.data())
def test_every_name_is_a_field_or_an_extra(
    data: st.DataObject, told: st.SearchStrategy[dict[str, Any]], whole: Whole
) -> None:
    rows = whole(data.draw(st.lists(told, min_size=1, max_size=8)))
    lines = list(json_lines(rows))
    assert [line.count(b"\n") for line in lines] == [1] * rows.height
    for event in map(json.loads, lines):
        assert {name for name in event if not name.startswith("extra.")} <= FIELDS
        assert {"time.source", "classification.taxonomy", "feed.code"} <= event.keys()
        assert None not in event.values()
    named = {name for name in columns(rows).columns if not name.startswith("extra.")}
    assert named <= FIELDS


def test_an_event_in_full(whole: Whole) -> None:
    row = {
        "observed_at": "2026-11-20T05:00:00.5",
        "class": "vulnerable",
        "type": "potentially-unwanted-accessible",
        "identifier": "open-telnet",
        "severity": "high",
        "role": "scan",
        "ip": pack("192.0.2.10"),
        "port": 23,
        "cves": ["CVE-2026-0001", "CVE-2026-0002"],
        "tags": ["a", "b"],
        "organisation": 7,
        "extra": json.dumps({"source.reverse_dns": "ten.example.pk", "banner": "hello", "row": 99}),
    }
    rows = whole([row | {"observed_at": pl.Series([row["observed_at"]]).str.to_datetime()[0]}])
    event = json.loads(next(json_lines(rows)))
    assert event == {
        "time.source": "2026-11-20T05:00:00.500+00:00",
        "time.observation": "2026-11-22T06:00:00+00:00",
        "source.ip": "192.0.2.10",
        "source.port": 23,
        "source.reverse_dns": "ten.example.pk",
        "classification.taxonomy": "vulnerable",
        "classification.type": "potentially-unwanted-accessible",
        "classification.identifier": "open-telnet",
        "severity": "high",
        "product.vulnerabilities": "CVE-2026-0001,CVE-2026-0002",
        "feed.code": "shadowserver",
        "extra.tags": "a,b",
        "extra.role": "scan",
        "extra.organisation": 7,
        "extra.batch": "a" * 32,
        "extra.row": 1,
        "extra.banner": "hello",
        "extra.observation": rows["id"][0].hex(),
    }


def test_an_empty_table_is_no_lines(whole: Whole) -> None:
    none = whole([{"ip": pack("192.0.2.10")}]).clear()
    assert list(json_lines(none)) == []
    assert columns(none).height == 0


@given(st.lists(st.none() | st.text(st.sampled_from("=+-@\t\r\n'a1 "), max_size=4)))
def test_no_cell_is_a_formula_to_a_spreadsheet(cells: list[str | None]) -> None:
    numbers = list(range(len(cells)))
    frame = pl.DataFrame({"text": cells, "n": numbers}, schema={"text": pl.String, "n": pl.Int64})
    expected = [f"'{cell}" if cell and cell[0] in "=+-@\t\r" else cell for cell in cells]
    assert guarded(frame).to_dict(as_series=False) == {"text": expected, "n": numbers}


def test_negative_numbers_stay_numbers() -> None:
    frame = pl.DataFrame({"n": [-1, 2], "f": [-0.5, None]})
    assert guarded(frame).to_dict(as_series=False) == frame.to_dict(as_series=False)
