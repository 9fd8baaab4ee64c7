"""The house itself: who asks, reports and sources, jobs, and the ledger's checkpoint and proofs."""

from __future__ import annotations

import base64
from typing import Annotated, Any, Literal

from django.conf import settings
from django.http import HttpRequest
from ninja import Path, Query, Router

from pehra.intake import queries as intake
from pehra.intake.fetching.queries import source_states
from pehra.jobs import queries as jobs
from pehra.kernel.time import clock
from pehra.ledger import queries as ledger
from pehra.ledger.keys import verifier_key
from pehra.mandate.apikeys.rules import Scope
from pehra.web.api import shapes
from pehra.web.api.door import Absent, asker, by, national

router = Router(tags=["house"])
intake_router = Router(tags=["reports"])
BatchId = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]
Positive = Annotated[int, Path(ge=0, le=2**63 - 1)]


@router.get("/me", auth=by(), response=shapes.Me)
def me(request: HttpRequest) -> dict[str, Any]:
    """Say who asks, and what they may see and do."""
    told = asker(request)
    return {
        "name": told.name,
        "kind": told.kind,
        "office": told.actor.office,
        "sees_all": told.viewer.sees_all,
        "teams": sorted(told.viewer.teams),
        "organisations": sorted(told.viewer.organisations),
        "scopes": None if told.scopes is None else sorted(told.scopes),
    }


@intake_router.get("/batches", auth=by(Scope.READ_INTAKE), response=shapes.Batches)
def list_batches(
    request: HttpRequest,
    source: shapes.Short = "",
    after: Annotated[str, Query(pattern="^([0-9a-f]{32})?$")] = "",
    size: shapes.Size = 50,
) -> dict[str, Any]:
    """List files as received, newest first. National team only."""
    viewer = national(request).viewer
    page = intake.batches(viewer=viewer, after=after or None, size=size, source=source)
    return {
        "batches": [shapes.plain(row, shapes.BatchOut) for row in page.rows],
        "after": page.rows[-1].id if page.has_next else None,
    }


@intake_router.get("/batches/{name}", auth=by(Scope.READ_INTAKE), response=shapes.BatchOut)
def show_batch(request: HttpRequest, name: BatchId) -> dict[str, Any]:
    """Show one file as received. National team only."""
    found = intake.batch(name, viewer=national(request).viewer)
    if found is None:
        message = f"There is no batch {name}."
        raise Absent(message, mend="GET /api/v1/batches lists them.")
    return shapes.plain(found, shapes.BatchOut)


@intake_router.get("/batches/{name}/rejects", auth=by(Scope.READ_INTAKE), response=shapes.Rejects)
def list_rejects(
    request: HttpRequest,
    name: BatchId,
    after: shapes.Number | None = None,
    size: shapes.Size = 50,
) -> dict[str, Any]:
    """List rows that could not be read: where and why. National team only."""
    page = intake.rejects(name, viewer=national(request).viewer, after=after, size=size)
    return {
        "rejects": [shapes.plain(row, shapes.RejectOut) for row in page.rows],
        "after": page.rows[-1].row if page.has_next else None,
    }


@intake_router.get("/sources", auth=by(Scope.READ_INTAKE), response=shapes.Sources)
def list_sources(request: HttpRequest) -> dict[str, Any]:
    """List sources with the alarms that nobody has answered. National team only."""
    viewer = national(request).viewer
    alarms: dict[str, list[str]] = {}
    for source, kind in intake.open_alarms(viewer=viewer):
        alarms.setdefault(source, []).append(kind)
    states = source_states(viewer=viewer, now=clock())
    return {"sources": [{"slug": one.slug, "alarms": alarms.get(one.slug, [])} for one in states]}


@router.get("/jobs", auth=by(Scope.READ_JOBS), response=shapes.Jobs)
def list_jobs(
    request: HttpRequest,
    state: Literal["queued", "running", "done", "failed", "cancelled"] | None = None,
    after: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
    size: shapes.Size = 50,
) -> dict[str, Any]:
    """List jobs, newest first. National team only."""
    national(request)
    found = jobs.jobs(state=state or "", before=after, limit=size + 1)
    shown = found[:size]
    return {
        "jobs": [shapes.plain(row, shapes.JobOut) for row in shown],
        "after": shown[-1].id if found[size:] else None,
    }


@router.get("/jobs/{number}", auth=by(Scope.READ_JOBS), response=shapes.JobOut)
def show_job(request: HttpRequest, number: Positive) -> dict[str, Any]:
    """Show one job. National team only."""
    national(request)
    found = jobs.job(number)
    if found is None:
        message = f"There is no job {number}."
        raise Absent(message, mend="GET /api/v1/jobs lists them.")
    return shapes.plain(found, shapes.JobOut)


@router.get("/ledger/checkpoint", auth=by(Scope.READ_LEDGER), response=shapes.CheckpointOut)
def show_checkpoint(request: HttpRequest) -> dict[str, Any]:
    """Give the newest signed note, for whoever keeps it to compare later."""
    del request
    return {"size": ledger.head().size, "checkpoint": ledger.latest_checkpoint()}


@router.get("/ledger/entries/{number}/proof", auth=by(Scope.READ_LEDGER), response=shapes.ProofOut)
def prove_entry(request: HttpRequest, number: Positive) -> dict[str, Any]:
    """Prove that an entry stands under the newest checkpoint. National team only."""
    national(request)
    key = verifier_key(settings.HOME)
    if key is None or ledger.latest_checkpoint() is None:
        message = "Nothing was signed yet."
        raise Absent(message, mend="`pehra ledger checkpoint` signs what there is.")
    proof = ledger.prove_inclusion(number, key)
    hashes = [base64.b64encode(one).decode() for one in proof.hashes]
    return {**shapes.plain(proof, shapes.ProofOut), "hashes": hashes}
