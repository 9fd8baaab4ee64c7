"""Who takes a step of a request, and by which power; a step as it is written down."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 msgspec reads the annotation when it runs
from typing import TYPE_CHECKING

import msgspec

from pehra.cases.actions.timeline import digest_of
from pehra.cases.evidence.rules import Basis, Kind, State, check_lawful
from pehra.cases.models.evidence import HandOver, HandOverStep
from pehra.kernel.actors import Actor  # noqa: TC001 msgspec reads the annotation when it runs
from pehra.kernel.errors import Refused
from pehra.ledger.actions import append
from pehra.mandate import queries as mandate
from pehra.mandate.actions import person
from pehra.mandate.queries.powers import grounds, warrant_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from pehra.mandate.powers import Power


class Hand(msgspec.Struct, frozen=True):
    """Who takes a step.

    Attributes:
        email: account of the person.
        typed_by: who types it: the same, or the operator at the terminal.
        office: in whose name; empty: any that holds the power.
    """

    email: str
    typed_by: str
    office: str = ""

    @property
    def persons(self) -> tuple[str, ...]:
        """Who stands behind it."""
        return tuple(dict.fromkeys((self.email, self.typed_by)))


class Turn(msgspec.Struct, frozen=True):
    """A step as it is taken: by whom, with what words, when."""

    hand: Hand
    text: str
    now: datetime


class Held(msgspec.Struct, frozen=True):
    """A power that a person holds now."""

    actor: Actor
    role: str
    does: str


def held(hand: Hand, powers: Sequence[Power], now: datetime) -> Held:
    """By which office a person may do one of some things today.

    Raises:
        UsageError: no such account.
        Refused: none of the person's offices holds one of the powers; no glass is broken here.
    """
    user = person(hand.email)
    posts = mandate.posts_of(user, now.date())
    for power in powers:
        found = warrant_of(user, power, now, hand.office, posts)
        if found is not None and not found.glass:
            role = next(post.role for post in posts if post.office == found.office)
            return Held(found.actor(hand.email), role, power.does)
    wanted = ", ".join(f"`{power.act}` (`{power.does}`)" for power in powers)
    message = f"No office of {hand.email} holds {wanted} today."
    raise Refused(message, mend="`pehra offices powers` says which do.")


class Answered(msgspec.Struct, frozen=True):
    """A request as it stands after an act."""

    number: int
    state: str
    why: str = ""


def stepped(row: HandOver, to: State, able: Held, turn: Turn) -> int:
    """Write a step of a request that was `entered`; gives the index of its ledger entry."""
    row.state, row.changed_at = to, turn.now
    row.save()
    HandOverStep.objects.create(
        request=row,
        state=to,
        does=able.does,
        at=turn.now,
        by=turn.hand.email,
        typed_by=turn.hand.typed_by,
        office=able.actor.office,
        text=turn.text,
    )
    return append(
        f"cases.evidence-{to.value.replace('_', '-')}",
        actor=able.actor,
        subject=f"hand-over:{row.pk}",
        facts={
            "case": row.case_id,
            "kind": row.kind,
            "ground": row.ground,
            **_digest(row, turn.text),
        },
        now=turn.now,
    )


def _digest(row: HandOver, text: str) -> dict[str, str]:
    return {"agency": mandate.slug_of(row.agency_id), "digest": digest_of(text)}


def basis(row: HandOver) -> Basis:
    """On what a request stands."""
    return Basis(Kind(row.kind), row.ground, row.ordered_by, row.preserve_until)


def unlawful(of: Basis, on: date) -> str:
    """Why a request stands on no ground; empty where it does."""
    try:
        check_lawful(of, grounds(), on)
    except Refused as error:
        return str(error)
    return ""
