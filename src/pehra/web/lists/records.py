"""Jobs, schedules, the ledger's entries and the nation's structure, as files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.utils.translation import gettext_lazy as _

from pehra.jobs import queries as jobs
from pehra.kernel.time import clock
from pehra.ledger import queries as ledger
from pehra.mandate import queries as mandate
from pehra.mandate.models import Sector, Team, Territory
from pehra.web import figures, phrases
from pehra.web.lists.listed import AT_ONCE, Asked, List, Row, whole

if TYPE_CHECKING:
    from collections.abc import Iterator

_JOB = (
    *("id", "kind", "state", "queued_at", "run_after", "started_at", "finished_at"),
    *("attempts", "most_attempts", "done", "total", "worker", "error"),
)
_SCHEDULE = ("name", "kind", "every_seconds", "next_at")


def _jobs(asked: Asked) -> Iterator[Row]:
    state = asked.one_of("state", phrases.JOB_STATE)
    since = figures.start_of(asked.word("since"))

    def read(before: int | None) -> tuple[list[Row], int | None]:
        page = jobs.jobs(state=state, ended_since=since, before=before, limit=AT_ONCE)
        rows: list[Row] = [[getattr(job, name) for name in _JOB] for job in page]
        return rows, page[-1].id if len(page) == AT_ONCE else None

    return whole(read)


def _schedules(_asked: Asked) -> Iterator[Row]:
    return ([getattr(row, name) for name in _SCHEDULE] for row in jobs.schedules())


def _entries(_asked: Asked) -> Iterator[Row]:
    def read(before: int | None) -> tuple[list[Row], int | None]:
        page = ledger.recent(before=before, limit=AT_ONCE)
        rows: list[Row] = [
            (
                *(entry.seq, entry.at, entry.act, entry.subject),
                *(entry.actor.name, entry.actor.office),
                msgspec.json.encode(entry.facts).decode(),
            )
            for entry in page
        ]
        return rows, page[-1].seq if len(page) == AT_ONCE else None

    return whole(read)


def _gaps(asked: Asked) -> Iterator[Row]:
    """What is missing, a row for each body; restricted ones are for national staff."""
    hidden = set()
    if not asked.viewer.sees_all:
        for model in (Team, Sector):
            hidden |= set(model.objects.filter(restricted=True).values_list("slug", flat=True))
    found: dict[str, list[mandate.Gap]] = {}
    for gap in mandate.gaps(clock().date()):
        if gap.subject not in hidden:
            found.setdefault(gap.subject, []).append(gap)
    for subject, gaps in found.items():
        unsure = any(gap.unconfirmed for gap in gaps)
        yield subject, gaps[0].name, "; ".join(gap.kind for gap in gaps), unsure


def _teams(asked: Asked) -> Iterator[Row]:
    rows = Team.objects.select_related("sector", "territory").order_by("tier", "slug")
    for row in rows if asked.viewer.sees_all else rows.filter(restricted=False):
        sector, territory = row.sector, row.territory
        served = (sector.slug if sector else "", territory.code if territory else "")
        yield row.slug, row.name, row.name_ur, row.tier, *served, row.status, row.reachable


def _sectors(asked: Asked) -> Iterator[Row]:
    rows = Sector.objects.select_related("team", "regulator").order_by("slug")
    for row in rows if asked.viewer.sees_all else rows.filter(restricted=False):
        regulator = row.regulator.slug if row.regulator else ""
        yield row.slug, row.name, row.name_ur, row.team.slug if row.team else "", regulator


def _territories(_asked: Asked) -> Iterator[Row]:
    yield from Territory.objects.order_by("code").values_list("code", "name", "name_ur")


JOBS = List("jobs", _("Jobs"), "jobs", _JOB, _jobs)
SCHEDULES = List("schedules", _("Schedules"), "jobs", _SCHEDULE, _schedules)
LEDGER = List(
    "ledger",
    _("Entries"),
    "ledger",
    ("seq", "at", "act", "subject", "by", "office", "facts"),
    _entries,
)
GAPS = List(
    "gaps",
    _("Gaps"),
    "structure",
    ("subject", "name", "kinds", "unconfirmed"),
    _gaps,
    national=False,
)
TEAMS = List(
    "teams",
    _("Teams"),
    "structure",
    ("slug", "name", "name_ur", "tier", "sector", "territory", "status", "reachable"),
    _teams,
    national=False,
)
SECTORS = List(
    "sectors",
    _("Sectors"),
    "structure",
    ("slug", "name", "name_ur", "team", "regulator"),
    _sectors,
    national=False,
)
TERRITORIES = List(
    "territories",
    _("Territories"),
    "structure",
    ("code", "name", "name_ur"),
    _territories,
    national=False,
)
