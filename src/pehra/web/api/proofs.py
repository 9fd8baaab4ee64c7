"""What an organisation proposes as its own: a request to prove control, which shows no data."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Field, Router, Schema

from pehra.kernel.time import clock
from pehra.mandate.apikeys.rules import Scope
from pehra.registry import queries
from pehra.registry.actions.controls import Ask, ask_control
from pehra.registry.control import dns_name, file_url, shown
from pehra.web.api import shapes
from pehra.web.api.door import asker, by
from pehra.web.api.register import found_organisation, refuse_unless_keeper

router = Router(tags=["register"])


class ProofLine(Schema):
    """An asset that an organisation says is its own, and how far that is proven.

    `place` and `line`: what is to be shown where; null where nothing is shown by the holder.
    """

    id: int
    kind: str
    asset: str
    method: str
    state: Literal["asked", "proved", "lapsed", "refused", "withdrawn"]
    place: str | None
    line: str | None
    asked_at: datetime
    proved_at: datetime | None
    detail: str


class Proofs(Schema):
    """Open ones, then the newest of those that ended."""

    proofs: list[ProofLine]


class Proposed(Schema):
    """A domain, prefix or ASN, and the way in which control of it will be shown."""

    asset: Annotated[str, Field(min_length=1, max_length=255)]
    method: Literal["dns-txt", "https-file"]


def _line(one: queries.ProofView) -> dict[str, Any]:
    places = {"dns-txt": dns_name, "https-file": file_url}
    where = places.get(one.proof.method)
    return {
        **shapes.plain(one, ProofLine),
        "method": one.proof.method,
        "state": one.proof.state,
        "asked_at": one.proof.asked_at,
        "proved_at": one.proof.proved_at,
        "place": where(one.asset) if where else None,
        "line": shown(one.token) if where and one.token else None,
    }


@router.get("/{slug}/proofs", auth=by(Scope.READ_REGISTRY), response=Proofs)
def list_proofs(request: HttpRequest, slug: str) -> dict[str, Any]:
    """List what an organisation proposed as its own, with what proves it."""
    viewer = asker(request).viewer
    found = queries.controls_of(found_organisation(slug, viewer).id, viewer=viewer)
    return {"proofs": [_line(one) for one in found]}


@router.post("/{slug}/proofs", auth=by(Scope.WRITE_REGISTRY), response=ProofLine)
def propose_an_asset(request: HttpRequest, slug: str, new: Proposed) -> dict[str, Any]:
    """Propose an asset as an organisation's own; nothing of it is shown until control is proven."""
    told = asker(request)
    found = found_organisation(slug, told.viewer)
    refuse_unless_keeper(request, found, "Assets")
    ask = Ask(found.id, new.asset, new.method)
    made = ask_control(ask, actor=told.actor, now=clock())
    proof = queries.control(made.proof, viewer=told.viewer)
    if proof is None:
        message = f"proof {made.proof} was asked for and is not there"
        raise LookupError(message)
    return _line(proof)
