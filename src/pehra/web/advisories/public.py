"""What everybody reads without an account: advisories, feeds, documents; subscribing; receipts.

No page needs scripts. Opening a link of a letter does nothing, for scanners of mail open them all.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_POST

from pehra.findings.keys import secret_of
from pehra.kernel.errors import PehraError
from pehra.kernel.labels import Severity
from pehra.kernel.settings import home_path
from pehra.kernel.time import EPOCH, clock, micros
from pehra.mandate import queries as mandate
from pehra.mandate.viewers import SYSTEM_VIEWER
from pehra.outreach.advisories import csaf, feeds, links
from pehra.outreach.advisories.actions import hearing, subscribing
from pehra.outreach.advisories.links import Purpose
from pehra.outreach.advisories.queries import desk, shown
from pehra.outreach.jobs import desk as sending_desk
from pehra.web import figures, marks
from pehra.web.advisories import parts
from pehra.web.advisories import words as names
from pehra.web.joining.often import too_often
from pehra.web.paging import pages, position

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest

_SIZE = 20
_MINUTES = 300
"""Seconds for which a reader of feeds and files may keep an answer."""
_WORDS = {one.word: one for one in Severity}


def team_name(now: datetime) -> str:
    """The national team, in the reader's language."""
    number = mandate.national_team(now.date())
    own = (settings.PEHRA.exchange.name, "")
    name, name_ur = mandate.team_names().get(number or 0, own)
    return name_ur if name_ur and translation.get_language() == "ur" else name


def _least(request: HttpRequest) -> Severity:
    return _WORDS.get(request.GET.get("severity", ""), Severity.INFO)


def listing(request: HttpRequest) -> HttpResponse:
    """Advisories, the newest first, from a severity on."""
    after = position(request, "after")
    before = None if after is None else EPOCH + timedelta(microseconds=after)
    least = _least(request)
    found = shown.published(least=least, before=before, size=_SIZE + 1)
    kept = found[:_SIZE]
    more = micros(kept[-1].published_at) if found[_SIZE:] else None
    context = {
        "rows": [parts.row(one) for one in kept],
        "pages": pages(request, None, more),
        "severities": parts.severities(),
        "chosen": least.word if least else "",
        "team": team_name(clock()),
    }
    return render(request, "advisories/list.html", context)


def advisory(request: HttpRequest, number: str) -> HttpResponse:
    """The edition that stands, or why the advisory no longer does, and every change to it."""
    return _page(request, _found(number), None)


def edition(request: HttpRequest, number: str, edition: int) -> HttpResponse:
    """An edition as it was published."""
    return _page(request, _found(number), edition)


def _found(number: str) -> shown.Shown:
    found = shown.one(number)
    if found is None:
        raise Http404(_("No advisory was published under this number."))
    return found


def _page(request: HttpRequest, found: shown.Shown, edition: int | None) -> HttpResponse:
    now, newest = clock(), found.history[-1]
    wanted = [one for one in found.history if one.number == (edition or newest.number)]
    if not wanted:
        raise Http404(_("This advisory has no such edition."))
    urdu = translation.get_language() == "ur"
    context = {
        "number": found.number,
        "label": "TLP:CLEAR",
        "text": parts.page(wanted[0].text),
        "old": wanted[0].number != newest.number,
        "edition": wanted[0].place,
        "state": marks.badge(names.STANDING, found.standing),
        "withdrawn": found.standing == "withdrawn",
        "superseded": found.standing == "superseded",
        "why": (urdu and found.ended_why_ur) or found.ended_why,
        "successor": found.successor,
        "published": figures.moment(found.published_at, now=now),
        "changed": figures.moment(found.changed_at, now=now),
        "ended": figures.moment(found.changed_at, now=now) if found.ended else None,
        "changes": parts.changes(found.history, now=now),
        "exposed": figures.number(found.exposed) if found.exposed else "",
        "document": csaf.file_name(found.number) if csaf.has_product(newest.text) else "",
        "team": team_name(now),
    }
    return render(request, "advisories/show.html", context)


@cache_control(public=True, max_age=_MINUTES)
def document(request: HttpRequest, name: str) -> HttpResponse:
    """An advisory about a product as CSAF 2.0."""
    del request
    found = _found(name.upper())
    if csaf.file_name(found.number) != f"{name}.json" or not csaf.has_product(
        found.history[-1].text
    ):
        raise Http404
    body = msgspec.json.format(msgspec.json.encode(document_of(found, clock())), indent=1)
    return HttpResponse(body, content_type="application/json")


