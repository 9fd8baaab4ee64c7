"""The one way in which a list becomes a file, and the links to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.urls import reverse

from pehra.web import spreadsheet
from pehra.web.gate import desk, viewer_of
from pehra.web.lists import findings, intake, records, registry
from pehra.web.lists.listed import Asked

if TYPE_CHECKING:
    from django.http import HttpRequest, StreamingHttpResponse

    from pehra.mandate.viewers import Viewer

LISTS = {
    one.name: one
    for one in (
        *(findings.FINDINGS, findings.OBSERVATIONS, findings.REFUSED, findings.FOUND),
        *(intake.BATCHES, intake.REJECTS, intake.SOURCES, intake.ALARMS),
        *(registry.ORGANISATIONS, registry.CLAIMS, registry.CONTACTS),
        *(registry.WORK, registry.UNATTRIBUTED),
        *(records.JOBS, records.SCHEDULES, records.LEDGER),
        *(records.GAPS, records.TEAMS, records.SECTORS, records.TERRITORIES),
    )
}
"""By the name in the address."""

FORMS = {"csv": "CSV", "jsonl": "JSON Lines"}
"""What a list can be taken away as, with the name that it has in every language."""

_OF_A_PAGE = ("after", "before", "page", "verify")
"""Parameters that choose a page of a list, not its rows."""


@desk
def download(
    request: HttpRequest, *, viewer: Viewer, name: str, form: str
) -> StreamingHttpResponse:
    """A list as a file: all rows of the filter in the address that the reader may see."""
    wanted = LISTS.get(name)
    if wanted is None:
        raise Http404
    if wanted.national and not viewer.sees_all:
        raise PermissionDenied
    rows = wanted.rows(Asked(request, viewer))
    if rows is None:
        raise Http404
    return spreadsheet.file(wanted.columns, rows, f"{name}.{form}")


def links(request: HttpRequest) -> list[dict[str, object]]:
    """Links to the lists that the page shows, with the page's own filter."""
    match, viewer = request.resolver_match, viewer_of(request)
    if match is None or viewer is None:
        return []
    query = request.GET.copy()
    for name in _OF_A_PAGE:
        query.pop(name, None)
    for name, value in match.kwargs.items():
        query[name] = str(value)
    words = f"?{query.urlencode()}" if query else ""
    return [
        {
            "label": one.label,
            "forms": [
                {"word": word, "href": f"{reverse('list', args=[one.name, form])}{words}"}
                for form, word in FORMS.items()
            ],
        }
        for one in LISTS.values()
        if one.page == match.url_name and (viewer.sees_all or not one.national)
    ]
