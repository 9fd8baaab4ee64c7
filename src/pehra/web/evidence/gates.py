"""Who may do what in the evidence room: working on a case opens nothing by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.core.exceptions import PermissionDenied

from pehra.cases.evidence.actions.hands import Hand, held, place_of
from pehra.cases.evidence.actions.keeping import Keeper
from pehra.cases.evidence.rules import ASK, CARRY, CONSENT, JUDGE, KEEP, READ, RECORD
from pehra.kernel.time import clock
from pehra.mandate.powers import may
from pehra.mandate.queries.powers import powers
from pehra.mandate.viewers import Viewer
from pehra.web.gate import chosen_office, posts

if TYPE_CHECKING:
    from django.http import HttpRequest

    from pehra.mandate.powers import Power, PowerFacts
    from pehra.mandate.rules import Post

ROLES = frozenset({"EVC", "LEG", "DIR", "INV"})
"""Roles whose menu has the evidence room; who may what there, the table of powers says."""


class Access(msgspec.Struct, frozen=True):
    """What the signed-in person may do, by the offices held today."""

    posts: tuple[Post, ...]
    rows: tuple[PowerFacts, ...]

    def can(self, *wanted: Power) -> bool:
        """Whether one of the powers is held."""
        today = clock().date()
        return any(may(self.posts, power, self.rows, today) for power in wanted)

    def reader(self, viewer: Viewer) -> Viewer:
        """Who reads items: only by offices that may, in cases in which the team of one is."""
        today = clock().date()
        teams = frozenset(
            post.team
            for post in self.posts
            if post.team is not None
            and any(may((post,), power, self.rows, today) for power in (KEEP, READ))
        )
        return Viewer(viewer.name, teams=teams, on=viewer.on)

    @property
    def keeps(self) -> bool:
        """Adds, opens, holds."""
        return self.can(KEEP)

    @property
    def reads(self) -> bool:
        """Sees which items there are."""
        return self.can(KEEP, READ)

    @property
    def asks(self) -> bool:
        """Asks, or writes down what came on paper."""
        return self.can(ASK, RECORD)


def access(request: HttpRequest) -> Access:
    """What the reader may do; refused where that is nothing.

    Raises:
        PermissionDenied: no office held today has anything to do with evidence.
    """
    rows = (*powers(KEEP.act), *powers(ASK.act))
    found = Access(tuple(posts(request)), rows)
    if not found.can(KEEP, READ, ASK, RECORD, JUDGE, CARRY, CONSENT):
        raise PermissionDenied
    return found


def hand(request: HttpRequest) -> Hand:
    """The signed-in person, who types for themselves."""
    email = str(getattr(request.user, "email", ""))
    return Hand(email, email, chosen_office(request))


def keeper(request: HttpRequest, viewer: Viewer, case: int) -> Keeper:
    """The signed-in person in the office that keeps evidence of a case.

    Raises:
        Refused: none does, in whose name the person acts.
    """
    return Keeper(viewer, held(hand(request), (KEEP,), clock(), place_of(case)).actor)
