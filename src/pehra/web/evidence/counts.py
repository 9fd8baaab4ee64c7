"""What everybody may know: how often evidence was asked for, by whom, and what came of it.

No case, no name and no number under five; and the key that signs what is handed over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from pehra.cases.evidence import queries
from pehra.cases.evidence.rules import FEWEST
from pehra.cases.evidence.signing import evidence_key, key_file
from pehra.web import figures
from pehra.web.evidence import words
from pehra.web.tables import Cell, Column, Table, table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.http import HttpRequest, HttpResponse

    from pehra.cases.evidence.rules import Count


def _table(heading: str, rows: Iterable[Count]) -> Table:
    columns = [Column(heading), Column(_("Requests"), number=True)]
    few = _("fewer than %(n)d, or hidden with them") % {"n": FEWEST}
    lines = [
        [
            Cell(str(words.COUNTED.get(one.name, one.name)), main=True),
            Cell(few if one.requests is None else figures.number(one.requests)),
        ]
        for one in rows
    ]
    none = _("Nobody has asked for evidence.")
    return table(columns, lines, caption=heading, empty=none)


@require_safe
def counts(request: HttpRequest) -> HttpResponse:
    """The page, for readers without an account."""
    found = queries.public()
    key = evidence_key(settings.HOME) if key_file(settings.HOME).exists() else None
    context = {
        "tables": [
            _table(_("Who asked"), found.agencies),
            _table(_("By which law"), found.grounds),
            _table(_("What came of it"), found.results),
        ],
        "fingerprint": key.fingerprint if key else "",
        "public_key": key.public_pem.decode() if key else "",
    }
    return render(request, "evidence/counts.html", context)
