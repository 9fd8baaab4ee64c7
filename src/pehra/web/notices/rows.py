"""What the pages of notices say of rounds, messages, answers and calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from pehra.findings.queries import told as findings
from pehra.web import figures, marks, phrases
from pehra.web.tables import Cell, Column, Fact, Table, badge_cell, moment_cell, table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from pehra.mandate.viewers import Viewer
    from pehra.notices.letters import Line
    from pehra.notices.queries import (
        AnswerView,
        NoticeView,
        PartyView,
        RoundView,
    )
    from pehra.web.marks import Badge

_NAMED = 200
"""Findings of one notice that its page lists."""


def _name(row: PartyView) -> str:
    return row.name_ur if get_language() == "ur" and row.name_ur else row.name


def round_badge(row: RoundView) -> Badge:
    """What became of a round."""
    return marks.badge(phrases.ROUND_STATE, row.state)


def round_table(found: Sequence[RoundView], *, now: datetime) -> Table:
    """Rounds, the newest first."""
    columns = [
        *(Column(_("Round")), Column(_("State")), Column(_("Planned"))),
        *(Column(_("Mailboxes"), number=True), Column(_("Findings"), number=True)),
        Column(_("Nobody to tell"), number=True),
    ]
    cells = [
        [
            Cell(
                _("urgent") if row.urgent else _("routine"),
                sub=f"#{row.id}" + (f" · {_('exercise')}" if row.exercise else ""),
                href=reverse("round", args=[row.id]),
                main=True,
            ),
            badge_cell(round_badge(row), sub=str(phrases.HELD.get(row.held_why, ""))),
            moment_cell(figures.moment(row.at, now=now)),
            Cell(figures.number(row.recipients)),
            Cell(figures.number(row.findings)),
            Cell(figures.number(row.untold)),
        ]
        for row in found
    ]
    return table(columns, cells, caption=_("Rounds"), empty=_("No round has been planned yet."))


def round_facts(row: RoundView, *, now: datetime) -> list[Fact]:
    """A round beside its messages."""
    facts = [
        Fact(_("Planned"), at=figures.moment(row.at, now=now)),
        Fact(_("Mailboxes"), figures.number(row.recipients)),
        Fact(_("Findings"), figures.number(row.findings)),
        Fact(_("Findings whose holder has no address"), figures.number(row.untold)),
        Fact(_("Findings of sources not yet approved"), figures.number(row.unapproved)),
    ]
    if row.decided_at:
        facts.append(Fact(_("Decided by"), row.decided_by))
        facts.append(Fact(_("Decided"), at=figures.moment(row.decided_at, now=now)))
    if row.released_at:
        facts.append(Fact(_("Sent"), at=figures.moment(row.released_at, now=now)))
    return facts


def notice_badge(row: NoticeView) -> Badge:
    """How far a message is."""
    code = "answered" if row.answered_at else row.state
    return marks.badge(phrases.NOTICE_STATE, code)


def why(row: NoticeView) -> str:
    """Why this recipient, in the reader's language."""
    purpose, *rest = row.why.split(" ")
    named = phrases.CONTACT_PURPOSE.get(purpose, purpose)
    return " · ".join(str(one) for one in (named, *(phrases.NOTICE_WHY.get(w, w) for w in rest)))


def notice_table(found: Sequence[NoticeView], *, now: datetime) -> Table:
    """Messages, the newest first."""
    columns = [
        *(Column(_("Notice")), Column(_("To")), Column(_("Worst"))),
        *(Column(_("Findings"), number=True), Column(_("State")), Column(_("Sent"))),
    ]
    cells = [
        [
            Cell(
                f"N{row.id}",
                sub=str(phrases.NOTICE_KIND[row.kind])
                + (f" · {_('exercise')}" if row.exercise else ""),
                href=reverse("notice", args=[row.id]),
                main=True,
            ),
            Cell(row.mailbox, sub=why(row), code=True),
            Cell(severity=marks.severity(row.severity)),
            Cell(figures.number(row.findings)),
            badge_cell(notice_badge(row), sub=row.refused_why),
            moment_cell(figures.moment(row.released_at, now=now)),
        ]
        for row in found
    ]
    return table(columns, cells, caption=_("Messages"), empty=_("Nobody has been told anything."))


def notice_facts(row: NoticeView, parties: Sequence[PartyView], *, now: datetime) -> list[Fact]:
    """A message beside its words."""
    facts = [
        Fact(_("To"), row.mailbox, code=True),
        Fact(_("Why they"), why(row)),
        Fact(_("Kind"), str(phrases.NOTICE_KIND[row.kind])),
        Fact(_("Worst"), str(marks.severity(row.severity).word)),
        Fact(_("Findings"), figures.number(row.findings)),
    ]
    for party in parties:
        href = reverse("organisation", args=[party.slug])
        facts.append(Fact(_("About"), _name(party), href=href))
    facts.append(Fact(_("Planned"), at=figures.moment(row.planned_at, now=now)))
    if row.released_at:
        facts.append(Fact(_("Sent"), at=figures.moment(row.released_at, now=now)))
    return facts


def named_table(numbers: Sequence[int], viewer: Viewer, *, now: datetime) -> Table:
    """The findings that a message names, the worst first."""
    columns = [Column(_("Severity")), Column(_("What, and where")), Column(_("State")),
               Column(_("Last seen"))]  # fmt: skip
    cells = [
        [
            Cell(severity=marks.severity(one.severity)),
            Cell(
                f"F{one.id} {one.identifier}",
                sub=one.asset,
                href=reverse("finding", args=[one.id]),
                code=True,
                main=True,
            ),
            badge_cell(marks.state(one.state)),
            moment_cell(figures.moment(one.last_seen, now=now)),
        ]
        for one in findings.told(numbers[:_NAMED], viewer=viewer)
    ]
    return table(columns, cells, caption=_("Findings"), empty=_("It names none that is left."))


def made_up_table(lines: Sequence[Line], *, now: datetime) -> Table:
    """The made-up findings of an exercise, as its letter names them."""
    columns = [Column(_("Severity")), Column(_("What, and where")), Column(_("Last seen"))]
    cells = [
        [
            Cell(severity=marks.severity(one.severity)),
            Cell(f"{one.mark}{one.finding} {one.identifier}", sub=one.asset, code=True, main=True),
            moment_cell(figures.moment(one.last_seen, now=now)),
        ]
        for one in lines
    ]
    return table(columns, cells, caption=_("Findings"), empty=_("It names none that is left."))


def answer_table(found: Sequence[AnswerView], *, now: datetime) -> Table:
    """What was answered, the oldest first."""
    columns = [Column(_("Answer")), Column(_("By")), Column(_("When"))]
    cells = [
        [
            Cell(str(phrases.SAID[one.said]), sub=one.words, main=True),
            Cell(one.by, sub=str(phrases.SAID_HOW[one.how]), code=True),
            moment_cell(figures.moment(one.at, now=now)),
        ]
        for one in found
    ]
    return table(columns, cells, caption=_("Answers"), empty=_("Nobody has answered yet."))
