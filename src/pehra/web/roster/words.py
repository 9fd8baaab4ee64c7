"""Words of rosters and hand-overs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from pehra.mandate.roster.rules import Duty

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

DUTY: dict[Duty, StrPromise] = {
    Duty.DUTY: _("On duty"),
    Duty.LEAD: _("Leads the shift"),
    Duty.ON_CALL: _("On call"),
}
COUNTS: dict[str, StrPromise] = {
    "standing": _("findings open"),
    "overdue": _("past their deadline"),
    "due_soon": _("due within 24 hours"),
    "untaken": _("critical, and nobody has taken them up"),
    "disputed": _("disputed"),
    "decided": _("acts of the team in this shift"),
}
"""What a hand-over counts, in the order in which it is shown."""
