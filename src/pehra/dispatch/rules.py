"""What leaves, how far sending is on, and what becomes of an envelope: pure decisions.

Decision 6 of the rules: sending is off in a new home, and two persons switch it on. Who may get
what is decided in `gates`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from pehra.dispatch.letters import Letter, is_address
from pehra.kernel.errors import IllegalStep, Refused, UsageError
from pehra.kernel.labels import Pap, Tlp

if TYPE_CHECKING:
    from collections.abc import Mapping


class Channel(StrEnum):
    """How something leaves."""

    MAIL = "mail"
    WEBHOOK = "webhook"
    PULL = "pull"


class State(StrEnum):
    """Where an envelope stands."""

    HELD = "held"
    """Kept, not sent: its recipient is not on the pilot's list."""
    PREVIEWED = "previewed"
    """Kept and shown, not sent: sending is off."""
    WAITING = "waiting"
    SENDING = "sending"
    UNCERTAIN = "uncertain"
    """It may have left: nobody heard the relay's answer. Never sent again by itself."""
    SENT = "sent"
    REFUSED = "refused"
    FAILED = "failed"
    BOUNCED = "bounced"


class Mode(StrEnum):
    """How far sending is switched on; a home begins with `preview`."""

    PREVIEW = "preview"
    REDIRECT = "redirect"
    PILOT = "pilot"
    LIVE = "live"

    @property
    def reach(self) -> int:
        """How far letters go; the lesser of two is the more careful."""
        return list(Mode).index(self)


class Recipient(msgspec.Struct, frozen=True, kw_only=True):
    """To whom something goes.

    Attributes:
        organisation: id; null: to none.
        team: id; null: to none.
        contact: id of the register's contact; null: somebody whom the register does not know.
        address: of mail, or of a webhook; empty for what is pulled.
        person: the address is one named person's, not a desk's.
        language: `en` or `ur`.
    """

    organisation: int | None = None
    team: int | None = None
    contact: int | None = None
    address: str = ""
    person: bool = False
    language: str = "en"


