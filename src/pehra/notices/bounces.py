"""What mail servers say of a message that we sent: delivery status notifications (RFC 3464).

Pure. Such a message is believed only where it names an envelope of ours by the id that nobody else
knows; whose it is and whether the address is at fault is decided here.
"""

from __future__ import annotations

import re
from email.message import Message

import msgspec

from pehra.notices import mime

_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_XTEXT = re.compile(r"\+([0-9A-F]{2})")
_ACTIONS = frozenset({"failed", "delayed", "delivered", "relayed", "expanded"})
_MOST = 50
_OURS = re.compile(r"\.(?:3\.4|2\.3|6\.\d+|7\.\d+)$")
"""Statuses that blame the message or its sender, not the address: too large, not to be converted,
refused by policy (RFC 3463, sections 3.3 to 3.8)."""
_UNKNOWN = re.compile(r"\.7\.(?:13|17|18)$")
"""Of those, the ones that do speak of the address: it is disabled, or has another owner."""
_WORST = ("failed", "delivered", "relayed", "expanded", "delayed")


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """What a server says of one recipient.

    Attributes:
        action: `failed`, `delayed`, `delivered`, `relayed` or `expanded`.
        status: enhanced status code (RFC 3463); empty: none.
        address: of the recipient, in lower case; it may be another than we wrote to.
        words: what the server said.
    """

    action: str
    status: str = ""
    address: str = ""
    words: str = ""

    @property
    def is_hard(self) -> bool:
        """Whether trying again would not help."""
        return self.action == "failed" and not self.status.startswith("4")

    @property
    def blames_address(self) -> bool:
        """Whether the address failed, and not what was sent to it."""
        return self.action == "failed" and (
            not _OURS.search(self.status) or bool(_UNKNOWN.search(self.status))
        )


class Notification(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery status notification.

    Attributes:
        envelope: the id that we gave the envelope; empty: it was not handed on.
        message_id: of the message that it speaks of, with angle brackets; empty: not told.
        server: that says it.
        statuses: one for each recipient.
    """

    envelope: str
    message_id: str
    server: str
    statuses: tuple[Status, ...]

    @property
    def worst(self) -> Status:
        """What counts for an envelope, which has one recipient."""
        return min(self.statuses, key=lambda one: _WORST.index(one.action))


def read(raw: bytes) -> Notification | None:
    """The notification that a message is; None where it is none that a machine can read."""
    message = mime.parsed(raw)
    if message.get_content_type() != "multipart/report":
        return None
    blocks: list[Message] = []
    names = ""
    for part in mime.parts(message, into=True):
        kind = part.get_content_type()
        if kind in {"message/delivery-status", "message/global-delivery-status"}:
            blocks = blocks or _blocks(part)
        elif kind in {"message/rfc822", "message/global"}:
            names = names or _message_id(part)
        elif kind in {"text/rfc822-headers", "message/global-headers"}:
            names = names or _id_in(mime.payload(part))
    statuses = tuple(one for block in blocks[1:_MOST] if (one := _status(block)) is not None)
    if not statuses:
        return None
    told = blocks[0]
    return Notification(
        envelope=_unquoted(mime.header(told, "Original-Envelope-Id"))[:100],
        message_id=names,
        server=_value(mime.header(told, "Reporting-MTA"))[:200],
        statuses=statuses,
    )


def _blocks(part: Message) -> list[Message]:
    inside = part.get_payload()
    return [one for one in inside if isinstance(one, Message)] if isinstance(inside, list) else []


def _message_id(part: Message) -> str:
    inside = _blocks(part)
    return next(iter(mime.ids(mime.headers(inside[0], "Message-ID"))), "") if inside else ""


def _id_in(text: str) -> str:
    return next(iter(mime.ids(mime.headers(mime.parsed(text.encode()), "Message-ID"))), "")


def _status(block: Message) -> Status | None:
    action = mime.header(block, "Action").lower()
    if action not in _ACTIONS:
        return None
    words = _value(mime.header(block, "Diagnostic-Code"))
    found = _STATUS.search(mime.header(block, "Status")) or _STATUS.search(words)
    address = _value(
        mime.header(block, "Original-Recipient") or mime.header(block, "Final-Recipient")
    )
    return Status(
        action=action,
        status=found[1] if found else "",
        address=address.lower()[:254],
        words=words[:240],
    )


def _value(text: str) -> str:
    """What stands behind the type of a typed field, such as `rfc822; name@example.org`."""
    kind, sign, value = text.partition(";")
    return (value if sign else kind).strip()


def _unquoted(text: str) -> str:
    """An envelope id as we wrote it (xtext, RFC 3461, section 4)."""
    return _XTEXT.sub(lambda found: chr(int(found[1], 16)), text)
