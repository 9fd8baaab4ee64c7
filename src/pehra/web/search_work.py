"""Cases, reports of people and advisories in the one search: only those that the reader may see."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _

from pehra.cases.queries import cases
from pehra.cases.queries.cases import Wanted
from pehra.cases.reported.numbers import number_in
from pehra.cases.reported.queries import cluster_of
from pehra.cases.rules import State
from pehra.kernel.errors import UsageError
from pehra.kernel.time import clock
from pehra.outreach.advisories.queries.shown import titled
from pehra.web import marks
from pehra.web.cases import words
from pehra.web.findings.rows import localised
from pehra.web.tables import Cell, Column, Section, badge_cell, table

if TYPE_CHECKING:
    from pehra.cases.queries.cases import CaseView
    from pehra.mandate.viewers import Viewer

_CASE = re.compile(r"[cC][-\s]?([0-9]{1,12})")
_FEWEST, _LONGEST, _SIZE = 3, 200, 10
"""Letters of a title that are looked for, at least and at most; lines of each kind."""


def _cases(asked: str, viewer: Viewer) -> list[CaseView]:
    """The case of a number, else those whose title has the words."""
    numbered = _CASE.fullmatch(asked)
    if numbered:
        found = cases.one(int(numbered[1]), viewer=viewer)
        return [found] if found else []
    return cases.page(Wanted(open=False, text=asked), viewer=viewer, now=clock(), size=_SIZE)


def _of_cases(found: list[CaseView]) -> Section:
    columns = [Column(_("Case")), Column(_("State"))]
    rows = [
        [
            Cell(f"C{one.number} {one.title}", href=reverse("case", args=[one.number]), main=True),
            badge_cell(marks.badge(words.STATE_BY_WORD, State(one.state).word)),
        ]
        for one in found
    ]
    shown = table(columns, rows, caption=_("Cases"), empty="")
    return Section(_("Cases"), shown, intro=_("By number, or by words of the title."),
                   anchor="cases")  # fmt: skip


def _of_report(asked: str, viewer: Viewer) -> Section | None:
    """The cluster of a report's number, for people of a team."""
    if not (viewer.sees_all or viewer.teams):
        return None
    try:
        number = number_in(asked)
    except UsageError:
        return None
    found = cluster_of(number, viewer=viewer)
    if found is None:
        return None
    rows = [[Cell(number, code=True, href=reverse("report-cluster", args=[found]), main=True)]]
    shown = table([Column(_("Number"))], rows, caption=_("Reports of people"), empty="")
    return Section(_("Reports of people"), shown, intro=_("It has this number."),
                   anchor="people")  # fmt: skip


def _of_advisories(asked: str) -> Section:
    rows = [
        [
            Cell(localised(one.title, one.title_ur), sub=one.number, main=True,
                 href=reverse("advisory", args=[one.number])),
        ]
        for one in titled(asked, size=_SIZE)
    ]  # fmt: skip
    shown = table([Column(_("Advisory"))], rows, caption=_("Advisories"), empty="")
    return Section(_("Advisories"), shown, intro=_("By number, or by words of the title."),
                   anchor="advisories")  # fmt: skip


def sections(asked: str, viewer: Viewer) -> list[Section]:
    """What was found, without sections that are empty."""
    asked = asked.replace("\x00", "").strip()
    if not (_FEWEST <= len(asked) <= _LONGEST or _CASE.fullmatch(asked)):
        return []
    report = _of_report(asked, viewer)
    made = [_of_cases(_cases(asked, viewer)), *([report] if report else []), _of_advisories(asked)]
    return [one for one in made if one.table and one.table.rows]


def only(found: list[Section]) -> str:
    """Where the one line leads, where there is one; else nothing."""
    rows = [row for one in found if one.table for row in one.table.rows]
    return rows[0][0][1].href if len(rows) == 1 else ""
