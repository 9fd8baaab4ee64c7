"""Signed and sealed mail taken apart (RFC 1847, 3156, 8551): the very bytes that were signed.

Who writes to a mailbox decides every byte of it, so nothing here raises over what it says: a
message that is neither signed nor sealed as the standards say is plain. Nothing outside a signed
part belongs to it, be it before, after or beside.
"""

from __future__ import annotations

import email
import re
from email.errors import HeaderParseError
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from email.message import Message

_DEEPEST = 3
"""Wrappings around a signed part, such as what a list puts about the mail that it passes on."""
_FAULTS = (LookupError, ValueError, TypeError, AttributeError, AssertionError, HeaderParseError)
_BREAK = re.compile(rb"\r?\n")
_HEAD = re.compile(rb"\r?\n\r?\n")
_ALONE = re.compile(rb"(?<!\r)\n")
_BEGINS = re.compile(rb"^-----BEGIN PGP SIGNED MESSAGE-----[ \t]*\r?$", re.MULTILINE)
_SIGNED_AS = {
    "application/pgp-signature": "openpgp",
    "application/pkcs7-signature": "smime",
    "application/x-pkcs7-signature": "smime",
}
_CMS = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_SIGNATURE = b"-----BEGIN PGP SIGNATURE-----"
_ENDED = b"-----END PGP SIGNATURE-----"
_SEALED = b"-----BEGIN PGP MESSAGE-----"


class Form(StrEnum):
    """What a message is on its outside."""

    PLAIN = "plain"
    SIGNED = "signed"
    """Content, and a signature beside it."""
    SEALED = "sealed"
    """Encrypted; for OpenPGP it may be signed inside."""
    CMS = "cms"
    """A structure of RFC 5652: signed with its content inside, or enveloped."""


class Layer(msgspec.Struct, frozen=True):
    """The outermost layer.

    Attributes:
        kind: `openpgp` or `smime`; empty: plain.
        content: what was signed, with breaks as mail has them.
        proof: the signature, or what is sealed.
        text: the content is bare text, and no entity with headers.
    """

    form: Form = Form.PLAIN
    kind: str = ""
    content: bytes = b""
    proof: bytes = b""
    text: bool = False


PLAIN = Layer()


def outermost(raw: bytes) -> Layer:
    """The outermost layer of a message or of an entity; plain where it has none."""
    entity = raw
    for _ in range(_DEEPEST):
        head = _head(entity)
        kind = head.get_content_type()
        if kind in _CMS:
            sealed = _body(entity)
            return Layer(Form.CMS, "smime", proof=sealed) if sealed else PLAIN
        if not kind.startswith("multipart/"):
            return _inline(entity) if kind == "text/plain" else PLAIN
        parts = _parts(entity, head)
        if kind == "multipart/signed":
            return _signed(parts)
        if kind == "multipart/encrypted":
            return _encrypted(parts)
        if not parts:
            return PLAIN
        entity = parts[0]
    return PLAIN


def _head(entity: bytes) -> Message:
    end = _HEAD.search(entity)
    # An entity that begins with an empty line has no headers.
    bare = entity.startswith((b"\n", b"\r\n"))
    top = b"" if bare else entity[: end.end()] if end else entity
    return email.message_from_bytes(top)


def _body(entity: bytes) -> bytes:
    """What an entity carries, as it was before it was encoded for mail."""
    try:
        # A leaf only: parts in parts without end would be read one inside the other.
        if _head(entity).get_content_maintype() in {"multipart", "message"}:
            return b""
        found = email.message_from_bytes(entity).get_payload(decode=True)
    except _FAULTS:
        return b""
    return found if isinstance(found, bytes) else b""


def _parts(entity: bytes, head: Message) -> list[bytes]:
    """Entities of a multipart, as the bytes that they are; none where it is not closed."""
    try:
        boundary = head.get_boundary("").encode("ascii")
    except (UnicodeError, *_FAULTS):
        return []
    if not boundary:
        return []
    line = rb"(?:^|\r?\n)--" + re.escape(boundary) + rb"(--)?[ \t]*(?=\r?\n|\Z)"
    start = _HEAD.search(entity)
    body = entity[start.end() :] if start else b""
    parts: list[bytes] = []
    begun: int | None = None
    for found in re.finditer(line, body):
        if begun is not None:
            parts.append(body[begun : found.start()])
        if found[1]:
            return parts
        ended = _BREAK.match(body, found.end())
        begun = ended.end() if ended else found.end()
    return []


def _signed(parts: list[bytes]) -> Layer:
    two = 2
    if len(parts) != two:
        return PLAIN
    kind = _SIGNED_AS.get(_head(parts[1]).get_content_type(), "")
    proof = _body(parts[1])
    if not kind or not proof:
        return PLAIN
    return Layer(Form.SIGNED, kind, as_mail(parts[0]), proof)


def _encrypted(parts: list[bytes]) -> Layer:
    two = 2
    if len(parts) != two or _head(parts[0]).get_content_type() != "application/pgp-encrypted":
        return PLAIN
    sealed = _body(parts[1])
    return Layer(Form.SEALED, "openpgp", proof=sealed) if sealed else PLAIN


def _inline(entity: bytes) -> Layer:
    """OpenPGP in the text itself (RFC 9580, section 7), as older programs write it."""
    text = _body(entity)
    begins = _BEGINS.search(text)
    if begins is None:
        sealed = text.strip().startswith(_SEALED)
        return Layer(Form.SEALED, "openpgp", proof=text.strip(), text=True) if sealed else PLAIN
    start = _HEAD.search(text, begins.start())
    end = text.find(b"\n" + _SIGNATURE, start.end() - 1 if start else 0)
    stop = text.find(_ENDED, end)
    if start is None or end < start.end() - 1 or stop < 0:
        return PLAIN
    lines = text[start.end() : max(end, start.end())].split(b"\n")
    told = [one.removeprefix(b"- ").rstrip(b" \t\r") for one in lines]
    proof = text[end + 1 : stop + len(_ENDED)]
    return Layer(Form.SIGNED, "openpgp", b"\r\n".join(told), proof, text=True)


def as_mail(content: bytes) -> bytes:
    """Content with the breaks that mail has, since those are what was signed."""
    return _ALONE.sub(b"\r\n", content)


def as_entity(text: bytes) -> bytes:
    """Bare text as an entity that a reader of mail takes apart."""
    kind = b"Content-Type: text/plain; charset=utf-8\r\n"
    return kind + b"Content-Transfer-Encoding: 8bit\r\n\r\n" + text
