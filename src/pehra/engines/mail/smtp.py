"""A relay that takes mail (RFC 5321), one message at a time, with a last word before the last dot.

Until the dot that ends a message nothing has left, and after it, it has or may have. So the caller
is asked just before it: what it writes down then says which side of the dot a crash was on.
"""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
from contextlib import suppress
from enum import StrEnum
from typing import TYPE_CHECKING, Self

import msgspec

from pehra.kernel.errors import EnvironmentFault, Refused

if TYPE_CHECKING:
    from collections.abc import Callable

SECURITY = ("starttls", "tls", "plain")
_HERE = frozenset({"127.0.0.1", "::1", "localhost"})
_FAULTS = (OSError, smtplib.SMTPException, UnicodeError, ValueError)
"""What a relay, the way to it, or what it says can bring up."""
_STATUS = re.compile(r"([245]\.\d{1,3}\.\d{1,3})\b")
_LONGEST_WORDS = 240
_DOT = re.compile(rb"^\.", re.MULTILINE)


class Outcome(StrEnum):
    """What became of a message."""

    ACCEPTED = "accepted"
    TEMPORARY = "temporary"
    """The relay does not take it now (4yz)."""
    PERMANENT = "permanent"
    """The relay will not take it (5yz)."""
    BROKEN = "broken"
    """The line, or the log-in, failed before the last dot: it did not leave."""
    UNHEARD = "unheard"
    """The line failed after it: it may have left."""


class Place(msgspec.Struct, frozen=True):
    """Where a relay is.

    Attributes:
        security: `starttls`, `tls`, or `plain`, which is for this machine only.
        login: account there; empty: none.
        name: ours, with which we greet.
        seconds: without an answer.
    """

    host: str
    port: int
    security: str
    login: str = ""
    name: str = "localhost"
    seconds: float = 60.0


class Parcel(msgspec.Struct, frozen=True):
    """A message as the relay gets it.

    Attributes:
        sender: where bounces go.
        to: the one recipient.
        content: whole, lines ended by CR LF.
        envelope_id: comes back in a notification of its fate (RFC 3461), where the relay can.
    """

    sender: str
    to: str
    content: bytes
    envelope_id: str = ""


class Answer(msgspec.Struct, frozen=True):
    """What the relay said: code, enhanced status (RFC 3463), words, and by which relay."""

    outcome: Outcome
    code: int = 0
    status: str = ""
    words: str = ""
    by: str = ""


