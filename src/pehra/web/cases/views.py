"""The list of cases with their clocks, and the form that opens one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from pehra.cases.actions.opened import Opening, open_case
from pehra.cases.queries import cases
from pehra.cases.queries.cases import Wanted
from pehra.cases.rules import Kind, State
from pehra.kernel.errors import PehraError, UsageError
from pehra.kernel.labels import Tlp
from pehra.kernel.time import clock
from pehra.mandate import queries as mandate
from pehra.web import figures, marks
from pehra.web.cases import words
from pehra.web.cases.rights import WORK
from pehra.web.findings.rows import localised
from pehra.web.gate import acting, desk, warrant
from pehra.web.paging import pages, position
from pehra.web.tables import Cell, Column, Table, badge_cell, moment_cell, table

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse, QueryDict

    from pehra.cases.queries.cases import CaseView
    from pehra.mandate.viewers import Viewer

_SIZE = 50
_OPEN, _ANY, _CONFIRM = "open", "any", "confirm"
_LONGEST = 200


def _wanted(query: QueryDict) -> Wanted:
    state, grade = query.get("state", _OPEN), query.get("grade", "")
    known = {one.word: one for one in State}
    return Wanted(
        open=state not in {_ANY, *known},
        states=(known[state],) if state in known else (),
        severity=int(grade) if grade in {"0", "1", "2", "3", "4", "5", "6"} else None,
        provisional=grade == _CONFIRM,
        kind=query.get("kind", "") if query.get("kind", "") in set(Kind) else "",
        overdue=query.get("due") == "past",
        exercises=query.get("exercises") == "yes",
        text=query.get("text", "").strip().replace("\x00", "")[:_LONGEST],
        offered=query.get("offered") == "yes",
    )


Choice = tuple[str, str, bool]
"""Value, word, whether it is chosen."""


def _choices(pairs: Iterable[tuple[str, object]], chosen: str) -> list[Choice]:
    return [(value, str(word), value == chosen) for value, word in pairs]


def _form(query: QueryDict, wanted: Wanted) -> list[tuple[str, str, list[Choice]]]:
    """Name, label and choices of each field."""
    state = State(wanted.states[0]).word if wanted.states else _OPEN if wanted.open else _ANY
    states = [(_OPEN, _("Needs somebody")), (_ANY, _("Any state")),
              *((one.word, words.STATE[one][1]) for one in State)]  # fmt: skip
    grades = [("", _("Any")), *((str(n), f"C{n} {word}") for n, word in words.GRADE.items()),
              ("0", _("Not graded")), (_CONFIRM, _("To be confirmed"))]  # fmt: skip
    grade = "" if wanted.severity is None else str(wanted.severity)
    grade = _CONFIRM if wanted.provisional else grade
    return [
        ("state", _("State"), _choices(states, state)),
        ("grade", _("Severity"), _choices(grades, grade)),
        ("kind", _("Kind"), _choices([("", _("Any")), *words.KIND.items()], wanted.kind)),
        ("due", _("Deadline"), _choices([("", _("Any")), ("past", _("Has passed"))],
                                        query.get("due", ""))),
        ("exercises", _("Exercises"), _choices([("", _("Leave out")), ("yes", _("Only these"))],
                                               query.get("exercises", ""))),
    ]  # fmt: skip


def case_table(found: list[CaseView], viewer: Viewer, now: datetime) -> Table:
    """Cases as a list shows them: severity, what, who leads, state, the next clock."""
    columns = [
        *(Column(_("Severity")), Column(_("Case")), Column(_("Lead team"))),
        *(Column(_("State")), Column(_("Next deadline")), Column(_("Last change"))),
    ]
    names = mandate.team_names()
    leads = cases.leads_of([one.number for one in found], viewer=viewer)
    cells = [
        [
            _severity(one),
            Cell(
                f"C{one.number} {one.title}",
                sub=str(words.KIND.get(one.kind, one.kind)),
                href=reverse("case", args=[one.number]),
                main=True,
            ),
            Cell(localised(*names[leads[one.number]]) if one.number in leads else figures.NOTHING),
            badge_cell(marks.badge(words.STATE_BY_WORD, State(one.state).word)),
            _due(one, now),
            moment_cell(figures.moment(one.changed_at, now=now)),
        ]
        for one in found
    ]
    empty = _("No case fits these filters.")
    return table(columns, cells, caption=_("Cases"), empty=empty)


def _severity(one: CaseView) -> Cell:
    found = words.mark(one.severity)
    sub = _("to be confirmed") if one.provisional else ""
    return Cell(severity=found, sub=sub) if found else Cell(_("Not graded"))


def _due(one: CaseView, now: datetime) -> Cell:
    due = figures.due(one.next_due, now=now)
    if due is None:
        return Cell(figures.NOTHING)
    return Cell(badge=marks.Badge("bad" if due.late else "wait", due.words))


@desk
def listing(request: HttpRequest, *, viewer: Viewer) -> HttpResponse:
    """Cases, the newest first, as the address asks."""
    now, wanted = clock(), _wanted(request.GET)
    before = position(request, "after")
    found = cases.page(wanted, viewer=viewer, now=now, before=before, size=_SIZE + 1)
    shown = found[:_SIZE]
    context = {
        "table": case_table(shown, viewer, now),
        "form": _form(request.GET, wanted),
        "text": wanted.text,
        "narrowed": wanted != Wanted(),
        "exercises": wanted.exercises,
        "may_open": warrant(request, WORK) is not None,
        "pages": pages(request, None, shown[-1].number if found[_SIZE:] else None),
    }
    return render(request, "cases/list.html", context)


@desk
def begin(request: HttpRequest, *, viewer: Viewer) -> HttpResponse:
    """Open a case."""
    if warrant(request, WORK) is None:
        raise PermissionDenied
    now, given = clock(), request.POST
    if request.method == "POST":
        try:
            number = _open(request, viewer, now)
        except PehraError as fault:
            messages.error(request, str(fault), extra_tags="note--bad")
        else:
            return HttpResponseRedirect(reverse("case", args=[number]))
    context = {
        "kinds": _choices(words.KIND.items(), given.get("kind", Kind.OTHER)),
        "labels": _choices([(one.value, one.value) for one in Tlp], given.get("tlp", Tlp.AMBER)),
        "given": {name: given.get(name, "") for name in ("title", "affected", "aware", "text")},
    }
    return render(request, "cases/open.html", context)


def _open(request: HttpRequest, viewer: Viewer, now: datetime) -> int:
    given = request.POST
    affected = organisations(given.get("affected", ""), viewer)
    opening = Opening(
        title=given.get("title", ""),
        kind=given.get("kind", ""),
        tlp=given.get("tlp", ""),
        aware_at=figures.local_moment(given.get("aware", "")),
        affected=affected,
        team=None if affected or viewer.sees_all else min(viewer.teams, default=None),
        support=tuple(sorted(viewer.teams)),
        text=given.get("text", ""),
        triaged=True,
    )
    return open_case(opening, actor=acting(request, WORK), at=now)


def organisations(text: str, viewer: Viewer) -> tuple[int, ...]:
    """Ids of organisations that the reader names by their short names.

    Raises:
        UsageError: one of them is not known to the reader.
    """
    found, strange = named(text, viewer)
    if strange:
        message = f"There is no organisation `{strange[0][:96]}`."
        raise UsageError(message, mend="Its short name stands on its page.")
    return found


def named(text: str, viewer: Viewer) -> tuple[tuple[int, ...], list[str]]:
    """Ids of organisations that the reader names and knows, and the names that are none."""
    known = mandate.holders()
    seen = mandate.with_constituents(viewer)
    found, strange = dict[int, None](), []
    for slug in text.lower().replace(",", " ").split():
        number = known[slug][0] if slug in known else 0
        if number and (viewer.sees_all or number in seen.organisations):
            found[number] = None
        else:
            strange.append(slug)
    return tuple(found), strange
