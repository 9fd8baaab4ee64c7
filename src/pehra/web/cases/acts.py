"""What is done in a case: one address, an act by its name, each behind its own power."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from pehra.cases.actions import (
    claims,
    clocks,
    described,
    grades,
    joins,
    links,
    posted,
    situation,
    steps,
    tasks,
    teams,
    timeline,
)
from pehra.cases.queries.page import Place, whole
from pehra.cases.rules import Act, PartyRole
from pehra.cases.severity import AXES, Grading
from pehra.kernel.errors import PehraError
from pehra.kernel.time import clock
from pehra.mandate import queries as mandate
from pehra.web import figures
from pehra.web.cases.page import found_or_404
from pehra.web.cases.rights import CONFIRM, MERGE, WORK, grading, is_affected, power_of
from pehra.web.cases.views import organisations
from pehra.web.gate import acting, desk

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse, QueryDict

    from pehra.cases.queries.cases import CaseView
    from pehra.cases.queries.page import Whole
    from pehra.kernel.actors import Actor
    from pehra.mandate.viewers import Viewer

_MOST_DIGITS = 18


class Asked(msgspec.Struct, frozen=True):
    """One act that somebody asks for: in which case, with what, when."""

    request: HttpRequest
    viewer: Viewer
    case: CaseView
    seen: Whole
    now: datetime

    @property
    def given(self) -> QueryDict:
        """The form."""
        return self.request.POST

    def text(self, name: str = "text") -> str:
        """What was typed."""
        return self.given.get(name, "").replace("\r\n", "\n")

    def number(self, name: str) -> int:
        """A number of the form; 0: none."""
        word = self.given.get(name, "").strip().lstrip("Cc")
        return int(word) if word.isascii() and word.isdigit() and len(word) <= _MOST_DIGITS else 0

    def worker(self) -> Actor:
        """The reader, where they may work on this case."""
        if not self.seen.works:
            raise PermissionDenied
        return acting(self.request, WORK)

    def merger(self) -> Actor:
        """The reader, where they may merge and split here."""
        if not self.seen.works:
            raise PermissionDenied
        return acting(self.request, MERGE)


@require_POST
@desk
def act(request: HttpRequest, *, viewer: Viewer, number: int) -> HttpResponse:
    """Do one thing in a case, and go back to its page."""
    found, now = found_or_404(number, viewer), clock()
    handler = HANDLERS.get(request.POST.get("what", ""))
    if handler is None:
        raise Http404
    asked = Asked(request, viewer, found, whole(number, Place(), viewer=viewer), now)
    try:
        handler(asked)
    except PehraError as fault:
        messages.error(request, str(fault), extra_tags="note--bad")
    else:
        messages.success(request, _("Done, and written on the timeline."))
    return HttpResponseRedirect(reverse("case", args=[number]))


def _step(asked: Asked) -> None:
    word = asked.given.get("act", "")
    if word not in set(Act):
        raise Http404
    step = Act(word)
    if not asked.seen.works and not (step is Act.CLAIM_RECOVERED and is_affected(asked.seen)):
        raise PermissionDenied
    actor = acting(asked.request, power_of(step, asked.case, asked.seen))
    steps.advance(asked.case.number, step, why=asked.text(), actor=actor, at=asked.now)


def _grade(asked: Asked) -> None:
    right = grading(asked.request)
    if right is None or not asked.seen.works:
        raise PermissionDenied
    answers = {axis: answer for axis in AXES if (answer := asked.given.get(axis, ""))}
    wish = Grading(grade=asked.number("grade"), axes=answers, why=asked.text())
    actor = acting(asked.request, right[1])
    grades.grade(asked.case.number, wish, right=right[0], actor=actor, at=asked.now)


def _confirm(asked: Asked) -> None:
    if not asked.seen.works:
        raise PermissionDenied
    actor = acting(asked.request, CONFIRM)
    grades.confirm_grade(asked.case.number, actor=actor, at=asked.now)


def _meet(asked: Asked) -> None:
    kind = asked.given.get("clock", "")
    case = next((one.case for one in asked.seen.deadlines if one.kind == kind and one.running),
                asked.case.number)  # fmt: skip
    clocks.meet(case, kind, text=asked.text(), actor=asked.worker(), at=asked.now)


def _note(asked: Asked) -> None:
    kind = "call" if "call" in asked.given else "note"
    line = timeline.Line(
        kind=kind,
        text=asked.text(),
        tlp=asked.given.get("tlp") or None,
        shared="shared" in asked.given,
        happened_at=figures.local_moment(asked.given.get("at", "")),
    )
    timeline.record(asked.case.number, line, actor=asked.worker(), at=asked.now)


def _describe(asked: Asked) -> None:
    names = described.Description.__struct_fields__
    said = described.Description(**{name: asked.given.get(name, "") for name in names})
    described.describe(asked.case.number, said, actor=asked.worker(), at=asked.now)


def _team(asked: Asked) -> int:
    known = {one.slug: one.id for one in mandate.teams()}
    return known.get(asked.given.get("team", ""), 0)


def _support(asked: Asked) -> None:
    teams.support(asked.case.number, _team(asked), actor=asked.worker(), at=asked.now)


def _bring_in(asked: Asked) -> None:
    actor, role = asked.worker(), asked.given.get("role", "")
    for one in organisations(asked.text("organisation"), asked.viewer):
        teams.bring_in(asked.case.number, one, role, actor=actor, at=asked.now)


def _offer(asked: Asked) -> None:
    """The team that leads hands the lead on, or a supervisor of the nation for it."""
    leads = {one.team for one in asked.seen.parties
             if one.case == asked.case.number and one.role == PartyRole.LEAD}  # fmt: skip
    if leads & asked.viewer.teams:
        actor = asked.worker()
    elif asked.viewer.sees_all:
        actor = asked.merger()
    else:
        raise PermissionDenied
    teams.offer(asked.case.number, _team(asked), why=asked.text(), actor=actor, at=asked.now)


def _answer(asked: Asked) -> None:
    actor = asked.worker()
    offered = teams.offered_to(asked.case.number)
    if offered is not None and offered not in asked.viewer.teams:
        raise PermissionDenied
    accept = asked.given.get("answer") == "accept"
    teams.answer(asked.case.number, accept=accept, why=asked.text(), actor=actor, at=asked.now)


def _link(asked: Asked) -> None:
    kind, refs = asked.given.get("kind", ""), asked.text("ref").split()
    if kind == "finding":
        refs = [one.lstrip("Ff") for one in refs]
    links.link_all(
        asked.case.number, kind, refs, note=asked.text(), actor=asked.worker(), at=asked.now
    )


def _unlink(asked: Asked) -> None:
    links.unlink(
        asked.case.number, asked.number("link"), why=asked.text(), actor=asked.worker(),
        at=asked.now,
    )  # fmt: skip


def _task(asked: Asked) -> None:
    wish = tasks.Wish(
        title=asked.text("title"),
        due_at=figures.local_moment(asked.given.get("due", "")),
        after_action="after_action" in asked.given,
    )
    tasks.give(asked.case.number, wish, actor=asked.worker(), at=asked.now)


def _own(asked: Asked, name: str, known: set[int]) -> int:
    """A number of the form that is of this case; another's does not exist."""
    number = asked.number(name)
    if number not in known:
        raise Http404
    return number


