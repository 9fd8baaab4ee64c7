"""How long holders take, and what messages do: curves, tables, and the same as files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from pehra.kernel.labels import Severity
from pehra.kernel.time import clock
from pehra.mandate.queries.groups import sector_names
from pehra.notices.effect import BY, DAYS, HORIZON, Clock
from pehra.notices.queries.drawn import measured, scope_of
from pehra.web import figures, phrases
from pehra.web.charts.figure import Figure, Words, asked_file, line_figure, with_links
from pehra.web.charts.lines import Series
from pehra.web.gate import desk
from pehra.web.notices.clocks import CLOCKS, GROUPS
from pehra.web.shares import between, length_cell, percent, share_cell, share_text
from pehra.web.spreadsheet import download
from pehra.web.tables import Cell, Column, Section, Table, table

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    from pehra.mandate.viewers import Viewer
    from pehra.notices.effect import Effect, Group, Measured
    from pehra.notices.survival import Curve

_GROUPS_FILE = "groups"


def _columns(first: str) -> list[Column]:
    return [
        *(Column(first), Column(_("Findings"), number=True), Column(_("Done"), number=True)),
        *(Column(_("Organisations"), number=True), Column(_("Half by"))),
        *(Column(_("Within 7 days")), Column(_("Within 30 days"))),
    ]


def _cells(one: Curve | None) -> list[Cell]:
    """What a curve says; too few organisations, and it says nothing."""
    if one is None:
        return [Cell(_("fewer than 5 organisations")), *([Cell(figures.NOTHING)] * 5)]
    return [
        *(Cell(figures.number(count)) for count in (one.watched, one.happened, one.clusters)),
        *(length_cell(one.median), share_cell(one.by(7)), share_cell(one.by(30))),
    ]


def name_of(by: str, name: str, sectors: dict[str, tuple[str, str]]) -> str:
    """A group's name in the reader's language."""
    if not name:
        return _("not known")
    if by == "severity":
        return str(phrases.SEVERITY[Severity(int(name))])
    if by == "sector":
        english, urdu = sectors.get(name, (name, ""))
        return urdu if urdu and get_language() == "ur" else english
    return str(phrases.SAID_HOW.get(name, name)) if by == "channel" else name


def _whole(found: Measured) -> Table:
    clocks = (found.groups[0].clocks if found.groups else None) or {}
    rows = [
        [Cell(str(words), main=True), *_cells(clocks.get(each.value))]
        for each, words in CLOCKS.items()
    ]
    return table(_columns(_("Step")), rows, caption=_("How long it takes"), empty="")


def _group_table(found: Measured, by: str, sectors: dict[str, tuple[str, str]]) -> Table:
    groups = [one for one in found.groups if one.by == by]
    rows = [
        [
            Cell(name_of(by, one.name, sectors), main=True, code=by == "class" and bool(one.name)),
            *_cells(one.clocks[Clock.VERIFY] if one.clocks else None),
        ]
        for one in groups
    ]
    empty = _("Nothing was told yet.")
    return table(_columns(_("Group")), rows, caption=str(GROUPS[by]), empty=empty)


def _series(name: str, tone: str, one: Curve, last: int) -> Series:
    """How much still stands, in hundredths, by day."""
    days = one.days[: last + 1]
    left = [None if each is None else round((1 - each.value) * 100) for each in days]
    titles = [
        "" if each is None else _("Day %(day)s: %(share)s still stand (%(range)s)")
        % {
            "day": day,
            "share": percent(1 - each.value),
            "range": f"{round((1 - each.high) * 100)}\u2013{round((1 - each.low) * 100)}%",
        }
        for day, each in enumerate(days)
    ]  # fmt: skip
    return Series(name, tone, left, titles)


def _charts(found: Measured, at: figures.Moment | None) -> list[Figure]:
    source = _("From the steps of findings; what is open counts as long as it was watched.")
    clocks = found.groups[0].clocks if found.groups else None
    made = []
    if clocks:
        days = [str(day) for day in range(DAYS + 1)]
        series = [
            _series(_("not said fixed"), "two", clocks[Clock.CLAIM], DAYS),
            _series(_("not gone"), "one", clocks[Clock.VERIFY], DAYS),
        ]
        words = Words(
            name="standing",
            title=_("What still stands, in per cent, by days since the message"),
            summary=_("Two lines fall from 100: not yet said to be fixed, and not yet gone."),
            source=source,
            at=at,
        )
        made.append(line_figure(words, series, days))
    if found.effect:
        made.append(_compared(found.effect, source, at))
    return made


def _compared(effect: Effect, source: str, at: figures.Moment | None) -> Figure:
    series = [
        _series(_("held back"), "two", effect.held, HORIZON),
        _series(_("told"), "one", effect.told, HORIZON),
    ]
    words = Words(
        name="effect",
        title=_("Told beside held back: what still stands, in per cent, by days since the lot"),
        summary=_("Two lines fall from 100: findings that were told, and such held back by lot."),
        source=source,
        at=at,
    )
    return line_figure(words, series, [str(day) for day in range(HORIZON + 1)])


def _said(effect: Effect | None) -> dict[str, str]:
    """What messages do, in a sentence; where nothing was held back it is not known."""
    if effect is None or effect.gap is None:
        words = _(
            "What messages do is not known: no findings were held back by lot, or too few yet."
            " How to: the setting notices.control_percent."
        )
        return {"tone": "note--warn", "text": words}
    told, held = effect.told.by(HORIZON), effect.held.by(HORIZON)
    low, high = round(effect.gap.low * 100), round(effect.gap.high * 100)
    words = _(
        "Within 7 days %(told)s of what was told was gone (%(told_range)s, of %(n)s), and"
        " %(held)s of what was held back (%(held_range)s, of %(m)s): messages make a difference"
        " of %(gap)s points, between %(low)s and %(high)s."
    ) % {
        "told": share_text(told),
        "told_range": between(told),
        "n": figures.number(effect.told.watched),
        "held": share_text(held),
        "held_range": between(held),
        "m": figures.number(effect.held.watched),
        "gap": round(effect.gap.value * 100),
        "low": low,
        "high": high,
    }
    return {"tone": "" if low > 0 else "note--warn", "text": words}


def _lines(groups: tuple[Group, ...]) -> list[list[object]]:
    """All groups and clocks as rows of a file."""
    head: list[object] = ["by", "name", "clock", "findings", "happened", "organisations"]
    head += ["median_days", "median_low", "median_high"]
    head += [f"by_day_{day}{end}" for day in (7, 30) for end in ("", "_low", "_high")]
    rows = [head]
    for one in groups:
        for clock_, each in (one.clocks or {}).items():
            row: list[object] = [one.by or "all", one.name, clock_]
            row += [each.watched, each.happened, each.clusters]
            row += [each.median.value, each.median.low, each.median.high]
            for day in (7, 30):
                share = each.by(day)
                row += [share.value, share.low, share.high] if share else [None] * 3
            rows.append(row)
    return rows


@desk
def effect(request: HttpRequest, *, viewer: Viewer) -> HttpResponseBase:
    """The page; of many organisations, so it is for teams."""
    if scope_of(viewer) is None:
        raise PermissionDenied
    found = measured(viewer=viewer)
    now = clock()
    if found is None:
        note = {"tone": "", "text": _("Nothing has been measured yet: the worker does it daily.")}
        return render(
            request, "notices/effect.html", {"title": _("Effect of notices"), "note": note}
        )
    if request.GET.get("csv") == _GROUPS_FILE:
        return download(_lines(found.groups), "effect.csv")
    charts = _charts(found, figures.moment(found.at, now=now))
    file = asked_file(request, charts)
    if file is not None:
        return file
    sectors = sector_names()
    file_ = f"?csv={_GROUPS_FILE}"
    since = str(CLOCKS[Clock.VERIFY])
    sections = [
        Section(_("How long it takes"), _whole(found), csv=file_),
        *(
            Section(str(GROUPS[by]), _group_table(found, by, sectors), since, csv=file_)
            for by in BY
        ),
    ]
    context = {
        "title": _("Effect of notices"),
        "note": _said(found.effect),
        "of": _(
            "%(findings)s findings of %(organisations)s organisations,"
            " learnt of from %(first)s to %(last)s"
        )
        % {
            "findings": figures.number(found.findings),
            "organisations": figures.number(found.organisations),
            "first": figures.day(found.opened_from.date()),
            "last": figures.day(found.opened_to.date()),
        },
        "measured": figures.moment(found.at, now=now),
        "charts": with_links(request, charts),
        "sections": sections,
    }  # fmt: skip
    return render(request, "notices/effect.html", context)
