"""The page of one case: what happened, who is in it, what is due, and what can be done now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from pehra.cases.clocks import BY_PERSONS
from pehra.cases.queries import cases
from pehra.cases.queries.page import Place, is_offered, whole
from pehra.cases.rules import LinkKind, State
from pehra.cases.severity import AXES
from pehra.kernel.labels import Tlp
from pehra.kernel.time import clock
from pehra.mandate import queries as mandate
from pehra.registry.queries.contacts import mailboxes_of
from pehra.web import figures, marks
from pehra.web.cases import timeline, words
from pehra.web.cases.rights import rights
from pehra.web.findings.rows import localised
from pehra.web.gate import desk
from pehra.web.paging import LARGEST, Pages, address, position
from pehra.web.tables import Fact

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse

    from pehra.cases.queries.cases import CaseView
    from pehra.cases.queries.page import DeadlineView, LinkView, MailView, Whole
    from pehra.mandate.viewers import Viewer
    from pehra.web.cases.rights import Rights

_FEW = 20
ROUTES: dict[str, str] = {
    LinkKind.FINDING: "finding",
    LinkKind.CASE: "case",
    LinkKind.NOTICE: "notice",
    LinkKind.EVIDENCE: "evidence-item",
    LinkKind.REPORT: "report-cluster",
}
"""Kinds of links whose page is named by the number alone; a room that has one adds its route."""


def found_or_404(number: int, viewer: Viewer) -> CaseView:
    """A case that the reader may see."""
    found = cases.one(number, viewer=viewer) if number <= LARGEST else None
    if found is None:
        raise Http404
    return found


@desk
def case(request: HttpRequest, *, viewer: Viewer, number: int) -> HttpResponse:
    """One case, with the acts that the reader may do as plain forms."""
    found, now = found_or_404(number, viewer), clock()
    place = Place(
        entry=position(request, "after"),
        link=position(request, "link"),
        links=request.GET.get("links", "") if request.GET.get("links", "") in set(LinkKind) else "",
        mail=position(request, "mail"),
    )
    seen = whole(number, place, viewer=viewer)
    may = rights(request, found, seen)
    context = {
        "case": found,
        "mark": words.mark(found.severity),
        "badge": marks.badge(words.STATE_BY_WORD, State(found.state).word),
        "facts": _facts(found, seen, now),
        "may": may,
        "works": seen.works,
        "clocks": [_clock(one, now) for one in seen.deadlines],
        "parties": _parties(seen),
        "whole": seen,
        "timeline": _timeline(request, seen, place, number, now),
        "links": _links(request, seen, place),
        "mails": _mails(request, seen, place, now),
        "statements": [_statement(one, now) for one in seen.statements],
        "tasks": [_task(one, now) for one in seen.tasks],
        "offered": is_offered(seen.parties, viewer.teams),
        "contacts": _contacts(seen, viewer) if may.work else [],
        "forms": _forms(found, seen, may) if may.work or may.grade or may.steps else {},
        "draft": _draft(seen),
    }
    return render(request, "cases/case.html", context)


def _facts(found: CaseView, seen: Whole, now: datetime) -> list[Fact]:
    facts = [
        Fact(_("Kind"), str(words.KIND.get(found.kind, found.kind))),
        Fact(_("Label"), f"TLP:{found.tlp}", code=True),
        Fact(_("Known since"), at=figures.moment(found.aware_at, now=now)),
        Fact(_("Opened"), at=figures.moment(found.opened_at, now=now)),
        Fact(_("Came from"), str(words.ORIGIN.get(found.origin, found.origin))),
        Fact(_("Malicious"), str(words.ANSWER.get(found.malicious, found.malicious))),
        Fact(_("Across borders"), str(words.ANSWER.get(found.cross_border, found.cross_border))),
    ]
    if found.closed_at:
        facts.append(Fact(_("Closed"), at=figures.moment(found.closed_at, now=now)))
    if found.handed_at:
        facts.append(Fact(_("With an investigator"), at=figures.moment(found.handed_at, now=now)))
    if found.merged_into:
        href = reverse("case", args=[found.merged_into])
        facts.append(Fact(_("Merged into"), f"C{found.merged_into}", href=href))
    if seen.grade:
        facts += _grade_facts(seen)
    return facts


def _grade_facts(seen: Whole) -> list[Fact]:
    grade = seen.grade
    if grade is None:
        return []
    facts = [Fact(_("Graded by"), grade.by, code=True)]
    if grade.score is not None:
        said = _("%(score)s of 100, so C%(grade)s") % {
            "score": grade.score, "grade": grade.suggested,
        }  # fmt: skip
        facts.append(Fact(_("The aid says"), said))
    if grade.why:
        facts.append(Fact(_("Reason of the grade"), grade.why))
    return facts


def _clock(one: DeadlineView, now: datetime) -> dict[str, Any]:
    met = one.met_at is not None
    due = figures.due(one.due_at, now=now)
    late = not met and due is not None and due.late
    badge = marks.Badge("done", _("met")) if met else marks.Badge(
        "bad" if late else "wait", due.words if due else "")  # fmt: skip
    return {
        "kind": one.kind,
        "word": str(words.CLOCK.get(one.kind, one.kind)),
        "badge": badge,
        "at": figures.moment(one.met_at or one.due_at, now=now),
        "unsure": one.unconfirmed,
        "may_meet": not met and one.kind in BY_PERSONS,
        "id": one.id,
    }


def _parties(seen: Whole) -> list[dict[str, Any]]:
    shown: dict[tuple[int | None, int | None, str], dict[str, Any]] = {}
    for one in seen.parties:
        href = reverse("organisation", args=[one.slug]) if one.organisation else ""
        shown.setdefault(
            (one.team, one.organisation, one.role),
            {
                "name": localised(one.name, one.name_ur),
                "role": str(words.ROLE.get(one.role, one.role)),
                "href": href,
                "code": one.role,
            },
        )
    return list(shown.values())


def _timeline(
    request: HttpRequest, seen: Whole, place: Place, number: int, now: datetime
) -> dict[str, Any]:
    shown = seen.entries[: place.size]
    more = len(seen.entries) > place.size
    return {
        "rows": [timeline.told(one, number=number, now=now) for one in shown],
        "pages": Pages(
            previous=address(request, {"after": None}, anchor="timeline") if place.entry else "",
            next=address(request, {"after": shown[-1].id}, anchor="timeline") if more else "",
        ),
    }


def _href(one: LinkView) -> str:
    if one.kind not in ROUTES or not one.ref.isdigit():
        return ""
    try:
        return reverse(ROUTES[one.kind], args=[int(one.ref)])
    except NoReverseMatch:
        return ""


def _links(request: HttpRequest, seen: Whole, place: Place) -> dict[str, Any]:
    shown = seen.links[:_FEW]
    more = len(seen.links) > _FEW
    kinds = [
        {
            "word": str(words.LINK[kind]),
            "count": figures.number(seen.counts[kind.value]),
            "href": address(request, {"links": kind.value, "link": None}, anchor="links"),
            "current": place.links == kind.value,
        }
        for kind in LinkKind
        if seen.counts.get(kind.value)
    ]
    return {
        "kinds": kinds,
        "rows": [
            {
                "id": one.id,
                "word": str(words.LINK.get(one.kind, one.kind)),
                "ref": f"F{one.ref}" if one.kind == LinkKind.FINDING else one.ref,
                "href": _href(one),
                "note": one.note,
            }
            for one in shown
        ],
        "pages": Pages(
            previous=address(request, {"link": None}, anchor="links") if place.link else "",
            next=address(request, {"link": shown[-1].id}, anchor="links") if more else "",
        ),
    }


def _mails(request: HttpRequest, seen: Whole, place: Place, now: datetime) -> dict[str, Any]:
    shown = seen.mails[:_FEW]
    threads: dict[str, list[MailView]] = {}
    for one in reversed(shown):
        threads.setdefault(one.thread, []).append(one)
    more = len(seen.mails) > _FEW
    return {
        "threads": [
            {
                "id": thread,
                "subject": rows[0].subject or _("no subject"),
                "rows": [{"mail": one, "at": figures.moment(one.at, now=now)} for one in rows],
            }
            for thread, rows in threads.items()
        ],
        "pages": Pages(
            previous=address(request, {"mail": None}, anchor="mail") if place.mail else "",
            next=address(request, {"mail": shown[-1].id}, anchor="mail") if more else "",
        ),
    }


def _statement(one: Any, now: datetime) -> dict[str, Any]:  # noqa: ANN401 a view of the room
    return {
        "row": one,
        "badge": marks.badge(words.CLAIM, one.state),
        "confidence": str(words.CONFIDENCE.get(one.confidence, "")),
        "at": figures.moment(one.said_at, now=now),
        "judged": figures.moment(one.judged_at, now=now),
    }


def _task(one: Any, now: datetime) -> dict[str, Any]:  # noqa: ANN401 a view of the room
    return {
        "row": one,
        "title": str(words.STEP_OF_TASK.get(one.step, one.title)),
        "due": figures.due(one.due_at, now=now),
        "done": figures.moment(one.done_at, now=now),
    }


def _contacts(seen: Whole, viewer: Viewer) -> list[tuple[str, str]]:
    """Name of the organisation and mailbox of whoever can be written to."""
    holders = {one.organisation: localised(one.name, one.name_ur) for one in seen.parties
               if one.organisation}  # fmt: skip
    found = mailboxes_of(holders, viewer=viewer)
    return [
        (name, email)
        for organisation, name in holders.items()
        for number, email in found
        if number == organisation
    ]


def _forms(found: CaseView, seen: Whole, may: Rights) -> dict[str, Any]:
    """What the forms offer to choose from."""
    names = {number: localised(*both) for number, both in mandate.team_names().items()}
    teams = [(one.slug, names[one.id]) for one in mandate.teams()
             if one.status == "active" and one.id in names]  # fmt: skip
    axes = seen.grade.axes if seen.grade else {}
    return {
        "steps": [(act.value, str(words.ACT[act])) for act in may.steps],
        "axes": _axes(axes) if may.grade else [],
        "grades": [(n, f"C{n} {word}", n == found.severity) for n, word in words.GRADE.items()],
        "teams": teams,
        "roles": [(role, str(words.ROLE[role])) for role in ("affected", "reporter", "suspected")],
        "kinds": [(code, str(word), code == found.kind) for code, word in words.KIND.items()],
        "labels": [(one.value, one.value == found.tlp) for one in Tlp],
        "answers": [(code, str(word)) for code, word in words.ANSWER.items()],
        "links": [(kind.value, str(words.LINK[kind])) for kind in LinkKind],
        "confidences": [(code, str(word)) for code, word in words.CONFIDENCE.items()],
        "organisations": [
            (one.organisation, localised(one.name, one.name_ur))
            for one in seen.parties
            if one.organisation
        ],
    }


def _axes(answers: Mapping[str, str]) -> Sequence[tuple[str, str, list[tuple[str, str, bool]]]]:
    found = []
    for axis, (_weight, points) in AXES.items():
        question, known = words.AXIS[axis]
        chosen = answers.get(axis, "")
        choices = [(one, str(known[one]), one == chosen) for one in points]
        found.append((axis, str(question), choices))
    return found


def _draft(seen: Whole) -> str:
    """The counts of now as the first lines of a situation report."""
    counts = seen.counts
    if not counts:
        return ""
    lines = (
        (_("Findings: %(n)s"), counts["finding"]),
        (_("Tasks that are open: %(n)s"), counts["tasks"]),
        (_("Claims without evidence: %(n)s"), counts["unverified"]),
        (_("Clocks that are over: %(n)s"), counts["overdue"]),
    )
    return "\n".join(text % {"n": figures.number(count)} for text, count in lines)
