"""The register as tables and facts of a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _

from pehra.web import figures, marks, phrases
from pehra.web.findings.rows import localised
from pehra.web.tables import Cell, Column, Fact, Table, badge_cell, moment_cell, table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from pehra.mandate.models import Sector, Territory
    from pehra.registry.explanations import ClaimView
    from pehra.registry.queries import (
        ContactView,
        OrganisationView,
        WorkItemView,
    )
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


def _kind_of_body(row: OrganisationView) -> str:
    if row.is_public is None:
        return _("not known")
    return _("of the state") if row.is_public else _("private")


def organisation_facts(row: OrganisationView) -> list[Fact]:
    """What is recorded about an organisation itself, and who leads on it."""
    graded = row.cii_grade != "none"

    def named(*names: str) -> str:
        return _(", ").join(localised(name, row.in_urdu.get(name)) for name in names if name)

    return [
        Fact(_("Standing"), marks.badge(phrases.STANDING, row.standing).word),
        Fact(_("Lead team"), named(row.lead) or _("none")),
        Fact(_("Supporting teams"), named(*row.support) or _("none")),
        Fact(_("Sector"), named(row.sector) or figures.NOTHING),
        Fact(_("Territory"), named(row.territory) or figures.NOTHING),
        Fact(_("Kind of body"), _kind_of_body(row)),
        Fact(_("Critical infrastructure"), row.cii_grade if graded else _("not graded")),
        Fact(_("Claims in force"), figures.number(row.claims)),
        Fact(_("Short name"), row.slug, code=True),
    ]


def _term(claim: ClaimView) -> str:
    begin = figures.day(claim.valid_from.date()) if claim.valid_from else _("always")
    end = figures.day(claim.valid_to.date()) if claim.valid_to else _("still")
    return f"{begin} {figures.NOTHING} {end}"


def _standing(claim: ClaimView) -> marks.Badge:
    if claim.withdrawn_at:
        return marks.Badge("off", _("Withdrawn"))
    if claim.proposed:
        return marks.Badge("wait", _("Proposed"))
    return marks.Badge("done", _("In the register"))


def claim_table(claims: Sequence[ClaimView]) -> Table:
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
                claim.asset,
                code=True,
                main=True,
                sub=str(phrases.ASSET_KIND.get(claim.kind, claim.kind)),
            ),
            badge_cell(_standing(claim)),
            Cell(
                str(phrases.CLAIM_SOURCE.get(claim.source, claim.source)),
                sub=f"{claim.confidence}% {claim.note}".strip(),
            ),
            Cell(str(phrases.CLAIM_USE.get(claim.use, claim.use))),
            Cell(_term(claim)),
        ]
        for claim in claims
    ]
    return table(columns, cells, caption=_("Claims"), empty=_("It is not known to hold anything."))


def contact_table(contacts: Sequence[ContactView]) -> Table:
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


def work_table(items: Sequence[WorkItemView], *, now: datetime) -> Table:
    """Work items."""
    columns = [
        Column(_("Subject")),
        Column(_("Kind")),
        Column(_("Opened")),
    ]
    cells = [
        [
            Cell(item.subject, main=True, code=True, sub=item.detail),
            badge_cell(marks.badge(phrases.WORK_KIND, item.kind)),
            moment_cell(figures.moment(item.opened_at, now=now)),
        ]
        for item in items
    ]
    return table(columns, cells, caption=_("Work items"), empty=_("Nothing waits for a decision."))
