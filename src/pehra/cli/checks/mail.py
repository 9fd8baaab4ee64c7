"""Mail that is to leave: where sending is on, there is a relay, and keys sign."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pehra.kernel import settings
from pehra.kernel.errors import EnvironmentFault
from pehra.kernel.time import clock

if TYPE_CHECKING:
    from pehra.kernel.settings import Home


def mail_can_leave(home: Home) -> str:
    """Nothing is asked of the relay itself; what it says stands with each letter."""
    from pehra.dispatch import mailing, queries
    from pehra.dispatch.rules import Mode
    from pehra.engines.mail.smtp import Relay
    from pehra.mandate.viewers import SYSTEM_VIEWER

    mode = queries.sending().mode
    if mode == Mode.PREVIEW:
        return "sending is off"
    mail = settings.load(home).mail
    desk = mailing.Desk(home, settings.load(home), clock)
    Relay(mailing.place_of(desk), mailing.password_of(home))
    signing = mailing.signing_of(home, mail)
    doubtful = queries.uncertain(viewer=SYSTEM_VIEWER)
    if doubtful:
        message = f"{doubtful:,} letters may have left, and nobody heard an answer."
        mend = "`pehra dispatch list --state uncertain`, then look into the relay's log."
        raise EnvironmentFault(message, mend=mend)
    signs = "signed" if signing.openpgp or signing.smime else "not signed: `pehra keys mail`"
    return f"{mode.value} by {mail.host}, {signs}"
