"""Signed data of CMS (RFC 5652, RFC 8551), read and checked against certificates that are known.

Programs for mail write BER, with lengths that are told only at the end, so this reads it. What is
believed: one of the known certificates' keys signed attributes that name this content's digest and
the time. No chain is built: a certificate is on file because its holder gave it.
"""

from __future__ import annotations

import hmac
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, Hash

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LARGEST = 10 << 20
_DEEPEST = 24
_MOST = 50_000
_MOST_SIGNERS = 8
_HIGH, _BITS, _LONG, _CONSTRUCTED = 0x1F, 7, 0x80, 0x20
_OCTETS, _SEQUENCE, _SET, _OID, _INTEGER = 0x04, 0x30, 0x31, 0x06, 0x02
_INSIDE, _KEY_ID, _ATTRIBUTES = 0xA0, 0x80, 0xA0

SIGNED = bytes.fromhex("2a864886f70d010702")
ENVELOPED = bytes.fromhex("2a864886f70d010703")
_DATA = bytes.fromhex("2a864886f70d010701")
_KIND = bytes.fromhex("2a864886f70d010903")
_DIGEST = bytes.fromhex("2a864886f70d010904")
_TIME = bytes.fromhex("2a864886f70d010905")
_HASHES: dict[bytes, type[SHA256 | SHA384 | SHA512]] = {
    bytes.fromhex("608648016503040201"): SHA256,
    bytes.fromhex("608648016503040202"): SHA384,
    bytes.fromhex("608648016503040203"): SHA512,
}
_PSS = bytes.fromhex("2a864886f70d01010a")
_PLAIN_RSA = frozenset(
    bytes.fromhex("2a864886f70d0101" + last) for last in ("01", "0b", "0c", "0d")
)


class Element(msgspec.Struct, frozen=True):
    """A piece of BER: its first byte, what it holds, and all of it."""

    tag: int
    content: bytes
    whole: bytes


class Signer(msgspec.Struct, frozen=True):
    """One who signed, as the message says."""

    names: tuple[bytes, bytes] | None
    key_id: bytes | None
    digest: bytes
    attributes: bytes
    algorithm: bytes
    signature: bytes


class SignedData(msgspec.Struct, frozen=True):
    """What was signed, where it stands inside, and by whom."""

    content: bytes | None
    signers: tuple[Signer, ...]


class Signature(msgspec.Struct, frozen=True):
    """A signature that holds: fingerprint of the certificate on file, and when it was made."""

    signer: str
    made_at: datetime | None


def kind_of(data: bytes) -> bytes:
    """Object identifier of what a structure is; empty where it is none."""
    try:
        return _children(_only(data))[0].content
    except (ValueError, IndexError):
        return b""


def read(data: bytes) -> SignedData | None:
    """Signed data; null where the bytes are none."""
    try:
        kind, inside = _children(_only(data))[:2]
        if kind.content != SIGNED or len(data) > LARGEST:
            return None
        parts = _children(_children(inside)[0])
        held = _children(parts[2])
        content = None
        if len(held) > 1:
            content = _octets(_children(held[1])[0])
        if held[0].content != _DATA:
            return None
        signers = [_signer(one) for one in _children(parts[-1])[:_MOST_SIGNERS]]
    except (ValueError, IndexError):
        return None
    return SignedData(content, tuple(one for one in signers if one is not None))


def verified(signed: SignedData, content: bytes, certificates: Sequence[bytes]) -> Signature | None:
    """A signature over the content that holds under one of the certificates; null: none does.

    Args:
        signed: as `read`.
        content: what must have been signed.
        certificates: that are known, PEM or DER, one each.
    """
    known = [one for data in certificates if (one := _certificate(data)) is not None]
    for signer in signed.signers:
        for one in known:
            made_at = _holds(signer, one, content) if _names(signer, one) else None
            if made_at is not None:
                return Signature(one.fingerprint(SHA256()).hex(), made_at)
    return None


def _certificate(data: bytes) -> x509.Certificate | None:
    try:
        if data.lstrip().startswith(b"-----"):
            return x509.load_pem_x509_certificate(data)
        return x509.load_der_x509_certificate(data)
    except (ValueError, UnsupportedAlgorithm):
        return None


def _names(signer: Signer, one: x509.Certificate) -> bool:
    """Whether a signer says that this is its certificate."""
    try:
        if signer.names is not None:
            serial = int.from_bytes(signer.names[1], "big", signed=True)
            return (one.issuer.public_bytes(), one.serial_number) == (signer.names[0], serial)
        held = one.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    except (ValueError, x509.ExtensionNotFound, x509.DuplicateExtension):
        return False
    return held.digest == signer.key_id


def _holds(signer: Signer, one: x509.Certificate, content: bytes) -> datetime | None:
    """When a signature was made, while its certificate was in force; null: it does not hold."""
    algorithm = _HASHES.get(signer.digest)
    try:
        told = dict(_attributes(signer.attributes))
        made_at = _moment(told[_TIME])
        if algorithm is None or _only(told[_KIND]).content != _DATA or not _may_sign(one):
            return None
        digest = Hash(algorithm())
        digest.update(content)
        if not hmac.compare_digest(digest.finalize(), _octets(_only(told[_DIGEST]))):
            return None
        # Signed as a set, though it is sent under a tag of its own (RFC 5652, section 5.4).
        _check(signer, one, bytes((_SET,)) + signer.attributes[1:], algorithm())
    except (ValueError, KeyError, IndexError, InvalidSignature, UnsupportedAlgorithm):
        return None
    in_force = one.not_valid_before_utc <= made_at < one.not_valid_after_utc
    return made_at if in_force else None


