"""The register: organisations that the asker may see, their claims and contacts; and notices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router

from pehra.kernel.time import clock
from pehra.mandate.apikeys.rules import Scope
from pehra.mandate.queries import lead_teams
from pehra.notices import queries as notices
from pehra.registry import queries
from pehra.registry.actions.contacts import Holder, add_contact
from pehra.registry.contacts import ContactFacts
from pehra.web.api import shapes
from pehra.web.api.door import Absent, Forbidden, asker, by
from pehra.web.gate import posts
from pehra.web.keeping import lead_of, may_keep

if TYPE_CHECKING:
    from pehra.mandate.viewers import Viewer
    from pehra.registry.queries import OrganisationView

router = Router(tags=["register"])
notices_router = Router(tags=["notices"])


def found_organisation(slug: str, viewer: Viewer) -> OrganisationView:
    """The organisation that a path names.

    Raises:
        Absent: there is none, or none that the viewer may see.
    """
    found = queries.organisation(slug, viewer=viewer, on=clock().date())
    if found is None:
        message = "There is no such organisation, or none that you may see."
        raise Absent(message, mend="GET /api/v1/organisations lists yours.")
    return found


@router.get("", auth=by(Scope.READ_REGISTRY), response=shapes.Organisations)
def list_organisations(
    request: HttpRequest, after: shapes.Short = "", size: shapes.Size = 50
) -> dict[str, Any]:
    """List organisations by slug."""
    found = queries.organisations(viewer=asker(request).viewer, after=after, size=size + 1)
    shown = found[:size]
    return {
        "organisations": [shapes.plain(row, shapes.OrganisationLine) for row in shown],
        "after": shown[-1].slug if found[size:] else None,
    }


@router.get("/{slug}", auth=by(Scope.READ_REGISTRY), response=shapes.OrganisationOut)
def show_organisation(request: HttpRequest, slug: str) -> dict[str, Any]:
    """Show one organisation, with the teams that lead and support."""
    found = found_organisation(slug, asker(request).viewer)
    return {**shapes.plain(found, shapes.OrganisationOut), "support": list(found.support)}


@router.get("/{slug}/claims", auth=by(Scope.READ_REGISTRY), response=shapes.Claims)
def list_claims(
    request: HttpRequest, slug: str, after: shapes.Number = 0, size: shapes.Size = 50
) -> dict[str, Any]:
    """List the claims of an organisation, withdrawn ones too."""
    viewer = asker(request).viewer
    number = found_organisation(slug, viewer).id
    found = queries.claims_of(number, viewer=viewer, after=after, size=size + 1)
    shown = found[:size]
    return {
        "claims": [shapes.plain(row, shapes.ClaimOut) for row in shown],
        "after": shown[-1].claim if found[size:] else None,
    }


@router.get("/{slug}/contacts", auth=by(Scope.READ_REGISTRY), response=shapes.Contacts)
def list_contacts(request: HttpRequest, slug: str) -> dict[str, Any]:
    """List the contacts of an organisation."""
    viewer = asker(request).viewer
    found = queries.contacts_of(found_organisation(slug, viewer).id, viewer=viewer)
    return {"contacts": [shapes.plain(row, shapes.ContactOut) for row in found]}


def _may_keep(request: HttpRequest, organisation: int) -> bool:
    """Whether the asker acts for an organisation, or its team leads on it."""
    told = asker(request)
    owner, today = told.viewer, clock().date()
    if told.scopes is None:
        held = posts(request)
        return may_keep(held, organisation, lead_of(held, organisation, today))
    if owner.sees_all or organisation in owner.organisations:
        return True
    return lead_teams(today, {organisation}).get(organisation) in owner.teams


def refuse_unless_keeper(request: HttpRequest, found: OrganisationView, what: str) -> None:
    """See that the asker may keep what the register has of an organisation.

    Raises:
        Forbidden: it is for others to keep.
    """
    if not _may_keep(request, found.id):
        message = f"{what} of {found.slug} are not yours to keep."
        raise Forbidden(message, mend="The organisation's own people, or its lead team, can.")


@router.post("/{slug}/contacts", auth=by(Scope.WRITE_REGISTRY), response=shapes.Made)
def add_a_contact(request: HttpRequest, slug: str, new: shapes.NewContact) -> dict[str, Any]:
    """Add a contact to an organisation that the asker acts for or leads on."""
    told = asker(request)
    found = found_organisation(slug, told.viewer)
    refuse_unless_keeper(request, found, "Contacts")
    facts = ContactFacts(**new.model_dump(), source="api")
    holder = Holder(organisation=found.id)
    return {"id": add_contact(holder, facts, actor=told.actor, now=clock())}


@notices_router.get("", auth=by(Scope.READ_NOTICES), response=shapes.Notices)
def list_notices(
    request: HttpRequest,
    after: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
    size: shapes.Size = 50,
) -> dict[str, Any]:
    """List messages about findings of the asker's organisations, newest first."""
    found = notices.notices(viewer=asker(request).viewer, before=after, size=size + 1)
    shown = found[:size]
    return {
        "notices": [shapes.plain(row, shapes.NoticeOut) for row in shown],
        "after": shown[-1].id if found[size:] else None,
    }
