"""Decide on a cluster: a case, lawful, spam, the same as another; and tell its reporters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.db import transaction
from django.db.models import Count, F, Max

from pehra.cases.actions.links import link
from pehra.cases.actions.opened import Opening, open_case
from pehra.cases.models.report import Cluster, ClusterOrigin, Report, Told
from pehra.cases.queries import cases
from pehra.cases.reported.actions.clustering import crowd_of
from pehra.cases.reported.rules import LONGEST_WORDS, Kind, State, check_step, clean, grade
from pehra.cases.rules import Kind as CaseKind
from pehra.cases.rules import LinkKind, Origin
from pehra.jobs.actions import enqueue
from pehra.kernel.errors import Refused, UsageError
from pehra.ledger.actions import append
from pehra.mandate.tenancy import as_system, seen_by

if TYPE_CHECKING:
    from datetime import datetime

    from pehra.kernel.actors import Actor
    from pehra.mandate.viewers import Viewer

TELL = "cases.tell-reporters"
"""The job that writes to reporters who left a contact."""
_CASE_KINDS = {Kind.VULNERABILITY: CaseKind.VULNERABILITY, Kind.INCIDENT: CaseKind.OTHER}
"""Kind of a report -> kind of the case; all others are phishing until somebody says otherwise."""


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody decides.

    Attributes:
        what: `case`, `lawful`, `spam`, `duplicate` or `open`.
        case: number of the case that it joins; null: a new one.
        title: of a new case; empty: the cluster's.
        kind: of a new case, `cases.rules.Kind`; empty: by the kind of the report.
        same_as: id of the cluster that a duplicate is the same as.
        why: for colleagues.
        words: for those who reported it.
    """

    what: State
    case: int | None = None
    title: str = ""
    kind: str = ""
    same_as: int | None = None
    why: str = ""
    words: str = ""


def decide(
    number: int, decision: Decision, *, viewer: Viewer, actor: Actor, now: datetime
) -> int | None:
    """Decide on a cluster that `viewer` may see; gives the number of the case that it is in.

    Raises:
        UsageError: no such cluster or case, or no reason for what somebody called lawful or spam.
        IllegalStep: it was decided on already.
        Refused: it would be the same as itself.
    """
    with transaction.atomic():
        row = _seen(number, viewer)
        check_step(State(row.state), decision.what)
        with as_system():
            same = _same(row, decision, viewer) if decision.what == State.DUPLICATE else None
            row.case_id = _case(row, decision, viewer, actor, now)
            row.state, row.into_id = decision.what, same
            row.decided_at, row.decided_by = now, actor.name[:254]
            row.why, row.fresh = clean(decision.why).strip()[:500], 0
            row.save()
            if same is not None:  # what was the same as this one is the same as that one
                Cluster.objects.filter(into=row).update(into=same)
            if decision.what != State.OPEN:
                _tell(row, decision.words, actor, now)
            facts = {"what": str(decision.what), "case": row.case_id, "reports": row.reports}
            subject = f"report-cluster:{number}"
            append("cases.decide-reports", actor=actor, subject=subject, facts=facts, now=now)
    return row.case_id


def tell(number: int, words: str, *, viewer: Viewer, actor: Actor, now: datetime) -> None:
    """Say something more to those who reported it.

    Raises:
        UsageError: no such cluster, or no words.
        Refused: nobody has decided on it yet.
    """
    if not words.strip():
        message = "There is nothing to say."
        raise UsageError(message, mend="Write what the reporters may know.")
    with transaction.atomic():
        row = _seen(number, viewer)
        if row.state == State.OPEN:
            message = "Nobody has decided on this cluster yet."
            raise Refused(message, mend="Decide first: the words go with the decision.")
        with as_system():
            _tell(row, words, actor, now)
            subject, facts = f"report-cluster:{number}", {"reports": row.reports}
            append("cases.tell-reporters", actor=actor, subject=subject, facts=facts, now=now)


