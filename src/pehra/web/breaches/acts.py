"""The acts on a breach, each a form of its page; none takes a file."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from pehra.cases.breaches.actions import recording, texts
from pehra.cases.breaches.actions.recording import Judged, Told
from pehra.cases.breaches.actions.texts import Words
from pehra.cases.breaches.risk import QUESTIONS, Answer
from pehra.cases.breaches.rules import HANDLE, Excused, Exemption, Risk, State
from pehra.kernel.errors import PehraError
from pehra.kernel.time import clock
from pehra.web import figures
from pehra.web.breaches.forms import ContentsForm
from pehra.web.breaches.views import seen
from pehra.web.gate import acting, national

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

    from pehra.kernel.actors import Actor
    from pehra.mandate.viewers import Viewer


_ROUNDED = timedelta(minutes=1)


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 13 else None  # noqa: PLR2004 digits of what is kept


def _describe(request: HttpRequest, number: int, who: Actor) -> None:
    form = ContentsForm(request.POST)
    if not form.is_valid():
        name, wrong = next(iter(form.errors.items()))
        message = f"{form.fields[name].label}: {wrong[0]}"
        raise ValueError(message)
    recording.describe(number, form.contents(), actor=who, at=clock())


def _assess(request: HttpRequest, number: int, who: Actor) -> None:
    given = request.POST
    answers = {
        name: Answer(int(given.get(name) or "-1"), given.get(f"{name}-why", ""))
        for name in QUESTIONS
    }
    judged = Judged(answers, Risk(given.get("level", "")), given.get("why", ""))
    recording.assess(number, judged, actor=who, at=clock())


def _told(request: HttpRequest, number: int, who: Actor) -> None:
    given, now = request.POST, clock()
    told_at = datetime.fromisoformat(given.get("told_at", "")).replace(tzinfo=figures.zone())
    told = Told(
        # The form has no seconds; a moment that is still to come is refused as it was typed.
        told_at=now if now < told_at <= now + _ROUNDED else told_at,
        people=_whole(given.get("people", "")),
        late_reason=given.get("late_reason", ""),
    )
    note = recording.note_people if "people" in given else recording.note_authority
    note(number, told, actor=who, at=now)


def _excuse(request: HttpRequest, number: int, who: Actor) -> None:
    given = request.POST
    why = Exemption(given.get("exemption", ""))
    of = Excused(why, given.get("reason", ""), given.get("notice", ""))
    recording.excuse(number, of, actor=who, at=clock())


def _moved(state: State) -> Callable[[HttpRequest, int, Actor], None]:
    def done(request: HttpRequest, number: int, who: Actor) -> None:
        del request
        recording.move(number, state, actor=who, at=clock())

    return done


def _draft(request: HttpRequest, number: int, who: Actor) -> None:
    del request
    texts.draft(number, actor=who, at=clock())


def _edit(request: HttpRequest, number: int, who: Actor) -> None:
    given = request.POST
    said = Words(given.get("subject", ""), given.get("body", "").replace("\r\n", "\n"))
    texts.edit(number, _whole(given.get("text", "")) or 0, said, actor=who, at=clock())


def _release(request: HttpRequest, number: int, who: Actor) -> None:
    text = _whole(request.POST.get("text", "")) or 0
    outcome = texts.release(number, text, actor=who, at=clock())
    messages.info(request, _("The door says: %(said)s") % {"said": outcome})


_ACTS: dict[str, Callable[[HttpRequest, int, Actor], None]] = {
    "describe": _describe,
    "assess": _assess,
    "told": _told,
    "excuse": _excuse,
    "follow-up": _moved(State.FOLLOW_UP),
    "close": _moved(State.CLOSED),
    "draft": _draft,
    "edit": _edit,
    "release": _release,
}


@require_POST
@national
def act(request: HttpRequest, *, viewer: Viewer, number: int) -> HttpResponse:
    """Do one of the acts."""
    seen(number, viewer)
    who = acting(request, HANDLE)
    wanted = _ACTS.get(request.POST.get("act", ""))
    if wanted is None:
        raise PermissionDenied
    try:
        _refuse_files(request)
        wanted(request, number, who)
    except (PehraError, ValueError) as fault:
        said = _("Not done: %(why)s") % {"why": str(fault)}
        messages.error(request, said, extra_tags="note--bad")
    else:
        messages.success(request, _("Done."), extra_tags="note--good")
    return HttpResponseRedirect(reverse("breach", args=[number]))


def _refuse_files(request: HttpRequest) -> None:
    if request.FILES:
        raise ValueError(_("no file is taken in here. Say how many and of which kind."))
