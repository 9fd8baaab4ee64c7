"""Words of clocks and groups, as the page of effect and the reports say them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from pehra.notices.effect import Clock

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

CLOCKS: dict[Clock, StrPromise] = {
    Clock.NOTIFY: _("From our learning of it to the message"),
    Clock.ACKNOWLEDGE: _("From the message to any answer"),
    Clock.CLAIM: _("From the message to the word that it is fixed"),
    Clock.VERIFY: _("From the message until it was shown to be gone"),
    Clock.GONE: _("From our learning of it until it was shown to be gone"),
}
GROUPS: dict[str, StrPromise] = {
    "class": _("By class"),
    "sector": _("By sector"),
    "severity": _("By severity"),
    "channel": _("By way of answering"),
}
