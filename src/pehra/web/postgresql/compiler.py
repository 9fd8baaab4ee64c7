"""Queries are asked in the name of the one for whom their manager made them.

A query of a tenants' table is often made in a scope and asked later, outside it. The manager's
predicate is part of it by then; who looks must be as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.backends.postgresql import compiler

from pehra.mandate.tenancy import seen_by

if TYPE_CHECKING:
    from pehra.mandate.viewers import Viewer


def _viewer(query: Any) -> Viewer | None:  # noqa: ANN401 a query of any kind
    """Of an aggregate over a query, the one for whom the inner one was made."""
    found: Viewer | None = getattr(query, "viewer", None)
    inner = getattr(query, "inner_query", None)
    return found if found is not None or inner is None else _viewer(inner)


class _Named:
    query: Any

    def execute_sql(self, *args: Any, **how: Any) -> Any:  # noqa: ANN401 as Django has it
        """Ask."""
        viewer = _viewer(self.query)
        if viewer is None:
            return super().execute_sql(*args, **how)  # type: ignore[misc] # a mix-in of compilers
        with seen_by(viewer):
            return super().execute_sql(*args, **how)  # type: ignore[misc] # as above


class SQLCompiler(_Named, compiler.SQLCompiler):
    """SELECT."""


class SQLInsertCompiler(_Named, compiler.SQLInsertCompiler):
    """INSERT."""


class SQLDeleteCompiler(_Named, compiler.SQLDeleteCompiler):
    """DELETE."""


class SQLUpdateCompiler(_Named, compiler.SQLUpdateCompiler):
    """UPDATE."""


class SQLAggregateCompiler(_Named, compiler.SQLAggregateCompiler):
    """SELECT of aggregates over a query."""
