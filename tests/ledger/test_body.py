"""Canonical JSON: the same act gives the same bytes, and bytes are read back or refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.kernel.actors import Actor
from pehra.kernel.errors import Damaged, UsageError
from pehra.ledger import body
from pehra.ledger.body import Body

if TYPE_CHECKING:
    from pehra.ledger.body import JSON

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
ACTOR = Actor(name="amna", office="analyst")

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
facts = st.dictionaries(
    texts,
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
        max_leaves=6,
    ),
    max_size=4,
)


def test_the_exact_bytes() -> None:
    data = body.encode(7, "registry.import", ACTOR, "file:ab", ({"b": 1, "a": "ق"}, NOW))
    assert data.decode() == (
        '{"act":"registry.import","actor":{"name":"amna","office":"analyst"},'
        '"at":"2026-11-22T09:30:00Z","facts":{"a":"ق","b":1},"seq":7,"subject":"file:ab","v":1}'
    )


@given(st.integers(0, 2**60), texts.filter(bool), facts, st.datetimes(timezones=st.just(UTC)))
def test_what_is_written_is_read_back(
    seq: int, subject: str, said: dict[str, JSON], at: datetime
) -> None:
    data = body.encode(seq, "a.b", ACTOR, subject, (said, at))
    found = body.decode(data)
    assert found == Body(1, seq, found.at, "a.b", ACTOR, subject, json.loads(json.dumps(said)))
    assert datetime.fromisoformat(found.at) == at
    assert body.encode(seq, "a.b", ACTOR, subject, (found.facts, at)) == data
    assert b"\n" not in data


@given(st.binary(max_size=200) | st.text(max_size=100).map(lambda text: json.dumps(text).encode()))
def test_any_bytes_are_answered(data: bytes) -> None:
    with pytest.raises(Damaged):
        body.decode(data)


def test_deep_bytes_are_answered() -> None:
    with pytest.raises(Damaged):
        body.decode(b'{"facts":' + b"[" * 100_000)


def test_another_version_is_refused() -> None:
    data = body.encode(0, "a.b", ACTOR, "s", ({}, NOW)).replace(b'"v":1', b'"v":2')
    with pytest.raises(Damaged, match="of version 2"):
        body.decode(data)


@pytest.mark.parametrize("act", ["", "import", "Registry.import", "a.b.c", "a." + "b" * 63])
def test_acts_of_another_form_are_refused(act: str) -> None:
    with pytest.raises(UsageError, match="is no act"):
        body.encode(0, act, ACTOR, "s", ({}, NOW))


@pytest.mark.parametrize("subject", ["", "s" * 129])
def test_subjects_of_another_length_are_refused(subject: str) -> None:
    with pytest.raises(UsageError, match="A subject has"):
        body.encode(0, "a.b", ACTOR, subject, ({}, NOW))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\ud800"])
def test_facts_that_are_not_json_are_refused(value: JSON) -> None:
    with pytest.raises(UsageError, match="cannot be written"):
        body.encode(0, "a.b", ACTOR, "s", ({"value": value}, NOW))
