"""S/MIME mail as `cryptography` and OpenSSL read it: what was altered does not verify."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key, pkcs7
from tests.engines.mail.test_smtp import certificate

from pehra.engines.mail.smime import (
    check_identity,
    enveloped,
    fingerprint_of,
    new_identity,
    public_of,
    signed,
)
from pehra.kernel.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime.now(tz=UTC)  # OpenSSL reads the clock
PART = b"Content-Type: text/plain\r\n\r\nOpen Telnet at 192.0.2.1\r\n"
HOME = new_identity("National CERT", "notices@cert.example", now=NOW)
DESK = new_identity("", "desk@bank.example", now=NOW)


def opened(entity: bytes, identity: bytes) -> bytes:
    sealed = message_from_bytes(entity).get_payload(decode=True)
    assert isinstance(sealed, bytes)
    key = load_pem_private_key(identity, None)
    assert isinstance(key, rsa.RSAPrivateKey)
    cert = x509.load_pem_x509_certificate(public_of(identity))
    return pkcs7.pkcs7_decrypt_der(sealed, cert, key, [])


def test_what_is_signed_is_a_part_and_a_signature() -> None:
    message = message_from_bytes(signed(PART, HOME))
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/signed",
        "text/plain",
        "application/pkcs7-signature",
    ]


def test_what_is_enveloped_opens_for_its_reader_alone() -> None:
    whole = enveloped(PART, public_of(DESK), now=NOW)
    assert (opened(whole, DESK), b"192.0.2.1" in whole) == (PART, False)
    with pytest.raises(ValueError, match="recipient"):
        opened(whole, HOME)


def test_certificates_that_cannot_be_used(tmp_path: Path) -> None:
    later = NOW + timedelta(days=4 * 366)
    elliptic = public_of((tmp_path / certificate(tmp_path)).read_bytes())
    for given, now in ((public_of(DESK), later), (elliptic, NOW)):
        with pytest.raises(UsageError, match="encrypts by RSA"):
            enveloped(PART, given, now=now)
    with pytest.raises(UsageError, match="no X"):
        enveloped(PART, b"nothing", now=NOW)


def test_what_is_no_identity(tmp_path: Path) -> None:
    check_identity(HOME)
    key = DESK[: DESK.index(b"-----BEGIN CERTIFICATE")]
    wrong = {
        "not that of the key": key + public_of(HOME),
        "no key without a password": public_of(HOME),
        "not of RSA": (tmp_path / certificate(tmp_path)).read_bytes(),
        "no X": b"nothing",
    }
    for words, given in wrong.items():
        with pytest.raises(UsageError, match=words):
            check_identity(given)
    der = x509.load_pem_x509_certificate(public_of(HOME))
    assert fingerprint_of(HOME) == der.fingerprint(der.signature_hash_algorithm).hex()  # type: ignore[arg-type] # a certificate of ours has one


def openssl(*words: str, given: bytes) -> subprocess.CompletedProcess[bytes]:
    command = [shutil.which("openssl") or "openssl", "cms", *words]
    return subprocess.run(command, input=given, capture_output=True, check=False)


@pytest.mark.service
def test_openssl_verifies_and_decrypts(tmp_path: Path) -> None:
    home, desk = tmp_path / "home.pem", tmp_path / "desk.pem"
    home.write_bytes(public_of(HOME))
    desk.write_bytes(DESK)
    verify = ("-verify", "-CAfile", str(home), "-purpose", "any")
    whole = signed(PART, HOME)
    told = [openssl(*verify, given=given) for given in (whole, whole.replace(b"192", b"193"))]
    assert [one.returncode for one in told] == [0, 4]
    assert told[0].stdout == PART
    sealed = enveloped(whole, public_of(DESK), now=NOW)
    inside = openssl("-decrypt", "-inkey", str(desk), "-recip", str(desk), given=sealed)
    assert openssl(*verify, given=inside.stdout).stdout == PART
