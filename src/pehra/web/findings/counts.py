"""How many findings need somebody, as pages show it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from pehra.findings import queries
from pehra.findings.queries import UNRESOLVED, Counts, Filter, Present
from pehra.kernel.labels import Severity
from pehra.web import figures, marks
from pehra.web.tables import Cell, Column, Table, table

if TYPE_CHECKING:
    from datetime import datetime

    from pehra.mandate.viewers import Viewer

_SHOWN = tuple(sorted((level for level in Severity if level is not Severity.INFO), reverse=True))


def present(
    viewer: Viewer, now: datetime, *, organisation: int | None = None, slug: str = ""
) -> Present:
    """The newest counts; counted at once where the job that keeps them has not run yet.

    Args:
        viewer: who reads.
        now: the moment of looking.
        organisation: only what one organisation holds.
        slug: of that organisation.
    """
    kept = queries.present(viewer=viewer, organisation=organisation)
    if kept is not None:
        return kept
    found = {
        level.word: queries.total(
            Filter(states=UNRESOLVED, severities=frozenset({level}), organisation=slug),
            viewer=viewer,
        )
        for level in _SHOWN
    }
    return Present(now.astimezone(figures.zone()).date(), now, Counts(**found), Counts())


def severity_table(counts: Counts) -> Table:
    """The same numbers as a table."""
    rows = [
        [
            Cell(severity=marks.severity(level)),
            Cell(figures.number(getattr(counts, level.word))),
        ]
        for level in _SHOWN
    ]
    columns = [Column(_("Severity")), Column(_("Open findings"), number=True)]
    return table(columns, rows, caption=_("Findings that need somebody"), empty="")


def severity_tiles(counts: Counts, listing: str) -> list[dict[str, object]]:
    """Open findings by severity, each with the list that it leads to."""
    everything = figures.number(counts.standing)
    joint = "&" if "?" in listing else "?"
    return [
        {
            "mark": marks.severity(level),
            "figure": figures.number(getattr(counts, level.word)),
            "of": _("of %(total)s open") % {"total": everything},
            "href": f"{listing}{joint}severity={level.word}",
        }
        for level in _SHOWN
    ]
