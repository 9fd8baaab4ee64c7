"""Evidence that comes in by pieces: begin, send, ask how far it is, close. None goes out here."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, cast

from django.conf import settings
from django.http import HttpRequest
from ninja import Field, Query, Router, Schema
from pydantic import AwareDatetime

from pehra.cases.evidence import queries
from pehra.cases.evidence.actions import taking
from pehra.cases.evidence.actions.closing import close_or_queue
from pehra.cases.queries.cases import works_on
from pehra.engines.vault.files import PIECE
from pehra.kernel.actors import Actor
from pehra.kernel.errors import Refused
from pehra.kernel.time import clock
from pehra.mandate.apikeys.rules import Scope
from pehra.web.api import shapes
from pehra.web.api.door import Absent, Forbidden, asker, by
from pehra.web.evidence.gates import keeper

router = Router(tags=["evidence"])
Numbered = Annotated[int, Field(ge=1, le=2**63 - 1)]
OrderWord = Literal[
    "registers-cache", "routing-arp-process-kernel-memory", "temporary-files", "disk",
    "remote-logs", "configuration-topology", "archive",
]  # fmt: skip


class NewEvidence(Schema):
    """What is known of a file before it comes in; `size` in bytes, exactly."""

    case: Numbered
    name: shapes.Short
    size: Annotated[int, Field(ge=0, le=2**50)]
    source: Annotated[str, Field(min_length=1, max_length=240)]
    collector: Annotated[str, Field(min_length=1, max_length=240)]
    acquired_at: AwareDatetime
    clock_offset_seconds: Annotated[float, Field(ge=-(10**9), le=10**9)] | None = None
    order: OrderWord = "disk"
    tool: Annotated[str, Field(max_length=120)] = ""
    tool_version: Annotated[str, Field(max_length=60)] = ""
    harmful: bool = False
    note: Annotated[str, Field(max_length=4000)] = ""


class EvidenceOut(Schema):
    """An item: how much of it is durable here, and once it is kept, its digests.

    `piece`: send multiples of so many bytes, and the rest at the end.
    """

    id: int
    case: int
    state: Literal["coming", "kept", "destroyed"]
    name: str
    size: int
    received: int
    piece: int
    sha256: str
    sha512: str
    kept_at: datetime | None


def _actor(request: HttpRequest, case: int) -> Actor:
    """Who adds to a case: a person whose office keeps its evidence, or a key with the scope."""
    told = asker(request)
    if told.kind == "key":
        return told.actor
    try:
        return keeper(request, told.viewer, case).actor
    except Refused:
        message = "No office that you hold today keeps evidence of this case."
        mend = "`pehra offices powers keep-evidence` says which do."
        raise Forbidden(message, mend=mend) from None


def _item(request: HttpRequest, number: int) -> queries.ItemView:
    found = queries.items(viewer=asker(request).viewer, before=number + 1, size=1)
    if not found or found[0].id != number:
        message = f"No evidence {number} is here for you."
        raise Absent(message, mend="POST /api/v1/evidence begins an item.")
    return found[0]


def _told(request: HttpRequest, number: int) -> dict[str, Any]:
    return {**shapes.plain(_item(request, number), EvidenceOut), "piece": PIECE}


@router.post("", auth=by(Scope.ADD_EVIDENCE), response=EvidenceOut)
def begin_evidence(request: HttpRequest, new: NewEvidence) -> dict[str, Any]:
    """Begin an item of a case in which the asker's team is; its bytes come by pieces."""
    if not works_on(new.case, viewer=asker(request).viewer):
        message = f"No case {new.case} is here for you."
        raise Absent(message, mend="Evidence belongs to a case in which your team is.")
    actor = _actor(request, new.case)
    wish = taking.New(**{**new.dict(), "acquired_at": new.acquired_at})
    number = taking.begin(settings.HOME, wish, actor=actor, now=clock())
    return _told(request, number)


@router.get("/{number}", auth=by(Scope.ADD_EVIDENCE), response=EvidenceOut)
def show_evidence(request: HttpRequest, number: shapes.Number) -> dict[str, Any]:
    """Say how much of an item is durable here, from where its upload goes on."""
    _actor(request, _item(request, number).case)
    return _told(request, number)


@router.put("/{number}/pieces", auth=by(Scope.ADD_EVIDENCE), response=EvidenceOut)
def put_pieces(
    request: HttpRequest, number: shapes.Number, offset: Annotated[int, Query(ge=0, le=2**50)]
) -> dict[str, Any]:
    """Take the bytes from `offset` on: the request's body, as it is. Durable when this answers."""
    _actor(request, _item(request, number).case)
    taking.put(settings.HOME, number, offset, cast("Any", request))
    return _told(request, number)


@router.post("/{number}/close", auth=by(Scope.ADD_EVIDENCE), response=EvidenceOut)
def close_evidence(request: HttpRequest, number: shapes.Number) -> dict[str, Any]:
    """Keep an item that is whole; a large one is digested by a job, until then it is `coming`."""
    actor = _actor(request, _item(request, number).case)
    close_or_queue(settings.HOME, number, actor=actor, now=clock())
    return _told(request, number)
