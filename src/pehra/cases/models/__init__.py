"""Tables of the room `cases`, a module for each subject."""

from __future__ import annotations

from pehra.cases.models import (  # noqa: F401 Django knows the tables by this
    breach,
    brought,
    case,
    evidence,
    exercise,
    feed,
    playbook,
    report,
)
