"""Reports as papers: parts of headed tables, which the page, the PDF and the files all show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from pehra.kernel.labels import Severity
from pehra.mandate.queries.groups import grouped, sector_names
from pehra.notices.outcomes import Figures, Period, numbers, open_edition
from pehra.notices.spans import Every
from pehra.web import figures, phrases
from pehra.web.paper import Paper, Part
from pehra.web.reports.words import MEANING, NAMES, OUTCOMES, WORK
from pehra.web.shares import between, length_cell, share_text
from pehra.web.tables import Cell, Column, Table, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pehra.notices.queries.periods import Counted

MOST_HOLDERS = 20
"""Organisations that a report names; the daily list names all."""


class Report(msgspec.Struct, frozen=True):
    """A report in all its forms.

    Attributes:
        name: of its files, without an ending.
        data: as JSON gives it.
    """

    name: str
    paper: Paper
    data: dict[str, Any]
    label: str


def span_text(found: Period) -> str:
    """From which day to which."""
    zone = figures.zone()
    first, last = found.first.astimezone(zone), found.last.astimezone(zone)
    final = (last - (last - first) / 10_000).date()
    if final == first.date():
        return figures.day(final)
    return _("%(first)s to %(last)s") % {"first": figures.day(first.date()),
                                         "last": figures.day(final)}  # fmt: skip


def _outcomes(one: Figures, before: Figures | None) -> Table:
    columns = [Column(_("Outcome")), Column(_("Value")), Column(_("Out of")), Column(_("Before"))]
    rows = [
        [Cell(str(words), main=True, href="#meaning"), *_outcome(name, one), _earlier(name, before)]
        for name, words in OUTCOMES.items()
    ]
    return table(columns, rows, caption=_("Outcomes"), empty="")


def _outcome(name: str, one: Figures) -> list[Cell]:
    """A value with its interval, and what it is of."""
    findings = _("%(n)s findings")
    if name == "notice":
        return [length_cell(one.notice), Cell(findings % {"n": figures.number(one.noticed)})]
    found = getattr(one, name)
    if name.startswith("within"):
        value = Cell(share_text(found.share), sub=between(found.share))
        return [value, Cell(findings % {"n": figures.number(found.watched)})]
    value = Cell(share_text(found.share), sub=between(found.share))
    words = _("%(hits)s of %(n)s organisations") if name == "contactable" else _(
        "%(hits)s of %(n)s findings"
    )  # fmt: skip
    told = {"hits": figures.number(found.hits), "n": figures.number(found.of)}
    return [value, Cell(words % told)]


def _earlier(name: str, before: Figures | None) -> Cell:
    return Cell(figures.NOTHING) if before is None else _outcome(name, before)[0]


def _work(one: Figures, before: Figures | None) -> Table:
    columns = [
        *(Column(_("Findings")), Column(_("In the period"), number=True)),
        Column(_("Before"), number=True),
    ]
    rows = [
        [
            Cell(str(words), main=True, href="#meaning"),
            Cell(figures.number(getattr(one, name))),
            Cell(figures.number(getattr(before, name)) if before else figures.NOTHING),
        ]
        for name, words in WORK.items()
    ]
    return table(columns, rows, caption=_("Work"), empty="")


def _standing(one: Figures, before: Figures | None, listing: str) -> Table:
    columns = [
        *(Column(_("Severity")), Column(_("At the end"), number=True), Column(_("Out of"))),
        Column(_("Before"), number=True),
    ]
    whole = sum(one.standing.values())
    of = _("of %(n)s that stand") % {"n": figures.number(whole)}
    rows = [
        [
            Cell(
                str(phrases.SEVERITY[Severity[word.upper()]]),
                main=True,
                href=f"{listing}severity={word}" if listing else "",
            ),
            Cell(figures.number(count)),
            Cell(of),
            Cell(figures.number(before.standing[word]) if before else figures.NOTHING),
        ]
        for word, count in one.standing.items()
    ]
    return table(columns, rows, caption=_("What stands"), empty="")


def _sectors(found: Period, first: str) -> Table:
    columns = [
        *(Column(_("Sector")), Column(_("Organisations"), number=True)),
        *(Column(str(WORK[name]), number=True) for name in ("opened", "told", "gone")),
        *(Column(_("Stand"), number=True), Column(str(OUTCOMES["within_30"]))),
    ]
    names = sector_names()
    rows = []
    for slug, one in found.sectors.items():
        english, urdu = names.get(slug, (_("not known"), ""))
        href = reverse("report-sector", args=[first, slug]) if first and slug else ""
        counts = (one.holders, one.opened, one.told, one.gone, sum(one.standing.values()))
        rows.append(
            [
                Cell(urdu if urdu and get_language() == "ur" else english, main=True, href=href),
                *(Cell(figures.number(count)) for count in counts),
                Cell(share_text(one.within_30.share), sub=between(one.within_30.share)),
            ]
        )
    return table(columns, rows, caption=_("By sector"), empty=_("No sector is large enough."))


def _holders(found: Period, most: int) -> Table:
    columns = [
        Column(_("Organisation")),
        *(Column(str(WORK[name]), number=True) for name in ("opened", "told", "answered", "gone")),
        *(Column(_("Stand"), number=True), Column(_("High or critical"), number=True)),
    ]
    known = {one.organisation: one for one in grouped()}
    rows = []
    for one in found.holders[:most]:
        who = known.get(one.organisation)
        if who is None:
            continue
        name = who.name_ur if get_language() == "ur" and who.name_ur else who.name
        href = f"{reverse('findings')}?organisation={who.slug}"
        counts = (one.opened, one.told, one.answered, one.gone, one.standing, one.severe)
        rows.append(
            [Cell(name, main=True, href=href), *(Cell(figures.number(count)) for count in counts)]
        )
    return table(columns, rows, caption=_("Organisations"), empty=_("No organisation had any."))


def _meaning() -> Table:
    columns = [Column(_("Number")), Column(_("What it means"))]
    rows = [
        [Cell(str(OUTCOMES.get(name) or WORK[name]), main=True), Cell(str(words))]
        for name, words in MEANING.items()
    ]
    return table(columns, rows, caption=_("What the numbers mean"), empty="")


def _common(one: Figures, before: Figures | None, listing: str) -> list[Part]:
    intro = _("A range holds with 95 per cent; a dash is not known, and not zero.")
    return [
        Part(_("Outcomes"), _outcomes(one, before), intro),
        Part(_("Work"), _work(one, before)),
        Part(_("What stands"), _standing(one, before, listing)),
    ]


def of_period(every: Every, counted: Counted, before: Counted | None) -> Report:
    """The report of a period, of the nation."""
    found = open_edition(counted.period) if every == Every.OPEN else counted.period
    first = counted.period.first.astimezone(figures.zone()).date().isoformat()
    title, name = str(NAMES[every]), f"{every.value}-{first}"
    is_open = every == Every.OPEN
    label = "TLP:CLEAR" if is_open else "TLP:AMBER"
    intro = f"{span_text(counted.period)} \u00b7 {label}"
    if found is None:
        words = _("Fewer than five organisations had any findings: nothing is published.")
        return Report(
            name, Paper(title, f"{intro} \u00b7 {words}", []), {"published": False}, label
        )
    earlier = before.period.whole if before and not is_open else None
    listing = "" if is_open else f"{reverse('findings')}?"
    parts = _common(found.whole, earlier, listing)
    months = first if every == Every.MONTHLY else ""
    parts.append(Part(_("By sector"), _sectors(found, months)))
    if not is_open:
        most = len(found.holders) if every == Every.DAILY else MOST_HOLDERS
        parts.append(Part(_("Organisations"), _holders(found, most), _shown(found, most)))
    parts.append(Part(_("What the numbers mean"), _meaning()))
    return Report(name, Paper(title, intro, parts), _data(every, found, label), label)


def _shown(found: Period, most: int) -> str:
    if len(found.holders) <= most:
        return ""
    words = _("The %(n)s with the most severe findings, of %(all)s; all are in the file of JSON.")
    return words % {"n": figures.number(most), "all": figures.number(len(found.holders))}


def _data(every: Every, found: Period, label: str) -> dict[str, Any]:
    names = {one.organisation: one.slug for one in grouped()} if found.holders else {}
    return {
        "report": every.value,
        "published": True,
        "label": label,
        "first": found.first.isoformat(),
        "until": found.last.isoformat(),
        "whole": numbers(found.whole),
        "sectors": {slug: numbers(one) for slug, one in found.sectors.items()},
        "organisations": [
            {**msgspec.to_builtins(one), "organisation": names.get(one.organisation)}
            for one in found.holders
        ],
    }


def of_one(name: str, title: str, found: Figures, period: Period, listing: str) -> Report:
    """The monthly report of one sector or one organisation.

    Args:
        name: of its files.
        title: whose it is.
        found: its numbers.
        period: for its dates.
        listing: address of the list of its findings, ending so that a filter can follow.
    """
    label = "TLP:AMBER"
    intro = f"{NAMES[Every.MONTHLY]} \u00b7 {span_text(period)} \u00b7 {label}"
    parts = [*_common(found, None, listing), Part(_("What the numbers mean"), _meaning())]
    data = {
        "report": Every.MONTHLY.value,
        "label": label,
        "first": period.first.isoformat(),
        "until": period.last.isoformat(),
        "whole": numbers(found),
    }
    return Report(name, Paper(title, intro, parts), data, label)


def lines(report: Report) -> Iterator[list[object]]:
    """All tables of a report as rows of one file, each led by the heading of its part.

    The first row says what it is, of when, and under which label.
    """
    yield [report.paper.title, report.paper.intro]
    for part in report.paper.parts:
        yield [part.title, *(column.label for column in part.table.columns)]
        for row in part.table.rows:
            yield [part.title, *(_plain(cell) for _column, cell in row)]


def _plain(cell: Cell) -> str:
    text = f"{cell.text} ({cell.sub})" if cell.sub else cell.text
    return text.replace("\u2066", "").replace("\u2069", "")
