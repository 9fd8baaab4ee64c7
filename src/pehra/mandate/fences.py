"""The second fence of tenancy, in SQL: policies of row-level security, for PostgreSQL.

A policy reads who looks from settings of the session. Each is read once a statement, in a
subquery of its own (an InitPlan); in the condition itself it would be read again for each row.
What was never set, and what a rollback took back, is null or empty: then no row is seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pehra.mandate.viewers import Viewer

_ALL = "(SELECT current_setting('pehra.sees_all', true) = 'yes')"
_NAME = "(SELECT NULLIF(current_setting('pehra.name', true), ''))"
_TEAM = "= ANY ((SELECT NULLIF(current_setting('pehra.teams', true), '')::bigint[])::bigint[])"
# Teams are few; organisations may be thousands, and a subquery's rows are hashed, an array is not.
_ORGANISATION = (
    "IN (SELECT unnest(NULLIF(current_setting('pehra.organisations', true), '')::bigint[]))"
)


def held(organisation: str = "organisation_id", team: str = "team_id") -> str:
    """Rows that name one of the viewer's organisations or teams; a column may be empty: none."""
    sides = ((team, _TEAM), (organisation, _ORGANISATION))
    return " OR ".join(f"{column} {among}" for column, among in sides if column)


def named(column: str) -> str:
    """Rows that name the viewer."""
    return f"{column} = {_NAME}"


def within(table: str, key: str, column: str) -> str:
    """Rows of which a row of `table` that is seen itself says `key` = `column`, its own whole name.

    The other table's policy is what decides.
    """
    return f"EXISTS (SELECT FROM {table} behind WHERE behind.{key} = {column})"


def of_finding(table: str) -> str:
    """Rows of a table with a `finding_id` that hang on a finding which is seen."""
    return within("findings_finding", "id", f"{table}.finding_id")


def of_notice(table: str, column: str = "notice_id") -> str:
    """Rows of a table whose notice has a party that is seen."""
    return within("notices_party", "notice_id", f"{table}.{column}")


def condition(fence: str) -> str:
    """The whole condition of a policy."""
    return f"{_ALL} OR {fence}"


def statement(viewer: Viewer) -> str:
    """What tells a session who looks, for as long as it is told nothing else."""
    told = {
        "sees_all": "yes" if viewer.sees_all else "",
        "name": viewer.name.replace("'", "''"),
        "teams": _array(viewer.teams),
        "organisations": _array(viewer.organisations),
    }
    return "SELECT " + ", ".join(
        f"set_config('pehra.{name}', '{value}', false)" for name, value in told.items()
    )


def _array(ids: Iterable[int]) -> str:
    return f"{{{','.join(map(str, sorted(ids)))}}}"
