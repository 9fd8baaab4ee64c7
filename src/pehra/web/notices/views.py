"""Rounds that wait, messages with their recipients and reasons, and one message as it leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from pehra.dispatch import queries as dispatch
from pehra.dispatch.letters import marked
from pehra.dispatch.rules import Mode
from pehra.kernel.settings import home_path
from pehra.kernel.time import clock
from pehra.notices import queries, rules
from pehra.notices.actions import rounds as acts
from pehra.notices.actions.compose import composed, composer
from pehra.notices.queries.exercises import made_up
from pehra.web import figures, phrases
from pehra.web.gate import desk, may_decide, national, warrant
from pehra.web.notices import exercises, rows, tasks
from pehra.web.paging import LARGEST, pages, position
from pehra.web.tables import Link, Section

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse

    from pehra.mandate.powers import Warrant
    from pehra.mandate.viewers import Viewer

_SIZE = 50


@desk
def notices(request: HttpRequest, *, viewer: Viewer) -> HttpResponse:
    """What went out and what waits, as far as it concerns the reader's organisations."""
    now = clock()
    found = queries.notices(viewer=viewer, before=position(request, "after"), size=_SIZE + 1)
    shown = found[:_SIZE]
    sections = []
    if viewer.sees_all:
        listed = queries.rounds(size=10)
        shown_rounds = rows.round_table(listed, now=now)
        sections.append(Section(_("Rounds"), shown_rounds, anchor="rounds"))
    sections += tasks.sections(viewer, now)
    sections.append(Section(_("Messages"), rows.notice_table(shown, now=now)))
    context = {
        "title": _("Notices"),
        "intro": _("Who was told of what, why they, and what they answered."),
        "note": _sending() if viewer.sees_all else None,
        "sections": sections,
        "links": _links(viewer),
        "pages": pages(request, None, shown[-1].id if found[_SIZE:] else None),
    }
    return render(request, "listing.html", context)


def _links(viewer: Viewer) -> list[Link]:
    """Where else notices are read about: figures of many organisations are for teams."""
    links = [Link(reverse("effect"), _("Effect of notices"))]
    if viewer.sees_all:
        exercise = Link(reverse("exercises"), _("Exercises"))
        return [Link(reverse("sending"), _("Sending")), exercise, *links]
    return links if viewer.teams else []


def _sending() -> dict[str, str] | None:
    mode = dispatch.sending().mode
    if mode == Mode.LIVE:
        return None
    return {"tone": "note--warn", "text": str(phrases.SENDING[mode])}


@national
def round_(request: HttpRequest, *, viewer: Viewer, number: int) -> HttpResponse:
    """One round: how large, why it waits, and to whom it would go."""
    found = queries.round_of(number) if number <= LARGEST else None
    if found is None:
        raise Http404
    now = clock()
    listed = queries.notices(
        viewer=viewer, round_=number, before=position(request, "after"), size=_SIZE + 1
    )
    shown = listed[:_SIZE]
    context = {
        "title": _("Round %(number)s") % {"number": number},
        "round": found,
        "badge": rows.round_badge(found),
        "why": phrases.HELD.get(found.held_why, ""),
        "facts": rows.round_facts(found, now=now)
        + (exercises.facts(number, viewer) if found.exercise else []),
        "exercise": found.exercise,
        "table": rows.notice_table(shown, now=now),
        "pages": pages(request, None, shown[-1].id if listed[_SIZE:] else None),
        "may_send": found.state == "held" and _letting_go(request, found.recipients) is not None,
        "may_drop": found.state == "held" and _letting_go(request, 0) is not None,
    }
    return render(request, "notices/round.html", context)


def _letting_go(request: HttpRequest, recipients: int) -> Warrant | None:
    """By which office the reader lets a round of so many go; None: by none."""
    held = (warrant(request, power) for power in rules.to_let_go(recipients))
    return next((one for one in held if one is not None), None)


@require_POST
@national
def decide(request: HttpRequest, *, viewer: Viewer, number: int) -> HttpResponse:
    """Let a round go, or drop it."""
    found = queries.round_of(number) if number <= LARGEST else None
    if found is None:
        raise Http404
    go = request.POST.get("what") == "send"
    held = _letting_go(request, found.recipients if go else 0)
    if held is None:
        raise PermissionDenied
    acts.decide(number, go=go, actor=held.actor(viewer.name), now=clock())
    return HttpResponseRedirect(reverse("round", args=[number]))


@desk
def notice(request: HttpRequest, *, viewer: Viewer, number: int) -> HttpResponse:
    """One message: to whom and why, its words, what was answered."""
    found = queries.one(number, viewer=viewer) if number <= LARGEST else None
    if found is None:
        raise Http404
    now = clock()
    parties = queries.parties(number, viewer=viewer)
    context = {
        "title": _("Notice %(number)s") % {"number": f"N{number}"},
        "facts": rows.notice_facts(found, parties, now=now),
        "badge": rows.notice_badge(found),
        "exercise": found.exercise,
        "letter": _letter(number, viewer, now),
        "named": rows.made_up_table(made_up(found, viewer=viewer), now=now)
        if found.scenario
        else rows.named_table(queries.findings_of(number, viewer=viewer), viewer, now=now),
        "count": figures.number(found.findings),
        "answers": rows.answer_table(queries.answers(number, viewer=viewer), now=now),
        "mail": tasks.mail_of(found, viewer, now),
        "may_decide": may_decide(request),
        "round_href": reverse("round", args=[found.round]) if viewer.sees_all else "",
    }
    return render(request, "notices/notice.html", context)


def _letter(number: int, viewer: Viewer, now: datetime) -> dict[str, object] | None:
    """The words, as they would leave now, for those who may read all of them."""
    if not queries.sees_whole(number, viewer=viewer):
        return None
    home = home_path()
    made = composed(composer(home, settings.PEHRA, now.date()), number, now=now)
    if made is None:
        return None
    letter = marked(made.outgoing.letter, made.outgoing.tlp, exercise=made.outgoing.exercise)
    return {
        "subject": letter.subject,
        "text": letter.text,
        "language": letter.language,
        "direction": "rtl" if letter.language == "ur" else "ltr",
        "label": f"TLP:{made.outgoing.tlp.value}",
        "files": [(file.name, figures.size(len(file.content))) for file in letter.attachments],
    }
