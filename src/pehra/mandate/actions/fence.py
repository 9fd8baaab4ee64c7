"""The second fence is raised: a policy on each tenants' table of PostgreSQL, as its model says."""

from __future__ import annotations

from django.db import connection, transaction

from pehra.mandate import fences
from pehra.mandate.queries import fence


def raise_fence() -> list[str]:
    """Bring the policies of all tables that are there to what their models say; returns which.

    Nothing on SQLite, which has no policies.
    """
    wanted, lacking = fence.wanted(), fence.lacking()
    with transaction.atomic(), connection.cursor() as cursor:
        for table in lacking:
            condition = fences.condition(wanted[table])
            for words in (*_lowered(table), *_raised(table, condition)):
                cursor.execute(words)
    return lacking


def _lowered(table: str) -> list[str]:
    return [f"DROP POLICY {name} ON {table}" for name in fence.policies(table)]


def _raised(table: str, condition: str) -> list[str]:
    return [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY {fence.POLICY} ON {table} USING ({condition}) WITH CHECK ({condition})",
        f"COMMENT ON POLICY {fence.POLICY} ON {table} IS '{fence.digest(condition)}'",
    ]
