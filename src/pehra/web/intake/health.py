"""How sources do: the worst first, alarms with what they mean and what to do about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pehra.intake import queries as intake
from pehra.intake.fetching import queries as fetching
from pehra.intake.queries import Came
from pehra.web import figures, marks, phrases
from pehra.web.tables import Cell, Column, Fact, Table, badge_cell, moment_cell, table

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pehra.intake.fetching.queries import SourceState
    from pehra.intake.queries import AlarmView
    from pehra.mandate.viewers import Viewer

_RANK = {"bad": 0, "work": 1, "wait": 2, "done": 3, "off": 4}


class ShownAlarm(msgspec.Struct, frozen=True):
    """An alarm in words."""

    id: int
    source: str
    source_href: str
    stream: str
    badge: marks.Badge
    title: str
    meaning: str
    next: str
    facts: str
    since: figures.Moment | None
    times: str
    batch_href: str
    by: str
    why: str
    open: bool
    can_accept: bool


def _numbers(facts: Mapping[str, object]) -> str:
    """What is wrong in numbers, as far as there are any."""
    words = {
        "rows": _("%(n)s rows now"),
        "before": _("%(n)s before"),
        "usual": _("usually %(n)s"),
        "rejected": _("%(n)s could not be read"),
        "days": _("the same for %(n)s days"),
    }
    told = [
        text % {"n": figures.number(value)}
        for name, text in words.items()
        if isinstance(value := facts.get(name), int)
    ]
    canaries = facts.get("canaries")
    if isinstance(canaries, list):
        told.append(", ".join(str(one) for one in canaries[:5]))
    return _("; ").join(told)


def shown_alarm(row: AlarmView, *, now: datetime) -> ShownAlarm:
    """An alarm as pages show it."""
    unknown = (row.kind, "", "")
    title, meaning, mend = phrases.ALARM.get(row.kind, unknown)
    times = ngettext("found once", "found %(n)s times", row.times)
    return ShownAlarm(
        id=row.id,
        source=row.source,
        source_href=reverse("source", args=[row.source]),
        stream=row.stream,
        badge=marks.badge(phrases.ALARM_STATE, row.state),
        title=str(title),
        meaning=str(meaning),
        next=str(mend),
        facts=_numbers(row.facts),
        since=figures.moment(row.opened_at, now=now),
        times=times % {"n": figures.number(row.times)},
        batch_href=reverse("batch", args=[row.batch]) if row.batch else "",
        by=row.by,
        why=row.why,
        open=row.state == "open",
        can_accept=row.can_accept,
    )


def condition(one: SourceState, alarms: list[str]) -> tuple[marks.Badge, str]:
    """How a source does in a badge and a line: alarms first, then faults, then silence."""
    if alarms:
        title = str(phrases.ALARM.get(alarms[0], (alarms[0],))[0])
        more = len(alarms) - 1
        words = ngettext("and %(n)d more alarm", "and %(n)d more alarms", more) % {"n": more}
        return marks.Badge("bad", title), words if more else ""
    if one.failures:
        words = ngettext("%(n)d try failed", "%(n)d tries failed", one.failures)
        return marks.Badge("bad", _("Not reached")), words % {"n": one.failures}
    if one.silent_since is not None:
        return marks.Badge("bad", str(phrases.ALARM["silent"][0])), ""
    if one.last_success is not None:
        return marks.Badge("done", _("Well")), ""
    if one.enabled:
        return marks.Badge("wait", _("Nothing yet")), ""
    return marks.Badge("off", _("Off")), ""


class Doing(msgspec.Struct, frozen=True):
    """A source, how it does, and what came of it today."""

    state: SourceState
    badge: marks.Badge
    words: str
    today: Came


def doing(viewer: Viewer, now: datetime) -> list[Doing]:
    """Every source, the worst first."""
    today = now.astimezone(figures.zone()).date()
    came = intake.came(today, today, figures.zone(), viewer=viewer)
    alarms: dict[str, list[str]] = {}
    for source, kind in intake.open_alarms(viewer=viewer):
        alarms.setdefault(source, []).append(kind)
    told = []
    for one in fetching.source_states(viewer=viewer, now=now):
        badge, words = condition(one, alarms.get(one.slug, []))
        told.append(Doing(one, badge, words, came.get((today, one.slug), Came())))
    return sorted(told, key=lambda one: (_RANK[one.badge.tone], one.state.slug))


def _next(one: SourceState, now: datetime) -> Cell:
    if not one.enabled:
        return Cell(_("by hand") if not one.fetches else _("switched off"))
    if one.next_at is None or one.next_at <= now:
        return Cell(_("at the next round"))
    return moment_cell(figures.moment(one.next_at, now=now))


def health_table(viewer: Viewer, now: datetime, *, limit: int = 0) -> Table:
    """How the sources do; with a limit, only the first of those of which anything is expected."""
    told = doing(viewer, now)
    if limit:
        told = [one for one in told if one.badge.tone != "off"][:limit]
    columns = [
        Column(_("Source")),
        Column(_("How it does")),
        Column(_("Last success")),
        Column(_("Rows today"), number=True),
        Column(_("Next fetch")),
    ]
    rows = [
        [
            Cell(
                one.state.title,
                sub=one.state.slug,
                href=reverse("source", args=[one.state.slug]),
                main=True,
            ),
            badge_cell(one.badge, one.words),
            moment_cell(figures.moment(one.state.last_success, now=now)),
            Cell(figures.number(one.today.rows)),
            _next(one.state, now),
        ]
        for one in told
    ]
    empty = _(
        "Nothing is fetched yet: switch a source on with `pehra sources set`, or bring a file with"
        " `pehra ingest`."
    )
    return table(columns, rows, caption=_("How the sources do"), empty=empty)


def source_facts(one: SourceState, *, now: datetime) -> list[Fact]:
    """What a source is, and how it is fetched."""
    every = figures.span(one.every_seconds) if one.every_seconds else _("by hand")
    upcoming = figures.moment(one.next_at, now=now) if one.enabled else None
    return [
        Fact(_("Licence"), one.licence),
        Fact(_("Described at"), one.url, code=True),
        Fact(_("What it is"), str(phrases.ROLE.get(one.role, one.role))),
        Fact(_("What its silence means"), str(phrases.COVERS.get(one.covers, one.covers))),
        Fact(_("Every"), every),
        Fact(_("Fetched"), _("switched on") if one.enabled else _("switched off")),
        Fact(_("Next fetch"), figures.NOTHING, at=upcoming),
        Fact(_("Last try"), figures.NOTHING, at=figures.moment(one.last_try, now=now)),
        Fact(_("Last success"), figures.NOTHING, at=figures.moment(one.last_success, now=now)),
        Fact(_("Last new file"), figures.NOTHING, at=figures.moment(one.last_new, now=now)),
        Fact(_("Watched folder"), one.folder or figures.NOTHING, code=True),
        Fact(_("Short name"), one.slug, code=True),
    ]
