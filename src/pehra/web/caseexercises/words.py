"""What pages say of exercises."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from pehra.cases.exercises.scenarios import Does

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

DOES: dict[str, StrPromise] = {
    Does.NOTE: _("Somebody tells something"),
    Does.CLAIM: _("A claim, not verified"),
    Does.GRADE: _("The case is graded"),
    Does.STEP: _("The case goes on a step"),
    Does.PLAYBOOK: _("A playbook is begun"),
    Does.MARK: _("A step of the playbook is done"),
    Does.LETTERS: _("Letters, which wait for another person"),
    Does.PING: _("The call tree is asked"),
    Does.SITUATION: _("A situation report"),
    Does.LESSON: _("Something was learned"),
}

DUTY: dict[str, StrPromise] = {
    "duty": _("on duty"),
    "lead": _("leads the shift"),
    "on-call": _("on call"),
    "office": _("holds an office"),
}

HOW: dict[str, StrPromise] = {
    "phone": _("by telephone"),
    "mail": _("by mail"),
    "page": _("on this page"),
}
