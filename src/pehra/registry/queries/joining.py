"""Applications for an account, for those who decide on them; and the one that a link belongs to."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 msgspec reads the annotation when it converts
from typing import TYPE_CHECKING

import msgspec

from pehra.registry.contacts import token_digest
from pehra.registry.joining import answered
from pehra.registry.models.joining import Application

if TYPE_CHECKING:
    from collections.abc import Collection

    from pehra.mandate.viewers import Viewer


_STATES = Application.State
WAITING, INVITED = frozenset({_STATES.ASKED}), frozenset({_STATES.ACCEPTED})
DECIDED = frozenset(_STATES) - WAITING
"""Such states as are asked for together."""


class ApplicationView(msgspec.Struct, frozen=True, kw_only=True):
    """An application; fields as in `models.Application`."""

    id: int
    name: str
    sector: str
    website: str
    person: str
    email: str
    phone: str
    language: str
    networks: str
    state: str
    asked_at: datetime
    decided_at: datetime | None
    decided_by: str
    why: str
    slug: str
    expires_at: datetime | None


def applications(
    *, viewer: Viewer, states: Collection[str], before: int | None = None, size: int = 50
) -> list[ApplicationView]:
    """Those in one of some states, the newest first; for who sees everything."""
    if not viewer.sees_all:
        return []
    rows = Application.objects.filter(state__in=states)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    names = ApplicationView.__struct_fields__
    return [ApplicationView(**row) for row in rows.order_by("-pk").values(*names)[:size]]


def waiting_applications(*, viewer: Viewer) -> int:
    """How many wait for a decision."""
    if not viewer.sees_all:
        return 0
    return Application.objects.filter(state=Application.State.ASKED).count()


def invitation(token: str, now: datetime) -> ApplicationView | None:
    """The application whose invitation a link is; None where the link is not answered."""
    rows = Application.objects.filter(
        state=Application.State.ACCEPTED, token_digest=token_digest(token)
    )
    row = rows.values(*ApplicationView.__struct_fields__).first()
    found = ApplicationView(**row) if row else None
    return found if found and answered(found.expires_at, now) else None
