"""Exercises for their readers: what a letter made up, and what came of a round. Nowhere else."""

from __future__ import annotations

from collections import Counter
from statistics import median
from typing import TYPE_CHECKING

import msgspec

from pehra.mandate.tenancy import as_system, seen_by
from pehra.notices import exercises
from pehra.notices.models import Answer, Notice, Party

if TYPE_CHECKING:
    from pehra.mandate.viewers import Viewer
    from pehra.notices.letters import Line
    from pehra.notices.queries import NoticeView


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of an exercise.

    Attributes:
        minutes: half of those who answered did so within so many; null: nobody answered.
        said: what was answered, how often.
    """

    mailboxes: int
    sent: int
    refused: int
    answered: int
    minutes: int | None
    said: dict[str, int]


def made_up(notice: NoticeView, *, viewer: Viewer) -> list[Line]:
    """The made-up findings of a notice that are about organisations of the viewer."""
    with as_system():
        parties = list(Party.objects.filter(notice=notice.id).select_related("organisation"))
    holders = [
        exercises.Holder(one.organisation_id, one.organisation.slug, one.organisation.name)
        for one in sorted(parties, key=lambda one: one.organisation.slug)
    ]
    with seen_by(viewer):
        rows = Party.objects.filter(notice=notice.id)
        seen = set(rows.values_list("organisation_id", flat=True))
    # By place: two organisations may have one name.
    each = len(exercises.scenario(notice.scenario).lines)
    found = exercises.lines(notice.scenario, holders, notice.planned_at)
    return [line for at, line in enumerate(found) if holders[at // each].id in seen]


def outcome(number: int, *, viewer: Viewer) -> Outcome:
    """What came of the exercise of a round."""
    with seen_by(viewer):
        rows = list(
            Notice.objects.filter(round=number, round__exercise=True).values_list(
                "state", "released_at", "answered_at"
            )
        )
        of = Answer.objects.filter(notice__round=number, notice__round__exercise=True)
        said = Counter(of.order_by("pk").values_list("said", flat=True))
    waited = [
        (answered - sent).total_seconds() / 60 for _, sent, answered in rows if sent and answered
    ]
    states = Counter(state for state, _, _ in rows)
    return Outcome(
        mailboxes=len(rows),
        sent=states[Notice.State.RELEASED],
        refused=states[Notice.State.REFUSED],
        answered=len(waited),
        minutes=round(median(waited)) if waited else None,
        said=dict(said),
    )
