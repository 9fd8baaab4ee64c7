"""Keys as their owners see them, and the one look-up that opens with a key."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

import msgspec

from pehra.kernel.actors import Actor
from pehra.kernel.errors import UsageError
from pehra.mandate.apikeys.rules import Owner, Scope, digest_of, live, name_in
from pehra.mandate.models import ApiKey, Organisation, Team
from pehra.mandate.rules import Post, sees_all
from pehra.mandate.tenancy import as_system, seen_by
from pehra.mandate.viewers import Viewer

if TYPE_CHECKING:
    from datetime import date, datetime


class Line(msgspec.Struct, frozen=True):
    """A key in a list; it never holds the secret or its digest."""

    name: str
    label: str
    owner: Owner
    owner_name: str
    scopes: tuple[str, ...]
    given_at: datetime
    given_by: str
    expires: date
    last_used: date | None
    state: str


class Opened(msgspec.Struct, frozen=True):
    """Who asks with a key: what it sees, in whose name it acts, and what for.

    Attributes:
        name: the key's public part.
        viewer: its owner's eyes.
        actor: the key, in the name of its owner.
        scopes: what it may be used for.
        last_used: the day; null: never.
    """

    name: str
    viewer: Viewer
    actor: Actor
    scopes: frozenset[str]
    last_used: date | None


def opened(text: str, today: date) -> Opened | None:
    """Who asks with the key `text`; nobody where it is none, has ended or was revoked."""
    name = name_in(text)
    found = signing(name, today) if name else None
    if found is None or not hmac.compare_digest(found[1], digest_of(text)):
        return None
    return found[0]


def signing(name: str, today: date) -> tuple[Opened, bytes] | None:
    """Who asks with the key of a name, and its digest, by which its owner signs; nobody as above.

    Whoever calls this sees for itself that the key's owner signed.
    """
    with as_system():
        key = ApiKey.objects.select_related("team", "organisation").filter(name=name).first()
    if key is None or not live(key.expires, revoked=key.revoked_at is not None, today=today):
        return None
    return _opened(key, today), bytes(key.digest)


def _opened(key: ApiKey, today: date) -> Opened:
    return Opened(
        name=key.name,
        viewer=_viewer(key, today),
        actor=Actor(name=f"key {key.name}", office=owner_of(key).slug),
        scopes=frozenset(key.scopes),
        last_used=key.last_used,
    )


def _viewer(key: ApiKey, today: date) -> Viewer:
    """What the owner sees; a key of the national team sees what its officers see."""
    tier = key.team.tier if key.team else ""
    post = Post(office="", role="NC", team=key.team_id, tier=tier, organisation=None)
    return Viewer(
        name=f"key {key.name}",
        sees_all=sees_all([post]),
        teams=frozenset([key.team_id] if key.team_id else []),
        organisations=frozenset([key.organisation_id] if key.organisation_id else []),
        on=today,
    )


def owner_of(key: ApiKey) -> Owner:
    """Whose key it is."""
    row = key.organisation or key.team
    return Owner(key.organisation_id, key.team_id, row.slug if row else "")


def owner_named(*, organisation: str = "", team: str = "") -> Owner:
    """The owner that a slug names.

    Raises:
        UsageError: none or two are named, or there is no such one.
    """
    if bool(organisation) == bool(team):
        message = "A key belongs to one organisation or to one team."
        raise UsageError(message, mend="Name one of the two.")
    model: type[Organisation | Team] = Organisation if organisation else Team
    slug = organisation or team
    row = model._default_manager.filter(slug=slug).first()
    if row is None:
        message = f"There is no {'organisation' if organisation else 'team'} `{slug}`."
        raise UsageError(message, mend="See `pehra structure show` or `pehra registry export`.")
    return Owner(row.pk, None, slug) if organisation else Owner(None, row.pk, slug)


def owners(viewer: Viewer) -> list[tuple[Owner, str]]:
    """The viewer's own teams and organisations, each with its name; by name."""
    rows = [
        (Owner(None, pk, slug), name)
        for pk, slug, name in Team.objects.filter(pk__in=viewer.teams).values_list(
            "pk", "slug", "name"
        )
    ] + [
        (Owner(pk, None, slug), name)
        for pk, slug, name in Organisation.objects.filter(pk__in=viewer.organisations).values_list(
            "pk", "slug", "name"
        )
    ]
    return sorted(rows, key=lambda row: row[1])


def keys(today: date, *, viewer: Viewer) -> list[Line]:
    """Keys of the viewer's teams and organisations, the newest first; of all, for who sees all."""
    with seen_by(viewer):
        rows = list(ApiKey.objects.select_related("team", "organisation").order_by("-pk"))
    return [_line(key, today) for key in rows]


def _line(key: ApiKey, today: date) -> Line:
    row = key.organisation or key.team
    ended = "revoked" if key.revoked_at else "expired"
    return Line(
        name=key.name,
        label=key.label,
        owner=owner_of(key),
        owner_name=row.name if row else "",
        scopes=tuple(Scope(word) for word in key.scopes),
        given_at=key.given_at,
        given_by=key.given_by,
        expires=key.expires,
        last_used=key.last_used,
        state="live" if live(key.expires, revoked=bool(key.revoked_at), today=today) else ended,
    )