def take_out(report: int, *, viewer: Viewer, actor: Actor, now: datetime) -> int:
    """Take a report out of its cluster into one of its own; gives that one's id.

    Raises:
        UsageError: no such report.
        Refused: it is alone there.
    """
    with transaction.atomic():
        with seen_by(viewer):
            row = Report.objects.filter(pk=report).first()
        if row is None:
            message = f"There is no report {report}, or none that you may see."
            raise UsageError(message, mend="See the cluster's page.")
        old = _seen(row.cluster_id, viewer)
        with as_system():
            if old.reports == 1:
                message = "The report is alone in its cluster."
                raise Refused(message, mend="Decide on the cluster.")
            made = _alone(row, old)
            made.grade = grade(crowd_of(made))
            made.save()
            row.cluster = made
            row.save(update_fields=["cluster"])
            _left_by(old, row)
            ClusterOrigin.objects.create(cluster=made, origin=row.origin, reports=1)
            facts = {"from": old.pk, "to": made.pk}
            subject = f"citizen-report:{report}"
            append("cases.take-out-report", actor=actor, subject=subject, facts=facts, now=now)
    return made.pk


def _alone(row: Report, old: Cluster) -> Cluster:
    words = next((line for line in row.text.split("\n") if line.strip()), row.url)
    return Cluster.objects.create(
        kind=row.kind,
        team_id=old.team_id,
        organisation_id=old.organisation_id,
        title=(row.subject or words or old.title)[:160],
        grade=0,
        suggestion=old.suggestion if not old.gathered else "",
        score=old.score if not old.gathered else 0,
        reasons=old.reasons if not old.gathered else [],
        reports=1,
        origins=1,
        top=1,
        first_at=row.at,
        last_at=row.at,
    )


def _left_by(old: Cluster, row: Report) -> None:
    """Count what a cluster has without a report that left it."""
    places = ClusterOrigin.objects.filter(cluster=old)
    places.filter(origin=row.origin).update(reports=F("reports") - 1)
    places.filter(reports=0).delete()
    counted = places.aggregate(origins=Count("pk"), top=Max("reports", default=0))
    Cluster.objects.filter(pk=old.pk).update(reports=old.reports - 1, **counted)


def _seen(number: int, viewer: Viewer) -> Cluster:
    with seen_by(viewer):
        row = Cluster.objects.select_for_update().filter(pk=number).first()
    if row is None:
        message = f"There is no cluster {number}, or none that you may see."
        raise UsageError(message, mend="The list of reports has those that there are.")
    return row


def _same(row: Cluster, decision: Decision, viewer: Viewer) -> int:
    other = _seen(decision.same_as or 0, viewer)
    for _ in range(8):
        if other.into_id is None:
            break
        other = Cluster.objects.get(pk=other.into_id)
    if other.pk == row.pk:
        message = "A cluster is not the same as itself."
        raise Refused(message, mend="Name the other one.")
    return other.pk


def _case(
    row: Cluster, decision: Decision, viewer: Viewer, actor: Actor, now: datetime
) -> int | None:
    if decision.what != State.CASE:
        return None
    number = decision.case
    if number is None:
        kind = decision.kind or _CASE_KINDS.get(Kind(row.kind), CaseKind.PHISHING)
        opening = Opening(
            title=decision.title or row.title,
            kind=kind,
            aware_at=row.first_at,
            affected=(row.organisation_id,) if row.organisation_id else (),
            team=row.team_id,
            origin=Origin.REPORT,
            text=decision.why,
            triaged=True,
        )
        number = open_case(opening, actor=actor, at=now)
    elif cases.one(number, viewer=viewer) is None:
        message = f"There is no case {number}, or none that you may see."
        raise UsageError(message, mend="The list of cases has those that there are.")
    link(number, LinkKind.REPORT, row.pk, actor=actor, at=now, note=row.title)
    return number


def _tell(row: Cluster, words: str, actor: Actor, now: datetime) -> None:
    told = Told.objects.create(
        cluster=row,
        at=now,
        verdict=row.state,
        words=clean(words).strip()[:LONGEST_WORDS],
        by=actor.name[:254],
    )
    enqueue(TELL, {"told": told.pk}, now=now, unique_key=f"told-{told.pk}")
