"""What the pages of sending say of envelopes and receipts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _

from pehra.web import figures, marks
from pehra.web.sending import words
from pehra.web.tables import Cell, Column, Fact, Table, badge_cell, moment_cell, table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from pehra.dispatch.queries import Heard, Line
    from pehra.web.marks import Badge


def state_badge(line: Line) -> Badge:
    """Where an envelope stands."""
    return marks.badge(words.STATE, line.state)


def why(line: Line) -> str:
    """Why it does not leave; empty where it may."""
    return str(words.REFUSAL.get(line.refusal, line.refusal))


def envelope_table(found: Sequence[Line], *, now: datetime) -> Table:
    """Envelopes, the newest first."""
    columns = [
        *(Column(_("Envelope")), Column(_("State")), Column(_("To"))),
        *(Column(_("Label")), Column(_("Released")), Column(_("Sent"))),
    ]
    cells = [
        [
            Cell(
                f"#{line.id}",
                sub=f"{line.kind} · {line.reference}"
                + (f" · {_('exercise')}" if line.exercise else ""),
                href=reverse("envelope", args=[line.id]),
                main=True,
                code=True,
            ),
            badge_cell(state_badge(line), sub=why(line)),
            Cell(line.address or figures.NOTHING, code=True),
            Cell(f"TLP:{line.tlp}", code=True),
            moment_cell(figures.moment(line.released_at, now=now)),
            moment_cell(figures.moment(line.sent_at, now=now)),
        ]
        for line in found
    ]
    return table(columns, cells, caption=_("Envelopes"), empty=_("There is no such envelope."))


def receipt_table(found: Sequence[Heard], *, now: datetime) -> Table:
    """What was heard of one envelope, in order."""
    columns = [Column(_("Heard")), Column(_("When")), Column(_("By")), Column(_("Words"))]
    cells = [
        [
            badge_cell(marks.badge(words.HEARD, one.outcome)),
            moment_cell(figures.moment(one.at, now=now)),
            Cell(one.by or figures.NOTHING, code=True),
            Cell(one.words or figures.NOTHING, code=True),
        ]
        for one in found
    ]
    return table(
        columns, cells, caption=_("What was heard of it"), empty=_("Nothing was heard of it yet.")
    )


def facts(line: Line, *, now: datetime) -> list[Fact]:
    """One envelope beside its letter."""
    told = [
        Fact(_("To"), line.address or figures.NOTHING, code=True),
        Fact(_("Label"), f"TLP:{line.tlp} PAP:{line.pap}", code=True),
        Fact(_("Released"), at=figures.moment(line.released_at, now=now)),
        Fact(_("Released by"), line.released_by, code=True),
        Fact(_("Sending was"), str(words.MODE[line.mode])),
        Fact(_("Tries"), figures.number(line.attempts)),
        Fact(_("Key"), line.key, code=True),
    ]
    if line.message_id:
        told.append(Fact(_("Message id"), line.message_id, code=True))
    if line.next_at:
        told.append(Fact(_("Next try"), at=figures.moment(line.next_at, now=now)))
    if line.sent_at:
        told.append(Fact(_("Sent"), at=figures.moment(line.sent_at, now=now)))
        told.append(Fact(_("Sealed"), str(words.SEALED[line.sealed])))
    return told
