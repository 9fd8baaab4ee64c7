"""Keys as people upload them: an OpenPGP certificate (RFC 9580), or X.509 for mail (RFC 8550).

Only what is needed to show and to keep a key is read here; sealing is the mail engine's. What is
kept is the public part alone, written anew: nothing that was uploaded beside it stays.
"""

from __future__ import annotations

import pysequoia
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from pehra.registry.contacts import KeyFacts

LARGEST = 256 * 1024
"""Bytes; no certificate for mail is larger."""
_LEAST_BITS = 2048
_FOR_MAIL = frozenset(
    {ExtendedKeyUsageOID.EMAIL_PROTECTION, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}
)
_PACKET, _OLD, _NEW, _SECRET = 0x80, 0b00111100, 0b00111111, 5
"""A byte with the first bit set begins an OpenPGP packet, and no DER; 5 is the tag of a secret
key."""


class Unreadable(ValueError):
    """What was uploaded is no key to which mail can be sealed; says why."""


def read_key(content: bytes) -> KeyFacts:
    """What was uploaded, with its fingerprint and end.

    Raises:
        Unreadable: it is neither kind, for something else than mail, too weak, or private.
    """
    if len(content) > LARGEST:
        message = "the file is too large for a certificate"
        raise Unreadable(message)
    if b"PRIVATE KEY" in content or _tag(content) == _SECRET:
        message = "this is a private key: keep it to yourself, and take it as known to others now"
        raise Unreadable(message)
    if b"-----BEGIN PGP" in content or _tag(content) is not None:
        return _of_openpgp(content)
    return _of_x509(content)


def _tag(content: bytes) -> int | None:
    """Tag of the first OpenPGP packet (RFC 9580, section 4.2); null where there is none."""
    first = content[0] if content else 0
    if not first & _PACKET:
        return None
    return first & _NEW if first & 0x40 else (first & _OLD) >> 2


def _of_openpgp(content: bytes) -> KeyFacts:
    try:
        found = pysequoia.Cert.from_bytes(content)
        pysequoia.encrypt(b"", recipients=[found])
        revoked = found.is_revoked
    except (RuntimeError, ValueError, TypeError) as error:
        message = f"no OpenPGP certificate to seal mail to: {str(error).splitlines()[0][:120]}"
        raise Unreadable(message) from None
    if revoked:
        message = "the OpenPGP certificate is revoked"
        raise Unreadable(message)
    return KeyFacts(
        kind="openpgp",
        content=str(found).encode(),
        fingerprint=found.fingerprint.lower(),
        expires_at=found.expiration,
    )


def _of_x509(content: bytes) -> KeyFacts:
    try:
        pem = b"-----BEGIN CERTIFICATE-----" in content
        found = (
            x509.load_pem_x509_certificate(content)
            if pem
            else x509.load_der_x509_certificate(content)
        )
        key, sound = found.public_key(), _for_mail(found)
    except (ValueError, TypeError, x509.DuplicateExtension) as error:
        message = f"no certificate: {str(error)[:120]}"
        raise Unreadable(message) from None
    strong = (isinstance(key, RSAPublicKey) and key.key_size >= _LEAST_BITS) or isinstance(
        key, EllipticCurvePublicKey
    )
    if not (sound and strong):
        message = "the certificate is not for mail, or its key is too weak"
        raise Unreadable(message)
    return KeyFacts(
        kind="smime",
        content=found.public_bytes(Encoding.PEM),
        fingerprint=found.fingerprint(hashes.SHA256()).hex(),
        expires_at=found.not_valid_after_utc,
    )


def _for_mail(found: x509.Certificate) -> bool:
    """Whether a certificate may be used to seal mail; one that does not say may."""
    try:
        usages = found.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return True
    return not _FOR_MAIL.isdisjoint(usages)
