"""Jobs of reports: mail is read, reporters are told, contacts are sealed anew and forgotten."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pehra.cases.reported import inbox
from pehra.cases.reported.actions.clustering import forget_hours
from pehra.cases.reported.actions.contacts import forget_contacts, reseal_contacts
from pehra.cases.reported.actions.deciding import TELL
from pehra.cases.reported.actions.telling import tell_reporters
from pehra.intake.fetching.actions import READ_CITIZENS
from pehra.jobs.work import job
from pehra.kernel import settings as kernel_settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime


def _silent(done: int, total: int) -> None:
    del done, total


def read_now(
    mailbox: str, now: datetime, progress: Callable[[int, int], None] = _silent
) -> dict[str, Any]:
    """File what people sent on to a mailbox; what came of it, as counts."""
    home = kernel_settings.home_path()
    at = inbox.Look(
        home=home,
        settings=kernel_settings.load(home),
        now=now,
        progress=progress,
        jitter=random.random(),  # noqa: S311 spreads tries
    )
    return inbox.summary(inbox.read_mailbox(mailbox, at))


@job(READ_CITIZENS)
def read_mail(
    payload: dict[str, Any], *, now: datetime, progress: Callable[[int, int], None]
) -> dict[str, Any]:
    """File what people sent on to the mailbox named as `mailbox`."""
    return read_now(payload["mailbox"], now, progress)


@job(TELL)
def tell(
    payload: dict[str, Any], *, now: datetime, progress: Callable[[int, int], None]
) -> dict[str, Any]:
    """Write to reporters who left an address what they are told, named as `told`."""
    home = kernel_settings.home_path()
    outside = kernel_settings.load(home).outside
    return {"letters": tell_reporters(home, payload["told"], outside, now=now, progress=progress)}


@job("cases.keep-contacts", every=timedelta(hours=1))
def keep_contacts(
    payload: dict[str, Any], *, now: datetime, progress: Callable[[int, int], None]
) -> dict[str, Any]:
    """Seal contacts of reporters under the key in use, before an older one is dropped after a day.

    And forget those of reports that were answered long ago.
    """
    del payload, progress
    home = kernel_settings.home_path()
    return {
        "sealed": reseal_contacts(home),
        "forgotten": forget_contacts(now=now),
        "hours": forget_hours(now=now),
    }
