"""The playbooks that are known, one of them, and how each is followed in a case."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from pehra.cases.playbooks import actions, queries, shipped
from pehra.cases.playbooks.following import LONGEST_WHY, Mark
from pehra.cases.playbooks.reading import LARGEST, read
from pehra.cases.queries.cases import one as case_of
from pehra.cases.queries.cases import works_on
from pehra.kernel.errors import PehraError
from pehra.kernel.time import clock
from pehra.mandate.powers import Power
from pehra.web import figures
from pehra.web.gate import acting, desk, warrant
from pehra.web.playbooks import shown
from pehra.web.tables import Cell, Column, Table, table

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest

    from pehra.cases.playbooks.queries import RunView
    from pehra.mandate.viewers import Viewer

WORK = Power("work-cases")
"""Who follows playbooks, and brings them in."""


def _for_staff(viewer: Viewer) -> None:
    if not (viewer.sees_all or viewer.teams):
        raise PermissionDenied


@desk
def listing(request: HttpRequest, *, viewer: Viewer) -> HttpResponse:
    """All playbooks, with the form that brings one in."""
    _for_staff(viewer)
    context = {
        "table": _table(),
        "may_work": warrant(request, WORK) is not None,
        "national": viewer.sees_all,
    }
    return render(request, "playbooks/list.html", context)


def _table() -> Table:
    rows = [
        [
            Cell(shown.name_of(one), sub=shown.about(one), href=reverse("playbook", args=[slug]),
                 main=True),
            Cell(_("came with Pehra")),
            Cell(one.version, code=True),
            Cell(figures.number(len(shown.lines(one)))),
        ]
        for slug, one in shipped.shipped().items()
    ]  # fmt: skip
    for known in queries.brought_in():
        own = read(known.content.encode())
        address = reverse("playbook", args=[str(known.id)])
        rows.append(
            [
                Cell(shown.name_of(own), sub=shown.about(own), href=address, main=True),
                Cell(known.added_by, code=True),
                Cell(known.version, code=True),
                Cell(figures.number(len(shown.lines(own)))),
            ]
        )
    columns = [Column(_("Playbook")), Column(_("From")), Column(_("Version")),
               Column(_("Steps"), number=True)]  # fmt: skip
    return table(columns, rows, caption=_("Playbooks"), empty="")


@desk
def playbook(request: HttpRequest, *, viewer: Viewer, which: str) -> HttpResponse:
    """One playbook: its picture, and its steps as a list."""
    _for_staff(viewer)
    content = queries.content_of(which)
    if content is None:
        raise Http404
    found = read(content)
    context = {
        "which": which,
        "playbook": found,
        "name": shown.name_of(found),
        "about": shown.about(found),
        "lines": shown.lines(found),
        "picture": shown.picture(found),
    }
    return render(request, "playbooks/playbook.html", context)


@desk
def download(request: HttpRequest, *, viewer: Viewer, which: str) -> HttpResponse:
    """The file, byte for byte as it is kept."""
    del request
    _for_staff(viewer)
    content = queries.content_of(which)
    if content is None:
        raise Http404
    answer = HttpResponse(content, content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="playbook-{which}.json"'
    return answer


@require_POST
@desk
def bring_in(request: HttpRequest, *, viewer: Viewer) -> HttpResponse:
    """Bring a playbook in from a file."""
    _for_staff(viewer)
    by = acting(request, WORK)
    file = request.FILES.get("file")
    try:
        content = file.read(LARGEST + 1) if file else b""
        number = actions.bring_in(content, actor=by, now=clock())
    except PehraError as error:
        messages.error(request, error.message, extra_tags="note--bad")
        return HttpResponseRedirect(reverse("playbooks"))
    return HttpResponseRedirect(reverse("playbook", args=[str(number)]))


@desk
def of_case(request: HttpRequest, *, viewer: Viewer, number: int) -> HttpResponse:
    """The playbooks that are followed in a case."""
    found = case_of(number, viewer=viewer)
    if found is None or not works_on(number, viewer=viewer):
        raise Http404
    runs = queries.runs(number, viewer=viewer)
    begun = {run.playbook.id for run in runs}
    choices = [
        (slug, shown.name_of(one), slug == found.kind)
        for slug, one in shipped.shipped().items()
        if one.id not in begun
    ]
    choices += [
        (str(known.id), known.name, False)
        for known in queries.brought_in()
        if known.id not in {run.known for run in runs}
    ]
    context = {
        "case": found,
        "runs": [_run(run, clock()) for run in runs],
        "choices": choices,
        "may_work": warrant(request, WORK) is not None,
        "longest": LONGEST_WHY,
    }
    return render(request, "playbooks/case.html", context)


def _run(run: RunView, now: datetime) -> dict[str, object]:
    return {
        "id": run.id,
        "name": shown.name_of(run.playbook),
        "version": run.playbook.version,
        "begun": figures.moment(run.begun_at, now=now),
        "by": run.begun_by,
        "settled": figures.number(run.standing.settled),
        "total": figures.number(run.standing.total),
        "finished": run.standing.finished,
        "lines": shown.lines_of(run, now),
        "picture": shown.picture(run.playbook, run),
    }


@require_POST
@desk
def begin(request: HttpRequest, *, viewer: Viewer, number: int) -> HttpResponse:
    """Begin to follow a playbook."""
    if not works_on(number, viewer=viewer):
        raise Http404
    by = acting(request, WORK)
    try:
        actions.begin(number, request.POST.get("which", ""), actor=by, at=clock())
    except PehraError as error:
        messages.error(request, error.message, extra_tags="note--bad")
    return HttpResponseRedirect(reverse("case-playbooks", args=[number]))


@require_POST
@desk
def mark(request: HttpRequest, *, viewer: Viewer, number: int, run: int) -> HttpResponse:
    """Say of a step that it is done, skipped, or open after all."""
    found = queries.run_of(run, viewer=viewer)
    if found is None or found.case != number or not works_on(number, viewer=viewer):
        raise Http404
    by = acting(request, WORK)
    given = request.POST
    state = given.get("state", "")
    wish = Mark(
        step=given.get("step", ""),
        state=state,
        chosen=given.get("answer", "") if state == "done" else "",
        why=given.get("why", "").replace("\x00", ""),
    )
    try:
        actions.mark(run, wish, actor=by, at=clock())
    except PehraError:
        text = _("Not noted: a step is skipped or opened again with a reason, and a question needs"
                 " an answer.")  # fmt: skip
        messages.error(request, text, extra_tags="note--bad")
    address = reverse("case-playbooks", args=[number])
    known = wish.step if wish.step in found.playbook.steps else ""
    return HttpResponseRedirect(f"{address}#r{run}-{known}" if known else address)
