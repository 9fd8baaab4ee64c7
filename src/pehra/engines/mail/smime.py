"""S/MIME in mail (RFC 8551): signed, or signed and enveloped, by certificates of X.509."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs7,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from pehra.engines.mail.multipart import entity, in_base64, multipart
from pehra.kernel.errors import UsageError

if TYPE_CHECKING:
    from datetime import datetime

_DAYS = 3 * 366
_BITS = 3072
_BEGIN = b"-----BEGIN CERTIFICATE-----"
_FAULTS = (ValueError, TypeError, UnsupportedAlgorithm)


def new_identity(name: str, address: str, *, now: datetime) -> bytes:
    """A key and a certificate that it signed itself, as PEM, until an authority's is there."""
    key = rsa.generate_private_key(65537, _BITS)
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, name[:64] or address[:64]),
            x509.NameAttribute(NameOID.EMAIL_ADDRESS, address),
        ]
    )
    usage = x509.KeyUsage(
        digital_signature=True, key_encipherment=True, content_commitment=False,
        data_encipherment=False, key_agreement=False, key_cert_sign=False, crl_sign=False,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=_DAYS))
        .add_extension(x509.SubjectAlternativeName([x509.RFC822Name(address)]), critical=False)
        .add_extension(usage, critical=True)
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False
        )
        .sign(key, SHA256())
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem + made.public_bytes(Encoding.PEM)


def public_of(identity: bytes) -> bytes:
    """The certificates of an identity, as PEM, without its key.

    Raises:
        UsageError: there is no certificate.
    """
    return b"".join(one.public_bytes(Encoding.PEM) for one in _certificates(identity))


def fingerprint_of(identity: bytes) -> str:
    """SHA-256 of an identity's own certificate, in hexadecimal.

    Raises:
        UsageError: there is no certificate.
    """
    return _certificates(identity)[0].fingerprint(SHA256()).hex()


def check_identity(identity: bytes) -> None:
    """See that bytes are a key and its certificate, as PEM.

    Raises:
        UsageError: they are not, or do not belong together.
    """
    own, key = _certificates(identity)[0], _key(identity)
    if own.public_key() != key.public_key():
        message = "The first certificate is not that of the key."
        raise UsageError(message, mend="Put the key first, then its certificate, then the others.")


def _certificates(data: bytes) -> list[x509.Certificate]:
    try:
        if _BEGIN in data:
            found = x509.load_pem_x509_certificates(data)
        else:
            found = [x509.load_der_x509_certificate(data)]
    except _FAULTS:
        message = "That is no X.509 certificate."
        raise UsageError(message, mend="Give one as PEM or DER.") from None
    return found


@lru_cache(maxsize=4)
def _key(identity: bytes) -> rsa.RSAPrivateKey:
    # Kept, since reading a key of RSA proves its numbers, which takes longer than signing.
    try:
        key = load_pem_private_key(identity, None)
    except _FAULTS:
        message = "That is no key without a password, as PEM."
        raise UsageError(message, mend="Put it into the file in clear; the file is 0600.") from None
    if not isinstance(key, rsa.RSAPrivateKey):
        message = "The key is not of RSA."
        raise UsageError(message, mend="S/MIME readers everywhere know RSA.")
    return key


def signed(part: bytes, identity: bytes) -> bytes:
    """An entity, and beside it a detached signature over exactly its bytes.

    Raises:
        UsageError: that is no identity.
    """
    own, *chain = _certificates(identity)
    builder = pkcs7.PKCS7SignatureBuilder().set_data(part)
    builder = builder.add_signer(own, _key(identity), SHA256())
    for one in chain:
        builder = builder.add_certificate(one)
    options = [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary]
    beside = entity(
        {
            "Content-Type": 'application/pkcs7-signature; name="smime.p7s"',
            "Content-Transfer-Encoding": "base64",
            "Content-Disposition": 'attachment; filename="smime.p7s"',
        },
        in_base64(builder.sign(Encoding.DER, options)),
    )
    kind = 'signed; micalg="sha-256"; protocol="application/pkcs7-signature"'
    return multipart(kind, [part, beside])


def enveloped(part: bytes, certificates: bytes, *, now: datetime) -> bytes:
    """An entity that only the holders of the certificates can read; sign it before.

    Raises:
        UsageError: no certificate is in force, or none encrypts by RSA.
    """
    readers = [
        one
        for one in _certificates(certificates)
        if one.not_valid_before_utc <= now < one.not_valid_after_utc
        and isinstance(one.public_key(), rsa.RSAPublicKey)
    ]
    if not readers:
        message = "There is no certificate in force that encrypts by RSA."
        raise UsageError(message, mend="Ask the recipient for a new one.")
    # A chain begins with the recipient's own; what follows are authorities.
    builder = pkcs7.PKCS7EnvelopeBuilder().set_data(part).add_recipient(readers[0])
    builder = builder.set_content_encryption_algorithm(AES256)
    headers = {
        "Content-Type": 'application/pkcs7-mime; smime-type=enveloped-data; name="smime.p7m"',
        "Content-Transfer-Encoding": "base64",
        "Content-Disposition": 'attachment; filename="smime.p7m"',
    }
    sealed = builder.encrypt(Encoding.DER, [pkcs7.PKCS7Options.Binary])
    return entity(headers, in_base64(sealed))


def opened(sealed: bytes, identity: bytes) -> bytes | None:
    """The entity that was enveloped to our certificate; null: we cannot read it."""
    try:
        own, key = _certificates(identity)[0], _key(identity)
        return pkcs7.pkcs7_decrypt_der(sealed, own, key, [])
    except (UsageError, *_FAULTS):
        return None
