"""Where findings stand: the map of tiles, with how many organisations that is out of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pehra.findings import queries as findings
from pehra.findings.queries import InTerritory
from pehra.mandate.queries.places import territories
from pehra.web import figures
from pehra.web.charts.figure import Data, Figure, Words, tile_figure
from pehra.web.charts.tiles import Tile
from pehra.web.findings.rows import localised
from pehra.web.tables import Cell, Column, Table, table

if TYPE_CHECKING:
    from pehra.mandate.queries.places import TerritoryLine
    from pehra.mandate.viewers import Viewer

Placed = tuple["TerritoryLine", InTerritory]


def _placed(viewer: Viewer) -> list[Placed]:
    found = {one.code: one for one in findings.by_territory(viewer=viewer)}
    lines = territories(viewer=viewer)
    return [(line, found.get(line.code, InTerritory(line.code, 0, 0))) for line in lines]


def _href(line: TerritoryLine) -> str:
    return f"{reverse('organisations')}?territory={line.code}"


def _share(line: TerritoryLine, here: InTerritory) -> str:
    return _("%(some)s of %(all)s") % {
        "some": figures.number(here.holders),
        "all": figures.number(line.organisations),
    }


def rate(line: TerritoryLine, here: InTerritory) -> str:
    """Open findings for each organisation there; nothing where there is none."""
    if not line.organisations:
        return figures.NOTHING
    return f"{here.standing / line.organisations:,.1f}"


def _tile(line: TerritoryLine, here: InTerritory) -> Tile:
    name = localised(line.name, line.name_ur)
    standing = ngettext("%(n)s open finding", "%(n)s open findings", here.standing)
    organisations = ngettext(
        "%(share)s organisation has one", "%(share)s organisations have one", line.organisations
    )
    words = [
        standing % {"n": figures.number(here.standing)},
        organisations % {"share": _share(line, here)},
    ]
    return Tile(
        code=line.code.partition("-")[2] or line.code,
        tile=line.tile,
        share=here.holders / line.organisations if line.organisations else None,
        figure=figures.number(here.standing),
        note=_share(line, here),
        title=f"{name}: {_('; ').join(words)}",
        href=_href(line),
    )


def _table(placed: list[Placed]) -> Table:
    columns = [
        Column(_("Territory")),
        Column(_("Open findings"), number=True),
        Column(_("For each organisation"), number=True),
        Column(_("Organisations with one"), number=True),
    ]
    rows = [
        [
            Cell(localised(line.name, line.name_ur), href=_href(line), main=True, sub=line.code),
            Cell(figures.number(here.standing)),
            Cell(rate(line, here)),
            Cell(_share(line, here)),
        ]
        for line, here in placed
    ]
    empty = _("No territory is recorded yet.")
    return table(columns, rows, caption=_("Findings by territory"), empty=empty)


def tile_map(viewer: Viewer, at: figures.Moment | None) -> Figure | None:
    """The map; None where nothing is recorded about territories."""
    placed = _placed(viewer)
    if not placed:
        return None
    words = Words(
        name="territories",
        title=_("Findings by territory"),
        summary=_("A tile for each territory, filled by the share of its organisations."),
        source=_("Filled by how many of its organisations have an open finding."),
        at=at,
    )
    data = Data(
        [_("Territory"), _("Open findings"), _("Organisations with one"), _("Organisations")],
        [(line.code, [here.standing, here.holders, line.organisations]) for line, here in placed],
    )
    return tile_figure(words, [_tile(*one) for one in placed], data, _table(placed))
