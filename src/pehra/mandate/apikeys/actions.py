"""Give a key, take it back, and note the day of its use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.db import transaction

from pehra.kernel.errors import UsageError
from pehra.ledger.actions import append
from pehra.mandate.apikeys.queries import owner_of
from pehra.mandate.apikeys.rules import (
    NAME_BYTES,
    SECRET_BYTES,
    Owner,
    check_end,
    check_scopes,
    mint,
)
from pehra.mandate.models import ApiKey
from pehra.mandate.tenancy import as_system, seen_by

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from pehra.kernel.actors import Actor
    from pehra.mandate.viewers import Viewer

RANDOM_BYTES = NAME_BYTES + SECRET_BYTES
_LONGEST_LABEL = 80


class NewKey(msgspec.Struct, frozen=True):
    """A key to be given.

    Attributes:
        owner: whose it is.
        label: what it is for.
        scopes: words of `Scope`.
        expires: first day on which it opens nothing.
    """

    owner: Owner
    label: str
    scopes: Sequence[str]
    expires: date


def give_key(new: NewKey, random: bytes, *, actor: Actor, now: datetime) -> str:
    """Give a key and return it, once; only its digest is kept.

    Raises:
        UsageError: no label, an unknown scope, or a day that is past.
        Refused: it would live too long.
    """
    scopes = check_scopes(new.scopes)
    check_end(new.expires, now.date())
    label = new.label.strip()
    if not 0 < len(label) <= _LONGEST_LABEL:
        message = "A key has a name that says what it is for, of 80 letters at most."
        raise UsageError(message, mend="Say which machine will use it.")
    minted = mint(random)
    with transaction.atomic(), as_system():
        ApiKey.objects.create(
            name=minted.name,
            digest=minted.digest,
            label=label,
            organisation_id=new.owner.organisation,
            team_id=new.owner.team,
            scopes=[str(scope) for scope in scopes],
            given_at=now,
            given_by=actor.name,
            expires=new.expires,
        )
        append(
            "mandate.give-api-key",
            actor=actor,
            subject=new.owner.subject,
            facts={
                "key": minted.name,
                "scopes": [str(scope) for scope in scopes],
                "expires": new.expires.isoformat(),
            },
            now=now,
        )
    return minted.text


def revoke_key(name: str, *, viewer: Viewer, actor: Actor, now: datetime) -> None:
    """Take a key back, from this moment on; one that was taken back stays so.

    Raises:
        UsageError: the viewer has no such key.
    """
    with transaction.atomic():
        with seen_by(viewer):
            rows = ApiKey.objects.select_related("team", "organisation")
            key = rows.select_for_update(of=("self",)).filter(name=name).first()
        if key is None:
            message = f"There is no key `{name}`."
            raise UsageError(message, mend="See `pehra accounts key list`.")
        if key.revoked_at is not None:
            return
        key.revoked_at = now
        with seen_by(viewer):
            key.save(update_fields=["revoked_at"])
        append(
            "mandate.revoke-api-key",
            actor=actor,
            subject=owner_of(key).subject,
            facts={"key": name},
            now=now,
        )


def used(name: str, day: date) -> None:
    """Note the day of a key's latest use: bookkeeping, and no act."""
    with as_system():
        ApiKey.objects.filter(name=name).exclude(last_used=day).update(last_used=day)
