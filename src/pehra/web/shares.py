"""Shares and lengths of time with their intervals, as pages and papers say them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pehra.web import figures
from pehra.web.tables import Cell

if TYPE_CHECKING:
    from pehra.notices.survival import Length, Share

_HOURS = 24
_ISOLATED = "\u2066{}\u2069"
"""Runs from left to right in a line of Urdu too."""


def percent(value: float) -> str:
    """A part of one, as whole hundredths: `45%`; what is above none and below one is neither."""
    rounded = round(value * 100)
    if rounded in {0, 100} and value not in {0.0, 1.0}:
        return "<1%" if rounded == 0 else ">99%"
    return f"{rounded}%"


def share_text(one: Share | None) -> str:
    """A share alone."""
    return figures.NOTHING if one is None else _ISOLATED.format(percent(one.value))


def between(one: Share | None) -> str:
    """Its interval, in which it lies at 95 %."""
    if one is None:
        return ""
    low, high = (round(bound * 100) for bound in (one.low, one.high))
    return _ISOLATED.format(f"{low}\u2013{high}%")


def share_cell(one: Share | None) -> Cell:
    """A share with its interval under it."""
    return Cell(share_text(one), sub=between(one))


def length_text(days: float) -> str:
    """So many days, or hours where they are less than two days."""
    if days * _HOURS < 1:
        return _("under an hour")
    if days < 2:  # noqa: PLR2004 below, a day would be too coarse
        hours = round(days * _HOURS)
        return ngettext("%(n)d hour", "%(n)d hours", hours) % {"n": hours}
    shown = f"{days:.1f}".removesuffix(".0")
    return _("%(n)s days") % {"n": shown}


def length_cell(one: Length) -> Cell:
    """A median with its interval under it; one that half have not reached is longer."""
    if one.value is None:
        return Cell(figures.NOTHING, sub=_("half have not got there"))
    low = "0" if one.low is None else f"{one.low:.1f}"
    high = "\u221e" if one.high is None else f"{one.high:.1f}"
    return Cell(
        length_text(one.value),
        sub=_("%(range)s days") % {"range": _ISOLATED.format(f"{low}\u2013{high}")},
    )
