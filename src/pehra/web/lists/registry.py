"""The register's lists as files: organisations, what one holds and whom to tell, work, networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from pehra.findings import queries as findings
from pehra.kernel.labels import Severity
from pehra.kernel.time import clock
from pehra.registry import queries
from pehra.registry.explanations import ClaimView
from pehra.registry.queries import ContactView, WorkItemView
from pehra.web import phrases
from pehra.web.lists.listed import AT_ONCE, Asked, List, Row, whole
from pehra.web.registry import reading

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pehra.registry.queries import OrganisationView

_LONGEST = 120
_ALL = 10**9
_CLAIM = ClaimView.__struct_fields__
_CONTACT = ContactView.__struct_fields__
_WORK = WorkItemView.__struct_fields__
_ORGANISATION = ("slug", "name", "name_ur", "sector", "territory", "country", "standing", "claims")


def _organisations(asked: Asked) -> Iterator[Row]:
    search, territory = asked.word("q")[:_LONGEST], asked.word("territory")[:_LONGEST]

    def read(after: str | None) -> tuple[list[Row], str | None]:
        page = reading.organisations(
            asked.viewer, search=search, after=after or "", territory=territory, size=AT_ONCE
        )
        rows: list[Row] = [
            (
                *(row.slug, row.name, row.name_ur),
                *(
                    row.sector.slug if row.sector else "",
                    row.territory.code if row.territory else "",
                ),
                *(row.country, row.standing, page.holdings.get(row.pk, 0)),
            )
            for row in page.rows
        ]
        return rows, page.rows[-1].slug if page.has_next else None

    return whole(read)


def _organisation(asked: Asked) -> OrganisationView | None:
    return queries.organisation(asked.word("slug"), viewer=asked.viewer, on=clock().date())


def _claims(asked: Asked) -> Iterator[Row] | None:
    found = _organisation(asked)
    if found is None:
        return None

    def read(after: int | None) -> tuple[list[Row], int | None]:
        page = queries.claims_of(found.id, viewer=asked.viewer, after=after or 0, size=AT_ONCE)
        rows: list[Row] = [[getattr(claim, name) for name in _CLAIM] for claim in page]
        return rows, page[-1].claim if len(page) == AT_ONCE else None

    return whole(read)


def _contacts(asked: Asked) -> Iterator[Row] | None:
    found = _organisation(asked)
    if found is None:
        return None
    rows = queries.contacts_of(found.id, viewer=asked.viewer)
    return ([getattr(row, name) for name in _CONTACT] for row in rows)


def _work(asked: Asked) -> Iterator[Row]:
    kind = asked.one_of("kind", phrases.WORK_KIND)

    def read(after: int | None) -> tuple[list[Row], int | None]:
        page = queries.work_items(viewer=asked.viewer, after=after or 0, size=AT_ONCE, kind=kind)
        rows: list[Row] = [[getattr(item, name) for name in _WORK] for item in page]
        return rows, page[-1].id if len(page) == AT_ONCE else None

    return whole(read)


def _unattributed(asked: Asked) -> Iterator[Row]:
    for row in findings.unheld_networks(viewer=asked.viewer, limit=_ALL):
        yield row.asn, row.country, row.findings, Severity(row.worst).word, row.last_seen


ORGANISATIONS = List(
    "organisations",
    _("Organisations"),
    "organisations",
    _ORGANISATION,
    _organisations,
    national=False,
)
CLAIMS = List("claims", _("Claims"), "organisation", _CLAIM, _claims, national=False)
CONTACTS = List("contacts", _("Contacts"), "organisation", _CONTACT, _contacts, national=False)
WORK = List("work", _("Work items"), "work", _WORK, _work)
UNATTRIBUTED = List(
    "unattributed",
    _("Networks"),
    "unattributed",
    ("asn", "country", "findings", "worst", "last_seen"),
    _unattributed,
)
