"""Bulk acts as their askers see them: what one would do, how far it is, what it could not do."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec
from django.db.models import Count

from pehra.findings.models import BulkAct, BulkRow
from pehra.findings.queries.wanted import Filter, matching
from pehra.findings.rules import State
from pehra.jobs.queries import alive
from pehra.mandate.tenancy import seen_by

if TYPE_CHECKING:
    from datetime import datetime

    from pehra.mandate.viewers import Viewer


def preview(wanted: Filter, *, viewer: Viewer, limit: int | None = None) -> dict[State, int]:
    """How many findings the filter means, by the state they are in.

    With a limit the counting stops at one more than that: a page over a million answers at once.
    """
    rows = matching(wanted, viewer).order_by()
    if limit is not None:
        states = rows.values_list("state", flat=True)[: limit + 1]
        return {State(state): found for state, found in sorted(Counter(states).items())}
    counted = rows.values_list("state").annotate(found=Count("id"))
    return {State(state): found for state, found in counted}


class BulkView(msgspec.Struct, frozen=True):
    """A bulk act as it stands; moments are aware, UTC."""

    id: int
    by: str
    act: str
    why: str
    until: datetime | None
    assignee: int | None
    asked_at: datetime
    total: int
    done: int
    refused: int
    finished_at: datetime | None
    undo_by: str
    undo_through: int
    undone: int
    undone_at: datetime | None


def bulk_act(number: int, *, viewer: Viewer) -> BulkView | None:
    """A bulk act; None where there is none, or another asked for it and `viewer` sees not all.

    To see one is not to change it: `actions.bulk.own` asks who asked for it.
    """
    with seen_by(viewer):
        rows = BulkAct.objects.filter(pk=number)
    values = rows.values_list(*BulkView.__struct_fields__).first()
    return None if values is None else BulkView(*values)


def is_stopped(act: BulkView) -> bool:
    """Whether nobody works on an act before its end: its job was cancelled, or failed for good."""
    ended = act.undone_at if act.undo_by else act.finished_at
    return ended is None and not alive(f"bulk:{act.id}")


class RefusedRow(msgspec.Struct, frozen=True):
    """A finding that did not take the act, in the state that forbade it."""

    finding: int
    identifier: str
    asset: str
    state: State


def refused(number: int, *, viewer: Viewer, after: int = 0, limit: int = 200) -> list[RefusedRow]:
    """Findings that did not take the act, by number from the one after `after` on.

    Those that the reader may still see.
    """
    with seen_by(viewer):
        seen = matching(Filter(), viewer)
        rows = BulkRow.objects.filter(act=number, refused=True, finding__in=seen, finding__gt=after)
    names = ("finding_id", "finding__identifier", "finding__asset", "state")
    found = rows.order_by("finding_id").values_list(*names)[:limit]
    return [RefusedRow(one, name, asset, State(state)) for one, name, asset, state in found]
