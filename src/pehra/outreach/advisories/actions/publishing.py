"""Publish an edition; end an advisory in the open, withdrawn or superseded, on its own page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.db import transaction
from django.db.models import Max

from pehra.jobs.actions import enqueue
from pehra.kernel.errors import Refused, UsageError
from pehra.ledger.actions import append
from pehra.mandate import queries as mandate
from pehra.outreach.advisories.actions.writing import open_edition, text_of
from pehra.outreach.advisories.rules import (
    Audience,
    Review,
    Stage,
    Standing,
    check_course,
    check_label,
    check_publish,
    number_of,
    prefix_of,
)
from pehra.outreach.models import Advisory, Edition, Series
from pehra.outreach.models import Review as ReviewRow

if TYPE_CHECKING:
    from datetime import datetime

    from pehra.kernel.actors import Actor

TELL, COUNT = "outreach.tell", "outreach.count"
"""Jobs that tell of an edition or an end, and that count what is exposed."""


def _prefix(now: datetime) -> str:
    """Under which the national team numbers now."""
    national = mandate.national_team(now.date())
    slug = next((one.slug for one in mandate.teams() if one.id == national), "")
    chosen = Series.objects.filter(owner=slug, since__lte=now).order_by("-since", "-pk").first()
    return chosen.prefix if chosen else prefix_of(slug)


def _number(row: Advisory, year: int, now: datetime) -> None:
    """Give an advisory the next number of the year; the numbers have no gap."""
    row.prefix, row.year = _prefix(now), year
    rows = Advisory.objects.filter(prefix=row.prefix, year=row.year)
    row.serial = (rows.aggregate(last=Max("serial"))["last"] or 0) + 1
    row.number = number_of(row.prefix, row.year, row.serial)


def publish(advisory: int, audience: Audience, *, year: int, actor: Actor, now: datetime) -> str:
    """Publish the edition that both reviews passed; returns the advisory's number.

    Page and feeds show it when this returns; letters follow from a job.

    Args:
        advisory: id.
        audience: which organisations are told, beside the subscribers.
        year: in the nation's zone, for a first edition's number.
        actor: who publishes.
        now: when.

    Raises:
        Refused: a review is missing on exactly this text, or the label forbids it.
    """
    with transaction.atomic():
        # All at once would race for the next number.
        row = Advisory.objects.select_for_update().get(pk=open_edition(advisory).advisory_id)
        edition = open_edition(advisory)
        text = text_of(edition)
        names = Review.__struct_fields__
        passed = [Review(*one) for one in ReviewRow.objects.filter(edition=edition)
                  .order_by("pk").values_list(*names)]  # fmt: skip
        check_publish(Stage(edition.stage), edition.digest, passed)
        check_label(text)
        first = row.standing == Standing.UNPUBLISHED
        standing = Standing.PUBLISHED if first else Standing.UPDATED
        check_course(Standing(row.standing), standing)
        if not row.number:
            _number(row, year, now)
            row.published_at = now
        row.standing, row.severity, row.changed_at = standing, text.severity, now
        row.save()
        edition.stage, edition.published_at = Stage.PUBLISHED, now
        edition.published_by = f"{actor.name}, {actor.office}"
        edition.audience = msgspec.to_builtins(audience)
        edition.save()
        _follow(row, edition, now)
        _enter("publish-advisory", row, edition, actor, now)
        return row.number


def _follow(row: Advisory, edition: Edition, now: datetime) -> None:
    key = f"{row.number}:{edition.number}"
    enqueue(TELL, {"edition": edition.pk, "standing": row.standing}, now=now, unique_key=key)
    enqueue(COUNT, {"edition": edition.pk}, now=now, unique_key=key)


def _enter(act: str, row: Advisory, edition: Edition, actor: Actor, now: datetime) -> None:
    append(
        f"outreach.{act}",
        actor=actor,
        subject=f"advisory:{row.pk}",
        facts={
            "number": row.number,
            "standing": row.standing,
            "edition": edition.number,
            "digest": edition.digest,
        },
        now=now,
    )


class End(msgspec.Struct, frozen=True):
    """Why an advisory ends, in both languages; `successor`: number of the one in its place."""

    why: str
    why_ur: str = ""
    successor: str = ""


def end(advisory: int, how: End, *, actor: Actor, now: datetime) -> None:
    """Withdraw an advisory, or say which one took its place; its text stays where it was.

    Raises:
        UsageError: no reason, or no such successor.
        IllegalStep: it was never published, or has ended already.
    """
    if not how.why.strip():
        message = "An advisory ends with a reason, in the open."
        raise UsageError(message, mend="Say what was wrong, or what has changed.")
    with transaction.atomic():
        row = Advisory.objects.select_for_update().filter(pk=advisory).first()
        if row is None:
            message = f"There is no advisory {advisory}."
            raise UsageError(message, mend="`pehra advisories list` lists them.")
        standing = Standing.SUPERSEDED if how.successor else Standing.WITHDRAWN
        check_course(Standing(row.standing), standing)
        row.successor = _successor(row, how.successor)
        row.standing, row.changed_at = standing, now
        row.ended_by, row.ended_why = f"{actor.name}, {actor.office}", how.why.strip()
        row.ended_why_ur = how.why_ur.strip()
        row.save()
        editions = Edition.objects.filter(advisory=row)
        editions.exclude(stage__in=(Stage.PUBLISHED, Stage.DROPPED)).update(stage=Stage.DROPPED)
        edition = editions.filter(stage=Stage.PUBLISHED).order_by("-number")[0]
        payload = {"edition": edition.pk, "standing": row.standing}
        enqueue(TELL, payload, now=now, unique_key=f"{row.number}:{row.standing}")
        _enter("end-advisory", row, edition, actor, now)


def _successor(row: Advisory, number: str) -> Advisory | None:
    if not number:
        return None
    found = Advisory.objects.filter(number=number).exclude(pk=row.pk).first()
    if found is None:
        message = f"No advisory `{number[:40]}` was published."
        raise UsageError(message, mend="Publish the new one first, then name it here.")
    if found.standing in {Standing.WITHDRAWN, Standing.SUPERSEDED}:
        message = f"{number} is `{found.standing}` itself."
        raise Refused(message, mend="Name one that stands.")
    return found
