"""Write an advisory and its editions; each act is one transaction and one ledger entry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from django.db import transaction

from pehra.kernel.errors import Refused, UsageError
from pehra.kernel.ids import digest
from pehra.ledger.actions import append
from pehra.mandate import queries as mandate
from pehra.outreach.advisories.rules import (
    AFTER_REVIEW,
    Kind,
    Stage,
    Standing,
    Text,
    check_change,
    check_label,
    check_prefix,
    check_reviewer,
    check_step,
    check_text,
)
from pehra.outreach.models import Advisory, Edition, Review, Series

if TYPE_CHECKING:
    from datetime import datetime

    from pehra.kernel.actors import Actor

_OPEN = (Stage.DRAFT, Stage.TECHNICAL, Stage.LEGAL, Stage.APPROVED)


def _kept(text: Text) -> dict[str, Any]:
    """What is stored of a text, and the digest by which reviews name it."""
    check_text(text)
    return {"text": msgspec.to_builtins(text), "digest": digest(msgspec.json.encode(text))}


def _enter(act: str, edition: Edition, actor: Actor, now: datetime) -> None:
    append(
        f"outreach.{act}",
        actor=actor,
        subject=f"advisory:{edition.advisory_id}",
        facts={"edition": edition.number, "stage": edition.stage, "digest": edition.digest},
        now=now,
    )


def open_edition(advisory: int) -> Edition:
    """The edition of an advisory that is being worked on, locked.

    Raises:
        UsageError: there is none.
    """
    rows = Edition.objects.select_for_update(of=("self",)).select_related("advisory")
    found = rows.filter(advisory=advisory, stage__in=_OPEN).first()
    if found is None:
        message = f"Advisory {advisory} has no edition that is being worked on."
        raise UsageError(message, mend="Begin one; `pehra advisories list --drafts` lists them.")
    return found


def set_prefix(team: str, prefix: str, *, actor: Actor, now: datetime) -> None:
    """Let a team number its advisories under a prefix from now on; old numbers stay.

    Raises:
        UsageError: no such team, or no prefix.
    """
    check_prefix(prefix)
    if team not in {one.slug for one in mandate.teams()}:
        message = f"There is no team `{team}`."
        raise UsageError(message, mend="`pehra structure show` lists teams.")
    with transaction.atomic():
        by = f"{actor.name}, {actor.office}"
        Series.objects.create(owner=team, prefix=prefix, since=now, decided_by=by)
        facts = {"prefix": prefix}
        append("outreach.set-prefix", actor=actor, subject=f"team:{team}", facts=facts, now=now)


def begin(text: Text, *, actor: Actor, now: datetime) -> int:
    """Begin an advisory with the draft of its first edition; returns its id.

    Raises:
        UsageError: the text is not whole.
    """
    with transaction.atomic():
        row = Advisory.objects.create(severity=text.severity, begun_at=now)
        _begin(row, 1, text, actor, now)
        return row.pk


def begin_edition(advisory: int, text: Text, *, actor: Actor, now: datetime) -> None:
    """Begin the draft of the next edition of an advisory that was published.

    Raises:
        UsageError: there is no such advisory, or the text is not whole.
        Refused: an edition is being worked on, or the advisory has ended.
    """
    with transaction.atomic():
        row = Advisory.objects.select_for_update().filter(pk=advisory).first()
        if row is None:
            message = f"There is no advisory {advisory}."
            raise UsageError(message, mend="`pehra advisories list` lists them.")
        if row.standing not in {Standing.PUBLISHED, Standing.UPDATED}:
            message = f"An advisory that is `{row.standing}` gets no further edition."
            raise Refused(message, mend="Write a new advisory.")
        editions = Edition.objects.filter(advisory=row)
        if editions.filter(stage__in=_OPEN).exists():
            message = "An edition of it is being worked on already."
            raise Refused(message, mend="Change that one, or drop it.")
        newest = editions.order_by("-number").values_list("number", flat=True)[0]
        _begin(row, newest + 1, text, actor, now)


def _begin(row: Advisory, number: int, text: Text, actor: Actor, now: datetime) -> None:
    edition = Edition.objects.create(
        advisory=row,
        number=number,
        stage=Stage.DRAFT,
        writers=[actor.name],
        changed_at=now,
        **_kept(text),
    )
    _enter("write-advisory", edition, actor, now)


def rewrite(advisory: int, text: Text, *, was: str = "", actor: Actor, now: datetime) -> None:
    """Change the draft of an advisory.

    Args:
        advisory: id.
        text: what it says now.
        was: digest of the text that the writer had before them; empty: whichever.
        actor: who writes.
        now: when.

    Raises:
        UsageError: the text is not whole, or nothing is being worked on.
        Refused: it is in review, or somebody else changed it meanwhile.
    """
    with transaction.atomic():
        edition = open_edition(advisory)
        if edition.stage != Stage.DRAFT:
            message = f"This edition is `{edition.stage}`: a text does not change under a review."
            raise Refused(message, mend="Take it back to a draft first.")
        if was and was != edition.digest:
            message = "Somebody else changed this draft while you wrote."
            raise Refused(message, mend="Open it again, and put your change into what stands now.")
        kept = _kept(text)
        edition.text, edition.digest = kept["text"], kept["digest"]
        edition.writers = sorted({*edition.writers, actor.name})
        edition.changed_at = now
        edition.save()
        if edition.number == 1:
            Advisory.objects.filter(pk=advisory).update(severity=text.severity)
        _enter("write-advisory", edition, actor, now)


def text_of(edition: Edition) -> Text:
    """What an edition says."""
    return msgspec.convert(edition.text, Text)


def move(advisory: int, stage: Stage, *, actor: Actor, now: datetime) -> None:
    """Hand a draft in for its reviews, take it back, or drop it.

    Raises:
        IllegalStep: the edition does not go there from where it is, or only by a review.
        UsageError: the text does not say what it changes.
    """
    with transaction.atomic():
        edition = open_edition(advisory)
        check_step(Stage(edition.stage), stage)
        if stage not in {Stage.TECHNICAL, Stage.DRAFT, Stage.DROPPED}:
            message = f"Only a review leads to `{stage}`."
            raise Refused(message, mend="Somebody who may review passes it.")
        if stage == Stage.TECHNICAL:
            check_change(edition.number, text_of(edition))
        edition.stage, edition.changed_at = stage, now
        edition.save()
        _enter("move-advisory", edition, actor, now)


class Verdict(msgspec.Struct, frozen=True):
    """What a reviewer says; `remark` is needed where it does not pass."""

    kind: Kind
    passed: bool
    remark: str = ""
    digest: str = ""
    """Of the text that was read; empty: the one that stands."""


def review(advisory: int, verdict: Verdict, *, actor: Actor, now: datetime) -> None:
    """Pass a text on, or send it back to its writer with the reason.

    Raises:
        Refused: it is not in this review, the text changed meanwhile, the reviewer wrote what is
            critical, or the label forbids it.
        UsageError: it is sent back without a reason.
    """
    with transaction.atomic():
        edition = open_edition(advisory)
        text, (here, next_) = text_of(edition), AFTER_REVIEW[verdict.kind]
        if edition.stage != here:
            message = f"This edition is `{edition.stage}`, not in {verdict.kind} review."
            raise Refused(message, mend="Look at where it stands now.")
        if verdict.digest not in {"", edition.digest}:
            message = "The text was changed after you opened it."
            raise Refused(message, mend="Read it again.")
        check_reviewer(text, edition.writers, actor.name)
        if not verdict.passed and not verdict.remark.strip():
            message = "A text is sent back with a reason."
            raise UsageError(message, mend="Say what its writer should change.")
        if verdict.passed and verdict.kind == Kind.LEGAL:
            check_label(text)
        Review.objects.create(
            edition=edition,
            kind=verdict.kind,
            passed=verdict.passed,
            digest=edition.digest,
            by=actor.name,
            office=actor.office,
            at=now,
            remark=verdict.remark.strip()[:4000],
        )
        edition.stage = next_ if verdict.passed else Stage.DRAFT
        edition.save()
        _enter(f"review-advisory-{verdict.kind}", edition, actor, now)
