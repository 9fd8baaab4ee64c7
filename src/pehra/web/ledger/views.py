"""The ledger's newest entries and its verdict."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec
from django.conf import settings
from django.shortcuts import render
from django.utils.translation import gettext as _

from pehra.kernel.time import clock
from pehra.ledger import queries
from pehra.ledger.keys import verifier_key
from pehra.web import figures
from pehra.web.gate import national
from pehra.web.paging import pages, position
from pehra.web.tables import Cell, Column, Fact, Section, Table, moment_cell, table

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from pehra.ledger.body import Body
    from pehra.mandate.viewers import Viewer

_SIZE = 50
_MOST_AUDITED = 200_000
_DIGEST = re.compile(r"[0-9a-f]{40,128}")
_NUMBER = re.compile(r"([0-9a-f]{12})[0-9a-f]{20,}$")
"""Of a batch: its first digits say enough, and whole it would leave no room beside it."""


def _value(value: object) -> str:
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return f"{text[:12]}…" if _DIGEST.fullmatch(text) else text


def facts_text(entry: Body) -> str:
    """The facts of an entry on one line; of a digest its first 12 digits."""
    return " · ".join(f"{name}: {_value(value)}" for name, value in entry.facts.items())


def _table(entries: list[Body], now: datetime) -> Table:
    columns = [
        Column(_("No."), number=True),
        Column(_("Act")),
        Column(_("Subject")),
        Column(_("By")),
        Column(_("When")),
    ]
    rows = [
        [
            Cell(figures.number(entry.seq)),
            Cell(entry.act, code=True, main=True, sub=facts_text(entry)),
            Cell(_NUMBER.sub(r"\1…", entry.subject), code=True),
            Cell(entry.actor.name, sub=entry.actor.office),
            moment_cell(figures.moment(datetime.fromisoformat(entry.at), now=now)),
        ]
        for entry in entries
    ]
    return table(columns, rows, caption=_("Entries"), empty=_("Nothing has been recorded yet."))


def _facts() -> list[Fact]:
    head = queries.head()
    note = queries.latest_checkpoint()
    signed = note.splitlines()[1] if note else ""
    return [
        Fact(_("Entries"), figures.number(head.size)),
        Fact(_("Root"), head.root.hex(), code=True),
        Fact(_("Signed up to"), figures.number(int(signed)) if signed else _("nothing yet")),
    ]


def _verdict() -> dict[str, str]:
    """Audit the whole log, and say what came of it; a long log is for the command line."""
    if queries.head().size > _MOST_AUDITED:
        return {"tone": "", "text": _("Too long for a page: run `pehra ledger verify`.")}
    found = queries.verify(verifier_key(settings.HOME))
    if found.ok:
        words = _("Verified: all %(size)s entries and %(signed)s checkpoints hold.")
        counts = {"size": figures.number(found.size), "signed": figures.number(found.checkpoints)}
        return {"tone": "note--good", "text": words % counts}
    words = _("The record does not hold at entry %(entry)s: %(what)s")
    entry = figures.NOTHING if found.bad is None else figures.number(found.bad)
    return {"tone": "note--bad", "text": words % {"entry": entry, "what": found.what}}


@national
def entries(request: HttpRequest, *, viewer: Viewer) -> HttpResponse:
    """Entries from the newest down."""
    del viewer
    found = queries.recent(before=position(request, "after"), limit=_SIZE + 1)
    shown = found[:_SIZE]
    older = shown[-1].seq if len(found) > _SIZE else None
    context = {
        "title": _("Ledger"),
        "intro": _("Every act, in order, hashed so that no line can change unseen."),
        "sections": [Section("", _table(shown, clock()))],
        "facts": _facts(),
        "links": [{"href": "?verify=1", "text": _("Verify now")}],
        "note": _verdict() if "verify" in request.GET else None,
        "pages": pages(request, None, older),
    }
    return render(request, "listing.html", context)
