"""Lists under their names: read as the array of all their records would be."""

from __future__ import annotations

import json
from collections.abc import Callable

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pehra.intake.keyedjson import open_keyed
from pehra.intake.source import Delivery

Deliver = Callable[..., Delivery]
QUIET = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
RECORDS = st.lists(st.fixed_dictionaries({"a": st.text('x"}{][é', min_size=1)}), max_size=3)


def _read(delivery: Delivery, part_bytes: int = 1 << 20) -> list[object]:
    found: list[tuple[int, object]] = []
    for stretch in open_keyed(delivery.path, part_bytes, "id").stretches:
        assert stretch.frame.height + len(stretch.rejects) == stretch.rows
        found += zip(stretch.numbers.to_list(), stretch.frame.rows(named=True), strict=True)
        found += [(one.row, (one.line, one.reason)) for one in stretch.rejects]
    return [value for _, value in sorted(found, key=lambda pair: pair[0])]


def test_each_record_has_the_name_under_which_it_stood(deliver: Deliver) -> None:
    data = b'{\n"7": [\n{"a":"x"},\n{"a":"y"}],\n"8": [{"a":"z"}] }\n'
    data = data.replace(b"7", b"\\u0037")
    wanted = [{"id": "7", "a": "x"}, {"id": "7", "a": "y"}, {"id": "8", "a": "z"}]
    assert _read(deliver(data)) == wanted


def test_an_array_and_lines_are_read_too(deliver: Deliver) -> None:
    assert _read(deliver(b'[{"a":"x"}]')) == _read(deliver(b'{"a":"x"}\n')) == [{"a": "x"}]


def test_a_defect_is_a_reject(deliver: Deliver) -> None:
    data = b'{"7": [{"a":"x"}, nonsense, {"a":"y"}]}'
    assert _read(deliver(data))[0] == {"id": "7", "a": "x"}
    assert (1, "json") in _read(deliver(data))


@QUIET
@given(
    st.dictionaries(st.text('ab:"é', min_size=1), RECORDS, min_size=1), st.sampled_from([1, 999])
)
def test_what_is_written_is_read_again(
    deliver: Deliver, told: dict[str, list[dict[str, str]]], part_bytes: int
) -> None:
    delivery = deliver(json.dumps(told, indent=1).encode())
    assert [row["a"] for row in _read(delivery, part_bytes) if isinstance(row, dict)] == [
        record["a"] for records in told.values() for record in records
    ]
