"""The tenancy gate: rows of tenants are read inside a scope that names the viewer, or not at all.

django-scopes keeps the scope; this manager, which mypy can read, asks for it. Joins from models
without a scope, raw SQL and `_base_manager` are not stopped here: `lint/` bans them outside
`queries.py` (house design, section 9).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from django.db import models
from django_scopes import ScopeError, get_scope, scope, scopes_disabled

from pehra.mandate.viewers import SYSTEM_VIEWER, Viewer

if TYPE_CHECKING:
    from collections.abc import Callable
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


class TenantManager(models.Manager[Model_co], Generic[Model_co]):
    """A manager that refuses to answer outside a scope and filters inside one.

    Args:
        visible: gives the rows that a viewer who is neither national nor the system may see.
    """

    def __init__(self, visible: Callable[[Viewer], models.Q]) -> None:
        super().__init__()
        self._visible = visible

    def get_queryset(self) -> models.QuerySet[Model_co]:
        """Rows visible in the scope that is open; raises `ScopeError` where none is."""
        queryset = super().get_queryset()
        state = get_scope()
        if not state.get("_enabled", True):
            return queryset
        viewer = state.get("viewer")
        if not isinstance(viewer, Viewer):
            message = f"{self.model.__name__} was asked for outside a scope: name the viewer"
            raise ScopeError(message)
        if viewer.sees_all:
            return queryset
        return queryset.filter(self._visible(viewer))


def as_system() -> AbstractContextManager[None]:
    """Open the scope of the system itself, for jobs that work on everybody's rows."""
    return seen_by(SYSTEM_VIEWER)
