"""Write to reporters who left an address what became of their reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q

from pehra.cases.models.report import ReportContact, Told
from pehra.cases.reported.actions.contacts import inside_of
from pehra.cases.reported.actions.receipts import outgoing
from pehra.cases.reported.letters import answered
from pehra.dispatch.actions.releasing import release
from pehra.engines.sealed import ring as rings
from pehra.kernel.actors import SYSTEM
from pehra.mandate.tenancy import as_system

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from pehra.kernel.settings import Home

_AT_ONCE = 200


def tell_reporters(
    home: Home, told: int, outside: str, *, now: datetime, progress: Callable[[int, int], None]
) -> int:
    """Let what was said to reporters go to those with an address; gives how many letters.

    Killed anywhere and started again, it goes on: each chunk commits with its mark.
    """
    sent, held = 0, rings.ring(home)
    while True:
        with as_system(), transaction.atomic():
            row = Told.objects.select_for_update().select_related("cluster").get(pk=told)
            contacts = list(
                ReportContact.objects.filter(
                    Q(report__cluster=row.cluster_id) | Q(report__cluster__into=row.cluster_id),
                    has_mail=True,
                    report__gt=row.last,
                )
                .select_related("report")
                .order_by("report_id")[:_AT_ONCE]
            )
            items = []
            for one in contacts:
                report = one.report
                letter = answered(report.number, outside, report.language, (row.verdict, row.words))
                to = (inside_of(one, held).mail, report.language)
                items.append(outgoing(f"told:{told}", report.pk, to, letter))
            release(items, actor=SYSTEM, now=now)
            row.last = contacts[-1].report_id if contacts else row.last
            row.done = len(contacts) < _AT_ONCE
            row.save(update_fields=["last", "done"])
        sent += len(items)
        progress(sent, sent)
        if row.done:
            return sent
