"""The page on which a recipient answers without an account. Opening it does nothing.

The address itself is the proof: signed, about one notice, for some weeks. Mail scanners open every
link, so only what is posted counts, and it may be posted again while the link is good.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from django.conf import settings
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from pehra.findings.keys import secret_of
from pehra.findings.queries import told as findings
from pehra.kernel.errors import PehraError
from pehra.kernel.settings import home_path
from pehra.kernel.time import clock
from pehra.mandate import queries as mandate
from pehra.mandate.viewers import SYSTEM_VIEWER
from pehra.notices import links, queries
from pehra.notices.actions.answers import LONGEST, Reply, take_answer
from pehra.notices.queries.exercises import made_up
from pehra.notices.rules import Said
from pehra.web import figures, marks, phrases

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse

    from pehra.kernel.settings import Home
    from pehra.notices.letters import Line
    from pehra.notices.queries import NoticeView

_SHOWN = 200


@cache
def _key(home: Home) -> bytes:
    return links.key_of(secret_of(home))


def _notice(token: str, now: datetime) -> tuple[NoticeView, links.Link]:
    link = links.read(token, _key(home_path()), now)
    found = queries.one(link.notice, viewer=SYSTEM_VIEWER) if link else None
    if link is None or found is None:
        raise Http404(_("This link is not ours, or its time is over. Reply to the message."))
    return found, link


def _team(now: datetime) -> str:
    """Who wrote, in the reader's language."""
    national = mandate.national_team(now.date())
    name, name_ur = mandate.team_names().get(national or 0, (settings.PEHRA.exchange.name, ""))
    return name_ur if name_ur and translation.get_language() == "ur" else name


@never_cache
def answer(request: HttpRequest, token: str) -> HttpResponse:
    """Show what the notice names and ask; take in what is posted."""
    now = clock()
    found, link = _notice(token, now)
    if settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
        translation.activate(found.language)
    error = ""
    if request.method == "POST":
        try:
            take_answer(_reply(request, found), now=now)
        except PehraError as fault:
            error = f"{fault} {fault.mend}"
        else:
            return HttpResponseRedirect(f"{request.path}?said=1")
    rows = _rows(found, now)
    context = {
        "notice": found,
        "exercise": found.exercise,
        "until": figures.day(link.until),
        "rows": rows[:_SHOWN],
        "more": figures.number(len(rows) - _SHOWN) if rows[_SHOWN:] else "",
        "choices": [(said.value, phrases.SAY[said.value]) for said in Said],
        "said": queries.answers(found.id, viewer=SYSTEM_VIEWER),
        "thanks": "said" in request.GET,
        "error": error,
        "longest": LONGEST,
        "team": _team(now),
    }
    return render(request, "notices/answer.html", context, status=400 if error else 200)


def _rows(found: NoticeView, now: datetime) -> list[dict[str, object]]:
    """What the notice names: findings as they stand, or what an exercise made up."""
    if found.scenario:
        return [
            _row(one, one.mark, one.finding, now) for one in made_up(found, viewer=SYSTEM_VIEWER)
        ]
    named = queries.findings_of(found.id, viewer=SYSTEM_VIEWER)
    return [
        {**_row(one, "F", one.id, now), "state": marks.state(one.state)}
        for one in findings.told(named, viewer=SYSTEM_VIEWER)
    ]


def _row(one: Line | findings.Told, mark: str, number: int, now: datetime) -> dict[str, object]:
    return {
        "id": number,
        "mark": mark,
        "severity": marks.severity(one.severity),
        "name": one.identifier,
        "asset": f"{one.asset}:{one.port}" if one.port else one.asset,
        "seen": figures.moment(one.last_seen, now=now),
    }


def _reply(request: HttpRequest, found: NoticeView) -> Reply:
    said = request.POST.get("said", "")
    chosen = request.POST.getlist("finding")
    numbers = frozenset(int(one) for one in chosen if one.isascii() and one.isdigit())
    whole = request.POST.get("which") != "some"
    return Reply(
        notice=found.id,
        said=Said(said) if said in set(Said) else Said.COMMENT,
        how="link",
        by=found.mailbox,
        words=request.POST.get("words", "").replace("\x00", "").replace("\r\n", "\n"),
        findings=None if whole else numbers,
    )
