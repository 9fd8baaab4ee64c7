"""How the second fence stands: which tables have the policy that their models say."""

from __future__ import annotations

from hashlib import sha256

from django.apps import apps
from django.db import connection

from pehra.mandate import fences
from pehra.mandate.tenancy import TenantManager

POLICY = "tenants"
_STANDING = """
SELECT c.relname, array_agg(p.polname::text), min(obj_description(p.oid, 'pg_policy'))
FROM pg_class c JOIN pg_policy p ON p.polrelid = c.oid
WHERE c.relnamespace = current_schema()::regnamespace
  AND c.relrowsecurity AND c.relforcerowsecurity
GROUP BY c.relname
"""


def has_fence() -> bool:
    """Whether this database can have one."""
    return connection.vendor == "postgresql"


def wanted() -> dict[str, str]:
    """Of each tenants' table, which rows its fence lets be seen."""
    return {
        model._meta.db_table: model._default_manager.fence
        for model in apps.get_models()
        if isinstance(model._default_manager, TenantManager)
    }


def digest(condition: str) -> str:
    """Of a policy's condition: the server keeps that in words of its own."""
    return sha256(condition.encode()).hexdigest()


def lacking() -> list[str]:
    """Tenants' tables that are there without the one policy that they should have."""
    if not has_fence():
        return []
    with connection.cursor() as cursor:
        cursor.execute(_STANDING)
        standing = {table: (names, said) for table, names, said in cursor.fetchall()}
        there = set(connection.introspection.table_names(cursor))
    return sorted(
        table
        for table, fence in wanted().items()
        if table in there and standing.get(table) != ([POLICY], digest(fences.condition(fence)))
    )


def policies(table: str) -> list[str]:
    """Names of the policies on a table."""
    if not has_fence():
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT policyname FROM pg_policies WHERE tablename = %s", [table])
        return [name for (name,) in cursor.fetchall()]


def passes_it() -> bool:
    """Whether the database's user is one whom no policy binds."""
    if not has_fence():
        return False
    words = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
    with connection.cursor() as cursor:
        cursor.execute(words)
        return bool(cursor.fetchone()[0])
