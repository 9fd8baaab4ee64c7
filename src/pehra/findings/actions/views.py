"""Save a view of the list of findings, share it, let lists open with it, remove it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.db import transaction

from pehra.findings.models import SavedView
from pehra.kernel.errors import Refused, UsageError
from pehra.ledger import actions as ledger
from pehra.mandate.tenancy import seen_by

if TYPE_CHECKING:
    from datetime import datetime

    from pehra.kernel.actors import Actor
    from pehra.mandate.viewers import Viewer

SENIOR = frozenset({"DIR", "SUP"})
"""Roles that may say with which view a team's lists open."""
_LONGEST_NAME, _LONGEST_QUERY = 80, 1_000


class NewView(msgspec.Struct, frozen=True):
    """A view to be saved.

    Attributes:
        name: what it is called; one of the same name is replaced.
        query: the filter as the address carries it.
        team: id of the team with whom it is shared; null: with nobody.
        is_default: one's own list opens with it.
        role: the team's people in this role open their lists with it.
        roles: those that the saver holds.
    """

    name: str
    query: str
    team: int | None = None
    is_default: bool = False
    role: str = ""
    roles: frozenset[str] = frozenset()


def save_view(new: NewView, *, viewer: Viewer, actor: Actor, now: datetime) -> int:
    """Save a view under its name; returns its number.

    Raises:
        UsageError: no name, or too long a filter.
        Refused: another's team, or a default of a role by somebody who may not set it.
    """
    name = " ".join(new.name.split())[:_LONGEST_NAME]
    _check(new, name, viewer)
    with seen_by(viewer), transaction.atomic():
        if new.is_default:
            SavedView.objects.filter(by=viewer.name).update(is_default=False)
        if new.role:
            SavedView.objects.filter(team=new.team, role=new.role).update(role="")
        facts = {
            "query": new.query,
            "team_id": new.team,
            "is_default": new.is_default,
            "role": new.role,
            "saved_at": now,
        }
        row, _ = SavedView.objects.update_or_create(by=viewer.name, name=name, defaults=facts)
        ledger.append(
            "findings.save-view",
            actor=actor,
            subject=f"view:{row.pk}",
            facts={"team": new.team, "default": new.is_default, "role": new.role},
            now=now,
        )
    return row.pk


def _check(new: NewView, name: str, viewer: Viewer) -> None:
    if not name:
        message = "A view needs a name."
        raise UsageError(message, mend="Give it one.")
    if len(new.query) > _LONGEST_QUERY:
        message = "The filter is too long to be saved."
        raise UsageError(message, mend="Narrow it by fewer words.")
    if new.team is not None and new.team not in viewer.teams:
        message = "A view is shared with a team of one's own."
        raise Refused(message, mend="Choose another.")
    if new.role and (new.team is None or not new.roles & SENIOR):
        message = "Only a supervisor or director says with which view a role begins, in their team."
        raise Refused(message, mend="Ask them.")


def remove_view(number: int, *, viewer: Viewer, actor: Actor, now: datetime) -> None:
    """Remove one of one's own views.

    Raises:
        UsageError: there is none such of the reader's.
    """
    with seen_by(viewer), transaction.atomic():
        if not SavedView.objects.filter(pk=number, by=viewer.name).delete()[0]:
            message = "There is no such view of yours."
            raise UsageError(message, mend="Only its owner removes a view.")
        ledger.append(
            "findings.remove-view", actor=actor, subject=f"view:{number}", facts={}, now=now
        )
