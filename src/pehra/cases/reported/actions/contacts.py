"""Contacts of reporters: opened by a person and logged, sealed anew under a new key, forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.db import transaction
from django.db.models import F, Q

from pehra.cases.models.case import Case
from pehra.cases.models.report import Cluster, ReportContact, Told
from pehra.cases.reported.actions.filing import context_of
from pehra.cases.reported.rules import CONTACT_KEPT, CONTACT_KEPT_UNTOLD, Contact, State
from pehra.cases.rules import OPEN
from pehra.engines.sealed import ring as rings
from pehra.engines.sealed.stream import key_of_value, open_value, seal_value
from pehra.kernel.errors import UsageError
from pehra.ledger.actions import append
from pehra.mandate.tenancy import as_system, seen_by

if TYPE_CHECKING:
    from datetime import datetime

    from pehra.engines.sealed.ring import Ring
    from pehra.kernel.actors import Actor
    from pehra.kernel.settings import Home
    from pehra.mandate.viewers import Viewer

_AT_ONCE = 1_000


def open_contact(
    home: Home, report: int, *, viewer: Viewer, actor: Actor, now: datetime
) -> Contact:
    """How a reporter may be told; that somebody looked stands in the ledger.

    Raises:
        UsageError: no such report, or none with a contact.
        EnvironmentFault: the home's key is not there.
    """
    with transaction.atomic():
        with seen_by(viewer):
            row = ReportContact.objects.filter(report=report).first()
        if row is None:
            message = f"Report {report} has no contact, or you may not see it."
            raise UsageError(message, mend="Its reporter sees the answer by the number.")
        with as_system():
            ReportContact.objects.filter(pk=row.pk).update(opened=F("opened") + 1)
            subject, facts = f"citizen-report:{report}", {"times": row.opened + 1}
            append("cases.open-contact", actor=actor, subject=subject, facts=facts, now=now)
    return inside_of(row, rings.ring(home))


def inside_of(row: ReportContact, held: Ring) -> Contact:
    """What is sealed in a contact."""
    inside = open_value(bytes(row.inside), held, context_of(row.report_id))
    return msgspec.msgpack.decode(inside, type=Contact)


@as_system()
def reseal_contacts(home: Home) -> int:
    """Seal anew what is under an older key than the one in use; gives how many."""
    held, last, moved = rings.ring(home), 0, 0
    while rows := list(ReportContact.objects.filter(pk__gt=last).order_by("pk")[:_AT_ONCE]):
        last = rows[-1].pk
        old = [row for row in rows if key_of_value(bytes(row.inside)) != held.current.id]
        for row in old:
            context = context_of(row.report_id)
            plain = open_value(bytes(row.inside), held, context)
            row.inside = seal_value(plain, held.current, context)
        with transaction.atomic():
            ReportContact.objects.bulk_update(old, ["inside"])
        moved += len(old)
    return moved


@as_system()
def forget_contacts(*, now: datetime) -> int:
    """Delete contacts of reports that were answered long ago, or never; gives how many.

    While people work on its case, an answer is still to come.
    """
    before = now - CONTACT_KEPT
    spoken = Told.objects.filter(at__gte=before).values("cluster")
    working = Case.objects.filter(
        Q(state__in=OPEN) | Q(changed_at__gte=before) | Q(merged_into__state__in=OPEN)
    )
    old = ReportContact.objects.filter(
        report__cluster__decided_at__lt=before, kept_at__lt=before
    ).exclude(report__cluster__state=State.OPEN)
    told = old.exclude(report__cluster__in=spoken).exclude(
        report__cluster__in=Cluster.objects.filter(case__in=working)
    )
    never = ReportContact.objects.filter(
        report__cluster__state=State.OPEN, kept_at__lt=now - CONTACT_KEPT_UNTOLD
    )
    return told.delete()[0] + never.delete()[0]
