"""Findings: list, show, answer, and the observations behind one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from django.conf import settings
from django.http import HttpRequest
from ninja import Path, Query, Router

from pehra.findings import queries
from pehra.findings.actions.answers import answer
from pehra.findings.rules import HOLDERS, Act, State
from pehra.kernel.addresses import unpack
from pehra.kernel.labels import Severity
from pehra.kernel.time import clock
from pehra.mandate.apikeys.rules import Scope
from pehra.mandate.rules import STAFF
from pehra.observations import queries as lake
from pehra.web.api import shapes
from pehra.web.api.door import Absent, Forbidden, asker, by
from pehra.web.findings import evidence, filters
from pehra.web.gate import posts
from pehra.web.keeping import lead_of, may_keep

if TYPE_CHECKING:
    from pehra.findings.queries import FindingView, Row
    from pehra.mandate.viewers import Viewer

router = Router(tags=["findings"])
_OBSERVATIONS = 50
Named = Annotated[int, Path(ge=0, le=queries.LARGEST)]


def _line(row: Row) -> dict[str, Any]:
    named = shapes.plain(row, shapes.FindingOut)
    return {
        **named,
        "number": row.id,
        "state": State(row.state).word,
        "severity": Severity(row.severity).word,
        "organisation": row.organisation_slug,
        "organisation_name": row.organisation,
    }


def _found(number: int, viewer: Viewer) -> FindingView:
    found = queries.one(number, viewer=viewer)
    if found is None:
        message = f"There is no finding {number}, or none that you may see."
        raise Absent(message, mend="GET /api/v1/findings lists yours.")
    return found


@router.get("", auth=by(Scope.READ_FINDINGS), response=shapes.Findings)
def list_findings(request: HttpRequest, asked: Query[shapes.FindingsAsked]) -> dict[str, Any]:
    """List findings by the page's filters, newest first; without a state, those that need work."""
    told = asker(request)
    wanted = filters.read(request.GET, me=told.account, now=clock()).filter
    page = queries.page(wanted, viewer=told.viewer, after=asked.after, size=asked.size)
    return {
        "findings": [_line(row) for row in page.rows],
        "after": page.last if page.has_next else None,
    }


@router.get("/{number}", auth=by(Scope.READ_FINDINGS), response=shapes.FindingWhole)
def show_finding(request: HttpRequest, number: Named) -> dict[str, Any]:
    """Show one finding with its changes of state."""
    viewer = asker(request).viewer
    found = _found(number, viewer)
    return {
        **shapes.plain(found, shapes.FindingWhole),
        **_line(found.row),
        "steps": [
            {"at": one.at, "state": State(one.state).word, "by": one.by, "why": one.why}
            for one in queries.steps(number, viewer=viewer)
        ],
    }


def _may_say(request: HttpRequest, act: Act, found: FindingView) -> bool:
    """Whether the asker may say it of this finding; whoever only looks says nothing.

    A risk is accepted by a person, so no key does it.
    """
    told = asker(request)
    if told.scopes is not None:
        staff = told.viewer.sees_all or bool(told.viewer.teams)
        return act != Act.ACCEPT_RISK and (staff or act in HOLDERS)
    held, holder = posts(request), found.organisation_id or 0
    lead = lead_of(held, holder, clock().date())
    if may_keep((post for post in held if post.role in STAFF), holder, lead):
        return True
    return act in HOLDERS and may_keep(held, holder, lead)


@router.post("/{number}/answers", auth=by(Scope.ANSWER_FINDINGS), response=shapes.Answered)
def answer_finding(request: HttpRequest, number: Named, said: shapes.Said) -> dict[str, Any]:
    """Answer a finding: a claim such as `claim-fix` is verified by later reports, not believed."""
    told, act = asker(request), Act(said.act)
    if not _may_say(request, act, _found(number, told.viewer)):
        message = f"`{act.value}` is not yours to say of this finding."
        raise Forbidden(message, mend="The lead team, or somebody of the holder's, can.")
    state = answer(
        number,
        act,
        why=said.why,
        viewer=told.viewer,
        actor=told.actor,
        now=clock(),
        until=said.until,
    )
    return {"number": number, "state": state.word}


@router.get(
    "/{number}/observations", auth=by(Scope.READ_OBSERVATIONS), response=shapes.Observations
)
def list_observations(
    request: HttpRequest, number: Named, page: Annotated[int, Query(ge=1, le=1000)] = 1
) -> dict[str, Any]:
    """List the observations that reported a finding, newest first."""
    viewer = asker(request).viewer
    found = _found(number, viewer)
    if found.lake_key is None:
        return {"observations": [], "page": None}
    rows = lake.of_finding(
        settings.HOME,
        found.lake_key,
        evidence.addresses(found),
        viewer=viewer,
        holder=found.organisation_id,
        limit=_OBSERVATIONS + 1,
        offset=(page - 1) * _OBSERVATIONS,
    ).to_dicts()
    return {
        "observations": [_observation(row) for row in rows[:_OBSERVATIONS]],
        "page": page + 1 if rows[_OBSERVATIONS:] else None,
    }


def _observation(row: dict[str, Any]) -> dict[str, Any]:
    named = {name: row.get(name) for name in shapes.ObservationOut.model_fields}
    return {
        **named,
        "id": row["id"].hex(),
        "ip": unpack(row["ip"]) if row.get("ip") else None,
        "host": row.get("url_host") or row.get("host"),
    }
