"""What states, parts, questions and acts of breaches are called on pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

STATE: dict[str, tuple[str, StrPromise]] = {
    "detected": ("work", _("Detected")),
    "assessed": ("work", _("Risk judged")),
    "notified-authority": ("wait", _("Authority told")),
    "notified-people": ("wait", _("People told")),
    "exempt": ("wait", _("People not told one by one")),
    "follow-up": ("wait", _("Followed up")),
    "closed": ("done", _("Closed")),
}

RISK: dict[str, tuple[str, StrPromise]] = {
    "": ("off", _("not judged")),
    "none": ("done", _("no risk")),
    "low": ("work", _("low risk")),
    "high": ("bad", _("high risk")),
}

PART: dict[str, StrPromise] = {
    "nature": _("nature"),
    "what": _("what happened"),
    "people_kinds": _("kinds of people"),
    "people_most": _("number of people"),
    "record_kinds": _("kinds of records"),
    "records_most": _("number of records"),
    "contact": _("contact"),
    "consequences": _("likely consequences"),
    "measures": _("measures"),
}

QUESTION: dict[str, tuple[StrPromise, StrPromise]] = {
    "sensitivity": (
        _("How delicate are the data?"),
        _("0 public already, 1 everyday, 2 money or place, 3 health, faith, children, secrets"),
    ),
    "identity": (
        _("How surely do they name somebody?"),
        _("0 nobody, 1 with effort, 2 with other data, 3 at once"),
    ),
    "number": (_("How many people?"), _("0 one, 1 below 100, 2 below 10,000, 3 more")),
    "intent": (
        _("Did somebody mean it?"),
        _("0 mistake inside, 1 lost, 2 not known, 3 taken on purpose"),
    ),
    "protection": (
        _("Can they be read?"),
        _("0 encrypted, keys safe, 1 hashed with salt, 2 partly, 3 plain"),
    ),
    "spread": (
        _("How far have they gone?"),
        _("0 back unread, 1 one known reader, 2 unknown readers, 3 published or sold"),
    ),
    "weakness": (
        _("Do the people need more care?"),
        _("0 no, 1 some, 2 many, 3 children, patients, those in danger"),
    ),
}

LEVEL: dict[str, StrPromise] = {"none": _("None"), "low": _("Low"), "high": _("High")}

EXEMPTION: dict[str, StrPromise] = {
    "encrypted": _("The data cannot be read"),
    "measures": _("Measures took the high risk away"),
    "disproportionate": _("Out of proportion; the public is told instead"),
}

TO: dict[str, StrPromise] = {"authority": _("To the authority"), "people": _("To the people")}
