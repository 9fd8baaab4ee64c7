"""The register as tables and facts of a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _

from pehra.mandate.models import Organisation
from pehra.web import figures, marks, phrases
from pehra.web.findings.rows import localised
from pehra.web.tables import Cell, Column, Fact, Table, badge_cell, moment_cell, table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from pehra.mandate.models import Sector, Territory
    from pehra.registry.models import Claim, Contact, WorkItem
    from pehra.web.registry.reading import Listed


def _named(row: Sector | Territory | None) -> str:
    return localised(row.name, row.name_ur) if row else figures.NOTHING


def organisation_table(found: Listed) -> Table:
    """Organisations as a table."""
    columns = [
        Column(_("Organisation")),
        Column(_("Sector")),
        Column(_("Territory")),
        Column(_("Standing")),
        Column(_("Claims"), number=True),
    ]
    cells = [
        [
            Cell(
                localised(row.name, row.name_ur),
                sub=row.slug,
                href=reverse("organisation", args=[row.slug]),
                main=True,
                unsure=row.unconfirmed,
            ),
            Cell(_named(row.sector)),
            Cell(_named(row.territory)),
            badge_cell(marks.badge(phrases.STANDING, row.standing)),
            Cell(figures.number(found.holdings.get(row.pk, 0))),
        ]
        for row in found.rows
    ]
    empty = _("No organisation fits, or none is recorded yet.")
    return table(columns, cells, caption=_("Organisations"), empty=empty)


def _kind_of_body(row: Organisation) -> str:
    if row.is_public is None:
        return _("not known")
    return _("of the state") if row.is_public else _("private")


def organisation_facts(row: Organisation) -> list[Fact]:
    """What is recorded about an organisation itself."""
    graded = row.cii_grade != Organisation.Grade.NONE
    standing = marks.badge(phrases.STANDING, row.standing)
    return [
        Fact(_("Standing"), standing.word, unsure=row.unconfirmed),
        Fact(_("Sector"), _named(row.sector)),
        Fact(_("Territory"), _named(row.territory)),
        Fact(_("Kind of body"), _kind_of_body(row)),
        Fact(_("Critical infrastructure"), row.cii_grade if graded else _("not graded")),
        Fact(_("Source"), row.source or _("not stated")),
        Fact(_("Short name"), row.slug, code=True),
    ]


def _term(claim: Claim) -> str:
    begin = figures.day(claim.valid_from.date()) if claim.valid_from else _("always")
    end = figures.day(claim.valid_to.date()) if claim.valid_to else _("still")
    return f"{begin} {figures.NOTHING} {end}"


def _standing(claim: Claim) -> marks.Badge:
    if claim.withdrawn_at:
        return marks.Badge("off", _("Withdrawn"))
    if claim.proposed:
        return marks.Badge("wait", _("Proposed"))
    return marks.Badge("done", _("In the register"))


def claim_table(claims: Sequence[Claim]) -> Table:
    """Claims with whose word they rest on."""
    columns = [
        Column(_("Asset")),
        Column(_("State")),
        Column(_("By whose word")),
        Column(_("Use")),
        Column(_("In force")),
    ]
    cells = [
        [
            Cell(
                str(claim.asset),
                code=True,
                main=True,
                sub=str(phrases.ASSET_KIND.get(claim.asset.kind, claim.asset.kind)),
            ),
            badge_cell(_standing(claim)),
            Cell(
                f"{phrases.CLAIM_SOURCE.get(claim.source, claim.source)}, {claim.confidence}%",
                sub=claim.note,
            ),
            Cell(str(phrases.CLAIM_USE.get(claim.use, claim.use))),
            Cell(_term(claim)),
        ]
        for claim in claims
    ]
    return table(columns, cells, caption=_("Claims"), empty=_("It is not known to hold anything."))


def contact_table(contacts: Sequence[Contact]) -> Table:
    """Whom to tell."""
    columns = [
        Column(_("For what")),
        Column(_("Name")),
        Column(_("Mail")),
        Column(_("Telephone")),
        Column(_("State")),
    ]
    cells = [
        [
            Cell(str(phrases.CONTACT_PURPOSE.get(row.purpose, row.purpose)), main=True),
            Cell(row.name or figures.NOTHING),
            Cell(row.email or figures.NOTHING, code=True),
            Cell(row.phone or figures.NOTHING, code=True),
            badge_cell(
                marks.Badge("done", _("Verified"))
                if row.verified_at
                else marks.Badge("off", _("Not verified"))
            ),
        ]
        for row in contacts
    ]
    empty = _("No contact is recorded: nobody can be told yet.")
    return table(columns, cells, caption=_("Contacts"), empty=empty)


def work_table(items: Sequence[WorkItem], *, now: datetime) -> Table:
    """Work items."""
    columns = [
        Column(_("Subject")),
        Column(_("Kind")),
        Column(_("Lead team")),
        Column(_("Opened")),
    ]
    cells = [
        [
            Cell(item.subject, main=True, sub=item.detail),
            badge_cell(marks.badge(phrases.WORK_KIND, item.kind)),
            Cell(localised(item.team.name, item.team.name_ur) if item.team else figures.NOTHING),
            moment_cell(figures.moment(item.opened_at, now=now)),
        ]
        for item in items
    ]
    return table(columns, cells, caption=_("Work items"), empty=_("Nothing waits for a decision."))
