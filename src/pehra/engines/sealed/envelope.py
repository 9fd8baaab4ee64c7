"""A few kilobytes sealed for the day when the keys are lost: for an escrow, or by a passphrase.

For an escrow: HPKE, RFC 9180, with X25519, HKDF-SHA256 and AES-256-GCM, so that sealing needs the
public key only. By a passphrase: AES-256-GCM under scrypt (RFC 7914; N 2^17, r 8, p 1).
"""

from __future__ import annotations

import hashlib
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from pehra.kernel.errors import Refused, UsageError

_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_ESCROW = b"PEHRAE1\n"
_PHRASE = b"PEHRAP1\n"
_SALT, _NONCE = 16, 12
_COST, _BLOCK, _LANES = 1 << 17, 8, 1
_SHORTEST = 12
"""Characters of a passphrase; the sealed file is tried at leisure by whoever steals it."""


def public_of(secret: bytes) -> bytes:
    """The public key, 32 bytes, of a private one."""
    return X25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()


def escrow_of(public: bytes) -> str:
    """Name of an escrow: 8 hexadecimal digits of its public key's SHA-256."""
    return hashlib.sha256(public).hexdigest()[:8]


def seal_for(public: bytes, data: bytes) -> bytes:
    """Seal for the escrow of this public key."""
    key = X25519PublicKey.from_public_bytes(public)
    return _ESCROW + _SUITE.encrypt(data, key, info=_ESCROW + public)


def open_by(secret: bytes, sealed: bytes) -> bytes:
    """What was sealed for the escrow of this private key.

    Raises:
        Refused: it was not, or it was altered.
    """
    key = X25519PrivateKey.from_private_bytes(secret)
    try:
        _check(sealed.startswith(_ESCROW))
        info = _ESCROW + public_of(secret)
        return bytes(_SUITE.decrypt(sealed.removeprefix(_ESCROW), key, info=info))
    except InvalidTag:
        message = "These shares do not open it."
        raise Refused(message, mend="Bring shares of the escrow that it was sealed for.") from None


def seal_by(phrase: str, data: bytes) -> bytes:
    """Seal by a passphrase.

    Raises:
        UsageError: the passphrase is short.
    """
    if len(phrase) < _SHORTEST:
        message = f"The passphrase has fewer than {_SHORTEST} characters."
        raise UsageError(message, mend="Take five words or more that nobody connects.")
    salt, nonce = os.urandom(_SALT), os.urandom(_NONCE)
    return _PHRASE + salt + nonce + AESGCM(_key(phrase, salt)).encrypt(nonce, data, _PHRASE)


def open_with(phrase: str, sealed: bytes) -> bytes:
    """What `seal_by` sealed.

    Raises:
        Refused: another passphrase, or it was altered.
    """
    rest = sealed.removeprefix(_PHRASE)
    salt, nonce, data = rest[:_SALT], rest[_SALT:][:_NONCE], rest[_SALT + _NONCE :]
    try:
        _check(sealed.startswith(_PHRASE) and len(nonce) == _NONCE)
        return AESGCM(_key(phrase, salt)).decrypt(nonce, data, _PHRASE)
    except InvalidTag:
        message = "This passphrase does not open it."
        raise Refused(message, mend="Give the passphrase that it was sealed by.") from None


def _check(holds: bool, /) -> None:  # noqa: FBT001 what it is about
    if not holds:
        raise InvalidTag


def _key(phrase: str, salt: bytes) -> bytes:
    words = phrase.encode()
    most = 256 * _COST * _BLOCK
    return hashlib.scrypt(words, salt=salt, n=_COST, r=_BLOCK, p=_LANES, dklen=32, maxmem=most)
