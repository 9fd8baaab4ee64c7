"""Applications for those who decide on them: accept with a short name, decline with a reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from pehra.dispatch.actions.releasing import release
from pehra.dispatch.letters import Letter
from pehra.dispatch.rules import Outgoing, Recipient
from pehra.kernel.errors import Refused, UsageError
from pehra.kernel.ids import digest
from pehra.kernel.labels import Tlp
from pehra.kernel.time import clock
from pehra.registry.actions import joining
from pehra.registry.brought.slugs import slug_of
from pehra.registry.queries.joining import DECIDED, INVITED, WAITING, applications
from pehra.web import figures, marks, phrases
from pehra.web.gate import empowered, national, warrant
from pehra.web.mandate.offices import MANAGE
from pehra.web.paging import pages, position
from pehra.web.tables import Cell, Column, Table, badge_cell, moment_cell, table

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse

    from pehra.kernel.actors import Actor
    from pehra.mandate.viewers import Viewer
    from pehra.registry.actions.joining import Invited
    from pehra.registry.queries.joining import ApplicationView

_SIZE, _MOST_INVITED = 50, 500


def _decided(found: list[ApplicationView], now: datetime) -> Table:
    columns = [Column(_("Organisation")), Column(_("Person")), Column(_("State")),
               Column(_("Decided")), Column(_("Why"))]  # fmt: skip
    cells = [
        [
            Cell(
                one.name,
                href=reverse("organisation", args=[one.slug]) if one.slug else "",
                main=True,
            ),
            Cell(one.person, sub=one.email),
            badge_cell(marks.badge(phrases.APPLICATION_STATE, one.state)),
            moment_cell(figures.moment(one.decided_at, now=now)),
            Cell(one.why or figures.NOTHING),
        ]
        for one in found
    ]
    empty = _("Nobody has decided on an application yet.")
    return table(columns, cells, caption=_("Decided"), empty=empty)


@national
def listing(request: HttpRequest, *, viewer: Viewer) -> HttpResponse:
    """What waits, each with its form, and what was decided."""
    now = clock()
    waiting = applications(viewer=viewer, states=WAITING, before=position(request, "after"),
                           size=_SIZE + 1)  # fmt: skip
    shown = waiting[:_SIZE]
    done = applications(viewer=viewer, states=DECIDED, size=_SIZE)
    invited = applications(viewer=viewer, states=INVITED, size=_MOST_INVITED)
    context = {
        "waiting": [
            {"row": one, "asked": figures.moment(one.asked_at, now=now),
             "slug": slug_of(one.name)[:64]}
            for one in shown
        ],
        "invited": invited,
        "decided": _decided(done, now),
        "pages": pages(request, None, shown[-1].id if waiting[_SIZE:] else None),
        "may_decide": warrant(request, MANAGE) is not None,
    }  # fmt: skip
    return render(request, "joining/applications.html", context)


@empowered(MANAGE)
def decide(request: HttpRequest, *, actor: Actor, number: int) -> HttpResponse:
    """Accept and invite, invite again, or decline."""
    what, now = request.POST.get("what"), clock()
    try:
        with transaction.atomic():  # nobody is accepted whose invitation does not leave
            if what == "accept":
                slug = request.POST.get("slug", "")
                invited = joining.accept_application(number, slug, actor=actor, now=now)
                _mail(invited, actor, now)
            elif what == "again":
                _mail(joining.invite_again(number, actor=actor, now=now), actor, now)
            else:
                why = request.POST.get("why", "")
                joining.decline_application(number, why, actor=actor, now=now)
    except (Refused, UsageError):
        wrong = _(
            "Not done: a short name that nobody has is needed to accept, and an address without an"
            " account; a reason to decline; and each is decided once."
        )
        messages.error(request, wrong, extra_tags="note--bad")
    else:
        done = (
            _("Declined. Nothing is sent; tell the person yourself.")
            if what not in {"accept", "again"}
            else _("The invitation is on its way, as far as sending is switched on.")
        )
        messages.success(request, done)
    return HttpResponseRedirect(reverse("applications"))


def _mail(invited: Invited, actor: Actor, now: datetime) -> None:
    """Send the link to the address of the application, and to no other."""
    link = f"{settings.PEHRA.outside}{reverse('invitation', args=[invited.token])}"
    with override(invited.language):
        told = _("%(name)s asked for an account with us. Open the page and choose a password.")
        lines = [
            told % {"name": invited.name},
            link,
            _("The link works once and for 7 days. If you did not ask, do nothing."),
        ]
        letter = Letter(
            subject=_("Your invitation"),
            text="\n\n".join(lines) + "\n",
            language=invited.language,
        )
    item = Outgoing(
        kind="verification",
        reference=f"application:{invited.application}",
        key=f"verification:{digest(link.encode())[:40]}",
        recipient=Recipient(address=invited.email, language=invited.language),
        letter=letter,
        tlp=Tlp.CLEAR,
        urgent=True,
    )
    release([item], actor=actor, now=now)
