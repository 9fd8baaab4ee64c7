"""OpenPGP in mail (RFC 3156): signed, or signed and encrypted, by Sequoia.

What is encrypted carries its true subject inside ("protected headers"); outside stands one that
says nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pysequoia import (
    Cert,
    CipherSuite,
    Profile,
    Sig,
    SignatureMode,
    Tsk,
    decrypt,
    encrypt,
    sign,
    verify,
)

from pehra.engines.mail.cms import Signature
from pehra.engines.mail.multipart import entity, multipart
from pehra.kernel.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

_YEARS = 3
_FAULTS = (RuntimeError, ValueError, TypeError)
"""What Sequoia raises over bytes that are no key, or a key that cannot do what is asked."""


def new_key(name: str, address: str) -> bytes:
    """A secret key for signing, and for mail that comes back, valid for three years (RFC 4880)."""
    made = Tsk.generate(
        f"{name} <{address}>" if name else f"<{address}>",
        profile=Profile.RFC4880,
        cipher_suite=CipherSuite.Cv25519,
        validity_seconds=_YEARS * 366 * 86_400,
    )
    return str(made).encode()


def public_of(secret: bytes) -> bytes:
    """The certificate of a secret key, in ASCII armour, to be given to everybody.

    Raises:
        UsageError: that is no secret key.
    """
    return str(_secret(secret).extract_certificate()).encode()


def fingerprint_of(secret: bytes) -> str:
    """The fingerprint of a secret key, in hexadecimal."""
    return _secret(secret).extract_certificate().fingerprint


def _secret(secret: bytes) -> Tsk:
    try:
        return Tsk.from_bytes(secret)
    except _FAULTS:
        message = "That is no OpenPGP secret key."
        raise UsageError(message, mend="Make one with `pehra keys mail`.") from None


def usable(certificates: bytes, *, now: datetime) -> list[Cert]:
    """The certificates that are neither expired nor revoked.

    Raises:
        UsageError: there is none among the bytes.
    """
    try:
        found = Cert.split_bytes(certificates)
        good = [
            one
            for one in found
            if not one.is_revoked and (one.expiration is None or one.expiration > now)
        ]
    except _FAULTS:
        good = []
    if not good:
        message = "There is no OpenPGP certificate in force."
        raise UsageError(message, mend="Ask the recipient for a new one.")
    return good


def signed(part: bytes, secret: bytes) -> bytes:
    """An entity, and beside it a detached signature over exactly its bytes.

    Raises:
        UsageError: that is no key that signs.
    """
    try:
        signature = sign(_secret(secret).signer(), part, mode=SignatureMode.DETACHED)
        algorithm = str(Sig.from_bytes(signature).hash_algorithm).rpartition(".")[2].lower()
    except _FAULTS:
        message = "The OpenPGP key of the home does not sign."
        raise UsageError(message, mend="Make a new one with `pehra keys mail`.") from None
    kind = f'signed; micalg="pgp-{algorithm}"; protocol="application/pgp-signature"'
    beside = entity(
        {
            "Content-Type": 'application/pgp-signature; name="signature.asc"',
            "Content-Description": "OpenPGP digital signature",
        },
        _lines(signature),
    )
    return multipart(kind, [part, beside])


def encrypted(part: bytes, certificates: bytes, secret: bytes, *, now: datetime) -> bytes:
    """An entity that only the holders of the certificates can read, signed inside.

    Args:
        part: entity.
        certificates: of the recipient; all that are in force can read it.
        secret: the home's key; empty: it is not signed.
        now: when the certificates must be in force.

    Raises:
        UsageError: no certificate is in force, or none encrypts.
    """
    readers = usable(certificates, now=now)
    signer = _secret(secret).signer() if secret else None
    try:
        sealed = encrypt(part, readers, signer)
    except _FAULTS:
        message = "The OpenPGP certificate does not encrypt."
        raise UsageError(message, mend="Ask the recipient for another.") from None
    version = entity({"Content-Type": "application/pgp-encrypted"}, b"Version: 1\r\n")
    inside = entity(
        {"Content-Type": 'application/octet-stream; name="encrypted.asc"'}, _lines(sealed)
    )
    return multipart('encrypted; protocol="application/pgp-encrypted"', [version, inside])


def verified(content: bytes, signature: bytes, certificates: Sequence[bytes]) -> Signature | None:
    """A signature over the content that holds under one of the certificates; null: it does not.

    Sequoia judges a certificate as of the signature's time: what had expired or was revoked by
    then does not hold, nor what was revoked since because its key was lost.
    """
    try:
        one = Sig.from_bytes(signature)
        made_at = one.created
        found = verify(content, store=lambda _: _known(certificates), signature=one)
        signer = found.valid_sigs[0].certificate.lower()
    except (IndexError, *_FAULTS):
        return None
    return None if made_at is None else Signature(signer, made_at)


def opened(
    sealed: bytes, secret: bytes, certificates: Sequence[bytes]
) -> tuple[bytes, Signature | None] | None:
    """What was encrypted to our key, and who signed it inside; null: we cannot read it.

    When it was signed, Sequoia judges but does not tell.
    """
    try:
        reader = _secret(secret).decryptor()
    except (UsageError, *_FAULTS):
        return None
    try:
        found = decrypt(sealed, reader, store=lambda _: _known(certificates))
        signer = Signature(found.valid_sigs[0].certificate.lower(), None)
    except (IndexError, *_FAULTS):
        # Nobody signed it whom we know: it can be read none the less.
        try:
            found, signer = decrypt(sealed, reader), None
        except _FAULTS:
            return None
    return (found.bytes or b"", signer)


def _known(certificates: Sequence[bytes]) -> list[Cert]:
    known = []
    for data in certificates:
        try:
            known += Cert.split_bytes(data)
        except _FAULTS:
            continue
    return known


def _lines(armour: bytes) -> bytes:
    return armour.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
