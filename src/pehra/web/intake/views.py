"""The list of reports, the page of one, and its rejects as a download."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import render
from django.utils.translation import gettext as _

from pehra.intake import queries
from pehra.intake.actions import openings
from pehra.kernel.time import clock
from pehra.mandate.queries import actor_of
from pehra.web.gate import national
from pehra.web.intake import rows
from pehra.web.paging import Pages, address, position
from pehra.web.spreadsheet import download
from pehra.web.tables import Section

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import HttpRequest, HttpResponse, StreamingHttpResponse

    from pehra.mandate.viewers import Viewer


@national
def batches(request: HttpRequest, *, viewer: Viewer) -> HttpResponse:
    """Every file as received, newest first."""
    page = queries.batches(viewer=viewer, after=request.GET.get("after"))
    older = address(request, {"after": page.rows[-1].pk}) if page.has_next else ""
    context = {
        "title": _("Reports"),
        "intro": _("Every file as it was received and what became of its rows, newest first."),
        "sections": [Section("", rows.batch_table(page.rows, now=clock()))],
        "pages": Pages(previous="", next=older),
    }
    return render(request, "listing.html", context)


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
        "rejects": [rows.shown_reject(reject) for reject in page.rows],
        "reject_pages": Pages(previous="", next=onward),
    }
    return render(request, "intake/batch.html", context)


def _note(request: HttpRequest, name: str, count: int) -> None:
    """Whoever opens rows as they were received is named in the ledger."""
    if not request.user.is_authenticated:  # the gate asks for it; nothing is shown unnamed
        raise PermissionDenied
    if count:
        actor, now = actor_of(request.user, on=clock().date()), clock()
        openings.open_rejects(name, count, actor=actor, now=now)


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
