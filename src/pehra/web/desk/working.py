"""What cases, reports of people, evidence and advisories wait for, on the duty desk."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pehra.cases.evidence.queries import awaiting_second
from pehra.cases.queries.waiting import waiting
from pehra.cases.reported import queries as reported
from pehra.mandate.queries.powers import hours_of
from pehra.outreach.advisories.queries.desk import advisories
from pehra.outreach.advisories.rules import Stage
from pehra.web import figures
from pehra.web.desk.needs import Need
from pehra.web.evidence.gates import ROLES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import datetime

    from pehra.mandate.viewers import Viewer

_EVER = timedelta(days=3_650)
_REVIEWS = (Stage.TECHNICAL, Stage.LEGAL)


def of_cases(viewer: Viewer, now: datetime) -> Iterator[Need]:
    """Clocks that are over, cases that nobody looked at, leads that were offered."""
    found = waiting(viewer=viewer, now=now)
    of, cases = _of_cases(found.open), reverse("cases")
    overdue = ngettext(
        "case with a deadline that has passed",
        "cases with a deadline that has passed",
        found.overdue,
    )
    reported = ngettext(
        "case that nobody has looked at", "cases that nobody has looked at", found.reported
    )
    offered = ngettext(
        "case whose lead waits to be accepted",
        "cases whose lead waits to be accepted",
        found.offered,
    )
    provisional = ngettext(
        "case whose grade the director confirms",
        "cases whose grade the director confirms",
        found.provisional,
    )
    told = (
        ("bad", found.overdue, overdue, f"{cases}?due=past&state=any"),
        ("work", found.reported, reported, f"{cases}?state=reported"),
        ("work", found.provisional, provisional, f"{cases}?grade=confirm"),
        ("work", found.offered, offered, f"{cases}?offered=yes"),
    )
    for tone, count, text, href in told:
        if count:
            yield Need(tone, figures.number(count), text, of, href)


def _of_cases(whole: int) -> str:
    return ngettext("of %(total)s open case", "of %(total)s open cases", whole) % {
        "total": figures.number(whole)
    }


def of_reports(viewer: Viewer, now: datetime) -> Iterator[Need]:
    """Clusters of reports of people that nobody decided on; for people of a team."""
    if not (viewer.sees_all or viewer.teams):
        return
    hours = hours_of("report-triage", now.date())
    before = now - (timedelta(hours=hours) if hours is not None else _EVER)
    found = reported.counts(viewer=viewer, before=before)
    if found.open:
        text = ngettext(
            "cluster of reports of people waits",
            "clusters of reports of people wait",
            found.open,
        )
        of = _("%(n)s overdue") % {"n": figures.number(found.overdue)}
        tone, href = "bad" if found.overdue else "work", f"{reverse('reports-in')}?show=open"
        yield Need(tone, figures.number(found.open), text, of, href)


def of_keys(viewer: Viewer, roles: Collection[str]) -> Iterator[Need]:
    """What one person signed or wrote, and another must: evidence that goes out, advisories."""
    if ROLES & {*roles}:
        packed = awaiting_second(viewer=viewer)
        if packed:
            text = ngettext(
                "package of evidence waits for the second key",
                "packages of evidence wait for the second key",
                packed,
            )
            href = reverse("evidence")
            yield Need("work", figures.number(packed), text, _("nothing leaves until then"), href)
    drafts = advisories(viewer=viewer, drafts=True)
    reviewed = sum(one.stage in _REVIEWS for one in drafts)
    if reviewed:
        text = ngettext("advisory waits for a review", "advisories wait for a review", reviewed)
        of = _("of %(total)s drafts") % {"total": figures.number(len(drafts))}
        yield Need("work", figures.number(reviewed), text, of, reverse("advisory-desk"))


def needs(*, viewer: Viewer, now: datetime, roles: Collection[str]) -> list[Need]:
    """All of it, what is urgent first."""
    return [*of_cases(viewer, now), *of_reports(viewer, now), *of_keys(viewer, roles)]
