"""Pages without an account: asking for one, and coming in by the invitation. No page needs scripts.

What is answered is the same for every organisation and address, known or not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth import authenticate, login
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from pehra.kernel.errors import Refused, UsageError
from pehra.kernel.time import clock
from pehra.registry.actions.joining import ask_to_join
from pehra.registry.actions.joining import join as open_by
from pehra.registry.queries.joining import invitation
from pehra.web.joining.forms import BodyForm, PersonForm, wish
from pehra.web.joining.often import too_often

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

_OFTEN = 429
"""RFC 6585, section 4."""


@never_cache
def ask(request: HttpRequest) -> HttpResponse:
    """Two pages: the organisation, then the person; the first one's answers travel in the second.

    Nothing is kept before the second is sent.
    """
    posted = request.method == "POST"
    second = posted and request.POST.get("page") == "2"
    body = BodyForm(request.POST if posted else None)
    person = PersonForm(request.POST if second else None, initial={"language": "en"})
    if not posted or not body.is_valid() or "back" in request.POST:
        context = {"form": body, "first": True}
        wrong = posted and "back" not in request.POST
        return render(request, "joining/ask.html", context, status=422 if wrong else 200)
    if not second or not person.is_valid():
        kept = [(name, body.cleaned_data[name]) for name in body.fields]
        context = {"form": person, "first": False, "kept": kept}
        return render(request, "joining/ask.html", context, status=422 if second else 200)
    try:
        if too_often(request, "join", clock()):
            return render(request, "joining/asked.html", {"later": True}, status=_OFTEN)
        ask_to_join(wish(body, person), now=clock())
    except Refused:
        return render(request, "joining/asked.html", {"later": True}, status=503)
    return HttpResponseRedirect(reverse("join-asked"))


@never_cache
def asked(request: HttpRequest) -> HttpResponse:
    """What happens next."""
    return render(request, "joining/asked.html", {"later": False})


@never_cache
def join(request: HttpRequest, token: str) -> HttpResponse:
    """The page of an invitation: opening it does nothing, sending a password opens the account."""
    found = invitation(token, clock())
    if found is None:
        return render(request, "joining/join.html", {"over": True}, status=410)
    problem, hints = "", ""
    if request.method == "POST":
        password = request.POST.get("password", "")
        try:
            email = open_by(token, password, now=clock())
        except UsageError as error:
            problem, hints = _("Choose a longer password that is not easily guessed."), error.mend
        except Refused:
            return render(request, "joining/join.html", {"over": True}, status=410)
        else:
            account = authenticate(request, username=email, password=password)
            if account is not None:
                login(request, account)
            return HttpResponseRedirect(reverse("workspace-begin", args=[found.slug]))
    context = {"over": False, "found": found, "problem": problem, "hints": hints}
    return render(request, "joining/join.html", context, status=422 if problem else 200)
