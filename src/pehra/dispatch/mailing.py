"""The way of one letter by mail: opened, composed, handed to the relay, its answer written down."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import msgspec

from pehra.dispatch.actions import carrying
from pehra.dispatch.inside import opened
from pehra.dispatch.letters import Heading, compose
from pehra.dispatch.queries import sealed_content
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
    from pehra.kernel.settings import Home, Settings

_OTHERS = 0o077


class Desk(msgspec.Struct, frozen=True):
    """What one who sends letters needs: the home, its settings, and the time."""

    home: Home
    settings: Settings
    moment: Callable[[], datetime]


def place_of(desk: Desk) -> Place:
    """Where the home's relay is.

    Raises:
        EnvironmentFault: the settings name no sender.
    """
    mail = desk.settings.mail
    name = mail.sender.rpartition("@")[2]
    if mail.host and not name:
        message = "Mail has no sender."
        raise EnvironmentFault(message, mend="Set `mail.sender`.")
    return Place(mail.host, mail.port, mail.security, mail.login, name, mail.seconds)


def password_of(home: Home) -> str:
    """The password at the relay, from `keys/relay.key`; empty where there is none.

    Raises:
        EnvironmentFault: others may read it, or it cannot be read.
    """
    path = home.keys / "relay.key"
    try:
        if path.stat().st_mode & _OTHERS:
            message = f"Others may read {path}."
            raise EnvironmentFault(message, mend=f"Run `chmod 600 {path}`.")
        return path.read_text().rstrip("\r\n")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        message = f"Cannot read {path}: {error}."
        raise EnvironmentFault(message, mend="Check its owner and mode.") from None


def carry(taken: Taken, relay: Relay, desk: Desk) -> tuple[State, Answer]:
    """Send one letter that was taken in hand; gives where it stands then, and what was heard."""
    try:
        parcel = _parcel(taken, desk)
    except PehraError as error:
        answer = Answer(Outcome.PERMANENT, words=str(error)[:240], by="pehra")
    else:
        answer = relay.send(parcel, lambda: _marked(taken, desk))
    jitter = random.random()  # noqa: S311 spreads tries
    state = carrying.ended(taken, answer, jitter=jitter, now=desk.moment())
    return state, answer


def _marked(taken: Taken, desk: Desk) -> bool:
    mine = carrying.mark(taken, now=desk.moment())
    if mine and desk.settings.database.url == "sqlite":
        flush_log(desk.home.database)
    return mine


def _parcel(taken: Taken, desk: Desk) -> Parcel:
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
    content = compose(inside.letter, heading).as_bytes()
    if len(content) > mail.largest:
        message = f"The message has {len(content)} bytes."
        raise EnvironmentFault(message, mend="Raise `mail.largest`, or send less.")
    return Parcel(mail.sender, taken.to, content, taken.token)
