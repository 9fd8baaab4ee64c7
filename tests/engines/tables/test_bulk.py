"""Bulk statements mean the same on both engines: what is added is read, what matches changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pehra.engines.tables import bulk

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.django_db

BYTES = {"sqlite": "blob", "postgresql": "bytea"}
COLUMNS = ("id", "words", "whole", "flag", "raw")
ADD_UP = "UPDATE bulk_trial AS t SET whole = t.whole + {0}, words = {1} FROM given WHERE t.id = {2}"
KINDS = ("bigint", "text", "bigint")
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
ROW = st.tuples(
    st.none() | TEXT,
    st.none() | st.integers(-(2**63), 2**63 - 1),
    st.booleans(),
    st.none() | st.binary(max_size=20),
)
AGAIN = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)


@pytest.fixture
def cursor() -> Iterator[Any]:
    """A driver's own cursor, and an empty table."""
    with connection.cursor() as wrapped:
        wrapped.execute(
            "CREATE TEMPORARY TABLE bulk_trial (id bigint PRIMARY KEY, words text, whole bigint,"
            f" flag boolean, raw {BYTES[connection.vendor]})"
        )
        yield wrapped.cursor
        wrapped.execute("DROP TABLE bulk_trial")


def rows(cursor: Any) -> list[tuple[Any, ...]]:  # noqa: ANN401 a cursor of either driver
    cursor.execute("SELECT id, words, whole, flag, raw FROM bulk_trial ORDER BY id")
    return [
        (number, words, whole, bool(flag), None if raw is None else bytes(raw))
        for number, words, whole, flag, raw in cursor.fetchall()
    ]


@AGAIN
@given(told=st.lists(ROW, max_size=20))
def test_what_is_added_is_read(cursor: Any, told: list[tuple[Any, ...]]) -> None:  # noqa: ANN401 a cursor of either driver
    cursor.execute("DELETE FROM bulk_trial")
    added = [(number, *row) for number, row in enumerate(told)]
    bulk.insert(cursor, "bulk_trial", COLUMNS, added)
    assert rows(cursor) == added


@pytest.mark.parametrize("height", [0, 1, 499, 500, 501, 1203])
def test_many_rows_are_added_by_either_cursor(cursor: Any, height: int) -> None:  # noqa: ANN401 a cursor of either driver
    told = [(number, f"words {number}", number, True, b"raw") for number in range(height)]
    with connection.cursor() as wrapped:
        for one in (cursor, wrapped):
            bulk.insert(one, "bulk_trial", COLUMNS, told)
            assert rows(cursor) == told
            cursor.execute("DELETE FROM bulk_trial")


@AGAIN
@given(
    there=st.lists(st.integers(0, 30), unique=True),
    told=st.dictionaries(st.integers(0, 30), st.tuples(st.integers(-99, 99), TEXT)),
)
def test_an_update_changes_what_matches_and_counts_it(
    cursor: Any,  # noqa: ANN401 a cursor of either driver
    there: list[int],
    told: dict[int, tuple[int, str]],
) -> None:
    cursor.execute("DELETE FROM bulk_trial")
    before = {number: (number * 10, "old") for number in sorted(there)}
    bulk.insert(
        cursor,
        "bulk_trial",
        ("id", "whole", "words"),
        [(number, *row) for number, row in before.items()],
    )
    given_rows = [(plus, words, number) for number, (plus, words) in told.items()]
    changed = bulk.update(cursor, ADD_UP, KINDS, given_rows)
    assert changed == len(before.keys() & told.keys())
    after = {
        number: (whole + told[number][0], told[number][1]) if number in told else (whole, words)
        for number, (whole, words) in before.items()
    }
    assert {number: (whole, words) for number, words, whole, *_ in rows(cursor)} == after


@pytest.mark.parametrize("more", [-1, 0, 1, 500])
def test_more_rows_than_one_statement_takes_are_all_added(cursor: Any, more: int) -> None:  # noqa: ANN401 a cursor of either driver
    added = [(number, f"{number}%s", None, True, b"?") for number in range(500 + more)]
    fixed = {"whole": 7}
    told = [(number, words, flag, raw) for number, words, _, flag, raw in added]
    bulk.insert(cursor, "bulk_trial", ("id", "words", "flag", "raw"), told, fixed)
    assert rows(cursor) == [(number, words, 7, True, b"?") for number, words, *_ in added]


def test_no_rows_are_no_statement(cursor: Any) -> None:  # noqa: ANN401 a cursor of either driver
    bulk.insert(cursor, "bulk_trial", COLUMNS, [])
    assert bulk.update(cursor, "this is not even SQL {0}", ("bigint",), []) == 0
    assert rows(cursor) == []


def test_two_updates_fit_in_one_transaction(cursor: Any) -> None:  # noqa: ANN401 a cursor of either driver
    bulk.insert(cursor, "bulk_trial", ("id", "whole", "words"), [(1, 1, "a"), (2, 2, "b")])
    with transaction.atomic():
        first = bulk.update(cursor, ADD_UP, KINDS, [(10, "c", 1), (10, "d", 3)])
        second = bulk.update(
            cursor, "UPDATE bulk_trial AS t SET flag = {0} FROM given", ("boolean",), [(True,)]
        )
    assert (first, second) == (1, 2)
    assert rows(cursor) == [(1, "c", 11, True, None), (2, "b", 2, True, None)]
