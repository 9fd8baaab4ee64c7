"""The desk for reports of people: what waits in its order, one cluster, and its decision."""

from __future__ import annotations

from datetime import timedelta
from functools import wraps
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from pehra.cases.reported import queries
from pehra.cases.reported.actions.contacts import open_contact
from pehra.cases.reported.actions.deciding import Decision, decide, take_out, tell
from pehra.cases.reported.actions.filing import file_report
from pehra.cases.reported.numbers import number_in
from pehra.cases.reported.rules import STEPS, Door, Kind, State, Wish
from pehra.kernel.errors import PehraError, UsageError
from pehra.kernel.time import clock
from pehra.mandate.powers import Power
from pehra.mandate.queries.powers import hours_of
from pehra.web import figures, marks
from pehra.web.gate import acting, desk, warrant
from pehra.web.paging import pages, position
from pehra.web.reported import rows, words
from pehra.web.reported.forms import CallForm, DecideForm

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse
    from django.http.response import HttpResponseBase

    from pehra.cases.reported.queries import ClusterLine
    from pehra.mandate.viewers import Viewer

TRIAGE = Power("triage-reports")
_SIZE, _REPORTS = 50, 10
_SHOWN = ("open", "overdue", "fresh", "case", "lawful", "spam", "all")


def _of_teams(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponseBase]:
    """A page for people of a team: organisations see nobody's reports."""

    @desk
    @wraps(view)
    def gated(request: HttpRequest, *, viewer: Viewer, **named: object) -> HttpResponse:
        if not (viewer.sees_all or viewer.teams):
            raise PermissionDenied
        return view(request, viewer=viewer, **named)

    return gated


def _triaging(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponseBase]:
    """An act of those who hold the power, on what they see."""
    return require_POST(_of_teams(view))


@_of_teams
def listing(request: HttpRequest, *, viewer: Viewer) -> HttpResponse:
    """What waits, what hurts most and is new first; many of one kind are one line."""
    now = clock()
    typed = request.GET.get("number", "")
    if typed and (found := _by_number(typed, viewer)) is not None:
        return HttpResponseRedirect(reverse("report-cluster", args=[found]))
    before = _overdue_before(now)
    shown = request.GET.get("show", "open")
    wanted = _wanted(shown if shown in _SHOWN else "open", before)
    found_lines = queries.page(
        wanted, viewer=viewer, after=position(request, "after"), size=_SIZE + 1
    )
    lines = found_lines[:_SIZE]
    counts = queries.counts(viewer=viewer, before=before)
    names = {
        "open": (_("Waiting"), counts.open), "overdue": (_("Overdue"), counts.overdue),
        "fresh": (_("More came since"), counts.fresh), "case": (_("In a case"), None),
        "lawful": (_("Lawful"), None), "spam": (_("Spam"), None), "all": (_("All"), None),
    }  # fmt: skip
    context = {
        "table": rows.clusters(lines, now),
        "tabs": [
            (name, word, None if count is None else figures.total(count), name == shown)
            for name, (word, count) in names.items()
        ],
        "pages": pages(request, None, lines[-1].id if found_lines[_SIZE:] else None),
        "typed": typed,
        "may": warrant(request, TRIAGE) is not None,
    }
    return render(request, "reported/list.html", context)


def _by_number(typed: str, viewer: Viewer) -> int | None:
    try:
        return queries.cluster_of(number_in(typed), viewer=viewer)
    except UsageError:
        return None


def _overdue_before(now: datetime) -> datetime:
    """What began before it should have been looked at by now."""
    hours = hours_of("report-triage", now.date())
    return now - timedelta(hours=hours) if hours is not None else now - timedelta(days=3_650)


def _wanted(shown: str, before: datetime) -> queries.Wanted:
    if shown == "overdue":
        return queries.Wanted(before=before)
    if shown == "fresh":
        return queries.Wanted(state="", fresh=True)
    return queries.Wanted(state="" if shown == "all" else shown)


