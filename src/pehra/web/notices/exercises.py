"""Exercises: begun here by one person, let go by another, and what came of each."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from pehra.kernel.errors import PehraError
from pehra.kernel.time import clock
from pehra.mandate import queries as mandate
from pehra.notices import jobs, queries
from pehra.notices.actions import exercises as acts
from pehra.notices.exercises import scenarios
from pehra.notices.queries.exercises import outcome
from pehra.web import figures, phrases
from pehra.web.gate import deciding, may_decide, national
from pehra.web.notices import rows
from pehra.web.tables import Fact

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from pehra.kernel.actors import Actor
    from pehra.mandate.viewers import Viewer

_BETWEEN = re.compile(r"[\s,;\u060c\u061b]+")
"""What stands between slugs, in either script."""


@national
def exercises(request: HttpRequest, *, viewer: Viewer) -> HttpResponse:
    """Which exercises there were, and the form that begins one."""
    del viewer
    now = clock()
    place = 1 if get_language() == "ur" else 0
    names = {number: both[place] or both[0] for number, both in mandate.team_names().items()}
    context = {
        "table": rows.round_table(queries.rounds(exercises=True), now=now),
        "may_decide": may_decide(request),
        "teams": [(one.slug, names[one.id]) for one in mandate.teams() if one.id in names],
        "scenarios": [(name, phrases.SCENARIO[name]) for name in scenarios()],
        "exercise": True,
    }
    return render(request, "notices/exercises.html", context)


@deciding
def begin(request: HttpRequest, *, actor: Actor) -> HttpResponse:
    """Begin an exercise; goes on to its round, or back with why not."""
    given, now = request.POST, clock()
    try:
        scene = jobs.scene(now)
        known = mandate.holders()
        wanted = [*filter(None, _BETWEEN.split(given.get("organisations", "").lower()))]
        chosen = {known[slug][0] for slug in wanted if slug in known}
        leader = {one.slug: one.id for one in mandate.teams()}.get(given.get("team", ""))
        if leader is not None:
            chosen |= acts.led_by(leader, scene)
        asked = acts.Exercise(
            frozenset(chosen), given.get("scenario", ""), urgent="urgent" in given
        )
        strange = sorted(set(wanted) - known.keys())
        if strange:
            text = _("Not begun: these organisations are not known: %(names)s.")
            messages.error(request, text % {"names": ", ".join(strange)}, extra_tags="note--bad")
            return HttpResponseRedirect(reverse("exercises"))
        found = acts.begin(asked, scene, actor=actor)
    except PehraError:
        text = _(
            "Not begun: choose organisations that have a mailbox, or a team that leads on some,"
            " at most 500 of them; copies need findings that stand."
        )
        messages.error(request, text, extra_tags="note--bad")
        return HttpResponseRedirect(reverse("exercises"))
    return HttpResponseRedirect(reverse("round", args=[found.id]))


def facts(number: int, viewer: Viewer) -> list[Fact]:
    """What came of one, beside its letters."""
    came = outcome(number, viewer=viewer)
    of = _("%(hits)s of %(n)s") % {
        "hits": figures.number(came.answered),
        "n": figures.number(came.sent),
    }
    minutes = came.minutes or 0
    half = ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": figures.number(minutes)}
    said = [
        Fact(str(phrases.SAID[name]), figures.number(count)) for name, count in came.said.items()
    ]
    return [
        Fact(_("Answered"), of),
        Fact(_("Half of them within"), half if came.minutes is not None else figures.NOTHING),
        *said,
    ]
