"""The first page for whoever is not signed in: where to report, to look, to ask and to complain.

It loads no script, and says nothing that is not on another public page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.shortcuts import render
from django.utils.cache import patch_cache_control

from pehra.kernel.time import clock
from pehra.outreach.advisories.queries import shown
from pehra.web.advisories import parts
from pehra.web.advisories.public import team_name
from pehra.web.desk import views as desk
from pehra.web.gate import holds_office, posts, viewer_of
from pehra.web.homes import role
from pehra.web.shell import HOMES

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

_NEWEST = 3


def front(request: HttpRequest) -> HttpResponseBase:
    """The public site's first page, for anybody."""
    context = {
        "team": team_name(clock()),
        "advisories": [parts.row(one) for one in shown.published(size=_NEWEST)],
        "contact": settings.PEHRA.exchange.contact,
    }
    return render(request, "public/front.html", context)


def start(request: HttpRequest) -> HttpResponseBase:
    """The address of the site itself: the desk for who is signed in, else the public page."""
    if request.user.is_authenticated:
        viewer = viewer_of(request)
        sees = viewer is not None and holds_office(viewer)
        own = not sees and any(post.role in HOMES for post in posts(request))
        return role.home(request) if own else desk.start(request)
    answer = front(request)
    # The same address is the desk of whoever signs in.
    patch_cache_control(answer, private=True, no_cache=True)
    return answer
