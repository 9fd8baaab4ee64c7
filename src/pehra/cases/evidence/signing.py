"""The key that signs what is handed over: `keys/evidence.key`, Ed25519 in PEM (RFC 8410).

It is apart from the ledger's key, so that its public half can be published to courts under its own
fingerprint, and replaced without a new ledger. `openssl pkeyutl -verify -rawin` checks what it
signs.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from pehra.engines.durable import keep_secret
from pehra.engines.lake.lock import only_one
from pehra.kernel.errors import EnvironmentFault

if TYPE_CHECKING:
    from pathlib import Path

    from pehra.kernel.settings import Home

_OTHERS = 0o077


class EvidenceKey(msgspec.Struct, frozen=True):
    """The signing key; its `repr` says nothing of the secret half."""

    private: Ed25519PrivateKey

    @property
    def public_pem(self) -> bytes:
        """As a package carries it, and as `openssl` reads it."""
        form = PublicFormat.SubjectPublicKeyInfo
        return self.private.public_key().public_bytes(Encoding.PEM, form)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the public key's DER form, hexadecimal."""
        form = PublicFormat.SubjectPublicKeyInfo
        return hashlib.sha256(
            self.private.public_key().public_bytes(Encoding.DER, form)
        ).hexdigest()

    def sign(self, data: bytes) -> bytes:
        """64 bytes (RFC 8032)."""
        return self.private.sign(data)


def key_file(home: Home) -> Path:
    """Where the key is."""
    return home.keys / "evidence.key"


def evidence_key(home: Home) -> EvidenceKey:
    """The key, made on first use.

    Raises:
        EnvironmentFault: it cannot be made or read, is none, or others may read it.
    """
    path = key_file(home)
    with only_one(home.locks / "evidence-key"):
        if not path.exists():
            form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            keep_secret(path, Ed25519PrivateKey.generate().private_bytes(*form))
    try:
        if path.stat().st_mode & _OTHERS:
            message = f"Others may read {path}."
            raise EnvironmentFault(message, mend=f"Run `chmod 600 {path}`.")
        found = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError) as error:
        message = f"Cannot use {path}: {error}."
        raise EnvironmentFault(message, mend="Bring the file back from a backup.") from None
    if not isinstance(found, Ed25519PrivateKey):
        message = f"{path} is no Ed25519 key."
        raise EnvironmentFault(message, mend="Bring the file back from a backup.")
    return EvidenceKey(found)
