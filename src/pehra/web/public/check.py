"""Paste a link, a message or a number, and read what it looks like. A guess, never a verdict.

Nothing that is pasted is kept, logged or asked of the network; only how often somebody checks is
counted. The form needs no cookie, for it changes nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters

from pehra.cases.reported.rules import Door, Kind, Wish
from pehra.cases.reported.suggested import Suggested, suggested
from pehra.cases.reported.traces import page_of
from pehra.kernel.time import clock
from pehra.web.joining.often import too_often
from pehra.web.public.words import SEEMS

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

_LONGEST = 5_000
_MOST = (60, 20_000)
"""Checks in an hour from one place, which a whole street may share, and from all."""
_NUMBER = re.compile(r"\+?[\d ()./-]{3,39}")


def kind_of(text: str) -> Kind:
    """What was pasted: a link, a number, or words."""
    if not re.search(r"\s", text) and page_of(text):
        return Kind.LINK
    return Kind.NUMBER if _NUMBER.fullmatch(text) else Kind.MESSAGE


def _guess(kind: Kind, text: str) -> Suggested:
    url = text if kind == Kind.LINK else ""
    return suggested(Wish(kind=kind, door=Door.FORM, text=text, url=url))


@csrf_exempt
@never_cache
@sensitive_post_parameters("text")
def check(request: HttpRequest) -> HttpResponse:
    """Ask; and read the answer on the same page."""
    text = request.POST.get("text", "").replace("\x00", "").strip()
    context: dict[str, object] = {"longest": _LONGEST, "text": text[:_LONGEST]}
    status = 200
    if request.method == "POST":
        if not text or len(text) > _LONGEST:
            context["wrong"], status = True, 422
        elif too_often(request, "check", clock(), _MOST):
            context["often"], status = True, 429
        else:
            kind = kind_of(text)
            found = _guess(kind, text)
            seems = SEEMS.get(found.word, SEEMS["unclear"])
            context |= {"kind": kind.value, "seems": seems, "reasons": found.reasons}
    return render(request, "public/check.html", context, status=status)
