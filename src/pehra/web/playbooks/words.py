"""What pages say of playbooks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from pehra.cases.playbooks.following import At

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

STANDS: dict[At, tuple[str, StrPromise]] = {
    At.OPEN: ("off", _("later")),
    At.NEXT: ("work", _("next")),
    At.DONE: ("done", _("done")),
    At.SKIPPED: ("wait", _("skipped")),
    At.PASSED: ("off", _("not needed")),
}
"""Tone and word of how a step stands."""

VOLATILITY: dict[int, StrPromise] = {
    1: _("processor"),
    2: _("memory and connections"),
    3: _("temporary files"),
    4: _("disk"),
    5: _("logs elsewhere"),
    6: _("settings and plans"),
    7: _("archives"),
}
"""The order of volatility of RFC 3227."""

CLOCK: dict[str, StrPromise] = {
    "lead-named": _("clock of the lead team"),
    "early-warning": _("clock of the early warning"),
    "notification": _("clock of the notification"),
    "review": _("clock of the review"),
    "breach-authority": _("clock of a breach of personal data"),
}

BRANCH: dict[str, StrPromise] = {
    "true": _("Yes"),
    "false": _("No"),
    "failed": _("Where it fails"),
}