class Relay:
    """A connection to a relay, opened when something is sent and kept for the next.

    Raises:
        EnvironmentFault: no relay is set up.
        Refused: without protection, and not on this machine.
    """

    def __init__(self, place: Place, password: str = "") -> None:
        if not place.host:
            message = "No relay is set up."
            raise EnvironmentFault(message, mend="Set `mail.host` and `mail.sender`.")
        if place.security not in SECURITY or (
            place.security == "plain" and place.host not in _HERE
        ):
            message = f"Mail does not go to {place.host} by `{place.security}`."
            raise Refused(message, mend="Set `mail.security` to `starttls` or `tls`.")
        self._place, self._password = place, password
        self._line: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._line is not None:
            with suppress(*_FAULTS):
                self._line.quit()
        self.drop()

    @property
    def is_open(self) -> bool:
        """Whether the line stands."""
        return self._line is not None

    def drop(self) -> None:
        """Let the line fall, without a word."""
        if self._line is not None:
            self._line.close()
        self._line = None

    def send(self, parcel: Parcel, before_end: Callable[[], bool]) -> Answer:
        """Send one message.

        Args:
            parcel: it.
            before_end: called when all of it is with the relay but the dot that ends it; says
                whether to end it. What it raises goes up, and the message did not leave.
        """
        kept = self.is_open
        said = self._offered(parcel)
        if kept and not self.is_open:
            # A line that stood too long, or carried too many: nothing left, so once more.
            said = self._offered(parcel)
        if said is not None or self._line is None:
            return said or Answer(Outcome.BROKEN)
        line = self._line
        try:
            wanted = before_end()
        except BaseException:
            self.drop()
            raise
        if not wanted:
            self.drop()
            return Answer(Outcome.BROKEN, words="It was taken from this worker.")
        return self._ended(line)

    def _offered(self, parcel: Parcel) -> Answer | None:
        """All of a message but its last dot; None where the relay has it so far."""
        try:
            line = self._connected()
            said = self._begun(line, parcel)
            if said is None:
                line.send(_stuffed(parcel.content))
        except _FAULTS as error:
            return self._broken(Outcome.BROKEN, error)
        return said

    def _ended(self, line: smtplib.SMTP) -> Answer:
        try:
            line.send(b".\r\n")
            code, words = line.getreply()
        except _FAULTS as error:
            return self._broken(Outcome.UNHEARD, error)
        answer = self._answer(code, words)
        if answer.outcome == Outcome.BROKEN:
            self.drop()
            return msgspec.structs.replace(answer, outcome=Outcome.UNHEARD)
        return answer

    def _connected(self) -> smtplib.SMTP:
        if self._line is not None:
            return self._line
        place = self._place
        context = ssl.create_default_context()
        if place.security == "tls":
            line: smtplib.SMTP = smtplib.SMTP_SSL(
                place.host, place.port, place.name, timeout=place.seconds, context=context
            )
        else:
            line = smtplib.SMTP(place.host, place.port, place.name, timeout=place.seconds)
        try:
            if line.sock is not None:
                # The last dot is a packet of its own, which would wait for an answer to the text.
                line.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if place.security == "starttls":
                line.starttls(context=context)
            line.ehlo_or_helo_if_needed()
            if place.login:
                line.login(place.login, self._password)
        except BaseException:
            line.close()
            raise
        self._line = line
        return line

    def _begun(self, line: smtplib.SMTP, parcel: Parcel) -> Answer | None:
        """Up to the text itself; None where the relay waits for it."""
        size = len(parcel.content)
        limit = line.esmtp_features.get("size", "")
        if limit.isdigit() and 0 < int(limit) < size:
            return Answer(Outcome.PERMANENT, 552, "5.3.4", f"Over {limit} bytes.", self._by(line))
        dsn = line.has_extn("dsn") and bool(parcel.envelope_id)
        mail = [f"SIZE={size}"] if line.has_extn("size") else []
        mail += ["RET=HDRS", f"ENVID={parcel.envelope_id}"] if dsn else []
        rcpt = ["NOTIFY=FAILURE,DELAY"] if dsn else []
        steps: tuple[tuple[Callable[[], tuple[int, bytes]], tuple[int, ...]], ...] = (
            (lambda: line.mail(parcel.sender, mail), (250,)),
            (lambda: line.rcpt(parcel.to, rcpt), (250, 251)),
            (lambda: line.docmd("DATA"), (354,)),
        )
        for step, wanted in steps:
            code, words = step()
            if code not in wanted:
                return self._refused(line, code, words)
        return None

    def _refused(self, line: smtplib.SMTP, code: int, words: bytes) -> Answer:
        answer = self._answer(code, words)
        if answer.outcome == Outcome.ACCEPTED:  # a word that fits no question: the line is off
            answer = msgspec.structs.replace(answer, outcome=Outcome.BROKEN)
        if answer.outcome == Outcome.BROKEN or code == 421:  # noqa: PLR2004 the relay closes the line
            self.drop()
        else:
            with suppress(*_FAULTS):
                line.rset()
        return answer

    def _answer(self, code: int, words: bytes) -> Answer:
        text = words.decode("utf-8", "replace")
        found = _STATUS.match(text)
        outcomes = {2: Outcome.ACCEPTED, 4: Outcome.TEMPORARY, 5: Outcome.PERMANENT}
        return Answer(
            outcomes.get(code // 100, Outcome.BROKEN),
            max(code, 0),
            found[1] if found else "",
            _plain(text),
            self._by(self._line),
        )

    def _by(self, line: smtplib.SMTP | None) -> str:
        said = (line.ehlo_resp or b"").split(None, 1) if line is not None else []
        named = said[0].decode("ascii", "replace") if said else ""
        return _plain(named or self._place.host)

    def _broken(self, outcome: Outcome, error: Exception) -> Answer:
        by = self._by(self._line)
        self.drop()
        return Answer(outcome, words=_plain(str(error) or type(error).__name__), by=by)


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[^ -~]+", " ", text).split())[:_LONGEST_WORDS]


def _stuffed(content: bytes) -> bytes:
    """The text with its dots doubled, its last line ended."""
    whole = content if content.endswith(b"\r\n") else content + b"\r\n"
    return _DOT.sub(b"..", whole)
