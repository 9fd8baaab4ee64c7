"""Breaking glass: an office takes a power for some hours, and another person reviews it."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec
from django.db import transaction

from pehra.kernel.errors import Refused, UsageError
from pehra.ledger.actions import append
from pehra.mandate.actions import person
from pehra.mandate.models import BrokenGlass, Office
from pehra.mandate.powers import Power, Taking, check_review, check_taking
from pehra.mandate.queries import posts_of
from pehra.mandate.queries.powers import hours_of, powers, warrant_of

if TYPE_CHECKING:
    from datetime import datetime

    from pehra.kernel.actors import Actor

REVIEW = Power("review-break-glass")


def break_glass(email: str, wish: Taking, *, actor: Actor, now: datetime) -> BrokenGlass:
    """Let a person's office hold a power for some hours, from now.

    The reason stays in the row; the ledger, which is for good, has its digest.

    Args:
        email: account of who will act.
        wish: which office takes what, why, for how long.
        actor: who says so: the same person, or the operator at the terminal.
        now: aware, UTC.

    Raises:
        UsageError: no such account or power, or no reason.
        Refused: a rule forbids it (`pehra.mandate.powers.check_taking`).
    """
    with transaction.atomic():
        user = person(email)
        longest, review = _clock("break-glass", now), _clock("break-glass-review", now)
        posts = posts_of(user, now.date())
        check_taking(wish, posts, powers(wish.power.act), longest, now.date())
        row = BrokenGlass.objects.create(
            office=Office.objects.get(slug=wish.office),
            person=user,
            taken_by=actor.name,
            act=wish.power.act,
            does=wish.power.does,
            reason=wish.reason.strip(),
            taken_at=now,
            until=now + timedelta(hours=wish.hours),
            review_by=now + timedelta(hours=review),
        )
        append(
            "mandate.break-glass",
            actor=actor,
            subject=f"office:{wish.office}",
            facts={
                "glass": row.pk,
                "person": user.pk,
                "power": wish.power.act,
                "does": wish.power.does,
                "hours": wish.hours,
                "reason_sha256": hashlib.sha256(row.reason.encode()).hexdigest(),
            },
            now=now,
        )
    return row


def _clock(kind: str, now: datetime) -> int:
    found = hours_of(kind, now.date())
    if found is None:
        message = f"No clock `{kind}` is in force, so nobody knows how long."
        raise Refused(message, mend="`pehra structure load` brings the shipped one.")
    return found


class Review(msgspec.Struct, frozen=True):
    """What a reviewer says of broken glass; `confirmed` False objects, and then says why."""

    confirmed: bool
    remark: str = ""


def review_glass(
    number: int, email: str, said: Review, *, actor: Actor, now: datetime
) -> BrokenGlass:
    """Say whether glass was broken rightly; an objection ends the power at once.

    Args:
        number: of the broken glass.
        email: account of the reviewer.
        said: whether it was right.
        actor: the reviewer, or the operator at the terminal.
        now: aware, UTC.

    Raises:
        UsageError: no such number or account, or an objection without words.
        Refused: the same person, nobody who may review, or reviewed before.
    """
    with transaction.atomic():
        row = BrokenGlass.objects.select_for_update().filter(pk=number).first()
        if row is None:
            message = f"There is no broken glass {number}."
            raise UsageError(message, mend="`pehra offices glass` lists them.")
        user = person(email)
        check_review({row.person.email, row.taken_by}, {user.email, actor.name})
        if warrant_of(user, REVIEW, now) is None:
            message = f"{user.email} holds no office that reviews broken glass."
            raise Refused(message, mend="`pehra offices powers` says which do.")
        if row.verdict:
            message = f"Glass {number} was reviewed on {row.reviewed_at:%Y-%m-%d}."
            raise Refused(message, mend="A review stands; break-glass again if it must be.")
        if not (said.confirmed or said.remark.strip()):
            message = "An objection says why."
            raise UsageError(message, mend="Give a remark.")
        verdict = BrokenGlass.Verdict.CONFIRMED if said.confirmed else BrokenGlass.Verdict.OBJECTED
        row.verdict, row.reviewer, row.reviewed_at = verdict, user, now
        row.remark = said.remark.strip()
        if not said.confirmed:
            row.until = min(row.until, now)
        row.save()
        append(
            "mandate.review-glass",
            actor=actor,
            subject=f"office:{row.office.slug}",
            facts={"glass": row.pk, "person": user.pk, "verdict": str(verdict)},
            now=now,
        )
    return row
