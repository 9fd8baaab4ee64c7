"""Pages without an account: report something, and see what became of it. No page needs scripts.

They load no script at all, and with their style they are under 60 kB.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import msgspec
from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache

from pehra.cases.reported import queries
from pehra.cases.reported.actions.filing import PUBLIC, file_report
from pehra.cases.reported.inbox import wish_of_mail
from pehra.cases.reported.numbers import number_in
from pehra.cases.reported.rules import LARGEST_PART, Door, Kind, Part, Wish
from pehra.cases.reported.traces import page_of
from pehra.kernel.errors import UsageError
from pehra.kernel.ids import digest
from pehra.kernel.time import clock
from pehra.web import figures
from pehra.web.joining.often import place
from pehra.web.reported import words
from pehra.web.reported.forms import TRAP, ContactForm, ThingForm

if TYPE_CHECKING:
    from datetime import datetime

    from django.core.files.uploadedfile import UploadedFile
    from django.http import HttpRequest, HttpResponse

    from pehra.cases.reported.queries import Fate

_FILES = 3
_MISSES = 200
"""Numbers that are none, asked for in an hour from one place."""
_MAIL = ("message/rfc822", "application/vnd.ms-outlook")


@never_cache
def report(request: HttpRequest) -> HttpResponse:
    """Two pages: what it is, then how to be told; the first one's answers travel in the second.

    Nothing is kept before the second is sent.
    """
    posted = request.method == "POST"
    second = posted and request.POST.get("page") == "2"
    thing = ThingForm(request.POST if posted else None)
    if not posted or not thing.is_valid() or "back" in request.POST:
        wrong = posted and "back" not in request.POST
        context = {"form": thing, "first": True, "trap": TRAP}
        return render(request, "reported/report.html", context, status=422 if wrong else 200)
    told = ContactForm(request.POST if second else None)
    empty = second and not thing.cleaned_data["text"] and not request.FILES
    if not second or not told.is_valid() or empty:
        kept = [(name, thing.cleaned_data[name]) for name in thing.fields]
        kept.append((TRAP, request.POST.get(TRAP, "")))
        context = {"form": told, "first": False, "kept": kept, "empty": empty}
        return render(request, "reported/report.html", context, status=422 if second else 200)
    return _filed(request, thing, told)


def _filed(request: HttpRequest, thing: ThingForm, told: ContactForm) -> HttpResponse:
    home, now = settings.HOME, clock()
    parts, dropped = _parts(request)
    wish = _wish(thing.cleaned_data["kind"], thing.cleaned_data["text"], parts)
    wish = msgspec.structs.replace(
        wish,
        contact=told.contact(),
        language=(get_language() or "en")[:2],
        origin=origin_of(request),
        robot=bool(request.POST.get(TRAP)),
    )
    filed = file_report(home, wish, actor=PUBLIC, now=now, outside=settings.PEHRA.outside)
    asked = f"?new=1{'&dropped=1' if dropped else ''}"
    return HttpResponseRedirect(reverse("track-number", args=[filed.number]) + asked)


def origin_of(request: HttpRequest) -> str:
    """What counts as one place: an IPv4 address, or the /64 of an IPv6 address.

    Those whose address nobody knows, as behind a socket file, are one: no report is lost for it.
    """
    try:
        return place(get_adapter().get_client_ip(request))
    except PermissionDenied:
        return ""


def guesses(request: HttpRequest, now: datetime) -> bool:
    """Whether the place asked for too many numbers that are none, on the page and by the API."""
    return bool(cache.get(_missed(request, now), 0) >= _MISSES)


def note_miss(request: HttpRequest, now: datetime) -> None:
    """Count a number that is none."""
    missed = _missed(request, now)
    cache.add(missed, 0, 3_600)
    with suppress(ValueError):  # it ran out meanwhile
        cache.incr(missed)


def _missed(request: HttpRequest, now: datetime) -> str:
    return f"track:{digest(origin_of(request).encode())[:32]}:{now:%Y%m%d%H}"


def _parts(request: HttpRequest) -> tuple[tuple[Part, ...], bool]:
    """Files that came, and whether one was left away since it is too large."""
    given = request.FILES.getlist("files")
    fit = [one for one in given if (one.size or 0) <= LARGEST_PART][:_FILES]
    return tuple(_part(one) for one in fit), len(fit) < len(given)


def _part(one: UploadedFile[Any]) -> Part:
    data = one.read()
    return Part(str(one.name or ""), str(one.content_type or "")[:80], "", len(data), data)


def _wish(kind: str, text: str, parts: tuple[Part, ...]) -> Wish:
    """What a form says; a mail that came as a file is read like one that was sent on."""
    first = parts[0] if parts else None
    if first and kind == Kind.MAIL and (first.media_type in _MAIL or first.name.endswith(".eml")):
        _, read = wish_of_mail(first.data, Door.FORM)
        words = "\n\n".join(one for one in (text, read.text) if one)
        return msgspec.structs.replace(read, text=words, parts=read.parts + parts[1:])
    alone = text.strip() if " " not in text.strip() and "\n" not in text.strip() else ""
    url = alone if kind == Kind.LINK and page_of(alone) else ""
    return Wish(kind=Kind(kind), door=Door.FORM, text=text, url=url, parts=parts)


@never_cache
def track(request: HttpRequest) -> HttpResponse:
    """Ask for a number."""
    typed = request.GET.get("number", "")
    if typed:
        try:
            return HttpResponseRedirect(reverse("track-number", args=[number_in(typed)]))
        except UsageError:
            pass
    context = {"typed": typed, "wrong": bool(typed)}
    return render(request, "reported/track.html", context, status=422 if typed else 200)


@never_cache
def fate(request: HttpRequest, number: str) -> HttpResponse:
    """What became of the report with a number. Whoever has the number may read it."""
    now = clock()
    if guesses(request, now):
        return render(request, "reported/track.html", {"often": True}, status=429)
    try:
        found = queries.fate(number_in(number))
    except UsageError:
        found = None
    if found is None:
        note_miss(request, now)
        context = {"typed": number[:20], "absent": True}
        return render(request, "reported/track.html", context, status=404)
    answer = render(request, "reported/fate.html", _told(request, found, now))
    answer["X-Robots-Tag"] = "noindex, nofollow"
    answer["Referrer-Policy"] = "no-referrer"
    return answer


def _told(request: HttpRequest, found: Fate, now: datetime) -> dict[str, object]:
    return {
        "fate": found,
        "new": "new" in request.GET,
        "dropped": "dropped" in request.GET,
        "kind": words.REPORT_KIND[found.kind],
        "at": figures.moment(found.at, now=now),
        "now_word": words.FATE["closed" if found.closed else found.state],
        "told": [
            {
                "at": figures.moment(one.at, now=now),
                "said": words.FATE[one.verdict],
                "words": one.words,
            }
            for one in found.told
        ],
    }
