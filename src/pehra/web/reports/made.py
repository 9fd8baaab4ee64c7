"""Reports as papers: parts of headed tables, which the page, the PDF and the files all show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import msgspec
from django.urls import reverse
from django.utils.translation import gettext as _

from pehra.kernel.labels import Severity
from pehra.mandate.queries.groups import grouped, sector_names
from pehra.notices.outcomes import Figures, Period, numbers, open_edition
from pehra.notices.spans import Every
from pehra.web import figures, phrases
from pehra.web.findings.rows import localised
from pehra.web.paper import Paper, Part
from pehra.web.reports.words import MEANING, NAMES, OUTCOMES, WORK, name_of
from pehra.web.shares import between, length_cell, share_text
from pehra.web.tables import Cell, Column, Table, table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pehra.notices.outcomes import Holder
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


class Trail(msgspec.Struct, frozen=True):
    """Where the numbers of a report lead: under one address each figure's rows.

    Attributes:
        at: address of the rows of this period, ending in a slash; empty: they lead nowhere, as in
            what everybody reads.
        before: the same of the period before.
    """

    at: str = ""
    before: str = ""

    def to(self, figure: str, **narrowed: str) -> str:
        """Address of the rows that a number counts; `narrowed` to a sector or a holder."""
        words = f"?{urlencode(narrowed)}" if narrowed else ""
        return f"{self.at}{figure}/{words}" if self.at else ""

    def earlier(self) -> Trail:
        """That of the period before."""
        return Trail(self.before)


def meaning_of(figure: str) -> str:
    """Where a number is explained."""
    return f"{reverse('report-meaning')}#{figure}"


def _named(figure: str, trail: Trail) -> Cell:
    """The name of a number, which leads to what it means; not out of the house."""
    return Cell(str(name_of(figure)), main=True, href=meaning_of(figure) if trail.at else "")


def _outcomes(one: Figures, before: Figures | None, trail: Trail) -> Table:
    columns = [Column(_("Outcome")), Column(_("Value")), Column(_("Out of")), Column(_("Before"))]
    rows = [
        [
            _named(name, trail),
            *_outcome(name, one, trail),
            _outcome(name, before, trail.earlier())[0] if before else Cell(figures.NOTHING),
        ]
        for name in OUTCOMES
    ]
    return table(columns, rows, caption=_("Outcomes"), empty="")


BEHIND = {
    "notice": ("", "noticed"),
    "contactable": ("reached", "holders"),
    "within_7": ("", "watched"),
    "within_30": ("", "watched"),
    "misattributed": ("upheld", "answered"),
    "relapses": ("relapsed", "ever-gone"),
}
"""Of each outcome, the rows of its hits and those that it is out of; a median has no hits."""


def _outcome(name: str, one: Figures, trail: Trail) -> list[Cell]:
    """A value with its interval, and what it is of."""
    hits, of = (trail.to(figure) if figure else "" for figure in BEHIND[name])
    findings = _("%(n)s findings")
    if name == "notice":
        noticed = findings % {"n": figures.number(one.noticed)}
        return [length_cell(one.notice), Cell(noticed, href=of)]
    found = getattr(one, name)
    known = found.share is not None
    value = Cell(share_text(found.share), sub=between(found.share), href=hits if known else "")
    if name.startswith("within"):
        return [value, Cell(findings % {"n": figures.number(found.watched)}, href=of)]
    words = _("%(hits)s of %(n)s organisations") if name == "contactable" else _(
        "%(hits)s of %(n)s findings"
    )  # fmt: skip
    told = {"hits": figures.number(found.hits), "n": figures.number(found.of)}
    return [value, Cell(words % told, href=of)]


def _count(one: Figures | None, figure: str, trail: Trail) -> Cell:
    """A number that leads to its rows."""
    if one is None:
        return Cell(figures.NOTHING)
    if figure.startswith("standing-"):
        return Cell(
            figures.number(one.standing[figure.removeprefix("standing-")]), href=trail.to(figure)
        )
    return Cell(figures.number(getattr(one, figure)), href=trail.to(figure))


def _work(one: Figures, before: Figures | None, trail: Trail) -> Table:
    columns = [
        *(Column(_("Findings")), Column(_("In the period"), number=True)),
        Column(_("Before"), number=True),
    ]
    rows = [
        [_named(name, trail), _count(one, name, trail), _count(before, name, trail.earlier())]
        for name in WORK
    ]
    return table(columns, rows, caption=_("Work"), empty="")


def _standing(one: Figures, before: Figures | None, trail: Trail) -> Table:
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
                href=meaning_of("standing") if trail.at else "",
            ),
            _count(one, f"standing-{word}", trail),
            Cell(of, href=trail.to("standing")),
            _count(before, f"standing-{word}", trail.earlier()),
        ]
        for word in one.standing
    ]
    return table(columns, rows, caption=_("What stands"), empty="")


def _sectors(found: Period, first: str, trail: Trail) -> Table:
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
        stand = sum(one.standing.values())
        counts = {
            **{name: getattr(one, name) for name in ("holders", "opened", "told", "gone")},
            "standing": stand,
        }
        rows.append(
            [
                Cell(localised(english, urdu), main=True, href=href),
                *(
                    Cell(figures.number(count), href=trail.to(name, sector=slug))
                    for name, count in counts.items()
                ),
                Cell(
                    share_text(one.within_30.share),
                    sub=between(one.within_30.share),
                    href=trail.to("watched", sector=slug) if one.within_30.share else "",
                ),
            ]
        )
    return table(columns, rows, caption=_("By sector"), empty=_("No sector is large enough."))


def _holders(found: Sequence[Holder], most: int, trail: Trail) -> Table:
    columns = [
        Column(_("Organisation")),
        *(Column(str(WORK[name]), number=True) for name in ("opened", "told", "answered", "gone")),
        *(Column(_("Stand"), number=True), Column(_("High or critical"), number=True)),
    ]
    known = {one.organisation: one for one in grouped()}
    rows = []
    for one in found[:most]:
        who = known.get(one.organisation)
        if who is None:
            continue
        name = localised(who.name, who.name_ur)
        href = f"{reverse('findings')}?organisation={who.slug}"
        counts = [
            Cell(figures.number(getattr(one, figure)), href=trail.to(figure, holder=who.slug))
            for figure in _OF_A_HOLDER
        ]
        rows.append([Cell(name, main=True, href=href), *counts])
    return table(columns, rows, caption=_("Organisations"), empty=_("No organisation had any."))


_OF_A_HOLDER = ("opened", "told", "answered", "gone", "standing", "severe")


def meaning(*, anchored: bool = False) -> Table:
    """Every number and what it means; `anchored` where other pages lead to its rows."""
    columns = [Column(_("Number")), Column(_("What it means"))]
    rows = [
        [Cell(str(name_of(name)), main=True, anchor=name if anchored else ""), Cell(str(words))]
        for name, words in MEANING.items()
    ]
    return table(columns, rows, caption=_("What the numbers mean"), empty="")


def _common(one: Figures, before: Figures | None, trail: Trail) -> list[Part]:
    intro = _("A range holds with 95 per cent; a dash is not known, and not zero.")
    return [
        Part(_("Outcomes"), _outcomes(one, before, trail), intro),
        Part(_("Work"), _work(one, before, trail)),
        Part(_("What stands"), _standing(one, before, trail)),
    ]


def _trail(every: Every, counted: Counted, before: Counted | None) -> Trail:
    """The rows of a period of the nation, and of the one before."""
    return Trail(_rows_of(every, counted), _rows_of(every, before))


def _rows_of(every: Every, counted: Counted | None) -> str:
    """Where the rows of a period are; those of one that was counted long ago were not kept."""
    if counted is None or not counted.rows:
        return ""
    day = counted.period.first.astimezone(figures.zone()).date()
    return f"{reverse('report', args=[every.value, day.isoformat()])}rows/"


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
    trail = Trail() if is_open else _trail(every, counted, before)
    parts = _common(found.whole, earlier, trail)
    months = first if every == Every.MONTHLY else ""
    parts.append(Part(_("By sector"), _sectors(found, months, trail)))
    if not is_open:
        most = len(found.holders) if every == Every.DAILY else MOST_HOLDERS
        parts.append(
            Part(
                _("Organisations"),
                _holders(found.holders, most, trail),
                _shown(found.holders, most),
            )
        )
    parts.append(Part(_("What the numbers mean"), meaning()))
    return Report(name, Paper(title, intro, parts), _data(every, found, label), label)


def _shown(found: Sequence[Holder], most: int) -> str:
    if len(found) <= most:
        return ""
    words = _("The %(n)s with the most severe findings, of %(all)s; all are in the file of JSON.")
    return words % {"n": figures.number(most), "all": figures.number(len(found))}


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


def of_one(name: str, title: str, found: Figures, period: Period, trail: Trail) -> Report:
    """The monthly report of one sector or one organisation.

    Args:
        name: of its files.
        title: whose it is.
        found: its numbers.
        period: for its dates.
        trail: where its numbers lead.
    """
    label = "TLP:AMBER"
    intro = f"{NAMES[Every.MONTHLY]} \u00b7 {span_text(period)} \u00b7 {label}"
    parts = [*_common(found, None, trail), Part(_("What the numbers mean"), meaning())]
    data = {
        "report": Every.MONTHLY.value,
        "label": label,
        "first": period.first.isoformat(),
        "until": period.last.isoformat(),
        "whole": numbers(found),
    }
    return Report(name, Paper(title, intro, parts), data, label)


def with_holders(report: Report, found: Sequence[Holder], trail: Trail) -> Report:
    """A report with the organisations that it counts, before what its numbers mean."""
    part = Part(_("Organisations"), _holders(found, len(found), trail))
    parts = [*report.paper.parts[:-1], part, report.paper.parts[-1]]
    names = {one.organisation: one.slug for one in grouped()}
    holders = [
        {**msgspec.to_builtins(one), "organisation": names.get(one.organisation)} for one in found
    ]
    return msgspec.structs.replace(
        report,
        paper=msgspec.structs.replace(report.paper, parts=parts),
        data={**report.data, "organisations": holders},
    )


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