class Outgoing(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is to leave.

    Attributes:
        kind: what it is, such as `notice`, `report`, `verification`; see `gates.COMPULSORY`.
        reference: what it is about, in the words of the room above, such as `notice:12`.
        key: names it for good: what is released twice under one key leaves once.
        channel: `mail`, `webhook` or `pull`.
        recipient: to whom.
        letter: what it says.
        tlp: who may read it.
        pap: what may be done with it.
        ground: slug of the ground in law; needed for what is compulsory.
        about: ids of the organisations whose facts are inside.
        exercise: a drill: marked, and in no number.
        urgent: goes before what is not.
        follows: key of the envelope before it in its thread; empty: it begins one.
        openpgp: certificates of the recipient, for encryption.
        smime: X.509 certificate of the recipient, for encryption.
    """

    kind: str
    reference: str
    key: str
    recipient: Recipient
    letter: Letter
    tlp: Tlp
    channel: str = Channel.MAIL
    pap: Pap = Pap.CLEAR
    ground: str = ""
    about: frozenset[int] = frozenset()
    exercise: bool = False
    urgent: bool = False
    follows: str = ""
    openpgp: bytes = b""
    smime: bytes = b""


class Sending(msgspec.Struct, frozen=True, kw_only=True):
    """How far sending is switched on.

    Attributes:
        mode: how far.
        redirect_to: the one mailbox, in `redirect`.
        pilot: ids of organisations, in `pilot`.
        proposed_by: who proposed `live`; empty: nobody.
        changed_by: who changed it last; empty: nobody yet.
    """

    mode: Mode = Mode.PREVIEW
    redirect_to: str = ""
    pilot: frozenset[int] = frozenset()
    proposed_by: str = ""
    proposed_at: datetime | None = None
    changed_by: str = ""
    changed_at: datetime | None = None


class Course(msgspec.Struct, frozen=True):
    """What becomes of something that all gates let pass.

    Attributes:
        state: `waiting`, `held` or `previewed`.
        address: where it goes; another's where all is redirected.
    """

    state: State
    address: str


def course(mode: Mode, sending: Sending, to: Recipient, tlp: Tlp) -> Course:
    """Where something goes, by the mode of its release and by that of now, whichever is careful.

    Args:
        mode: in which it was released.
        sending: as it is switched now.
        to: its recipient.
        tlp: its label: what is for one named person goes to nobody else's mailbox.
    """
    least = min(mode, sending.mode, key=lambda one: one.reach)
    if least == Mode.PREVIEW:
        return Course(State.PREVIEWED, to.address)
    if least == Mode.REDIRECT:
        if tlp == Tlp.RED or not sending.redirect_to or not is_address(to.address):
            return Course(State.PREVIEWED, to.address)
        return Course(State.WAITING, sending.redirect_to)
    if least == Mode.PILOT and to.organisation not in sending.pilot:
        return Course(State.HELD, to.address)
    return Course(State.WAITING, to.address)


def check_change(old: Sending, mode: Mode, redirect_to: str) -> None:
    """See that sending may be set so by one person.

    Raises:
        Refused: `live` is made by two.
        UsageError: redirection without one address.
    """
    if mode == Mode.LIVE and old.mode != Mode.LIVE:
        message = "Sending goes live by two persons."
        raise Refused(message, mend="One proposes it, another confirms.")
    if mode == Mode.REDIRECT and not is_address(redirect_to):
        message = "Redirecting needs one mail address."
        raise UsageError(message, mend="Name the mailbox that gets everything.")


def check_confirm(old: Sending, by: str) -> None:
    """See that `by` may confirm what another proposed.

    Raises:
        Refused: nobody proposed it, or the same person did.
    """
    if not old.proposed_by:
        message = "Nobody proposed that sending goes live."
        raise Refused(message, mend="Propose it first; another person confirms.")
    if old.proposed_by == by:
        message = f"{by} proposed it, so another person confirms."
        raise Refused(message, mend="Ask somebody else who decides.")


STEPS: Mapping[State, frozenset[State]] = {
    State.PREVIEWED: frozenset({State.PREVIEWED, State.HELD, State.WAITING, State.REFUSED}),
    State.HELD: frozenset({State.PREVIEWED, State.HELD, State.WAITING, State.REFUSED}),
    State.REFUSED: frozenset({State.PREVIEWED, State.HELD, State.WAITING, State.REFUSED}),
    State.WAITING: frozenset({State.SENDING, State.PREVIEWED, State.HELD, State.FAILED}),
    State.SENDING: frozenset({State.WAITING, State.UNCERTAIN, State.SENT, State.FAILED}),
    State.UNCERTAIN: frozenset({State.SENT, State.WAITING, State.FAILED, State.BOUNCED}),
    State.SENT: frozenset({State.BOUNCED}),
    State.FAILED: frozenset({State.WAITING}),
    State.BOUNCED: frozenset(),
}
"""From each state, those that may follow. A released key is judged anew while nothing left."""

ANEW = frozenset({State.PREVIEWED, State.HELD, State.REFUSED})
"""States from which releasing the same key again may still send it."""


def check_step(old: State, new: State) -> None:
    """Raise `IllegalStep` where the state table has no such step."""
    if new not in STEPS[old]:
        message = f"An envelope that is {old.value} does not become {new.value}."
        raise IllegalStep(message, mend="See `docs/sending.md` for its states.")


FIRST_DELAY = timedelta(minutes=5)
LONGEST_DELAY = timedelta(hours=4)
GIVE_UP = timedelta(days=5)
"""As long as mail servers try (RFC 5321, section 4.5.4.1)."""
LEASE = timedelta(minutes=5)
"""How long a try may take; who is over it has lost the envelope, and may not end it."""


def next_try(attempt: int, released: datetime, now: datetime, jitter: float) -> datetime | None:
    """When to try again after the `attempt`-th, from 1; None: no more.

    Args:
        attempt: tries that failed for now.
        released: when it was released.
        now: when the last failed.
        jitter: in [0, 1); spreads what failed together.
    """
    doubled = FIRST_DELAY * (1 << min(max(attempt, 1) - 1, 16))
    at = now + min(doubled, LONGEST_DELAY) * (0.75 + jitter / 2)
    return None if at > released + GIVE_UP else at
