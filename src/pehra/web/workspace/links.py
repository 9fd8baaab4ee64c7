"""Pages behind links in mails, without sign-in. Mail scanners fetch links: only the button acts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from pehra.kernel.errors import Refused
from pehra.kernel.time import clock
from pehra.registry import actions

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse


def _page(
    request: HttpRequest, words: tuple[str, str, str], act: Callable[[datetime], object]
) -> HttpResponse:
    title, intro, button = words
    context = {"title": title, "intro": intro, "button": button, "done": False, "over": False}
    status = 200
    if request.method == "POST":
        try:
            act(clock())
        except Refused:
            context["over"], status = True, 410
        else:
            context["done"] = True
    return render(request, "workspace/link.html", context, status=status)


@never_cache
def contact(request: HttpRequest, token: str) -> HttpResponse:
    """Whoever reads an address wants to be told."""
    words = (
        _("Confirm your address"),
        _("Press the button if your organisation wants to be told of findings on its networks."),
        _("Yes, tell me"),
    )
    return _page(request, words, lambda now: actions.verify_contact(token, now=now))


@never_cache
def control(request: HttpRequest, token: str) -> HttpResponse:
    """Whoever reads a registry's mailbox says that the organisation controls the asset."""
    words = (
        _("Confirm who controls the asset"),
        _("Press the button only if the organisation named in the mail controls the asset."),
        _("Yes, it does"),
    )
    return _page(request, words, lambda now: actions.answer_control(token, now=now))
