"""Reading what left, what waits, and how far sending is on."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 msgspec reads the annotation when it runs
from typing import TYPE_CHECKING, Any

import msgspec
from django.db.models import Count, Q

from pehra.dispatch.models import Content, Envelope, Receipt, SendingState
from pehra.dispatch.rules import Channel, Mode, Sending, State
from pehra.mandate.tenancy import seen_by

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

    from pehra.mandate.viewers import Viewer


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """An envelope as a list shows it."""

    id: int
    key: str
    message_id: str
    kind: str
    reference: str
    channel: str
    organisation: int | None
    team: int | None
    contact: int | None
    address: str
    tlp: str
    pap: str
    exercise: bool
    urgent: bool
    state: str
    mode: str
    refusal: str
    sealed: str
    attempts: int
    next_at: datetime | None
    released_at: datetime
    released_by: str
    sent_at: datetime | None


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """A receipt as a page shows it."""

    at: datetime
    outcome: str
    by: str
    code: int
    status: str
    words: str


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which envelopes are asked for; what is empty is not asked."""

    state: str = ""
    kind: str = ""
    channel: str = ""
    organisation: int | None = None
    reference: str = ""
    address: str = ""
    exercise: bool | None = None


def sending() -> Sending:
    """How far sending is switched on; a home where nobody said so is off."""
    row = SendingState.objects.filter(pk=1).first()
    if row is None:
        return Sending()
    return Sending(
        mode=Mode(row.mode),
        redirect_to=row.redirect_to,
        pilot=frozenset(row.pilot),
        proposed_by=row.proposed_by,
        proposed_at=row.proposed_at,
        changed_by=row.changed_by,
        changed_at=row.changed_at,
    )


def _asked(wanted: Wanted) -> Q:
    terms = Q()
    for name in ("state", "kind", "channel", "reference", "organisation", "exercise"):
        value = getattr(wanted, name)
        if value not in ("", None):
            terms &= Q(**{name: value})
    return terms & Q(address__iexact=wanted.address) if wanted.address else terms


def envelopes(
    wanted: Wanted, *, viewer: Viewer, before: int | None = None, size: int = 50
) -> list[Line]:
    """Envelopes, the newest first.

    Args:
        wanted: which.
        viewer: who looks.
        before: only those with a lower id, for the next page.
        size: at most so many.
    """
    with seen_by(viewer):
        rows = Envelope.objects.filter(_asked(wanted))
        if before is not None:
            rows = rows.filter(pk__lt=before)
        return _lines(rows.order_by("-pk")[:size])


def _lines(rows: QuerySet[Envelope]) -> list[Line]:
    names = [name for name in Line.__struct_fields__ if name not in ("organisation", "team")]
    return [
        Line(organisation=row.pop("organisation_id"), team=row.pop("team_id"), **row)
        for row in rows.values(*names, "organisation_id", "team_id")
    ]


def envelope(number: int, *, viewer: Viewer) -> Line | None:
    """One envelope; None where there is none, or the viewer may not see it."""
    with seen_by(viewer):
        return next(iter(_lines(Envelope.objects.filter(pk=number))), None)


def envelopes_of(references: Iterable[str], *, viewer: Viewer) -> dict[str, list[Line]]:
    """Envelopes of what rooms above released, by their references."""
    wanted = list(references)
    found: dict[str, list[Line]] = {reference: [] for reference in wanted}
    with seen_by(viewer):
        for start in range(0, len(wanted), 5000):
            rows = Envelope.objects.filter(reference__in=wanted[start : start + 5000])
            for line in _lines(rows.order_by("pk")):
                found[line.reference].append(line)
    return found


def receipts(number: int, *, viewer: Viewer) -> list[Heard]:
    """What was heard of an envelope, in order."""
    with seen_by(viewer):
        rows = Receipt.objects.filter(envelope=number).order_by("pk")
        return [Heard(**row) for row in rows.values(*Heard.__struct_fields__)]


def counts(*, viewer: Viewer) -> dict[str, int]:
    """How many envelopes stand in each state; drills are in no number."""
    with seen_by(viewer):
        rows = Envelope.objects.filter(exercise=False).values_list("state").annotate(Count("pk"))
        found: dict[str, int] = dict(rows)
    return {state.value: found.get(state.value, 0) for state in State}


def sealed_content(number: int, *, viewer: Viewer) -> tuple[str, bytes] | None:
    """Key of an envelope and what is inside, sealed; None: gone, or not for the viewer."""
    with seen_by(viewer):
        row = Content.objects.filter(pk=number).values_list("envelope__key", "inside").first()
        return None if row is None else (row[0], bytes(row[1]))


def by_message(message_id: str, *, viewer: Viewer) -> int | None:
    """The envelope that went out under a message id."""
    with seen_by(viewer):
        rows: Any = Envelope.objects.filter(message_id=message_id).exclude(message_id="")
        found: int | None = rows.values_list("pk", flat=True).first()
        return found


def known_by(message_ids: Iterable[str], *, token: str = "", viewer: Viewer) -> list[Line]:
    """Envelopes that went out under one of these message ids, in their order.

    Args:
        message_ids: with angle brackets.
        token: the id that a relay was told, as delivery notifications name it; it comes first.
        viewer: who looks.
    """
    wanted = list(dict.fromkeys(message_ids))
    asked = Q(message_id__in=wanted) | (Q(token=token) if token else Q())
    with seen_by(viewer):
        rows = Envelope.objects.filter(asked).exclude(message_id="")
        places = {name: place for place, name in enumerate(wanted)}
        found = dict(rows.values_list("pk", "message_id"))
        lines = _lines(Envelope.objects.filter(pk__in=list(found)))
    return sorted(lines, key=lambda line: places.get(found[line.id], -1))


def sent_among(numbers: Iterable[int], *, viewer: Viewer) -> frozenset[int]:
    """Those of these envelopes that left, and of which nobody said that they came back."""
    wanted, found = list(numbers), set[int]()
    with seen_by(viewer):
        for start in range(0, len(wanted), 5000):
            rows = Envelope.objects.filter(pk__in=wanted[start : start + 5000], state=State.SENT)
            found.update(rows.values_list("pk", flat=True))
    return frozenset(found)


def sent_since(moment: datetime, *, viewer: Viewer) -> int:
    """How many letters left since a moment; drills too, for the relay counts them."""
    with seen_by(viewer):
        return Envelope.objects.filter(sent_at__gt=moment).count()


def channels_due(now: datetime, *, viewer: Viewer) -> set[str]:
    """Channels by which something is due to be sent."""
    with seen_by(viewer):
        due = Envelope.objects.filter(state=State.WAITING, next_at__lte=now)
        ways = (Channel.MAIL, Channel.WEBHOOK)
        return {str(way) for way in ways if due.filter(channel=way).exists()}


def uncertain(*, viewer: Viewer) -> int:
    """How many letters may have left, and wait for a person's word; drills too."""
    with seen_by(viewer):
        return Envelope.objects.filter(state=State.UNCERTAIN).count()
