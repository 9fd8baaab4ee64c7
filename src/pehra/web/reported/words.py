"""Words of reports of people: what they are about, by which door, and what became of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

REPORT_KIND: dict[str, StrPromise] = {
    "link": _("A link or a web site"),
    "message": _("A message: SMS, WhatsApp or the like"),
    "mail": _("A mail"),
    "number": _("A telephone number or a call"),
    "vulnerability": _("A weakness in a system"),
    "incident": _("An incident: something was broken into, encrypted or stolen"),
}

REPORT_DOOR: dict[str, StrPromise] = {
    "form": _("by the form"),
    "mail": _("by mail"),
    "sms": _("by SMS"),
    "api": _("by the API"),
    "phone": _("by telephone"),
    "command": _("by a command"),
}

CLUSTER_STATE: dict[str, tuple[str, StrPromise]] = {
    "open": ("wait", _("Waits")),
    "case": ("work", _("In a case")),
    "lawful": ("done", _("Lawful")),
    "spam": ("off", _("Spam")),
    "duplicate": ("off", _("Same as another")),
}

SUGGESTION: dict[str, tuple[str, StrPromise]] = {
    "phishing": ("bad", _("Phishing?")),
    "malware": ("bad", _("Malware?")),
    "scam": ("bad", _("Scam?")),
    "lawful": ("done", _("Lawful?")),
    "unclear": ("off", _("Unclear")),
}
"""What triage guesses; a person decides."""

FATE: dict[str, StrPromise] = {
    "open": _("It is here, and a person will look at it."),
    "case": _("You were right to report it: it is being worked on as a case."),
    "closed": _("It was worked on as a case, and the case is closed."),
    "lawful": _("We looked at it and found nothing harmful. Reporting it was right all the same."),
    "spam": _("It is advertising that nobody asked for; we found nothing else in it. Delete it."),
    "duplicate": _("Others reported the same before; what becomes of that counts for yours too."),
}
"""What a reporter reads."""
