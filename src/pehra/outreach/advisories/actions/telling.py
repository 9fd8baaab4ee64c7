"""Tell of an edition or of an advisory's end: organisations that were chosen, then subscribers.

Every letter has a key of its own at the door, so that a job that was cut short goes on where it
was. Only counts and digests of it stand in the ledger.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.db import transaction

from pehra.dispatch import actions as door
from pehra.dispatch.rules import Outgoing, Recipient, State
from pehra.kernel.labels import Severity, Tlp
from pehra.kernel.time import iso
from pehra.mandate import queries as mandate
from pehra.mandate.queries.groups import grouped
from pehra.mandate.rules import hours
from pehra.mandate.tenancy import as_system
from pehra.notices.queries import contacts_at
from pehra.notices.rules import choose
from pehra.outreach.advisories import letters, links
from pehra.outreach.advisories.actions.writing import text_of
from pehra.outreach.advisories.links import Purpose
from pehra.outreach.advisories.rules import Audience, Standing, due
from pehra.outreach.models import Edition, Subscriber, Told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from pehra.kernel.actors import Actor
    from pehra.mandate.rules import ClockFacts
    from pehra.notices.rules import Choice

_AT_ONCE = 500
_LEFT = frozenset({State.WAITING, State.SENDING, State.SENT, State.UNCERTAIN})
ACKNOWLEDGE = "advisory-ack"
"""Kind of the clock by which an organisation should have acknowledged."""


class Desk(msgspec.Struct, frozen=True):
    """What all letters share: the site's address, the home's secret, who sends."""

    outside: str
    secret: str
    actor: Actor


class _Task(msgspec.Struct, frozen=True):
    """One edition that is told."""

    edition: Edition
    news: letters.News
    desk: Desk
    now: datetime

    @property
    def key(self) -> str:
        """Begins the keys of its letters: an edition's, or that of the advisory's end."""
        ended = self.news.standing in {Standing.WITHDRAWN, Standing.SUPERSEDED}
        of = self.news.standing if ended else str(self.edition.number)
        return f"advisory:{self.news.number}:{of}"

    def link(self, purpose: Purpose, number: int) -> str:
        """Address of a signed link."""
        token = links.sign(purpose, number, self.desk.secret, self.now.date())
        return f"{self.desk.outside}/advisories/{purpose}/{token}/"


class Counts(msgspec.Struct, frozen=True):
    """What was let leave: organisations that are told, those without a mailbox, subscribers."""

    organisations: int
    unreachable: int
    subscribers: int


def tell(
    number: int,
    standing: str,
    desk: Desk,
    *,
    now: datetime,
    progress: Callable[[int, int], None],
) -> Counts:
    """Tell whoever is to be told of an edition.

    Args:
        number: id of the edition.
        standing: that of the advisory when this was asked for; another one since then is told by
            a job of its own, and what is over is not.
        desk: who sends, and from where.
        now: when.
        progress: is told how far it got.
    """
    edition = Edition.objects.select_related("advisory").get(pk=number)
    of = edition.advisory
    ended = standing in {Standing.WITHDRAWN, Standing.SUPERSEDED}
    if not ended and of.standing in {Standing.WITHDRAWN, Standing.SUPERSEDED}:
        return Counts(0, 0, 0)
    page = f"{desk.outside}/advisories/{of.number}/"
    news = letters.News(
        number=of.number, standing=standing, text=text_of(edition), page=page, why=of.ended_why
    )
    task = _Task(edition, news, desk, now)
    with as_system():
        reached, unreachable = _organisations(task, ended=ended, progress=progress)
        return Counts(reached, unreachable, _subscribers(task))


def chosen(audience: Audience) -> dict[int, bool]:
    """Organisations of an audience -> whether they are critical infrastructure."""
    return {
        one.organisation: one.graded
        for one in grouped()
        if audience.everybody
        or one.sector in audience.sectors
        or (audience.critical and one.graded)
    }


def _organisations(
    task: _Task, *, ended: bool, progress: Callable[[int, int], None]
) -> tuple[int, int]:
    """Tell them in pieces; of an end, those who were told of any edition."""
    if ended:
        rows = Told.objects.filter(edition__advisory=task.edition.advisory_id)
        wanted = dict(rows.values_list("organisation_id", "critical"))
    else:
        wanted = chosen(msgspec.convert(task.edition.audience, Audience))
    numbers, reached = sorted(wanted), 0
    clocks, sectors = mandate.clocks(), mandate.sectors_of(set(numbers))
    for start in range(0, len(numbers), _AT_ONCE):
        piece = numbers[start : start + _AT_ONCE]
        mailboxes = _mailboxes(piece, task)
        with transaction.atomic():
            if not ended:
                _note(task, {one: wanted[one] for one in mailboxes}, mailboxes, clocks, sectors)
            reached += _release(task, mailboxes, ended=ended)
        progress(start + len(piece), len(numbers))
    return reached, len(numbers) - reached


def _mailboxes(organisations: list[int], task: _Task) -> dict[int, list[Choice]]:
    urgent = task.news.text.severity == Severity.CRITICAL
    found: dict[int, list[Choice]] = {}
    by_holder: dict[int, list[object]] = {}
    contacts = contacts_at(organisations, now=task.now)
    for one in contacts:
        by_holder.setdefault(one.organisation or 0, []).append(one)
    for holder, able in by_holder.items():
        found[holder] = choose(able, urgent=urgent)  # type: ignore[arg-type] # contacts, as read
    return {holder: chosen_ones for holder, chosen_ones in found.items() if chosen_ones}


def _note(
    task: _Task,
    wanted: dict[int, bool],
    mailboxes: dict[int, list[Choice]],
    clocks: list[ClockFacts],
    sectors: dict[int, int],
) -> None:
    """A row for each organisation, with its own clock."""
    severity, on = task.news.text.severity, task.now.date()
    rows = []
    for organisation, critical in wanted.items():
        found = hours(
            clocks,
            kind=ACKNOWLEDGE,
            severity=severity,
            sector=sectors.get(organisation),
            organisation=organisation,
            on=on,
        )
        binds = critical and found is not None
        rows.append(
            Told(
                edition=task.edition,
                organisation_id=organisation,
                critical=critical,
                mailboxes=len(mailboxes[organisation]),
                sent=False,
                told_at=task.now,
                due_at=due(task.now, found.hours if binds and found else None),
            )
        )
    Told.objects.bulk_create(rows, ignore_conflicts=True)


def _release(task: _Task, mailboxes: dict[int, list[Choice]], *, ended: bool) -> int:
    """Hand the letters to the door; returns how many organisations a letter goes to."""
    rows = Told.objects.filter(edition=task.edition, organisation__in=mailboxes)
    told = {one.organisation_id: one for one in rows}
    items = [
        item
        for organisation, choices in sorted(mailboxes.items())
        for item in _letters(task, organisation, choices, None if ended else told[organisation])
    ]
    left = {
        one.key.rsplit(":", 2)[1]
        for one in door.release(items, actor=task.desk.actor, now=task.now)
        if one.state in _LEFT
    }
    reached = [one for one in mailboxes if str(one) in left]
    if not ended:
        rows.filter(organisation__in=reached).update(sent=True)
    return len(reached)


def _letters(
    task: _Task, organisation: int, choices: list[Choice], row: Told | None
) -> Iterator[Outgoing]:
    asked = letters.Asked()
    if row is not None:
        by = iso(row.due_at) if row.due_at else ""
        asked = letters.Asked(task.link(Purpose.RECEIVED, row.pk), by)
    for choice in choices:
        one = choice.contact
        yield Outgoing(
            kind="advisory",
            reference=f"advisory:{task.news.number}",
            key=f"{task.key}:{organisation}:{one.contact}",
            recipient=Recipient(
                organisation=organisation,
                contact=one.contact,
                address=one.address,
                language=one.language,
            ),
            letter=letters.letter(task.news, asked, one.language),
            tlp=Tlp.CLEAR,
            urgent=task.news.text.severity == Severity.CRITICAL,
        )


def _subscribers(task: _Task) -> int:
    """Everybody who wants such, in pieces."""
    wanted = Subscriber.objects.filter(
        confirmed_at__isnull=False, least__lte=task.news.text.severity
    )
    last, left = 0, 0
    while piece := list(wanted.filter(pk__gt=last).order_by("pk")[:_AT_ONCE]):
        last = piece[-1].pk
        items = [_to_subscriber(task, one) for one in piece]
        with transaction.atomic():
            states = door.release(items, actor=task.desk.actor, now=task.now)
        left += sum(one.state in _LEFT for one in states)
    return left


def _to_subscriber(task: _Task, one: Subscriber) -> Outgoing:
    asked = letters.Asked(leave=task.link(Purpose.LEAVE, one.pk))
    return Outgoing(
        kind="advisory",
        reference=f"advisory:{task.news.number}",
        key=f"{task.key}:s:{one.pk}",
        recipient=Recipient(address=one.address, language=one.language),
        letter=letters.letter(task.news, asked, one.language),
        tlp=Tlp.CLEAR,
        urgent=task.news.text.severity == Severity.CRITICAL,
    )
