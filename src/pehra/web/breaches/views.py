"""The register of breaches, the page of one, and how one is recorded."""

from __future__ import annotations

import csv
from datetime import datetime
from typing import TYPE_CHECKING

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from pehra.cases.breaches import queries
from pehra.cases.breaches.actions import recording
from pehra.cases.breaches.actions.recording import Found
from pehra.cases.breaches.risk import QUESTIONS, suggested
from pehra.cases.breaches.rules import HANDLE, Risk, State
from pehra.kernel.cells import guarded
from pehra.kernel.errors import PehraError
from pehra.kernel.time import clock, iso
from pehra.mandate import queries as mandate
from pehra.web import figures, marks
from pehra.web.breaches import words
from pehra.web.breaches.forms import MOMENT, ContentsForm, NewForm
from pehra.web.findings.rows import localised
from pehra.web.gate import acting, desk, national, warrant
from pehra.web.paging import pages, position
from pehra.web.tables import Cell, Column, Fact, Table, badge_cell, moment_cell, table

if TYPE_CHECKING:
    from django.http import HttpRequest

    from pehra.cases.breaches.queries import BreachView, TextView
    from pehra.mandate.viewers import Viewer

_SIZE, _ALL = 50, 10_000
_CSV = (
    "id", "case", "slug", "state", "risk", "aware_at", "recorded_at", "authority_due",
    "authority_at", "people_due", "people_at", "people_told", "late_reason", "exemption",
    "exemption_why", "public_notice", "closed_at",
)  # fmt: skip


@desk
def listing(request: HttpRequest, *, viewer: Viewer) -> HttpResponse:
    """The register: every breach that the reader may see, notified or not."""
    found = queries.register(viewer=viewer, before=position(request, "after"), size=_SIZE + 1)
    kept = found[:_SIZE]
    context = {
        "table": _table(kept, clock()),
        "pages": pages(request, None, kept[-1].id if found[_SIZE:] else None),
        "may_handle": viewer.sees_all and warrant(request, HANDLE) is not None,
    }
    return render(request, "breaches/list.html", context)


def _table(found: list[BreachView], now: datetime) -> Table:
    columns = [Column(_("Breach")), Column(_("State")), Column(_("Risk")), Column(_("Known since")),
               Column(_("Authority told by")), Column(_("Authority told"))]  # fmt: skip
    cells = [
        [
            Cell(
                localised(one.name, one.name_ur),
                sub=f"B{one.id} C{one.case}",
                href=reverse("breach", args=[one.id]),
                main=True,
            ),
            badge_cell(marks.badge(words.STATE, one.state)),
            badge_cell(marks.badge(words.RISK, one.risk)),
            moment_cell(figures.moment(one.aware_at, now=now)),
            moment_cell(figures.moment(one.authority_due, now=now)),
            _told_cell(one, now),
        ]
        for one in found
    ]
    return table(columns, cells, caption=_("Breaches"), empty=_("No breach was recorded yet."))


def _told_cell(one: BreachView, now: datetime) -> Cell:
    if one.authority_at:
        return moment_cell(figures.moment(one.authority_at, now=now))
    if one.overdue(now):
        return badge_cell(marks.Badge("bad", _("overdue")))
    return Cell(_("not needed") if one.risk == Risk.NONE else figures.NOTHING)


@desk
def register(request: HttpRequest, *, viewer: Viewer) -> HttpResponse:
    """The register as CSV."""
    del request
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="breaches.csv"'
    write = csv.writer(answer)
    write.writerow(_CSV)
    for one in queries.register(viewer=viewer, size=_ALL):
        write.writerow(_cell(getattr(one, name)) for name in _CSV)
    return answer


def _cell(value: object) -> str:
    if value is None:
        return ""
    return iso(value) if isinstance(value, datetime) else guarded(str(value))


@national
def new(request: HttpRequest, *, viewer: Viewer) -> HttpResponse:
    """Record a breach in a case."""
    del viewer
    who, error = acting(request, HANDLE), ""
    with timezone.override(figures.zone()):
        form = NewForm(request.POST or None, initial={"case": request.GET.get("case", "")})
        sound = request.method == "POST" and form.is_valid()
    if sound:
        try:
            number = recording.record_breach(_found(form), actor=who, at=clock())
        except PehraError as fault:
            error = str(fault)
        else:
            return HttpResponseRedirect(reverse("breach", args=[number]))
    context = {"form": form, "error": error}
    status = 422 if request.method == "POST" else 200
    return render(request, "breaches/new.html", context, status=status)


