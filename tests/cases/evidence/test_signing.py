"""The key of evidence: made once, its own, and readable by its owner only."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_public_key,
)

from pehra.cases.evidence.signing import evidence_key, key_file
from pehra.kernel.errors import EnvironmentFault
from pehra.kernel.settings import Home

if TYPE_CHECKING:
    from pathlib import Path


def test_it_is_made_once_and_signs(tmp_path: Path) -> None:
    home = Home(tmp_path)
    key = evidence_key(home)
    assert evidence_key(home).public_pem == key.public_pem
    assert key_file(home).stat().st_mode & 0o777 == 0o600
    public = load_pem_public_key(key.public_pem)
    assert isinstance(public, Ed25519PublicKey)
    public.verify(key.sign(b"manifest"), b"manifest")
    der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert key.fingerprint == hashlib.sha256(der).hexdigest()


def test_what_is_no_key_or_open_to_others_is_refused(tmp_path: Path) -> None:
    home = Home(tmp_path)
    evidence_key(home)
    path = key_file(home)
    path.chmod(0o644)
    with pytest.raises(EnvironmentFault, match="Others may read"):
        evidence_key(home)
    path.chmod(0o600)
    other = generate_private_key(SECP256R1())
    pem = other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for data, words in ((b"x", "Cannot use"), (pem, "is no Ed25519 key")):
        path.write_bytes(data)
        with pytest.raises(EnvironmentFault, match=words):
            evidence_key(home)
