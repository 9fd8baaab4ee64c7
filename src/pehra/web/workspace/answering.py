"""Answers to a finding as a holder gives them: five buttons, and what each does."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 msgspec reads the annotation when it runs
from typing import TYPE_CHECKING

import msgspec
from django.utils.translation import gettext_lazy as _

from pehra.findings.rules import LONGEST_EXCEPTION, Act, check_exception
from pehra.kernel.errors import PehraError
from pehra.web import figures, phrases

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django_stubs_ext import StrPromise

_WIDEST = 200


class Choice(msgspec.Struct, frozen=True):
    """An answer: the word of its button, and what it means."""

    value: str
    word: StrPromise
    note: StrPromise


FIXED = Choice(
    "fixed",
    _("Fixed"),
    _("The next reports show whether it is gone."),
)
WORKING = Choice(
    "working",
    _("Working on it"),
    _("We know, and mend it before the deadline."),
)
NOT_OURS = Choice(
    "not-mine",
    _("Not ours"),
    _("The asset is not ours: an officer looks for its holder."),
)
FALSE = Choice(
    "false-positive",
    _("Not so"),
    _("We looked and it is not so: an officer answers within three days."),
)
RISK = Choice(
    "risk",
    _("We accept the risk"),
    _("With a reason and a last day; it still counts as open."),
)
CHOICES = (FIXED, WORKING, NOT_OURS, FALSE, RISK)
QUICK = (FIXED, WORKING)
"""Those that need no word, as buttons of the list."""
ACTS: dict[str, Act] = {
    "fixed": Act.CLAIM_FIX,
    "working": Act.ACKNOWLEDGE,
    "not-mine": Act.DISPUTE,
    "false-positive": Act.DISPUTE,
    "risk": Act.ACCEPT_RISK,
}
DISPUTES = frozenset({"not-mine", "false-positive"})


class Said(msgspec.Struct, frozen=True):
    """An answer that can be kept."""

    value: str
    why: str
    until: datetime | None = None


def latest(now: datetime) -> str:
    """The last day to which a risk can be accepted, as a form writes it."""
    return (now + LONGEST_EXCEPTION).astimezone(figures.zone()).date().isoformat()


def read(form: Mapping[str, str], *, now: datetime) -> Said | str:
    """What a form says; a sentence for the reader where it cannot be kept."""
    value, why = form.get("answer", ""), form.get("why", "").strip()[:_WIDEST]
    if value not in ACTS:
        return str(_("Choose an answer."))
    if value in DISPUTES:
        # The code comes first, so that whoever counts wrong addresses reads no sentence.
        return Said(value, f"{value}: {why}".strip(" :"))
    if value != "risk":
        return Said(value, why)
    until = figures.end_of(form.get("until", "").strip())
    if not why:
        return str(_("Say why the risk is accepted."))
    try:
        return Said(value, why, check_exception(until, now))
    except PehraError:
        return str(phrases.LAST_DAY)