def _found(form: NewForm) -> Found:
    given = form.cleaned_data
    holder = mandate.organisation_row(given["organisation"].strip())
    return Found(
        case=given["case"],
        organisation=holder.pk if holder else 0,
        aware_at=given["aware_at"],
        contents=form.contents(),
        processor=given["processor"],
        processor_aware_at=given["processor_aware_at"],
    )


def seen(number: int, viewer: Viewer) -> BreachView:
    """A breach that the reader may see; not found where there is none."""
    found = queries.one(number, viewer=viewer)
    if found is None:
        raise Http404
    return found


@desk
def show(request: HttpRequest, *, viewer: Viewer, number: int) -> HttpResponse:
    """A breach: its clocks, what is known and missing, its risk, its texts, and what comes next."""
    found, now = seen(number, viewer), clock()
    may = viewer.sees_all and warrant(request, HANDLE) is not None
    contents = {name: getattr(found.contents, name) for name in found.contents.__struct_fields__}
    context = {
        "found": found,
        "exercise": found.exercise,
        "name": localised(found.name, found.name_ur),
        "state": marks.badge(words.STATE, found.state),
        "risk": marks.badge(words.RISK, found.risk),
        "clocks": _clocks(found, now),
        "missing": ", ".join(str(words.PART[one]) for one in found.missing),
        "form": ContentsForm(initial=contents) if may else None,
        "facts": _facts(found, now),
        "questions": _questions(found),
        "levels": words.LEVEL.items(),
        "suggested": words.RISK[suggested(found.answers)][1] if found.answers else "",
        "exemptions": words.EXEMPTION.items(),
        "exemption": words.EXEMPTION.get(found.exemption, ""),
        "texts": [_text(one, now) for one in queries.texts(number, viewer=viewer)],
        "may": may,
        "now_local": now.astimezone(figures.zone()).strftime(MOMENT),
        "next": _next(found),
    }
    return render(request, "breaches/show.html", context)


def _clocks(found: BreachView, now: datetime) -> list[dict[str, object]]:
    rows = [
        (_("Tell the authority"), found.authority_due, found.authority_at),
        (_("Tell the people"), found.people_due, found.people_at),
        (_("The holder tells whose data they are"), found.processor_due, None),
    ]
    return [
        {
            "name": name,
            "due": figures.due(by, now=now),
            "told": figures.moment(told, now=now),
            "late": told is not None and told > by,
        }
        for name, by, told in rows
        if by is not None
    ]


def _facts(found: BreachView, now: datetime) -> list[Fact]:
    told = [Fact(_("It knew since"), at=figures.moment(found.aware_at, now=now))]
    if found.processor:
        told.append(Fact(_("Who held the data"), found.processor))
    for name, field in ContentsForm().fields.items():
        value = getattr(found.contents, name)
        text = _("yes") if value is True else value
        if isinstance(value, int) and not isinstance(value, bool):
            text = figures.number(value)
        if text:
            told.append(Fact(str(field.label), str(text)))
    return told


def _questions(found: BreachView) -> list[dict[str, object]]:
    return [
        {
            "name": name,
            "text": words.QUESTION[name][0],
            "help": words.QUESTION[name][1],
            "answer": found.answers.get(name),
        }
        for name in QUESTIONS
    ]


def _text(one: TextView, now: datetime) -> dict[str, object]:
    return {
        "row": one,
        "to": words.TO[one.to],
        "direction": "rtl" if one.language == "ur" else "ltr",
        "released": figures.moment(one.released_at, now=now),
        "edited": figures.moment(one.edited_at, now=now),
    }


def _next(found: BreachView) -> dict[str, bool]:
    """Which acts the state and the risk allow."""
    state, risk = State(found.state), found.risk
    mild = state == State.NOTIFIED_AUTHORITY and risk != Risk.HIGH
    done = state in {State.NOTIFIED_PEOPLE, State.EXEMPT, State.CLOSED}
    return {
        "authority": state == State.ASSESSED and risk != Risk.NONE,
        "people": state in {State.NOTIFIED_AUTHORITY, State.EXEMPT},
        "exempt": state == State.NOTIFIED_AUTHORITY and risk == Risk.HIGH,
        "follow": done or mild or (state == State.ASSESSED and risk == Risk.NONE),
        "close": state == State.FOLLOW_UP,
        "assess": not done,
    }