@_of_teams
def cluster(request: HttpRequest, *, viewer: Viewer, number: int) -> HttpResponse:
    """One cluster: what was reported, what it may be, and the decision."""
    line = queries.one(number, viewer=viewer)
    if line is None:
        raise Http404
    now = clock()
    found = queries.reports_of(
        number, viewer=viewer, before=position(request, "after"), size=_REPORTS + 1
    )
    shown = found[:_REPORTS]
    context = {
        "line": line,
        "title": rows.harmless(line.title) if "://" in line.title else line.title,
        "badge": marks.badge(words.CLUSTER_STATE, line.state),
        "guess": marks.badge(words.SUGGESTION, line.suggestion) if line.suggestion else None,
        "score": round(line.score * 100),
        "facts": rows.facts(line, queries.shares(number, viewer=viewer), now),
        "reports": [rows.report(one, now) for one in shown],
        "told": rows.told(queries.words_of(number, viewer=viewer), now),
        "pages": pages(request, None, shown[-1].id if found[_REPORTS:] else None),
        "next": queries.next_of(line, viewer=viewer),
        "may": warrant(request, TRIAGE) is not None,
        "steps": {step.value for step in STEPS[State(line.state)]},
        "page_keys": _keys(line),
    }
    return render(request, "reported/cluster.html", context)


def _keys(line: ClusterLine) -> list[tuple[str, str]]:
    own = [("n", _("Next cluster"))]
    if line.state == State.OPEN:
        own += [("c", _("Open a case")), ("b", _("Join a case")), ("l", _("Lawful")),
                ("s", _("Spam")), ("d", _("Same as another"))]  # fmt: skip
    return own


def _refuse(request: HttpRequest) -> None:
    wrong = _(
        "Not done: it was decided on already, a number names nothing that you may see, or the words"
        " are missing."
    )
    messages.error(request, wrong, extra_tags="note--bad")


@_triaging
def act(request: HttpRequest, *, viewer: Viewer, number: int) -> HttpResponse:
    """Decide on a cluster, then go to the next that waits."""
    actor, now = acting(request, TRIAGE), clock()
    line, form = queries.one(number, viewer=viewer), DecideForm(request.POST)
    if line is None:
        raise Http404
    here = HttpResponseRedirect(reverse("report-cluster", args=[number]))
    what = request.POST.get("what", "")
    if not form.is_valid() or what not in set(State):
        _refuse(request)
        return here
    following = queries.next_of(line, viewer=viewer)
    try:
        decision = Decision(what=State(what), **form.cleaned_data)
        case = decide(number, decision, viewer=viewer, actor=actor, now=now)
    except PehraError:
        _refuse(request)
        return here
    done = _("Decided. Those who reported it see it under their numbers.")
    told = _("It is in case %(case)s.") % {"case": case} if case else ""
    messages.success(request, f"{done} {told}".strip(), extra_tags="note--good")
    if what == State.OPEN or following is None:
        return here
    return HttpResponseRedirect(reverse("report-cluster", args=[following]))


@_triaging
def say(request: HttpRequest, *, viewer: Viewer, number: int) -> HttpResponse:
    """Tell reporters something more."""
    actor = acting(request, TRIAGE)
    try:
        words = request.POST.get("words", "")
        tell(number, words, viewer=viewer, actor=actor, now=clock())
    except PehraError:
        _refuse(request)
    return HttpResponseRedirect(reverse("report-cluster", args=[number]))


@_triaging
def out(request: HttpRequest, *, viewer: Viewer, number: int) -> HttpResponse:
    """Take a report out of its cluster."""
    actor = acting(request, TRIAGE)
    try:
        made = take_out(number, viewer=viewer, actor=actor, now=clock())
    except PehraError:
        _refuse(request)
        return HttpResponseRedirect(reverse("reports-in"))
    return HttpResponseRedirect(reverse("report-cluster", args=[made]))


@_triaging
def contact(request: HttpRequest, *, viewer: Viewer, number: int) -> HttpResponse:
    """Open a reporter's contact; that somebody did stands in the ledger."""
    actor = acting(request, TRIAGE)
    try:
        found = open_contact(settings.HOME, number, viewer=viewer, actor=actor, now=clock())
    except UsageError:
        raise Http404 from None
    return render(request, "reported/contact.html", {"contact": found})


@_of_teams
def call(request: HttpRequest, *, viewer: Viewer) -> HttpResponse:
    """Write down what somebody reports on the telephone; the number is read out at once."""
    del viewer
    actor = acting(request, TRIAGE)
    form = CallForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        status = 422 if request.method == "POST" else 200
        return render(request, "reported/call.html", {"form": form}, status=status)
    told = form.cleaned_data
    wish = Wish(
        kind=Kind(told["kind"]),
        door=Door.PHONE,
        text=told["text"],
        organisation=told["organisation"],
        contact=form.contact(),
        language=told["language"],
        origin=f"call {told['phone'] or told['mail'] or clock().isoformat()}",
    )
    filed = file_report(settings.HOME, wish, actor=actor, now=clock())
    context = {"number": filed.number, "cluster": filed.cluster}
    return render(request, "reported/call.html", context)