def _may_sign(one: x509.Certificate) -> bool:
    try:
        usage = one.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return True
    return usage.digital_signature or usage.content_commitment


def _check(
    signer: Signer, one: x509.Certificate, signed: bytes, algorithm: SHA256 | SHA384 | SHA512
) -> None:
    key = one.public_key()
    if isinstance(key, rsa.RSAPublicKey) and signer.algorithm == _PSS:
        pss = padding.PSS(padding.MGF1(algorithm), padding.PSS.AUTO)
        key.verify(signer.signature, signed, pss, algorithm)
    elif isinstance(key, rsa.RSAPublicKey) and signer.algorithm in _PLAIN_RSA:
        key.verify(signer.signature, signed, padding.PKCS1v15(), algorithm)
    elif isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(signer.signature, signed, ec.ECDSA(algorithm))
    else:
        raise InvalidSignature


def _attributes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Attributes by kind, each once and with one value; anything else is no message of mail."""
    seen: set[bytes] = set()
    for one in _children(_only(data)):
        kind, values = _children(one)
        if kind.content in seen:
            message = "an attribute twice"
            raise ValueError(message)
        seen.add(kind.content)
        held = _children(values)
        if kind.content in {_KIND, _DIGEST, _TIME} and len(held) != 1:
            message = "an attribute with several values"
            raise ValueError(message)
        yield kind.content, held[0].whole if held else b""


def _moment(data: bytes) -> datetime:
    """A time of X.509: UTCTime until 2049, else GeneralizedTime."""
    one = _only(data)
    utc, general = 0x17, 0x18
    if one.tag == utc:
        short = one.content.decode("ascii")
        century = "20" if int(short[:2]) < 50 else "19"  # noqa: PLR2004 where RFC 5280 cuts it
        return datetime.strptime(century + short, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
    if one.tag != general:
        message = "no time"
        raise ValueError(message)
    return datetime.strptime(one.content.decode("ascii"), "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)


def _signer(one: Element) -> Signer | None:
    """A signer; null where it signed no attributes, without which there is no time."""
    parts = _children(one)
    if len(parts) < 6 or parts[3].tag != _ATTRIBUTES:  # noqa: PLR2004 fields of SignerInfo
        return None
    who = parts[1]
    names = None
    if who.tag == _SEQUENCE:
        issuer, serial = _children(who)
        names = (issuer.whole, serial.content)
    elif who.tag != _KEY_ID:
        return None
    return Signer(
        names,
        None if names else who.content,
        _children(parts[2])[0].content,
        parts[3].whole,
        _children(parts[4])[0].content,
        _octets(parts[5]),
    )


def _octets(one: Element) -> bytes:
    """An octet string, which BER may cut into pieces."""
    if one.tag == _OCTETS:
        return one.content
    if one.tag != _OCTETS | _CONSTRUCTED:
        message = "no octet string"
        raise ValueError(message)
    pieces = _children(one)
    if any(piece.tag != _OCTETS for piece in pieces):
        message = "pieces in pieces"
        raise ValueError(message)
    return b"".join(piece.content for piece in pieces)


def _only(data: bytes) -> Element:
    one, _ = _element(data, 0)
    return one


def _children(one: Element) -> list[Element]:
    if not one.tag & _CONSTRUCTED:
        message = "no structure"
        raise ValueError(message)
    found: list[Element] = []
    at = 0
    while at < len(one.content):
        child, at = _element(one.content, at)
        found.append(child)
        if len(found) > _MOST:
            message = "too many pieces"
            raise ValueError(message)
    return found


def _element(data: bytes, at: int) -> tuple[Element, int]:
    """The element that begins at a place, and where it ends."""
    start, length = _header(data, at)
    if length is not None:
        end = start + length
        if end > len(data):
            message = "cut short"
            raise ValueError(message)
        return Element(data[at], data[start:end], data[at:end]), end
    end = _end(data, start)
    return Element(data[at], data[start : end - 2], data[at:end]), end


def _end(data: bytes, at: int) -> int:
    """Where an element of unknown length ends, after its two zeros."""
    depth, steps = 1, 0
    while depth:
        steps += 1
        if steps > _MOST or depth > _DEEPEST:
            message = "too many pieces"
            raise ValueError(message)
        if data[at : at + 2] == b"\0\0":
            depth, at = depth - 1, at + 2
            continue
        start, length = _header(data, at)
        depth += length is None
        at = start + (length or 0)
        if at > len(data):
            message = "cut short"
            raise ValueError(message)
    return at


def _header(data: bytes, at: int) -> tuple[int, int | None]:
    """Where an element's content begins, and how long it is; null: until two zeros."""
    tag, first = data[at], data[at + 1]  # IndexError is caught where ValueError is
    if tag & _HIGH == _HIGH:
        message = "a tag that no mail has"
        raise ValueError(message)
    if first < _LONG:
        return at + 2, first
    if first == _LONG:
        if not tag & _CONSTRUCTED:
            message = "no end"
            raise ValueError(message)
        return at + 2, None
    count = first - _LONG
    if count > 4 or at + 2 + count > len(data):  # noqa: PLR2004 bytes of a length up to 4 GiB
        message = "a length that no mail has"
        raise ValueError(message)
    return at + 2 + count, int.from_bytes(data[at + 2 : at + 2 + count], "big")
