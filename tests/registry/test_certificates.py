"""Certificates for mail: what is read of them, and what is none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pysequoia
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hypothesis import given
from hypothesis import strategies as st

from pehra.registry.certificates import LARGEST, Unreadable, read_key

NOW = datetime(2026, 11, 22, tzinfo=UTC)
END = NOW + timedelta(days=30)
EC = ec.generate_private_key(ec.SECP256R1())
Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey


def certificate(key: Key, *usages: x509.ObjectIdentifier) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bank.example")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(NOW)
        .not_valid_after(END)
    )
    if usages:
        made = made.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
    return made.sign(EC, SHA256())


def test_both_spellings_are_one_certificate() -> None:
    made = certificate(EC, ExtendedKeyUsageOID.EMAIL_PROTECTION)
    found = [read_key(made.public_bytes(kind)) for kind in (Encoding.PEM, Encoding.DER)]
    assert [(key.kind, key.fingerprint, key.expires_at) for key in found] == [
        ("smime", made.fingerprint(SHA256()).hex(), END)
    ] * 2


def test_a_certificate_that_says_no_use_is_taken() -> None:
    strong = rsa.generate_private_key(65537, 2048)
    assert read_key(certificate(strong).public_bytes(Encoding.DER)).kind == "smime"


@pytest.mark.parametrize(
    ("key", "usages"),
    [
        (EC, (ExtendedKeyUsageOID.SERVER_AUTH,)),
        (rsa.generate_private_key(65537, 1024), ()),  # noqa: S505 too weak on purpose
        (ed25519.Ed25519PrivateKey.generate(), ()),
    ],
)
def test_what_cannot_seal_mail_is_refused(
    key: Key, usages: tuple[x509.ObjectIdentifier, ...]
) -> None:
    with pytest.raises(Unreadable, match="not for mail, or its key is too weak"):
        read_key(certificate(key, *usages).public_bytes(Encoding.DER))


def test_a_large_file_is_not_read() -> None:
    with pytest.raises(Unreadable, match="too large"):
        read_key(b"x" * (LARGEST + 1))


@given(st.binary(max_size=300), st.booleans())
def test_any_bytes_are_refused_in_words(data: bytes, marked: bool) -> None:  # noqa: FBT001 a parameter
    text = b"-----BEGIN CERTIFICATE-----" + data if marked else data
    with pytest.raises(Unreadable):
        read_key(text)


def test_an_openpgp_certificate_is_read_in_both_spellings() -> None:
    own = pysequoia.Tsk.generate("Desk <desk@bank.example>")
    public = own.extract_certificate()
    found = [read_key(data) for data in (str(public).encode(), bytes(public))]
    assert [(key.kind, key.fingerprint) for key in found] == [("openpgp", public.fingerprint)] * 2
    assert found[0].expires_at == public.expiration
    again = pysequoia.Cert.from_bytes(found[1].content)
    assert again.fingerprint == public.fingerprint


def test_a_private_key_is_refused_and_not_kept() -> None:
    own = pysequoia.Tsk.generate("Desk <desk@bank.example>")
    key = EC.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    both = certificate(EC).public_bytes(Encoding.PEM) + key
    for data in (str(own).encode(), bytes(own), both):
        with pytest.raises(Unreadable, match="private key"):
            read_key(data)


def test_what_stands_beside_a_certificate_is_not_kept() -> None:
    made = certificate(EC).public_bytes(Encoding.PEM)
    assert read_key(b"a note of mine\n" + made).content == made


def test_a_certificate_that_seals_nothing_is_refused() -> None:
    with pytest.raises(Unreadable, match="no OpenPGP certificate"):
        read_key(b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nabc")
