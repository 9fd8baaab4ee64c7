"""The list of reports, the page of one, and its rejects as a download."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from pehra.intake import discover, queries
from pehra.intake.actions import openings
from pehra.intake.actions.replays import REPLAY, ask_replay
from pehra.jobs import queries as jobs
from pehra.kernel.time import clock
from pehra.web import phrases
from pehra.web.gate import actor as acting_as
from pehra.web.gate import deciding, may_decide, national
from pehra.web.intake import rows
from pehra.web.paging import Pages, address, position
from pehra.web.spreadsheet import download
from pehra.web.tables import Section

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import HttpRequest, HttpResponse, StreamingHttpResponse

    from pehra.kernel.actors import Actor
    from pehra.mandate.viewers import Viewer


@national
def batches(request: HttpRequest, *, viewer: Viewer) -> HttpResponse:
    """Every file as received, newest first."""
    state, source = request.GET.get("state", ""), request.GET.get("source", "")
    state = state if state in phrases.BATCH_STATE else ""
    source = source if source in discover.sources() else ""
    after = request.GET.get("after")
    page = queries.batches(viewer=viewer, after=after, state=state, source=source)
    older = address(request, {"after": page.rows[-1].pk}) if page.has_next else ""
    context = {
        "title": _("Reports"),
        "intro": _("Every file as it was received and what became of its rows, newest first."),
        "note": _narrowed(state, source),
        "sections": [Section("", rows.batch_table(page.rows, now=clock()))],
        "pages": Pages(previous="", next=older),
    }
    return render(request, "listing.html", context)


def _narrowed(state: str, source: str) -> dict[str, str] | None:
    """What the list leaves out, in words."""
    words = [str(phrases.BATCH_STATE[state][1])] if state else []
    words += [source] if source else []
    return (
        {"tone": "", "text": _("Only: %(words)s") % {"words": ", ".join(words)}} if words else None
    )


@national
def batch(request: HttpRequest, *, viewer: Viewer, name: str) -> HttpResponse:
    """One report: counts that add up, and the rows that could not be read."""
    found = queries.batch(name, viewer=viewer)
    if found is None:
        raise Http404
    page = queries.rejects(name, viewer=viewer, after=position(request, "after"))
    _note(request, name, len(page.rows))
    onward = (
        address(request, {"after": page.rows[-1].row}, anchor="rejects") if page.has_next else ""
    )
    context = {
        "batch": rows.shown_batch(found, now=clock()),
        "reasons": rows.reason_table(queries.reject_reasons(name, viewer=viewer), found.rows),
        "may_decide": may_decide(request),
        "job": _job(request, name),
        "rejects": [rows.shown_reject(reject) for reject in page.rows],
        "reject_pages": Pages(previous="", next=onward),
    }
    return render(request, "intake/batch.html", context)


def _job(request: HttpRequest, name: str) -> rows.ShownJob | None:
    """The job that reads the batch again, where the address names it."""
    number = position(request, "job")
    found = jobs.job(number) if number is not None else None
    if found is None or found.kind != REPLAY or found.payload.get("batch") != name:
        return None
    return rows.shown_job(found)


@deciding
def replay(request: HttpRequest, *, actor: Actor, name: str) -> HttpResponse:
    """Have a batch read again; its page then shows how far that is."""
    del request
    job = ask_replay(name, actor=actor, now=clock())
    return HttpResponseRedirect(f"{reverse('batch', args=[name])}?job={job}#again")


def _note(request: HttpRequest, name: str, count: int) -> None:
    """Whoever opens rows as they were received is named in the ledger."""
    if not request.user.is_authenticated:  # the gate asks for it; nothing is shown unnamed
        raise PermissionDenied
    if count:
        openings.open_rejects(name, count, actor=acting_as(request), now=clock())


def _reject_lines(name: str, viewer: Viewer) -> Iterator[list[str]]:
    yield ["row", "line", "offset", "reason", "detail", "raw"]
    for reject in queries.every_reject(name, viewer=viewer):
        place = (str(reject.row), str(reject.line), str(reject.offset))
        yield [*place, reject.reason, reject.detail, rows.raw_text(reject.raw)]


@national
def rejects_csv(request: HttpRequest, *, viewer: Viewer, name: str) -> StreamingHttpResponse:
    """All rejects of one report."""
    found = queries.batch(name, viewer=viewer)
    if found is None:
        raise Http404
    _note(request, name, found.rejected)
    return download(_reject_lines(name, viewer), f"rejects-{name}.csv")
