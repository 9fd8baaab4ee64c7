"""Members of JSON documents: places, defects, bounds, and nothing lost at a window's edge."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pehra.intake.jsontree import Kind, Member, walk
from pehra.intake.source import Delivery
from pehra.intake.stretches import RAW_BYTES, RECORD_BYTES

Deliver = Callable[..., Delivery]
QUIET = settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
OBJECTS, ARRAYS = frozenset({"", "in"}), frozenset({"", "in"})
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text('x"}{[]\\\n é', max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["in", "b", "c"]), inner, max_size=3)
    ),
    max_leaves=12,
)


def _walk(delivery: Delivery) -> list[Member]:
    return list(walk(delivery.path, OBJECTS, ARRAYS))


def test_named_containers_are_gone_into(deliver: Deliver) -> None:
    data = b'\xef\xbb\xbf{"a": {"in": 1},\n "in": [{"x": 2}, 3]}'
    assert [(one.kind, one.name, one.line, one.data) for one in _walk(deliver(data))] == [
        (Kind.OPENED, "", 1, b"{"),
        (Kind.VALUE, "a", 1, b'{"in": 1}'),
        (Kind.OPENED, "in", 2, b"["),
        (Kind.OPENED, "in", 2, b"{"),
        (Kind.VALUE, "x", 2, b"2"),
        (Kind.CLOSED, "in", 2, b"}"),
        (Kind.VALUE, "in", 2, b"3"),
        (Kind.CLOSED, "in", 2, b"]"),
        (Kind.CLOSED, "", 2, b"}"),
    ]


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b'{"in": [1, 2', "the document has no end"),
        (b'{"a": {"b": 1', "the record has no end"),
        (b"{1}", "a name and a colon are missing"),
    ],
)
def test_a_defect_is_said(deliver: Deliver, data: bytes, fault: str) -> None:
    assert fault in [one.fault for one in _walk(deliver(data)) if one.fault]


def test_a_record_without_an_end_costs_no_more_than_itself(deliver: Deliver) -> None:
    found = list(walk(deliver(b'{"a": 1\n{"a": 2}\n').path, frozenset(), frozenset()))
    assert [(one.fault, one.value()) for one in found] == [
        ("the record has no end", None),
        ("", {"a": 2}),
    ]


@pytest.mark.parametrize("value", [b'"' + b"x" * 3_000_000 + b'"', b"[" * 20_000 + b"]" * 20_000])
def test_what_is_too_long_or_too_deep_is_passed_over(deliver: Deliver, value: bytes) -> None:
    found = _walk(deliver(b'{"a": ' + value + b', "b": 1}'))
    told = next(one for one in found if one.name == "a")
    assert (told.end - told.begin, told.value()) == (len(value), None)
    assert len(told.data) <= (RAW_BYTES if len(value) > RECORD_BYTES else len(value))
    assert next(one for one in found if one.name == "b").value() == 1


def test_a_value_that_is_no_object_says_so(deliver: Deliver) -> None:
    found = list(walk(deliver(b'[{"a": 1}, 3, {"a" 1}]').path, frozenset(), ARRAYS))
    told = [one.record() for one in found if one.kind is Kind.VALUE]
    assert (told[0], [isinstance(one, str) for one in told]) == ({"a": 1}, [False, True, True])


def _wanted(value: Any, name: str = "") -> list[tuple[str, Any]]:  # noqa: ANN401 any value of JSON
    """Values that a walk comes upon, with their names."""
    if isinstance(value, dict) and name in OBJECTS:
        return [pair for key, inner in value.items() for pair in _wanted(inner, key)]
    if isinstance(value, list) and name in ARRAYS:
        return [pair for inner in value for pair in _wanted(inner, name)]
    return [(name, value)]


@QUIET
@given(JSON, st.sampled_from([None, 1]))
def test_a_walk_comes_upon_everything_once(deliver: Deliver, told: Any, indent: int | None) -> None:  # noqa: ANN401 any value of JSON
    found = _walk(deliver(json.dumps(told, indent=indent).encode()))
    values = [(one.name, one.value()) for one in found if one.kind is Kind.VALUE]
    assert values == _wanted(told)
    assert [one.kind for one in found if one.kind is Kind.FAULT] == []


@QUIET
@given(st.binary(max_size=200) | st.text('{}[]",:\\\n a1', max_size=60).map(str.encode))
def test_any_bytes_are_walked_to_their_end(deliver: Deliver, data: bytes) -> None:
    found = _walk(deliver(data))
    begins = [one.begin for one in found]
    assert begins == sorted(begins)
    assert all(one.end <= len(data) for one in found)
