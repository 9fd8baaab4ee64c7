"""Words of the public pages: what something that was pasted looks like, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

Seems = tuple[str, "StrPromise", "StrPromise"]
"""Tone, what it looks like, what to do."""

SEEMS: dict[str, Seems] = {
    "phishing": (
        "bad",
        _("It looks like an attempt to get passwords, codes or card numbers."),
        _("Do not open it, do not answer, and type nothing into it. Report it."),
    ),
    "malware": (
        "bad",
        _("It looks like something that puts a harmful program on a device."),
        _("Do not open or install anything from it. Report it."),
    ),
    "scam": (
        "bad",
        _("It looks like an attempt to get money by a false promise or a threat."),
        _("Send no money and no papers, and do not answer. Report it."),
    ),
    "lawful": (
        "good",
        _("Nothing in it looks harmful to us. That is no proof."),
        _("If you did not expect it, ask whom it names, at a number that you know from elsewhere."),
    ),
    "unclear": (
        "warn",
        _("We cannot tell."),
        _("Do not open it before you know who sent it. A person looks at it when you report it."),
    ),
}
"""By what triage suggests."""
