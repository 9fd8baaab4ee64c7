"""OpenPGP mail as Sequoia and GnuPG read it: what was altered does not verify."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from typing import TYPE_CHECKING

import pytest
from pysequoia import Cert, Sig, Tsk, decrypt, verify

from pehra.engines.mail.openpgp import (
    encrypted,
    fingerprint_of,
    new_key,
    public_of,
    signed,
    usable,
)
from pehra.kernel.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = datetime.now(tz=UTC)  # keys know the time of their making, which Sequoia takes from the clock
PART = b"Content-Type: text/plain\r\n\r\nOpen Telnet at 192.0.2.1\r\n"
HOME = new_key("National CERT", "notices@cert.example")
DESK = new_key("Desk", "desk@bank.example")


def parts(entity: bytes) -> list[bytes]:
    """Entities of a multipart, as the bytes that they are."""
    boundary = f"--{message_from_bytes(entity).get_boundary()}".encode()
    return [part.removeprefix(b"\r\n")[:-2] for part in entity.split(boundary)[1:-1]]


def body(entity: bytes) -> bytes:
    return entity.partition(b"\r\n\r\n")[2]


def check(part: bytes, signature: bytes) -> int:
    """How many signatures by the home hold."""
    found = verify(
        part,
        store=lambda _: [Cert.from_bytes(public_of(HOME))],
        signature=Sig.from_bytes(signature),
    )
    return len(found.valid_sigs)


def test_what_is_signed_verifies_and_what_was_altered_does_not() -> None:
    whole = signed(PART, HOME)
    message = message_from_bytes(whole)
    part, beside = parts(whole)
    assert (message.get_content_type(), message.get_param("micalg"), part) == (
        "multipart/signed",
        "pgp-sha512",
        PART,
    )
    assert check(part, body(beside)) == 1
    with pytest.raises(RuntimeError):
        check(part.replace(b"192", b"193"), body(beside))


def test_what_is_encrypted_opens_for_its_reader_alone_and_is_signed() -> None:
    whole = encrypted(PART, public_of(DESK), HOME, now=NOW)
    version, inside = parts(whole)
    assert (body(version), b"192.0.2.1" in whole) == (b"Version: 1\r\n", False)
    reader = Tsk.from_bytes(DESK).decryptor()
    found = decrypt(body(inside), reader, store=lambda _: [Cert.from_bytes(public_of(HOME))])
    assert (found.bytes, len(found.valid_sigs)) == (PART, 1)
    with pytest.raises(RuntimeError):
        decrypt(body(inside), Tsk.from_bytes(HOME).decryptor(), store=lambda _: [])


def test_certificates_that_cannot_be_used() -> None:
    later = NOW + timedelta(days=4 * 366)
    for given, now in ((b"", NOW), (b"nothing", NOW), (public_of(DESK), later)):
        with pytest.raises(UsageError, match="certificate in force"):
            usable(given, now=now)
    own = Tsk.from_bytes(DESK)
    cert = own.extract_certificate()
    revoked = Cert.from_bytes(bytes(cert) + bytes(cert.revoke(own.certifier())))
    with pytest.raises(UsageError, match="certificate in force"):
        usable(bytes(revoked), now=NOW)
    with pytest.raises(UsageError, match="no OpenPGP secret key"):
        public_of(b"nothing")
    with pytest.raises(UsageError, match="does not sign"):
        signed(PART, public_of(HOME))


def test_a_key_has_a_name_and_a_fingerprint() -> None:
    cert = Cert.from_bytes(public_of(new_key("", "a@b.example")))
    assert [str(one) for one in cert.user_ids] == ["<a@b.example>"]
    assert fingerprint_of(HOME) == Cert.from_bytes(public_of(HOME)).fingerprint


OPEN = ("--pinentry-mode", "loopback", "--passphrase", "")
GPG, GPGCONF = (shutil.which(name) or name for name in ("gpg", "gpgconf"))


def run(ring: Path, *words: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [GPG, "--homedir", str(ring), "--batch", "--status-fd", "2", *words]
    return subprocess.run(command, input=given, capture_output=True, check=False)


@pytest.fixture
def gpg(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A keyring of GnuPG's own, which knows the home's certificate and made the desk's key."""
    ring = tmp_path_factory.mktemp("g")
    ring.chmod(0o700)
    run(ring, "--import", given=public_of(HOME))
    run(ring, *OPEN, "--quick-generate-key", "x@bank.example", "future-default", "default", "1y")
    yield ring
    subprocess.run([GPGCONF, "--homedir", ring, "--kill", "all"], check=False)


@pytest.mark.service
def test_gnupg_verifies_and_decrypts(gpg: Path) -> None:
    part, beside = parts(signed(PART, HOME))
    (gpg / "part").write_bytes(part)
    (gpg / "altered").write_bytes(part.replace(b"192", b"193"))
    told = [
        run(gpg, "--verify", "-", str(gpg / name), given=body(beside))
        for name in ("part", "altered")
    ]
    assert [one.returncode for one in told] == [0, 1]
    assert (b"GOODSIG" in told[0].stderr, b"BADSIG" in told[1].stderr) == (True, True)
    desk = run(gpg, "--export", "x@bank.example").stdout
    sealed = body(parts(encrypted(PART, desk, HOME, now=NOW))[1])
    opened = run(gpg, *OPEN, "--decrypt", given=sealed)
    assert (opened.stdout, b"GOODSIG" in opened.stderr) == (PART, True)
    half = len(sealed) // 2
    broken = run(gpg, *OPEN, "--decrypt", given=sealed[:half] + b"AAAA" + sealed[half + 4 :])
    assert broken.returncode != 0
