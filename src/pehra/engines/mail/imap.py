"""A folder of mail on an IMAP server (RFC 9051): what came after a message, read and left there.

Nothing is marked, moved or deleted: whoever else reads the mailbox sees it as it was. A message is
looked at by its size before it is taken, since it comes whole into memory.
"""

from __future__ import annotations

import imaplib
import ssl
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TypeVar

import msgspec
from imap_tools import MailBox, MailBoxStartTls, MailBoxUnencrypted, MailMessage
from imap_tools.errors import ImapToolsError, MailboxLoginError

from pehra.kernel.errors import EnvironmentFault, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from imap_tools.mailbox import BaseMailBox

_T = TypeVar("_T")
_HERE = frozenset({"127.0.0.1", "::1", "localhost"})
_LONGEST_WORDS = 300
_FAULTS = (OSError, imaplib.IMAP4.error, ImapToolsError, UnicodeError, ValueError)
"""What a server, the way to it, or what it says can bring up."""


class Place(msgspec.Struct, frozen=True):
    """Where a folder is.

    Attributes:
        security: `tls`, `starttls`, or `none`, which is for this machine only.
        seconds: without an answer.
    """

    host: str
    port: int
    security: str
    login: str
    folder: str
    seconds: float = 60.0


class Letter(msgspec.Struct, frozen=True):
    """A message.

    Attributes:
        sender: the address it names as its author's; empty where it names none.
        files: name and bytes of what is attached.
        raw: the message itself.
    """

    sender: str
    subject: str
    files: tuple[tuple[str, bytes], ...]
    raw: bytes


class Folder:
    """A folder that is open for reading."""

    def __init__(self, box: BaseMailBox, place: Place) -> None:
        self._box, self._place = box, place
        status = self._asked(lambda: box.folder.status(place.folder, ["UIDVALIDITY"]))
        self.validity = status.get("UIDVALIDITY", 0)
        """Another one means that numbers of messages begin anew (section 2.3.1.1)."""

    def after(self, uid: int) -> list[int]:
        """Numbers of the messages that came after one, in order."""
        found = self._asked(lambda: self._box.uids(f"UID {uid + 1}:*"))
        # `*` is the last message, also where that is older.
        return sorted(number for number in map(int, found) if number > uid)

    def size(self, uid: int) -> int:
        """Bytes of a message; 0 where it is gone."""
        told = self._fetched(uid, "(RFC822.SIZE)")
        words = b" ".join(part for part in told if isinstance(part, bytes)).upper()
        _, _, after = words.partition(b"RFC822.SIZE ")
        digits = after.split(b")")[0].split()
        return int(digits[0]) if digits and digits[0].isdigit() else 0

    def letter(self, uid: int) -> Letter | None:
        """A message; None where it is gone."""
        told = self._fetched(uid, "(BODY.PEEK[])")
        raw = next((part[1] for part in told if isinstance(part, tuple)), None)
        return opened_letter(raw) if raw is not None else None

    def _fetched(self, uid: int, items: str) -> list[bytes | tuple[bytes, bytes]]:
        answer = self._asked(lambda: self._box.client.uid("FETCH", str(uid), items))
        return [part for part in answer[1] if part]

    def _asked(self, ask: Callable[[], _T]) -> _T:
        try:
            return ask()
        except _FAULTS as error:
            raise _away(self._place, error) from None


def opened_letter(raw: bytes) -> Letter:
    """What a message holds; what cannot be made out is left out."""
    try:
        told = MailMessage.from_bytes(raw)
    except RecursionError:  # parts in parts in parts
        return Letter("", "", (), raw)
    files: list[tuple[str, bytes]] = []
    with suppress(RecursionError, LookupError, ValueError, TypeError, AttributeError):
        files += [(part.filename or "", part.payload) for part in told.attachments]
    sender = subject = ""
    with suppress(LookupError, ValueError, TypeError, AttributeError):
        sender = told.from_
    with suppress(LookupError, ValueError, TypeError, AttributeError):
        subject = told.subject
    return Letter(sender, subject, tuple(files), raw)


@contextmanager
def opened(place: Place, password: str) -> Iterator[Folder]:
    """Log in and open the folder for reading.

    Raises:
        Refused: the password would go over the line in the clear.
        EnvironmentFault: the server is away, is not who it says, or refuses us.
    """
    box = _connected(place)
    try:
        yield _entered(box, place, password)
    finally:
        with suppress(*_FAULTS):
            box.logout()


def _connected(place: Place) -> BaseMailBox:
    context = ssl.create_default_context()
    try:
        if place.security == "tls":
            return MailBox(place.host, place.port, place.seconds, ssl_context=context)
        if place.security == "starttls":
            return MailBoxStartTls(place.host, place.port, place.seconds, ssl_context=context)
        if place.host not in _HERE:
            message = f"The password for {place.host} would be sent in the clear."
            raise Refused(message, mend="Use `--security tls` or `starttls`.")
        return MailBoxUnencrypted(place.host, place.port, place.seconds)
    except _FAULTS as error:
        raise _away(place, error) from None


def _entered(box: BaseMailBox, place: Place, password: str) -> Folder:
    try:
        box.login(place.login, password, initial_folder=None)
        box.folder.set(place.folder, readonly=True)
    except MailboxLoginError:
        message = f"{place.host} does not let {place.login} in."
        raise EnvironmentFault(message, mend="Check the login and the password.") from None
    except _FAULTS as error:
        raise _away(place, error) from None
    return Folder(box, place)


def _away(place: Place, error: Exception) -> EnvironmentFault:
    words = " ".join(str(error).split())[:_LONGEST_WORDS] or type(error).__name__
    message = f"{place.host} does not answer as it should: {words}."
    return EnvironmentFault(message, mend="Try again later, or check host, port and folder.")
