"""The way of one letter by mail: opened, composed, handed to the relay, its answer written down."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import msgspec

from pehra.dispatch.actions import carrying
from pehra.dispatch.inside import Inside, opened
from pehra.dispatch.letters import Heading, is_address
from pehra.dispatch.queries import sealed_content
from pehra.dispatch.wrapping import Signing, check_signing, wrapped
from pehra.engines.mail.smtp import Answer, Outcome, Parcel, Place
from pehra.engines.sealed import ring as rings
from pehra.engines.tables.wal import flush_log
from pehra.kernel.errors import EnvironmentFault, PehraError
from pehra.mandate.viewers import SYSTEM_VIEWER

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from pehra.dispatch.actions.carrying import Taken
    from pehra.dispatch.rules import State
    from pehra.engines.mail.smtp import Relay
    from pehra.kernel.settings import Home, Mail, Settings

OPENPGP_KEY, SMIME_KEY = "openpgp.key", "smime.key"
"""Where in `keys/` the home's keys lie by which it signs mail."""
_OTHERS = 0o077


class Desk(msgspec.Struct, frozen=True):
    """What one who sends letters needs: the home, its settings, and the time."""

    home: Home
    settings: Settings
    moment: Callable[[], datetime]
    signing: Signing = Signing()


def place_of(desk: Desk) -> Place:
    """Where the home's relay is.

    Raises:
        EnvironmentFault: the settings name no sender.
    """
    mail = desk.settings.mail
    name = mail.sender.rpartition("@")[2]
    wrong = not is_address(mail.sender) or (mail.reply and not is_address(mail.reply))
    if mail.host and wrong:
        message = "Mail has no sender, or its address is none."
        raise EnvironmentFault(message, mend="Set `mail.sender`, and `mail.reply` if you like.")
    return Place(mail.host, mail.port, mail.security, mail.login, name, mail.seconds)


def secret_of(home: Home, name: str) -> bytes:
    """A secret of the home, such as `relay.key`; empty where there is none.

    Raises:
        EnvironmentFault: others may read it, or it cannot be read.
    """
    path = home.keys / name
    try:
        if path.stat().st_mode & _OTHERS:
            message = f"Others may read {path}."
            raise EnvironmentFault(message, mend=f"Run `chmod 600 {path}`.")
        return path.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        message = f"Cannot read {path}: {error.strerror}."
        raise EnvironmentFault(message, mend="Check its owner and mode.") from None


def password_of(home: Home) -> str:
    """The password at the relay; empty where there is none.

    Raises: as `secret_of`.
    """
    return secret_of(home, "relay.key").decode("utf-8", "replace").rstrip("\r\n")


def signing_of(home: Home, mail: Mail) -> Signing:
    """By what the home signs.

    Raises:
        UsageError: a key does not sign.
        EnvironmentFault: as `secret_of`.
    """
    found = Signing(
        openpgp=secret_of(home, OPENPGP_KEY),
        smime=secret_of(home, SMIME_KEY),
        prefers=mail.sign,
        clear_details=mail.clear_details,
    )
    check_signing(found)
    return found


def carry(taken: Taken, relay: Relay, desk: Desk) -> tuple[State, Answer]:
    """Send one letter that was taken in hand; gives where it stands then, and what was heard."""
    try:
        parcel, sealed = _parcel(taken, desk)
    except PehraError as error:
        answer, sealed = Answer(Outcome.PERMANENT, words=str(error)[:240], by="pehra"), ""
    else:
        answer = relay.send(parcel, lambda: _marked(taken, desk))
    jitter = random.random()  # noqa: S311 spreads tries
    state = carrying.ended(taken, answer, sealed=sealed, jitter=jitter, now=desk.moment())
    return state, answer


def _marked(taken: Taken, desk: Desk) -> bool:
    mine = carrying.mark(taken, now=desk.moment())
    if mine and desk.settings.database.url == "sqlite":
        flush_log(desk.home.database)
    return mine


def _parcel(taken: Taken, desk: Desk) -> tuple[Parcel, str]:
    mail = desk.settings.mail
    found = sealed_content(taken.id, viewer=SYSTEM_VIEWER)
    if found is None:
        message = "What was inside is gone."
        raise EnvironmentFault(message, mend="Release it anew.")
    inside = opened(found[1], rings.ring(desk.home), found[0])
    heading = Heading(
        message_id=taken.message_id,
        date=desk.moment(),
        sender=mail.sender,
        name=desk.settings.exchange.name,
        to=taken.to,
        reply_to=mail.reply,
        follows=taken.follows,
    )
    if taken.redirected:
        # Who gets everything instead could not read what is for another's key.
        inside = Inside(inside.letter)
    whole = wrapped(inside, heading, desk.signing, now=heading.date)
    if len(whole.content) > mail.largest:
        message = f"The message has {len(whole.content)} bytes."
        raise EnvironmentFault(message, mend="Raise `mail.largest`, or send less.")
    return Parcel(mail.sender, taken.to, whole.content, taken.token), whole.sealed