def _take(asked: Asked) -> None:
    number = _own(asked, "task", {one.id for one in asked.seen.tasks})
    tasks.take(number, actor=asked.worker(), at=asked.now)


def _finish(asked: Asked) -> None:
    number = _own(asked, "task", {one.id for one in asked.seen.tasks})
    tasks.finish(number, asked.text(), actor=asked.worker(), at=asked.now)


def _claim(asked: Asked) -> None:
    said = claims.Said(
        text=asked.text(),
        said_by=asked.text("said_by"),
        organisation=asked.number("organisation") or None,
    )
    claims.claim(asked.case.number, said, actor=asked.worker(), at=asked.now)


def _suspect(asked: Asked) -> None:
    wish = claims.Suspected(
        text=asked.text(),
        confidence=asked.given.get("confidence", ""),
        evidence=asked.number("link") or None,
    )
    claims.suspect(asked.case.number, wish, actor=asked.worker(), at=asked.now)


def _judge(asked: Asked) -> None:
    number = _own(asked, "statement", {one.id for one in asked.seen.statements})
    verdict = claims.Verdict(
        state=asked.given.get("verdict", ""),
        evidence=asked.number("link") or None,
        why=asked.text(),
    )
    claims.judge(number, verdict, actor=asked.worker(), at=asked.now)


def _situation(asked: Asked) -> None:
    situation.issue(
        asked.case.number, asked.text(), shared="shared" in asked.given, actor=asked.worker(),
        at=asked.now,
    )  # fmt: skip


def _merge(asked: Asked) -> None:
    actor = asked.merger()
    into = found_or_404(asked.number("into"), asked.viewer)
    if not whole(into.number, Place(), viewer=asked.viewer).works:
        raise PermissionDenied
    joins.merge(asked.case.number, into.number, why=asked.text(), actor=actor, at=asked.now)


def _split(asked: Asked) -> None:
    chosen = asked.given.getlist("links")
    parts = joins.Parts(
        title=asked.text("title"),
        links=tuple(int(one) for one in chosen if one.isascii() and one.isdigit()),
        threads=tuple(asked.given.getlist("threads")),
    )
    joins.split(asked.case.number, parts, why=asked.text(), actor=asked.merger(), at=asked.now)


def _undo(asked: Asked) -> None:
    number = _own(asked, "join", {one.id for one in asked.seen.joins})
    joins.undo(number, why=asked.text(), actor=asked.merger(), at=asked.now)


def _post(asked: Asked) -> None:
    wish = posted.Post(
        address=asked.text("address"),
        subject=asked.text("subject"),
        text=asked.text(),
        thread=asked.given.get("thread", ""),
    )
    posted.post(asked.case.number, wish, actor=asked.worker(), at=asked.now)


def _investigator(asked: Asked) -> None:
    steps.hand_to_investigator(
        asked.case.number, why=asked.text(), actor=asked.worker(), at=asked.now
    )


HANDLERS: dict[str, Callable[[Asked], None]] = {
    "step": _step,
    "grade": _grade,
    "confirm": _confirm,
    "meet": _meet,
    "note": _note,
    "describe": _describe,
    "support": _support,
    "bring-in": _bring_in,
    "offer": _offer,
    "answer": _answer,
    "link": _link,
    "unlink": _unlink,
    "task": _task,
    "take": _take,
    "finish": _finish,
    "claim": _claim,
    "suspect": _suspect,
    "judge": _judge,
    "situation": _situation,
    "merge": _merge,
    "split": _split,
    "undo": _undo,
    "post": _post,
    "investigator": _investigator,
}
"""What a form's `what` names."""
