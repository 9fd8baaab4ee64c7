"""Signed data of CMS: what holds, under which certificate, and since when."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs7,
)
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from pehra.engines.mail import apart, cms, smime

if TYPE_CHECKING:
    from pathlib import Path


def key_of(identity: bytes) -> rsa.RSAPrivateKey:
    key = load_pem_private_key(identity, None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


NOW = datetime.now(tz=UTC)  # OpenSSL signs by the clock
PART = b"Content-Type: text/plain\r\n\r\nFixed.\r\n"
DESK = smime.new_identity("Desk", "desk@bank.example", now=NOW)
RSA = key_of(DESK)
KEY = RSA.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
OTHER = smime.new_identity("Other", "desk@other.example", now=NOW)
SEALED = apart.outermost(smime.signed(PART, DESK)).proof


def holds(data: bytes, content: bytes, *identities: bytes) -> bool:
    signed = cms.read(data)
    known = [smime.public_of(one) for one in identities]
    return signed is not None and cms.verified(signed, content, known) is not None


def test_a_signature_holds_under_its_own_certificate_alone() -> None:
    signed = cms.read(SEALED)
    assert signed is not None
    found = cms.verified(signed, PART, [b"junk", smime.public_of(OTHER), smime.public_of(DESK)])
    assert found is not None
    assert found.signer == smime.fingerprint_of(DESK)
    assert found.made_at is not None
    assert abs(found.made_at - NOW) < timedelta(minutes=5)
    assert (signed.content, holds(SEALED, PART, OTHER), holds(SEALED, PART + b" ", DESK)) == (
        None,
        False,
        False,
    )


def test_elliptic_curves_hold_too() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Desk")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name)
    made = made.public_key(key.public_key()).serial_number(1 << 63)
    made = made.not_valid_before(NOW - timedelta(1)).not_valid_after(NOW + timedelta(1))
    own = made.sign(key, SHA256())
    builder = pkcs7.PKCS7SignatureBuilder().set_data(PART).add_signer(own, key, SHA384())
    data = builder.sign(Encoding.DER, [pkcs7.PKCS7Options.Binary])
    signed = cms.read(data)
    assert signed is not None
    assert signed.content == PART
    assert cms.verified(signed, PART, [own.public_bytes(Encoding.DER)]) is not None


def test_a_certificate_must_be_in_force_when_it_signs() -> None:
    for off, good in ((-2, False), (0, True), (2, False)):
        at = NOW + timedelta(days=off)
        own = KEY + issued(at - timedelta(days=1), at + timedelta(days=1))
        data = apart.outermost(smime.signed(PART, own)).proof
        assert holds(data, PART, own) == good


def test_a_signature_without_a_time_does_not_hold() -> None:
    own = x509.load_pem_x509_certificate(smime.public_of(DESK))
    builder = pkcs7.PKCS7SignatureBuilder().set_data(PART).add_signer(own, RSA, SHA256())
    options = [pkcs7.PKCS7Options.NoAttributes, pkcs7.PKCS7Options.Binary]
    assert not holds(builder.sign(Encoding.DER, options), PART, DESK)


@given(st.integers(0, len(SEALED) - 1), st.integers(1, 255))
def test_an_altered_byte_never_makes_another_message_hold(place: int, change: int) -> None:
    altered = bytearray(SEALED)
    altered[place] ^= change
    # What is not signed, such as a certificate beside it, may change; other words never hold.
    assert not holds(bytes(altered), PART.replace(b"Fixed", b"Wrong"), DESK)
    assert not holds(bytes(altered), PART, OTHER)


@given(st.binary(max_size=64) | st.integers(0, len(SEALED)).map(lambda end: SEALED[:end]))
def test_whatever_the_bytes_are_nothing_raises(data: bytes) -> None:
    assert cms.read(data) is None or data == SEALED
    assert cms.kind_of(data) in {b"", cms.SIGNED} or data[:1] != SEALED[:1]


def test_what_unfolds_without_end_is_refused() -> None:
    assert cms.read(b"\x30\x80" * 100_000) is None
    assert cms.read(b"\x30\x80" + b"\x05\x00" * 100_000 + b"\0\0") is None


def issued(since: datetime, until: datetime) -> bytes:
    """A certificate for the desk's key, that names the key, by which a signer may be named too."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Desk")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).serial_number(7)
    made = made.not_valid_before(since).not_valid_after(until).public_key(RSA.public_key())
    told = x509.SubjectKeyIdentifier.from_public_key(RSA.public_key())
    made = made.add_extension(told, critical=False)
    return made.sign(RSA, SHA256()).public_bytes(Encoding.PEM)


@pytest.mark.service
@pytest.mark.parametrize(
    ("how", "opaque"),
    [
        (["smime", "-sign"], False),
        (["cms", "-sign", "-md", "sha512", "-keyid"], False),
        (["cms", "-sign", "-keyopt", "rsa_padding_mode:pss"], False),
        (["cms", "-sign", "-nodetach", "-stream"], True),
    ],
)
def test_what_openssl_signs_holds(tmp_path: Path, how: list[str], *, opaque: bool) -> None:
    own = issued(NOW - timedelta(days=1), NOW + timedelta(days=1))
    for name, data in (("key", KEY), ("cert", own), ("part", PART)):
        (tmp_path / name).write_bytes(data)
    where = ["-signer", "cert", "-inkey", "key", "-in", "part", "-binary"]
    command = ["openssl", *how[:2], *where, *how[2:]]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True)
    layer = apart.outermost(done.stdout)
    signed = cms.read(layer.proof)
    assert signed is not None
    assert layer.form == (apart.Form.CMS if opaque else apart.Form.SIGNED)
    assert (signed.content if opaque else layer.content) == PART
    assert cms.verified(signed, PART, [own]) is not None
    assert cms.verified(signed, PART.replace(b"F", b"f"), [own]) is None
