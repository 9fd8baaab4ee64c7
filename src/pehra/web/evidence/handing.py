"""Requests for evidence: asked, judged, narrowed, packed, signed twice, handed over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from pehra.cases.evidence import manifest as manifests
from pehra.cases.evidence import queries
from pehra.cases.evidence.actions import packing, requests
from pehra.cases.evidence.actions.asking import NewRequest, paper_came
from pehra.cases.evidence.actions.asking import ask as write
from pehra.cases.evidence.actions.hands import Turn
from pehra.cases.evidence.inert import sealed_zip
from pehra.cases.evidence.rules import ASKERS, HANDED, POWER_OF, RECORD, Kind, State, steps_from
from pehra.cases.queries.cases import affected, works_on
from pehra.cases.queries.cases import one as case_of
from pehra.kernel.errors import Refused, UsageError
from pehra.kernel.time import clock
from pehra.mandate.queries.powers import grounds
from pehra.mandate.queries.standing import bodies, names_of
from pehra.mandate.rules import in_force
from pehra.web import figures
from pehra.web.evidence import words
from pehra.web.evidence.gates import access, hand
from pehra.web.evidence.views import download
from pehra.web.findings.rows import localised
from pehra.web.gate import desk
from pehra.web.marks import Badge
from pehra.web.tables import Cell, Column, Fact, badge_cell, moment_cell, table

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse
    from django.http.response import HttpResponseBase

    from pehra.mandate.viewers import Viewer
    from pehra.web.evidence.gates import Access
    from pehra.web.tables import Table

_MOST = 10_000
"""Items of a case that a page lists; something is said of each."""
_SHORTEST = 12
"""Letters of a passphrase; the sealed package is tried at leisure by whoever gets hold of it."""


class AskForm(forms.Form):
    """What is asked."""

    case = forms.IntegerField(label=gettext_lazy("Number of the case"), min_value=1)
    agency = forms.ChoiceField(label=gettext_lazy("Who asks"))
    kind = forms.ChoiceField(label=gettext_lazy("What for"), choices=list(words.KIND.items()))
    ground = forms.ChoiceField(
        label=gettext_lazy("Ground in law"),
        required=False,
        help_text=gettext_lazy("A request without one is refused at once, and counted so."),
    )
    reference = forms.CharField(
        label=gettext_lazy("Number of the letter, order or warrant"), max_length=120
    )
    scope = forms.CharField(
        label=gettext_lazy("What is asked for, as narrowly as it can be said"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    preserve_until = forms.DateField(
        label=gettext_lazy("To be preserved until"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    emergency = forms.BooleanField(
        label=gettext_lazy("A life is at stake; the paper follows"), required=False
    )

    def __init__(self, *given: object, **named: object) -> None:
        super().__init__(*given, **named)  # type: ignore[arg-type] # Django's own arguments
        today = clock().date()
        laws = {
            (one.slug, one.words)
            for one in grounds()
            if in_force(one.valid_from, one.valid_to, today)
            and any(act.startswith("evidence-") for act in one.acts)
        }
        choices = {
            "ground": [("", str(_("none"))), *sorted(laws)],
            "agency": [(slug, localised(*names)) for slug, *names in bodies(ASKERS, today)],
        }
        for name, able in choices.items():
            self.fields[name].choices = able  # type: ignore[attr-defined] # a ChoiceField

    def add_affected(self, case: str, viewer: Viewer) -> None:
        """Let those who are affected in a case that the reader works on ask for their own data."""
        if case.isdecimal() and works_on(int(case), viewer=viewer):
            names = names_of(affected(int(case), viewer=viewer))
            more = [(slug, localised(*both)) for slug, *both in names]
            self.fields["agency"].choices += more  # type: ignore[attr-defined] # a ChoiceField


@desk
def ask(request: HttpRequest, *, viewer: Viewer) -> HttpResponse:
    """The form; what has no ground is refused at once, and shown with the reason."""
    if not access(request).asks:
        raise PermissionDenied
    posted = request.method == "POST"
    case = (request.POST if posted else request.GET).get("case", "")
    form = AskForm(request.POST if posted else None, initial={"case": case})
    form.add_affected(case, viewer)
    if posted and form.is_valid():
        try:
            found = write(NewRequest(**form.cleaned_data), hand=hand(request), now=clock())
        except (UsageError, Refused) as error:
            form.add_error(None, str(error))
        else:
            return HttpResponseRedirect(reverse("evidence-request", args=[found.number]))
    context = {"form": form}
    return render(request, "evidence/ask.html", context, status=422 if posted else 200)


class NextStep(msgspec.Struct, frozen=True):
    """A step that the reader may try now, with what its form asks for."""

    to: str
    label: str
    narrows: bool = False
    hands_out: bool = False
    until: bool = False
    bad: bool = False


@desk
def request_(request: HttpRequest, *, viewer: Viewer, number: int) -> HttpResponse:
    """One request: who asks and by which law, every step, and what comes next."""
    able, now = access(request), clock()
    found = queries.course(number, viewer=viewer)
    if found is None:
        raise Http404
    ours = queries.handled(number, viewer=viewer)
    one = found.request
    word, tone = words.STATE[one.state]
    case = case_of(one.case, viewer=viewer) if ours else None
    context = {
        "one": one,
        "state": Badge(tone, str(word)),
        "late": one.late(now),
        "waits_for_paper": ours and bool(one.paper_due and not one.paper_at) and able.can(RECORD),
        "facts": _facts(found, now, ours=ours),
        "steps": _steps(found, now),
        "choices": _choices(found) if ours else None,
        "next": _next(one, able, ours=ours),
        "items": queries.items(viewer=able.reader(viewer), case=one.case, size=_MOST)
        if ours and able.reads else [],
        "again": ours and able.can(POWER_OF[State.DELIVERED]) and State(one.state) in HANDED
        and bool(found.manifest) and one.state != State.DESTROYED,
        "exercise": bool(case and case.exercise),
    }  # fmt: skip
    return render(request, "evidence/request.html", context)


def _next(one: queries.RequestView, able: Access, *, ours: bool) -> list[NextStep]:
    possible = steps_from(State(one.state), Kind(one.kind))
    return [
        NextStep(
            to.value,
            str(words.STEP[to]),
            narrows=to == State.NARROWED,
            hands_out=to == State.DELIVERED,
            until=to == State.RETAINED,
            bad=to == State.REFUSED,
        )
        for to in State
        if to in possible and able.can(POWER_OF[to]) and (ours or to == State.CONSENT)
    ]


def _facts(found: queries.Course, now: datetime, *, ours: bool) -> list[Fact]:
    one = found.request
    facts = [
        Fact(_("Who asks"), localised(one.agency_name, one.agency_name_ur)),
        Fact(_("Number of the letter, order or warrant"), one.reference),
        Fact(_("What for"), str(words.KIND[one.kind])),
        Fact(_("Ground in law"), one.law or one.ground or _("none")),
        Fact(_("Asked"), at=figures.moment(one.asked_at, now=now)),
        Fact(_("What is asked for"), one.scope),
    ]
    if one.narrowed_to:
        facts.append(Fact(_("Narrowed to"), one.narrowed_to))
    if one.refused_why:
        facts.append(Fact(_("Refused, because"), one.refused_why))
    if one.preserve_until:
        facts.append(Fact(_("To be preserved until"), figures.day(one.preserve_until)))
    if one.paper_due and not one.paper_at:
        facts.append(Fact(_("Paper due"), at=figures.moment(one.paper_due, now=now)))
    if ours:
        facts.insert(0, Fact(_("Case"), f"C{one.case}"))
        if found.manifest:
            told = manifests.read(found.manifest)
            facts.append(Fact(_("SHA-256 of the manifest"), told.sha256, code=True))
        if found.stamped_at:
            facts.append(Fact(_("Time stamp"), at=figures.moment(found.stamped_at, now=now)))
    return facts


def _steps(found: queries.Course, now: datetime) -> Table:
    columns = [Column(_("Step")), Column(_("By")), Column(_("What was said")), Column(_("When"))]
    rows = []
    for one in found.steps:
        word, tone = words.STATE[one.state]
        rows.append([
            badge_cell(Badge(tone, str(word))),
            Cell(one.by, one.office, code=True),
            Cell(one.text, main=True),
            moment_cell(figures.moment(one.at, now=now)),
        ])  # fmt: skip
    return table(columns, rows, caption=_("Steps"), empty=figures.NOTHING)


def _choices(found: queries.Course) -> Table:
    columns = [Column(_("What")), Column(_("Goes out")), Column(_("Why not"))]
    rows = [
        [
            Cell(f"E{one.item} {one.name}" if one.item else one.what, main=True),
            badge_cell(Badge("off", _("left out")) if one.left_out else Badge("done", _("yes"))),
            Cell(one.why or figures.NOTHING),
        ]
        for one in found.choices
    ]
    none = _("It is not narrowed yet.")
    return table(columns, rows, caption=_("What goes out, and what was left out"), empty=none)


@require_POST
@desk
def step(request: HttpRequest, *, viewer: Viewer, number: int) -> HttpResponseBase:
    """Take a step; who may, the rules say."""
    to, text = request.POST.get("to", ""), request.POST.get("text", "")
    found = queries.course if to == State.CONSENT else queries.handled
    if not found(number, viewer=viewer):
        raise Http404
    turn = Turn(hand(request), text, clock())
    if to == State.DELIVERED:
        return _handed(request, number, turn)
    if to == State.PACKAGE:
        packing.pack(settings.HOME, number, turn)
    elif to == State.SECOND_SIGN:
        packing.second_sign(settings.HOME, number, turn)
    else:
        requests.advance(number, _move(request, to, text), hand=turn.hand, now=turn.now)
    messages.success(request, _("The step is taken, and stands in the ledger."))
    return HttpResponseRedirect(reverse("evidence-request", args=[number]))


def _move(request: HttpRequest, to: str, text: str) -> requests.Move:
    """What the form says: an item is ticked, or there is a reason why it is not."""
    items = [int(one) for one in request.POST.getlist("item") if one.isdecimal()]
    left = [
        requests.LeaveOut(why, number)
        for name in request.POST
        if (number := _number(name)) not in {None, *items}
        and (why := request.POST.get(name, "").strip())
    ]
    what = request.POST.get("what", "").strip()
    if what:
        left.append(requests.LeaveOut(request.POST.get("what-why", ""), what=what))
    until = request.POST.get("until", "")
    day = figures.day_of(until) if until else None
    return requests.Move(to=to, text=text, items=tuple(items), left_out=tuple(left), until=day)


def _number(name: str) -> int | None:
    """Of which item a field says why it is left out."""
    rest = name.removeprefix("why-")
    return int(rest) if rest != name and rest.isdecimal() else None


def _handed(request: HttpRequest, number: int, turn: Turn) -> HttpResponseBase:
    """The package in a ZIP of its own under a passphrase, and that it is handed over."""
    phrase = request.POST.get("passphrase", "")
    if len(phrase) < _SHORTEST:
        message = _("The passphrase has fewer than 12 letters.")
        raise UsageError(message, mend=_("Take five words or more, and tell them by another way."))
    files = packing.copy_out(settings.HOME, number, turn)
    name = f"hand-over-{number}.zip"
    return download(sealed_zip(files, phrase.encode()), name)


@require_POST
@desk
def paper(request: HttpRequest, *, viewer: Viewer, number: int) -> HttpResponse:
    """The paper of an urgent request has come."""
    if not queries.handled(number, viewer=viewer):
        raise Http404
    paper_came(number, hand=hand(request), now=clock())
    return HttpResponseRedirect(reverse("evidence-request", args=[number]))
