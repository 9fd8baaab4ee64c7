"""Keys as people upload them: an X.509 certificate for mail (RFC 8550) in PEM or DER.

Only what is needed to show and to keep a key is read here; sealing is the mail engine's.
"""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509.oid import ExtendedKeyUsageOID

from pehra.registry.contacts import KeyFacts

LARGEST = 256 * 1024
"""Bytes; no certificate for mail is larger."""
_LEAST_BITS = 2048
_FOR_MAIL = frozenset(
    {ExtendedKeyUsageOID.EMAIL_PROTECTION, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}
)


class Unreadable(ValueError):
    """What was uploaded is no key to which mail can be sealed; says why."""


def read_key(content: bytes) -> KeyFacts:
    """What was uploaded, with its fingerprint and end.

    Raises:
        Unreadable: it is neither kind, for something else than mail, or too weak.
    """
    if len(content) > LARGEST:
        message = "the file is too large for a certificate"
        raise Unreadable(message)
    return _of_x509(content)


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
        content=content,
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
