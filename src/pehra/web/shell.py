"""What every page's frame needs: the menu, the direction of writing, the chosen theme."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from pehra.web import figures
from pehra.web.evidence.gates import ROLES as EVIDENCE_ROLES
from pehra.web.gate import actor, posts, viewer_of
from pehra.web.lists.views import links

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django_stubs_ext import StrPromise

THEMES: dict[str, StrPromise] = {"": _("System"), "light": _("Light"), "dark": _("Dark")}
LANGUAGES = (("en", "English"), ("ur", "اردو"))
"""Each language by its own name, so that a reader who is lost finds the way back."""

HOMES = frozenset({"INV", "LEG", "OBS"})
"""Roles that have a first page of their own: `pehra.web.homes`."""


class Section(msgspec.Struct, frozen=True):
    """One entry of the menu."""

    route: str
    label: StrPromise
    national: bool
    """Only for those who see everything: reports and records concern many tenants."""
    key: str = ""
    """After `g`, the key that leads there."""
    own: bool = False
    """Only for people of an organisation; staff come there by the organisation's page."""
    more: bool = False
    """Behind "More" on a wide screen: what is not opened every hour."""
    team: bool = False
    """Only for people of a team."""
    roles: frozenset[str] = frozenset()
    """Only for who holds an office of one of these roles; empty: any."""


MENU = (
    Section("role-home", _("My desk"), national=False, roles=HOMES),
    Section("workspace-own", _("My organisation"), national=False, key="w", own=True),
    Section("findings", _("Findings"), national=False, key="f"),
    Section("cases", _("Cases"), national=False, key="c"),
    Section("notices", _("Notices"), national=False, key="n"),
    Section("reports-in", _("Reports of people"), national=False, key="i", team=True),
    Section("batches", _("Reports"), national=True, key="b"),
    Section("sources", _("Sources"), national=True, key="r"),
    Section("unattributed", _("Unattributed"), national=True, key="u", more=True),
    Section("organisations", _("Organisations"), national=False, key="o"),
    Section("breaches", _("Breaches"), national=False, more=True),
    Section("advisory-desk", _("Advisories"), national=True, more=True),
    Section("reports", _("Situation reports"), national=False, key="p", more=True),
    Section("evidence", _("Evidence"), national=False, roles=EVIDENCE_ROLES),
    Section("roster", _("Roster"), national=False, more=True, team=True),
    Section("structure", _("Structure"), national=False, key="s", more=True),
    Section("offices", _("Users and offices"), national=True, more=True),
    Section("settings-check", _("Settings check"), national=True, more=True),
    Section("ledger", _("Ledger"), national=True, key="l", more=True),
    Section("jobs", _("Jobs"), national=True, key="j", more=True),
)

EVERYBODY = (
    Section("report-something", _("Report something"), national=False),
    Section("check", _("Check something"), national=False),
    Section("track", _("What became of my report"), national=False),
    Section("advisories", _("Advisories"), national=False),
    Section("advice", _("Advice"), national=False, more=True),
    Section("leaked", _("Was my password leaked?"), national=False, more=True),
    Section("who", _("Who is responsible for what"), national=False, more=True),
    Section("evidence-counts", _("Evidence handed over"), national=False, more=True),
)
"""What the public site has, for who is not signed in, and under each public page."""


def menu(request: HttpRequest) -> list[dict[str, object]]:
    """Entries that this reader may use; the one that the page belongs to is marked."""
    viewer = viewer_of(request)
    if viewer is None:
        return []
    return [
        {
            "href": reverse(section.route),
            "label": section.label,
            "key": section.key,
            "current": request.path.startswith(reverse(section.route)),
            "more": section.more,
        }
        for section in MENU
        if (viewer.sees_all or not section.national)
        and (not section.own or (viewer.organisations and not viewer.sees_all))
        and (not section.team or viewer.sees_all or viewer.teams)
        and (not section.roles or any(post.role in section.roles for post in posts(request)))
    ]


def public_menu(request: HttpRequest) -> list[dict[str, object]]:
    """The public site's pages; the one that is open is marked."""
    return [
        {
            "href": reverse(section.route),
            "label": section.label,
            "current": request.path.startswith(reverse(section.route)),
            "more": section.more,
        }
        for section in EVERYBODY
    ]


def offices(request: HttpRequest) -> dict[str, object]:
    """Offices that the reader holds, and the one in whose name acts are done now."""
    if viewer_of(request) is None:
        return {}
    held = posts(request)
    return {"posts": held, "office": actor(request).office}


def shell(request: HttpRequest) -> dict[str, object]:
    """Context of the frame, for every template."""
    theme = request.COOKIES.get("theme", "")
    return {
        "menu": menu(request),
        "public_menu": public_menu(request),
        "acting": offices(request),
        "files": links(request),
        "direction": "rtl" if figures.right_to_left() else "ltr",
        "language": get_language(),
        "languages": LANGUAGES,
        "theme": theme if theme in THEMES else "",
        "themes": THEMES.items(),
        "keys_off": request.COOKIES.get("keys") == "off",
    }