def document_of(found: shown.Shown, now: datetime) -> csaf.JSON:
    """The same as a value."""
    with translation.override("en"):
        name = team_name(now)
    contact = settings.PEHRA.exchange.contact
    publisher = csaf.Publisher(name, settings.PEHRA.outside, contact)
    return shown.machine_readable(found, publisher)


@cache_control(public=True, max_age=_MINUTES)
def rss(request: HttpRequest) -> HttpResponse:
    """The newest as RSS 2.0; `?severity=high` for what is at least that, `?language=ur`."""
    channel, entries = _feed(request)
    return HttpResponse(feeds.rss(channel, entries), content_type="application/rss+xml")


@cache_control(public=True, max_age=_MINUTES)
def atom(request: HttpRequest) -> HttpResponse:
    """The same as Atom."""
    channel, entries = _feed(request)
    return HttpResponse(feeds.atom(channel, entries), content_type="application/atom+xml")


def _feed(request: HttpRequest) -> tuple[feeds.Channel, list[feeds.Entry]]:
    language = "ur" if request.GET.get("language") == "ur" else "en"
    now = clock()
    with translation.override(language):
        return feed(_least(request), request.get_full_path(), now)


def feed(least: int, own: str, now: datetime) -> tuple[feeds.Channel, list[feeds.Entry]]:
    """A feed in the language that is active.

    Args:
        least: none below this severity.
        own: path of the feed itself.
        now: when nothing was published yet.
    """
    site, found = settings.PEHRA.outside, shown.events(least=least)
    channel = feeds.Channel(
        title=team_name(now),
        description=_("Advisories to the public"),
        link=f"{site}{reverse('advisories')}",
        own=f"{site}{own}",
        language=translation.get_language() or "en",
        at=found[0].at if found else now,
    )
    language = channel.language
    return channel, [
        shown.feed_entry(one, site, language, str(names.STANDING[one.what][1])) for one in found
    ]


@require_POST
def subscribe(request: HttpRequest) -> HttpResponse:
    """Ask an address whether it wants advisories; the answer is the same for every address."""
    least = _WORDS.get(request.POST.get("least", ""), Severity.INFO)
    address = request.POST.get("address", "")
    language = translation.get_language() or "en"
    try:
        if too_often(request, "subscribe", clock()):
            messages.error(request, _("Too many asked lately. Try again in some hours."))
        else:
            subscribing.subscribe(address, language, least, sending_desk(), now=clock())
            messages.success(
                request, _("A letter is on its way to this address. Nothing more comes before yes.")
            )
    except PehraError:
        messages.error(
            request,
            _("Not done: write the address as name@example.org, or try again later."),
            extra_tags="note--bad",
        )
    return HttpResponseRedirect(f"{reverse('advisories')}#subscribe")


def _linked(purpose: Purpose, token: str) -> int:
    number = links.read(purpose, token, secret_of(home_path()), clock())
    if number is None:
        raise Http404(_("This link is not ours, or its time is over."))
    return number


@never_cache
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Say yes to a subscription."""
    number, state = _linked(Purpose.CONFIRM, token), "ask"
    if request.method == "POST":
        state = "done" if subscribing.confirm(number, now=clock()) else "gone"
    context = {"purpose": "confirm", "state": state}
    return render(request, "advisories/link.html", context)


@never_cache
def leave(request: HttpRequest, token: str) -> HttpResponse:
    """End a subscription; the address leaves the list."""
    number, state = _linked(Purpose.LEAVE, token), "ask"
    if request.method == "POST":
        subscribing.leave(number, now=clock())
        state = "done"
    return render(request, "advisories/link.html", {"purpose": "leave", "state": state})


@never_cache
def received(request: HttpRequest, token: str) -> HttpResponse:
    """Say that an organisation has read an advisory."""
    number, now = _linked(Purpose.RECEIVED, token), clock()
    if request.method == "POST":
        hearing.acknowledge(number, request.POST.get("by", ""), now=now)
    else:
        hearing.note_opened(number, now=now)
    found = desk.receipt(number, viewer=SYSTEM_VIEWER)
    if found is None:
        raise Http404
    urdu = translation.get_language() == "ur"
    context = {
        "purpose": "received",
        "state": "done" if found.acknowledged_at else "ask",
        "found": found,
        "title": (urdu and found.title_ur) or found.title,
        "due": figures.due(found.due_at, now=now),
        "at": figures.moment(found.acknowledged_at, now=now),
    }
    return render(request, "advisories/link.html", context)
