"""Words of the reports: their names, their numbers, and what each number means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from pehra.notices.spans import Every

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

NAMES: dict[Every, StrPromise] = {
    Every.DAILY: _("Daily list"),
    Every.WEEKLY: _("Weekly report"),
    Every.MONTHLY: _("Monthly report"),
    Every.OPEN: _("Open edition of the half year"),
}
WHAT: dict[Every, StrPromise] = {
    Every.DAILY: _("For the desk: every organisation with anything on the day"),
    Every.WEEKLY: _("For the director: outcomes, work and what stands, beside the week before"),
    Every.MONTHLY: _("For sectors and organisations: the same of a month, each by itself too"),
    Every.OPEN: _("For everybody: no organisation is named, and no group of fewer than five shown"),
}
OUTCOMES: dict[str, StrPromise] = {
    "notice": _("Time to the first notice"),
    "contactable": _("Can be reached"),
    "within_7": _("Fixed within 7 days"),
    "within_30": _("Fixed within 30 days"),
    "misattributed": _("Wrongly attributed"),
    "relapses": _("Came back"),
}
WORK: dict[str, StrPromise] = {
    "opened": _("Learnt of"),
    "told": _("Told to their holder"),
    "answered": _("Answered"),
    "claimed": _("Said to be fixed"),
    "gone": _("Shown to be gone"),
    "relapsed": _("Came back after they were gone"),
}
MEANING: dict[str, StrPromise] = {
    "notice": _(
        "The median from our learning of a finding to the first message that named it, of findings"
        " that we learnt of in the period; those not told yet count as long as they waited."
    ),
    "contactable": _(
        "Organisations with a contact that answered our link and from which nothing came back, of"
        " organisations whose findings stood or came up in the period; contacts as they are now."
    ),
    "within_7": _(
        "The chance that a finding is shown to be gone by the 7th day after its first message, by"
        " Kaplan and Meier, of findings told in the 90 days to the period's end, or in the period"
        " where that is longer."
    ),
    "within_30": _("The same by the 30th day."),
    "misattributed": _(
        "Findings that were withdrawn since an answer of not ours or a false alarm was right, of"
        " findings first answered in the period."
    ),
    "relapses": _(
        "Findings that a report named again in the period after they were shown to be gone, of"
        " findings that were ever gone."
    ),
    "gone": _(
        "Gone is what three later reports no longer name over at least 72 hours; an answer alone"
        " never counts. In a row of work each finding counts once."
    ),
}
