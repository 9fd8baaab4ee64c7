"""Consent to re-checks, and the turn that each one takes: the hour is kept by the database."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from pehra.engines.http.knock import Heard
from pehra.findings import rechecks
from pehra.findings.models.rechecks import Knocked, Recheck, RecheckConsent
from pehra.findings.queries.rechecks import consents_of, last_knock, service_of
from pehra.jobs.actions import enqueue
from pehra.kernel.errors import Refused, UsageError
from pehra.kernel.time import micros
from pehra.ledger import actions as ledger
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import SYSTEM_VIEWER

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from pehra.engines.http.knock import Knock
    from pehra.findings.rechecks import Service
    from pehra.kernel.actors import Actor
    from pehra.mandate.viewers import Viewer

RECHECK = "findings.recheck"


def consent(organisation: int, until: datetime, *, actor: Actor, now: datetime) -> None:
    """An organisation's head lets its exposed services be looked at again, until a day.

    What it said before ends with this.

    Raises:
        UsageError: the end lies behind, or more than a year ahead.
    """
    rechecks.check_until(until, now)
    with as_system(), transaction.atomic():
        _end(organisation, actor, now)
        RecheckConsent.objects.create(
            organisation_id=organisation, since=now, until=until, given_by=actor.name[:160]
        )
        ledger.append(
            "findings.consent",
            actor=actor,
            subject=f"organisation:{organisation}",
            facts={"until": until.isoformat()},
            now=now,
        )


def end_consent(organisation: int, *, actor: Actor, now: datetime) -> None:
    """Take a consent back; from now on nothing of theirs is looked at.

    Raises:
        Refused: there is none.
    """
    with as_system(), transaction.atomic():
        if not _end(organisation, actor, now):
            message = "No consent is in force."
            raise Refused(message, mend="Nothing needs to be done.")
        ledger.append(
            "findings.end-consent",
            actor=actor,
            subject=f"organisation:{organisation}",
            facts={},
            now=now,
        )


def _end(organisation: int, actor: Actor, now: datetime) -> int:
    rows = RecheckConsent.objects.filter(organisation=organisation, ended_at__isnull=True)
    return rows.update(ended_at=now, ended_by=actor.name[:160])


def ask(
    finding: int, *, viewer: Viewer, actor: Actor, now: datetime, loopback: bool = False
) -> None:
    """Queue a re-check for the worker, who looks at the register before.

    Raises:
        UsageError: there is no such finding for this viewer.
        Refused: it may not be looked at now.
    """
    service = _service(finding, viewer)
    # Whose the host is today is looked up by the worker: it has the register compiled.
    _check(service, service.organisation, now, loopback=loopback)
    queue([finding], actor=actor, now=now)


def queue(findings: Iterable[int], *, actor: Actor, now: datetime) -> None:
    """Queue re-checks, each a job of its own; what may not be looked at by then is refused then."""
    for finding in findings:
        payload = {"finding": finding, "actor": actor.name, "office": actor.office}
        enqueue(RECHECK, payload, now=now, unique_key=f"recheck:{finding}")


def begin(  # noqa: PLR0913 what is looked at, whose it is, for whom, when
    finding: int,
    holder: int | None,
    *,
    viewer: Viewer,
    actor: Actor,
    now: datetime,
    loopback: bool = False,
) -> tuple[int, Service]:
    """Take the host's turn of the hour; whoever gets it knocks once. Gives the re-check's number.

    The turn is committed before anything is sent: killed in between, the hour is used up.

    Args:
        finding: its number.
        holder: who holds the address today, by the register.
        viewer: who may see the finding.
        actor: who asked.
        now: the moment.
        loopback: in tests, loopback addresses and no others.

    Raises:
        UsageError: there is no such finding for this viewer.
        Refused: it may not be looked at now.
    """
    service = _service(finding, viewer)
    host = _check(service, holder, now, loopback=loopback)
    with as_system(), transaction.atomic():
        if not _turn(host, now):
            raise rechecks.refusal(rechecks.TOO_SOON)
        row = Recheck.objects.create(
            finding_id=finding, at=micros(now), heard="", by=f"{actor.name}, {actor.office}"[:160]
        )
    return row.pk, service


def _check(service: Service, holder: int | None, now: datetime, *, loopback: bool) -> str:
    """The host's one spelling, where it may be looked at."""
    held = rechecks.with_holder(service, holder)
    consents = consents_of(service.organisation or 0, viewer=SYSTEM_VIEWER)
    last = last_knock(service.asset)
    code = rechecks.why_not(held, consents, last, now=now, loopback=loopback)
    if code:
        raise rechecks.refusal(code)
    return str(ipaddress.ip_address(service.asset))


def _turn(host: str, now: datetime) -> bool:
    """One statement that changes the row only once in an hour, whoever runs it how often."""
    due = Knocked.objects.filter(host=host, at__lte=now - rechecks.EVERY)
    if due.update(at=now):
        return True
    try:
        with transaction.atomic():
            Knocked.objects.create(host=host, at=now)
    except IntegrityError:
        return False
    return True


def record(number: int, knock: Knock, *, actor: Actor, now: datetime) -> None:
    """Keep what was heard, as a fact of the finding. Its state stays as coverage says."""
    with as_system(), transaction.atomic():
        row = Recheck.objects.select_for_update().get(pk=number)
        row.heard, row.status = Heard(knock.heard).value, knock.status
        row.save(update_fields=["heard", "status"])
        ledger.append(
            RECHECK,
            actor=actor,
            subject=f"finding:{row.finding_id}",
            facts={"heard": row.heard, "source": "re-check"},
            now=now,
        )


def _service(finding: int, viewer: Viewer) -> Service:
    service = service_of(finding, viewer=viewer)
    if service is None:
        message = f"There is no finding F{finding}."
        raise UsageError(message, mend="`pehra findings list` shows those that you may see.")
    return service
