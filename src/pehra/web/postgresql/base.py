"""PostgreSQL as Django knows it, and before a statement is asked, who asks.

Policies on tenants' tables read four settings of the session (`mandate.fences`). They are set from
the scope that is open, and only where that is not the one that this connection was told of last:
in front of the statement, in the same message to the server, or, where a statement cannot carry
them, in one of their own. Outside every scope nobody looks, and a policy shows nobody nothing.

A setting made in a transaction, or in a message that failed, goes when that is rolled back; so
after either it counts as not told.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django.db.backends.postgresql import base
from django.db.backends.postgresql.operations import DatabaseOperations
from django.db.backends.postgresql.psycopg_any import register_tzloader
from psycopg import ClientCursor, Error, ServerCursor
from psycopg.client_cursor import ClientCursorMixin

from pehra.mandate import fences
from pehra.mandate.tenancy import looking

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import _GeneratorContextManager

    from psycopg import Connection, Copy

    from pehra.mandate.viewers import Viewer

_CARRIES = re.compile(r"[\s(]*(?:SELECT|INSERT|UPDATE|DELETE|WITH)\b", re.IGNORECASE)
_NEVER = re.compile(r"\s*(?:SAVEPOINT|RELEASE|ROLLBACK)\b", re.IGNORECASE)
"""A failed transaction takes nothing else, and these touch no row."""


class Told:
    """Of whom a connection was told last; nothing: not known."""

    viewer: Viewer | None = None

    def knows(self, viewer: Viewer) -> bool:
        """Whether the settings are those of `viewer`."""
        if viewer is not self.viewer and viewer == self.viewer:
            self.viewer = viewer  # the next comparison is shorter
        return viewer is self.viewer


class _Fenced:
    """What both kinds of cursor do before they ask."""

    connection: Connection[Any]

    @property
    def _told(self) -> Told:
        return self.connection.told  # type: ignore[attr-defined, no-any-return] # `get_new_connection` puts it there

    def _tell(self, viewer: Viewer) -> None:
        told = self._told
        if not told.knows(viewer):
            told.viewer = None
            ClientCursor(self.connection).execute(fences.statement(viewer).encode())
            told.viewer = viewer


class Cursor(_Fenced, ClientCursor[Any]):
    """Asks in the name of the one who looks."""

    def execute(self, query: Any, params: Any = None, **how: Any) -> Cursor:  # noqa: ANN401 as psycopg has it
        """Run one statement."""
        viewer, told = looking(), self._told
        try:
            if told.knows(viewer) or (isinstance(query, str) and _NEVER.match(query)):
                super().execute(query, params, **how)
            elif isinstance(query, str) and _CARRIES.match(query):
                told.viewer = None
                first = fences.statement(viewer)
                if params is not None:
                    first = first.replace("%", "%%")
                super().execute(f"{first}; {query}", params, **how)
                self.nextset()
                told.viewer = viewer
            else:
                self._tell(viewer)
                super().execute(query, params, **how)
        except Error:
            told.viewer = None
            raise
        return self

    def executemany(self, query: Any, params_seq: Any, **how: Any) -> None:  # noqa: ANN401 as psycopg has it
        """Run one statement for each row."""
        self._tell(looking())
        super().executemany(query, params_seq, **how)

    def stream(self, query: Any, params: Any = None, **how: Any) -> Iterator[Any]:  # noqa: ANN401 as psycopg has it
        """Rows one by one."""
        viewer, rows = looking(), super().stream(query, params, **how)

        def told() -> Iterator[Any]:
            # Only the first row asks, and by then somebody else may look.
            self._tell(viewer)
            yield from rows

        return told()

    def copy(self, statement: Any, *more: Any, **how: Any) -> _GeneratorContextManager[Copy]:  # noqa: ANN401 as psycopg has it
        """Rows in or out, in bulk."""
        self._tell(looking())
        return super().copy(statement, *more, **how)


class NamedCursor(_Fenced, ClientCursorMixin[Any], ServerCursor[Any]):
    """Kept by the server, which goes on with it for the one who asked, whoever looks by then."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 as psycopg has it
        super().__init__(*args, **kwargs)
        self._asked_by = looking()

    def execute(self, query: Any, params: Any = None, **how: Any) -> NamedCursor:  # noqa: ANN401 as psycopg has it
        """Declare it."""
        self._tell(self._asked_by)
        super().execute(query, params, **how)
        return self

    def fetchmany(self, size: int = 0) -> list[Any]:
        """The next rows."""
        self._tell(self._asked_by)
        return super().fetchmany(size)


class Operations(DatabaseOperations):
    """Django's own, with our compilers."""

    compiler_module = "pehra.web.postgresql.compiler"


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's own, with those cursors and compilers."""

    ops_class = Operations

    def get_connection_params(self) -> dict[str, Any]:
        """As Django's."""
        return super().get_connection_params() | {"cursor_factory": Cursor}

    def get_new_connection(self, conn_params: dict[str, Any]) -> Connection[Any]:
        """A connection that was told of nobody yet."""
        made: Connection[Any] = super().get_new_connection(conn_params)
        made.told = Told()  # type: ignore[attr-defined] # psycopg's has room for it
        return made

    def create_cursor(self, name: str | None = None) -> Any:  # noqa: ANN401 as Django has it
        """As Django's, of our own classes."""
        if not name:
            return super().create_cursor()
        held = self.connection.autocommit
        cursor = NamedCursor(self.connection, name=name, scrollable=False, withhold=held)
        register_tzloader(self.timezone, cursor)
        return cursor

    def _forget(self) -> None:
        if self.connection is not None:
            self.connection.told.viewer = None

    def _rollback(self) -> None:
        self._forget()
        super()._rollback()  # type: ignore[misc] # the stubs know only what is public

    def _savepoint_rollback(self, sid: str) -> None:
        self._forget()
        super()._savepoint_rollback(sid)  # type: ignore[misc] # as above
