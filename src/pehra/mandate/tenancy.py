"""The tenancy gate: rows of tenants are read inside a scope that names the viewer, or not at all.

django-scopes keeps the scope; this manager, which mypy can read, asks for it. Joins from models
without a scope, raw SQL and `_base_manager` are not stopped here: `lint/` bans them outside
`queries.py` (house design, section 9).
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Generic, TypeVar

from django.db import models
from django_scopes import ScopeError, get_scope, scope, scopes_disabled

from pehra.mandate.viewers import NOBODY, SYSTEM_VIEWER, Viewer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

Model_co = TypeVar("Model_co", bound=models.Model, covariant=True)


def seen_by(viewer: Viewer) -> AbstractContextManager[None]:
    """Open the scope in which tenants' rows are those that `viewer` may see."""
    context: AbstractContextManager[None] = scope(viewer=viewer)
    return context


def unseen() -> AbstractContextManager[None]:
    """Open no scope at all, for migrations and tests that prove the gate; never in a room."""
    context: AbstractContextManager[None] = scopes_disabled()
    return context


def looking() -> Viewer:
    """Whose scope is open, for the second fence; nobody where none is (`mandate.fences`)."""
    state = get_scope()
    if not state.get("_enabled", True):
        return SYSTEM_VIEWER
    viewer = state.get("viewer")
    return viewer if isinstance(viewer, Viewer) else NOBODY


class TenantManager(models.Manager[Model_co], Generic[Model_co]):
    """A manager that refuses to answer outside a scope and filters inside one.

    Args:
        visible: gives the rows that a viewer who is neither national nor the system may see.
        fence: the same in SQL, from `mandate.fences`, for the policy of the table on PostgreSQL.
    """

    def __init__(self, visible: Callable[[Viewer], models.Q], fence: str) -> None:
        super().__init__()
        self._visible = visible
        self.fence = fence

    def get_queryset(self) -> models.QuerySet[Model_co]:
        """Rows visible in the scope that is open; raises `ScopeError` where none is."""
        queryset = super().get_queryset()
        state = get_scope()
        if not state.get("_enabled", True):
            return _for(queryset, SYSTEM_VIEWER)
        viewer = state.get("viewer")
        if not isinstance(viewer, Viewer):
            message = f"{self.model.__name__} was asked for outside a scope: name the viewer"
            raise ScopeError(message)
        if viewer.sees_all:
            return _for(queryset, viewer)
        return _for(queryset, viewer).filter(self._visible(viewer))


def _for(queryset: models.QuerySet[Model_co], viewer: Viewer) -> models.QuerySet[Model_co]:
    """Let the query itself say for whom it was made, for whoever asks it (`web.postgresql`)."""
    queryset.query.viewer = viewer  # type: ignore[attr-defined] # it is kept by every copy of it
    return queryset


@contextmanager
def as_system() -> Iterator[None]:
    """Open the scope of the system itself, for jobs that work on everybody's rows.

    It decorates a function as well, for one that speaks SQL of its own; never a generator, whose
    reader would be left in it.
    """
    with seen_by(SYSTEM_VIEWER):
        yield
