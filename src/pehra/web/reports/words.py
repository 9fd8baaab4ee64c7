"""Words of the reports: their names, their numbers, and what each number means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from pehra.kernel.labels import Severity
from pehra.notices.spans import Every
from pehra.web import phrases

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
STANDS: dict[str, StrPromise] = {
    "standing": _("Stand"),
    "severe": _("High or critical"),
    "holders": _("Organisations"),
}
MEANING: dict[str, StrPromise] = {
    "opened": _("Findings that we learnt of in the period, whoever reported them."),
    "told": _("Findings of which a message to their holder left for the first time."),
    "answered": _("Findings to which their holder first said anything, by any way."),
    "claimed": _("Findings of which their holder first said that they are fixed; a claim alone."),
    "relapsed": _(
        "Findings that a report named again in the period after they had been shown to be gone."
    ),
    "standing": _(
        "Findings that nobody has shown to be gone at the period's end: what was passed on, handed"
        " over or withdrawn does not stand any more."
    ),
    "severe": _("Of what stands, the findings of high or critical severity."),
    "holders": _("Organisations with a finding that stood at the end or came up in the period."),
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
"""Of every number that a report shows: the one list from which pages and papers take it."""


def name_of(figure: str) -> StrPromise:
    """What a number of `MEANING` is called."""
    return (OUTCOMES | WORK | STANDS)[figure]


COUNTED: dict[str, StrPromise] = {
    "noticed": _("Time to the first notice, out of"),
    "watched": _("Fixed within 7 and 30 days, out of"),
    "upheld": _("Wrongly attributed"),
    "ever-gone": _("Ever gone"),
    "reached": _("Can be reached"),
}
_EXPLAINED = {
    "noticed": "notice",
    "watched": "within_7",
    "upheld": "misattributed",
    "ever-gone": "relapses",
    "reached": "contactable",
}


def counted_as(figure: str) -> str:
    """What the rows of a number are called above their list."""
    if figure.startswith("standing-"):
        severity = Severity[figure.removeprefix("standing-").upper()]
        return f"{STANDS['standing']}, {phrases.SEVERITY[severity]}"
    return str(COUNTED.get(figure) or name_of(figure))


def explained_by(figure: str) -> str:
    """Which entry of `MEANING` says what the rows of a number are."""
    return "standing" if figure.startswith("standing-") else _EXPLAINED.get(figure, figure)
