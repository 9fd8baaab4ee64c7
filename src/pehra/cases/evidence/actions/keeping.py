"""Open evidence, see whether it is what it was, note, hold, and destroy what has had its time."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import msgspec
from django.db import transaction
from django.db.models import Q

from pehra.cases.evidence import custody
from pehra.cases.evidence.actions.custody import Doing, locked, otherwise, write
from pehra.cases.evidence.rules import Act, ItemState, State, check_destroyable, check_words
from pehra.cases.models.evidence import CustodyLine, EvidenceHold, EvidenceItem, HandOverItem
from pehra.cases.queries.family import root_of
from pehra.engines.lake.lock import only_one
from pehra.engines.vault import files as vault
from pehra.engines.vault.pour import digests
from pehra.kernel.actors import SYSTEM, Actor
from pehra.kernel.errors import Damaged, Refused, UsageError
from pehra.ledger.queries import show
from pehra.mandate.queries.powers import hours_of
from pehra.mandate.tenancy import as_system, seen_by
from pehra.mandate.viewers import SYSTEM_VIEWER, Viewer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from pehra.kernel.settings import Home

_LONG = 10_000_000


def upload_lock(home: Home, storage: str) -> Path:
    """What whoever writes an item's file holds."""
    return home.locks / f"evidence-{storage[:2]}"


class Keeper(msgspec.Struct, frozen=True):
    """One who works in the evidence room: what there is for them, and in whose name they act."""

    viewer: Viewer
    actor: Actor


SYSTEM_KEEPER = Keeper(SYSTEM_VIEWER, SYSTEM)


def open_item(
    home: Home, number: int, keeper: Keeper, *, purpose: str, now: datetime
) -> Iterator[bytes]:
    """The bytes of an item, piece by piece; that it was opened is written down before the first.

    Raises:
        UsageError: no such item for this viewer, or no purpose in words.
        Refused: it is not kept yet, or destroyed.
    """
    words = check_words(purpose, "The purpose")
    with seen_by(keeper.viewer), transaction.atomic():
        row = _kept(number)
        write(row, Doing(act=Act.OPENED, actor=keeper.actor, at=now, purpose=words), now=now)
    return vault.opened(home, row.storage, row.size)


def _kept(number: int) -> EvidenceItem:
    row = locked(number)
    if row.state != ItemState.KEPT:
        message = f"Evidence {number} is {row.state}."
        raise Refused(message, mend="Only what is kept can be opened.")
    return row


class Verdict(msgspec.Struct, frozen=True):
    """What was found of an item. `faults` is empty where all of it holds."""

    item: int
    sha256: str
    sha512: str
    lines: int
    faults: tuple[str, ...]


def verify(home: Home, number: int, keeper: Keeper, *, now: datetime, read: bool = True) -> Verdict:
    """Read an item again for its digests, and its custody against the ledger; written down too.

    Raises:
        UsageError: no such item for this viewer.
        Refused: it is not kept yet.
    """
    with seen_by(keeper.viewer), transaction.atomic():
        row = _kept(number)
    faults = [*_custody_faults(row), *(_file_faults(home, row) if read else ())]
    with seen_by(keeper.viewer), transaction.atomic():
        facts = {"faults": len(faults), "read": read}
        write(
            locked(number),
            Doing(act=Act.VERIFIED, actor=keeper.actor, at=now, facts=facts),
            now=now,
        )
        lines = CustodyLine.objects.filter(item=row).count()
    return Verdict(number, row.sha256, row.sha512, lines, tuple(faults))


def _file_faults(home: Home, row: EvidenceItem) -> list[str]:
    try:
        found = digests(vault.opened(home, row.storage, row.size))
    except Damaged as error:
        return [error.message]
    same = (found.sha256, found.sha512, found.size) == (row.sha256, row.sha512, row.size)
    return [] if same else ["It is not what was taken in."]


@as_system()
def _custody_faults(row: EvidenceItem) -> list[str]:
    rows = list(CustodyLine.objects.filter(item=row).order_by("seq"))
    try:
        lines = custody.lines("\n".join(one.text for one in rows))
        custody.check(row.pk, lines)
    except Damaged as error:
        return [error.message]
    told = {
        entry.facts.get("line"): entry.facts.get("digest")
        for entry in show(f"evidence:{row.pk}", limit=_LONG)
        if "line" in entry.facts
    }
    if told != {line.seq: line.digest for line in lines}:
        return ["The ledger has another custody."]
    changed = otherwise(row, lines)
    if changed:
        return [f"Its custody says otherwise when it came in: {', '.join(changed)}."]
    return []


def note(number: int, text: str, keeper: Keeper, *, at: datetime, now: datetime) -> None:
    """Add a remark to the custody, such as that a disk lies in the safe.

    Raises:
        UsageError: no such item, or no words.
        Refused: it would be back-dated.
    """
    words = check_words(text, "The remark")
    with seen_by(keeper.viewer), transaction.atomic():
        row = locked(number)
        write(row, Doing(act=Act.NOTED, actor=keeper.actor, at=at, purpose=words), now=now)


