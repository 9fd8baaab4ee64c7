"""Who takes a step of a request, and by which power; a step as it is written down."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 msgspec reads the annotation when it runs
from typing import TYPE_CHECKING

import msgspec

from pehra.cases.actions.timeline import digest_of
from pehra.cases.evidence.rules import ASK, CONSENT, Basis, Kind, State, check_lawful
from pehra.cases.models.case import Party
from pehra.cases.models.evidence import EvidenceItem, HandOver, HandOverStep
from pehra.kernel.actors import Actor  # noqa: TC001 msgspec reads the annotation when it runs
from pehra.kernel.errors import Refused
from pehra.ledger.actions import append
from pehra.mandate import queries as mandate
from pehra.mandate.actions import person
from pehra.mandate.queries.powers import addresses, grounds, warrant_of
from pehra.mandate.tenancy import as_system

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from pehra.mandate.powers import Power
    from pehra.mandate.rules import Post


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


class Turn(msgspec.Struct, frozen=True):
    """A step as it is taken: by whom, with what words, when."""

    hand: Hand
    text: str
    now: datetime


class Held(msgspec.Struct, frozen=True):
    """A power that a person holds now.

    Attributes:
        actor: the account by its own address, and the office.
        role: of the office.
        does: by which word of the power.
        typed_by: who typed it, an account by its own address; several, where it may be each.
    """

    actor: Actor
    role: str
    does: str
    typed_by: str

    @property
    def persons(self) -> tuple[str, ...]:
        """Who stands behind it."""
        return one_spelling(self.actor.name, self.typed_by)


def one_spelling(*names: str) -> tuple[str, ...]:
    """Names of persons as they are compared; each once. One text may name several, by spaces."""
    return tuple(dict.fromkeys(one.casefold() for name in names for one in name.split()))


class Place(msgspec.Struct, frozen=True):
    """Whose offices count: teams in a case and in those merged into it, and who is asked for."""

    teams: frozenset[int]
    organisation: int | None = None

    def has(self, post: Post, power: Power) -> bool:
        """Whether a post is one of those by which this power counts here."""
        if power.does == ASK.does:
            return post.organisation is not None
        if power.does == CONSENT.does:
            return post.organisation is not None and post.organisation == self.organisation
        return post.team in self.teams


@as_system()
def place_of(case: int, organisation: int | None = None) -> Place:
    """The place of a case; of none, where there is no such case."""
    rows = Party.objects.filter(case=case, team__isnull=False).values_list("team", flat=True)
    return Place(frozenset(rows), organisation)


@as_system()
def place_of_item(number: int) -> Place:
    """The place of the case of an item."""
    case = EvidenceItem.objects.filter(pk=number).values_list("case", flat=True).first()
    return place_of(case or 0)


def held(hand: Hand, powers: Sequence[Power], now: datetime, place: Place) -> Held:
    """By which office a person may do one of some things in a case today.

    Raises:
        UsageError: no such account.
        Refused: none of the person's offices in this case holds one of the powers; no glass is
            broken here.
    """
    user = person(hand.email)
    posts = mandate.posts_of(user, now.date())
    for power in powers:
        here = [post for post in posts if place.has(post, power)]
        found = warrant_of(user, power, now, hand.office, here)
        if found is not None and not found.glass:
            role = next(post.role for post in here if post.office == found.office)
            typed = _accounts(hand.typed_by) or hand.typed_by
            return Held(found.actor(user.email), role, power.does, typed[:254])
    wanted = ", ".join(f"`{power.act}` (`{power.does}`)" for power in powers)
    message = f"No office of {user.email} in this case holds {wanted} today."
    raise Refused(message, mend="`pehra offices powers` says which do; its team is in the case.")


def _accounts(name: str) -> str:
    """The own address of the account that types: by its address, or as it is called at a terminal.

    All accounts of that name before the @, where there are several; empty: there is none.
    """
    found = addresses(name) if "@" in name else addresses(f"{name}@", begins=True)
    return " ".join(found)


class Answered(msgspec.Struct, frozen=True):
    """A request as it stands after an act."""

    number: int
    state: str
    why: str = ""


def stepped(row: HandOver, to: State, able: Held, turn: Turn, **facts: str | int) -> int:
    """Write a step of a request that was `entered`; gives the index of its ledger entry."""
    row.state, row.changed_at = to, turn.now
    row.save()
    return written(row, to, able, turn, **facts)


def written(row: HandOver, to: State, able: Held, turn: Turn, **facts: str | int) -> int:
    """Write a step that leaves the request where it stands; gives the index of its ledger entry."""
    HandOverStep.objects.create(
        request=row,
        state=to,
        does=able.does,
        at=turn.now,
        by=able.actor.name,
        typed_by=able.typed_by,
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
            **facts,
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
