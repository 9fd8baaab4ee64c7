"""`pehra cases list` and `pehra cases show`: cases with their clocks, for people and machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from pehra.cli import door
from pehra.kernel.errors import UsageError
from pehra.kernel.time import clock, iso

if TYPE_CHECKING:
    from datetime import datetime

    from pehra.cases.queries.cases import CaseView
    from pehra.cases.queries.page import Whole

Json = Annotated[bool, typer.Option("--json", help="One JSON object on the last line.")]
_COLUMNS = ("number", "severity", "state", "kind", "title", "lead", "next_due", "overdue")


def _moment(at: datetime | None) -> str | None:
    return iso(at) if at else None


def _told(one: CaseView, lead: str, now: datetime) -> dict[str, Any]:
    from pehra.cases.rules import State

    return {
        "number": one.number,
        "title": one.title,
        "kind": one.kind,
        "state": State(one.state).word,
        "severity": f"C{one.severity}" if one.severity else None,
        "provisional": one.provisional,
        "tlp": one.tlp,
        "lead": lead,
        "aware_at": _moment(one.aware_at),
        "opened_at": _moment(one.opened_at),
        "closed_at": _moment(one.closed_at),
        "next_due": _moment(one.next_due),
        "overdue": one.overdue(now),
        "merged_into": one.merged_into,
        "exercise": one.exercise,
        "origin": one.origin,
    }


def _leads(found: list[CaseView]) -> dict[int, str]:
    from pehra.cases.queries import cases
    from pehra.mandate import queries as mandate
    from pehra.mandate.viewers import SYSTEM_VIEWER

    slugs = {team.id: team.slug for team in mandate.teams()}
    leads = cases.leads_of([one.number for one in found], viewer=SYSTEM_VIEWER)
    return {case: slugs[team] for case, team in leads.items()}


def list_(
    every: Annotated[bool, typer.Option("--all", help="Those that have ended, too.")] = False,
    state: Annotated[str, typer.Option(help="Only in this state, such as `confirmed`.")] = "",
    severity: Annotated[int, typer.Option(min=0, max=6, help="1 to 6, for C1 to C6.")] = 0,
    overdue: Annotated[bool, typer.Option("--overdue", help="With a clock that is over.")] = False,
    exercises: Annotated[bool, typer.Option("--exercises", help="Those of exercises.")] = False,
    before: Annotated[int, typer.Option(min=0, help="Older than this case.")] = 0,
    size: Annotated[int, typer.Option(min=1, help="At most so many, the newest first.")] = 50,
    as_json: Json = False,
) -> None:
    """Cases that need somebody, the newest first, with the next of their clocks."""
    door.open_home()
    from pehra.cases.queries import cases
    from pehra.cases.rules import State
    from pehra.mandate.viewers import SYSTEM_VIEWER

    known = {one.word: one.value for one in State}
    if state and state not in known:
        message = f"`{state}` is no state of a case."
        raise UsageError(message, mend=f"Possible: {', '.join(known)}.")
    now = clock()
    wanted = cases.Wanted(
        open=not every,
        states=(known[state],) if state else (),
        severity=severity or None,
        overdue=overdue,
        exercises=exercises,
    )
    found = cases.page(wanted, viewer=SYSTEM_VIEWER, now=now, before=before or None, size=size)
    leads = _leads(found)
    told = [_told(one, leads.get(one.number, ""), now) for one in found]
    if as_json:
        door.say(as_json, {"cases": told})
        return
    door.table("Cases", _COLUMNS, ([row[name] for name in _COLUMNS] for row in told))


def show(
    number: Annotated[int, typer.Argument(metavar="CASE", help="Number of the case.")],
    lines: Annotated[int, typer.Option(min=1, help="Lines of its timeline, newest first.")] = 50,
    as_json: Json = False,
) -> None:
    """One case: who is in it, its clocks, tasks, claims, links by kind, and its timeline."""
    door.open_home()
    from pehra.cases.queries import cases
    from pehra.cases.queries.page import Place, whole
    from pehra.mandate.viewers import SYSTEM_VIEWER

    found, now = cases.one(number, viewer=SYSTEM_VIEWER), clock()
    if found is None:
        message = f"There is no case {number}."
        raise UsageError(message, mend="`pehra cases list` names them.")
    seen = whole(number, Place(size=lines), viewer=SYSTEM_VIEWER)
    head = _told(found, _leads([found]).get(number, ""), now)
    if as_json:
        door.say(as_json, {"case": {**head, **_parts(seen, lines)}})
        return
    door.table(f"C{number}", ("what", "value"), ([name, value] for name, value in head.items()))
    rows = ([iso(one.at), one.kind, one.by, one.text] for one in seen.entries[:lines])
    door.table("Timeline", ("at", "kind", "by", "text"), rows)


def _parts(seen: Whole, lines: int) -> dict[str, Any]:
    return {
        "numbers": seen.numbers,
        "counts": seen.counts,
        "parties": [{"name": one.slug, "role": one.role} for one in seen.parties],
        "clocks": [
            {
                "kind": one.kind,
                "due_at": iso(one.due_at),
                "over_since": _moment(one.fired_at),
                "met_at": _moment(one.met_at),
                "unconfirmed": one.unconfirmed,
            }
            for one in seen.deadlines
        ],
        "tasks": [
            {
                "title": one.title,
                "assignee": one.assignee,
                "after_action": one.after_action,
                "due_at": _moment(one.due_at),
                "done_at": _moment(one.done_at),
            }
            for one in seen.tasks
        ],
        "claims": [
            {"text": one.text, "by": one.said_by, "state": one.state, "evidence": one.evidence}
            for one in seen.statements
        ],
        "mails": len(seen.mails),
        "timeline": [
            {
                "at": iso(one.at),
                "case": one.case,
                "kind": one.kind,
                "by": one.by,
                "tlp": one.tlp,
                "text": one.text,
                "facts": one.facts,
            }
            for one in seen.entries[:lines]
        ],
    }