class Hold(msgspec.Struct, frozen=True):
    """A hold that is to be set. `until` null: until it is lifted."""

    reason: str
    until: date | None = None
    request: int | None = None


def hold(number: int, wish: Hold, keeper: Keeper, *, now: datetime) -> int:
    """Keep an item, whatever its age; gives the hold's number.

    Raises:
        UsageError: no such item, no reason, or a day that has passed.
    """
    words = check_words(wish.reason, "The reason")
    if wish.until is not None and wish.until <= now.date():
        message = f"{wish.until} has passed."
        raise UsageError(message, mend="Let the hold end on a day to come.")
    with seen_by(keeper.viewer), transaction.atomic():
        row = locked(number)
        made = EvidenceHold.objects.create(
            item=row,
            request_id=wish.request,
            reason=words,
            set_at=now,
            set_by=keeper.actor.name,
            until=wish.until,
        )
        facts = {"hold": made.pk, "until": wish.until.isoformat() if wish.until else ""}
        write(
            row,
            Doing(act=Act.HELD, actor=keeper.actor, at=now, purpose=words, facts=facts),
            now=now,
        )
    return made.pk


def release(number: int, reason: str, keeper: Keeper, *, now: datetime) -> None:
    """Lift a hold.

    Raises:
        UsageError: no such hold, or no reason.
    """
    words = check_words(reason, "The reason")
    with seen_by(keeper.viewer), transaction.atomic():
        made = EvidenceHold.objects.filter(pk=number, lifted_at=None).first()
        if made is None:
            message = f"There is no hold {number} on evidence."
            raise UsageError(message, mend="`pehra cases evidence show` names those of an item.")
        row = locked(made.item_id)
        made.lifted_at, made.lifted_by = now, keeper.actor.name
        made.save(update_fields=["lifted_at", "lifted_by"])
        facts = {"hold": made.pk}
        doing = Doing(act=Act.RELEASED, actor=keeper.actor, at=now, purpose=words, facts=facts)
        write(row, doing, now=now)


def destroy(home: Home, number: int, reason: str, keeper: Keeper, *, now: datetime) -> str:
    """Destroy an item whose time is over; gives the digest of its last line, the certificate.

    What was said of it, its digests and its custody stay.

    Raises:
        UsageError: no such item, or no reason.
        Refused: a hold or a request keeps it, or its time is not over.
    """
    words = check_words(reason, "The reason")
    with seen_by(keeper.viewer):
        storage = EvidenceItem.objects.filter(pk=number).values_list("storage", flat=True).first()
    with only_one(upload_lock(home, storage or "")):  # nothing of it comes in meanwhile
        line = _destroyed(number, words, keeper, now)
        if line is None:
            vault.remove(home, storage or "")  # as it was when the last try was killed
            message = f"Evidence {number} is destroyed already."
            raise Refused(message, mend="Its custody says when and why.")
        transaction.on_commit(lambda: vault.remove(home, storage or ""))
    return line


def _destroyed(number: int, words: str, keeper: Keeper, now: datetime) -> str | None:
    """Write down that an item is destroyed; null: it is already."""
    with seen_by(keeper.viewer), transaction.atomic():
        row = locked(number)
        if row.state == ItemState.DESTROYED:
            return None
        over = now.date() if row.state == ItemState.COMING else retained_until(row, now)
        check_destroyable(holding(row, now.date()), over, now.date())
        row.state, row.destroyed_at = ItemState.DESTROYED, now
        if not row.sha256:
            row.sha256 = row.sha512 = "-"
        row.save(update_fields=["state", "destroyed_at", "sha256", "sha512"])
        facts = {"sha256": row.sha256}
        doing = Doing(act=Act.DESTROYED, actor=keeper.actor, at=now, purpose=words, facts=facts)
        return write(row, doing, now=now).digest


@as_system()
def holding(row: EvidenceItem, on: date) -> list[str]:
    """Why an item may not be destroyed: holds on it, and requests that are not ended."""
    held = EvidenceHold.objects.filter(item=row, lifted_at=None)
    held = held.filter(Q(until=None) | Q(until__gt=on))
    asked = HandOverItem.objects.filter(item=row, left_out=False).exclude(
        request__state__in=[State.REFUSED, State.RETAINED, State.DESTROYED]
    )
    return [
        *held.values_list("reason", flat=True),
        *(f"request {number} is under way" for number in asked.values_list("request", flat=True)),
    ]


@as_system()
def retained_until(row: EvidenceItem, now: datetime) -> date | None:
    """Until when an item is kept; null: its case is open, or nothing says.

    A case that was merged is over when the one that stays is; and no item goes before the day that
    a court or a request has set for it.
    """
    closed = root_of(row.case).closed_at
    hours = hours_of("evidence-retention", now.date())
    if closed is None or hours is None:
        return None
    asked = HandOverItem.objects.filter(item=row, left_out=False)
    days = asked.filter(request__retain_until__isnull=False).order_by("-request__retain_until")
    last = days.values_list("request__retain_until", flat=True).first()
    usual = (closed + timedelta(hours=hours)).date()
    return max(usual, last) if last else usual
