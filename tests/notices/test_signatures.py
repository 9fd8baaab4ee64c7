"""Whose signature holds, and which words of a message are its writer's, as gpg signs too."""

from __future__ import annotations

import os
import shutil
import subprocess
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pysequoia import Cert, SignatureMode, Tsk, encrypt, sign

from pehra.engines.mail import openpgp, smime
from pehra.engines.mail.cms import Signature
from pehra.engines.mail.multipart import multipart
from pehra.notices import mime
from pehra.notices.signatures import (
    SKEW,
    Judge,
    Own,
    Seen,
    counts,
    is_again,
    of_the_same,
    proof_of,
    seen,
)
from pehra.registry.contacts import KeyOnFile

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime.now(tz=UTC)  # Sequoia and OpenSSL sign by the clock
PART = b"Subject: Re: [N12] Findings\r\nContent-Type: text/plain\r\n\r\nFixed.\r\n"
HOME, DESK, OTHER = (openpgp.new_key("", f"{name}@x.example") for name in ("cert", "desk", "other"))
CERT, BANK = (smime.new_identity("", f"{name}@x.example", now=NOW) for name in ("cert", "bank"))


def key_on_file(kind: str, content: bytes, fingerprint: str) -> KeyOnFile:
    return KeyOnFile(
        organisation=1, holder="desk@x.example", kind=kind, content=content, fingerprint=fingerprint
    )


JUDGE = Judge(
    (
        key_on_file("smime", smime.public_of(BANK), smime.fingerprint_of(BANK)),
        key_on_file("openpgp", openpgp.public_of(DESK), openpgp.fingerprint_of(DESK)),
    ),
    since=NOW - timedelta(days=1),
    now=NOW,
    notice=12,
)
OWN = Own(lambda: HOME, lambda: CERT)


def told(found: Seen) -> tuple[str, str, bool]:
    """The words, whose they are, and whether it stays shut."""
    signers = {openpgp.fingerprint_of(DESK): "desk", smime.fingerprint_of(BANK): "bank", "": ""}
    text = "" if found.locked else mime.own_text(mime.parsed(found.content)).strip()
    return text, signers[found.signer], found.locked


def judged(raw: bytes, judge: Judge = JUDGE, own: Own = OWN) -> tuple[str, str, bool]:
    return told(seen(raw, judge, own))


def test_only_what_is_signed_is_read() -> None:
    for whole, who in ((openpgp.signed(PART, DESK), "desk"), (smime.signed(PART, BANK), "bank")):
        assert judged(b"From: who@ever.example\r\n" + whole) == ("Fixed.", who, False)
        altered = whole.replace(b"Fixed.", b"Broken")
        assert judged(altered) == ("Broken", "", False)
        listed = multipart('mixed; x="y"', [whole, b"Content-Type: text/plain\r\n\r\nNot mine."])
        assert judged(listed) == ("Fixed.", who, False)
        before = multipart('mixed; x="y"', [b"Content-Type: text/plain\r\n\r\nNot mine.", whole])
        assert judged(before) == ("Not mine.", "", False)


def test_signed_text_counts_without_what_stands_around_it() -> None:
    text = sign(Tsk.from_bytes(DESK).signer(), b"- Fixed. \n", mode=SignatureMode.CLEAR)
    raw = b"Content-Type: text/plain\r\n\r\nNot mine.\r\n" + text + b"\r\nNot mine."
    assert judged(raw) == ("- Fixed.", "desk", False)
    assert judged(raw.replace(b"Fixed", b"Fixes")) == ("- Fixes.", "", False)


def test_a_key_that_is_not_on_file_proves_nothing() -> None:
    stranger = seen(openpgp.signed(PART, OTHER), JUDGE, OWN)
    assert (told(stranger), stranger.kind, stranger.proof) == (("Fixed.", "", False), "openpgp", "")
    plain = b"Content-Type: text/plain\r\n\r\nFixed."
    assert seen(plain, JUDGE, OWN) == Seen(content=plain)


def test_what_is_sealed_to_us_is_read_and_else_stays_shut() -> None:
    signed = openpgp.encrypted(PART, openpgp.public_of(HOME), DESK, now=NOW)
    assert judged(signed) == ("Fixed.", "desk", False)
    assert judged(signed, own=Own(lambda: b"", lambda: b"")) == ("", "", True)
    inside = smime.enveloped(smime.signed(PART, BANK), smime.public_of(CERT), now=NOW)
    assert judged(inside) == ("Fixed.", "bank", False)
    assert judged(inside, own=Own(lambda: b"", lambda: b"")) == ("", "", True)
    unsigned = smime.enveloped(PART, smime.public_of(CERT), now=NOW)
    assert (judged(unsigned), seen(unsigned, JUDGE, OWN).kind) == (("Fixed.", "", False), "")
    text = encrypt(b"Fixed.", [Cert.from_bytes(openpgp.public_of(HOME))])
    assert judged(b"Content-Type: text/plain\r\n\r\n" + text) == ("Fixed.", "", False)


def test_who_signs_what_is_sealed_has_not_said_what_is_in_it() -> None:
    sealed = smime.enveloped(PART, smime.public_of(CERT), now=NOW)
    assert judged(smime.signed(sealed, BANK)) == ("Fixed.", "", False)


def test_a_signature_counts_in_the_notice_s_time_alone() -> None:
    raw = openpgp.signed(PART, DESK)
    late, soon = NOW + timedelta(hours=2), NOW - timedelta(hours=2)
    assert judged(raw, Judge(JUDGE.keys, late, late, 12))[1] == ""
    assert judged(raw, Judge(JUDGE.keys, soon, soon, 12))[1] == ""
    assert judged(raw, Judge(JUDGE.keys, soon, late, 13))[1] == "desk"


def sealed(part: bytes) -> bytes:
    return openpgp.encrypted(part, openpgp.public_of(HOME), DESK, now=NOW)


@pytest.mark.parametrize(
    ("part", "who"),
    [
        (PART, "desk"),
        (b"Content-Type: text/plain\r\n\r\nN12 is fixed.\r\n", "desk"),
        (b"Content-Type: text/plain\r\n\r\nFixed.\r\n\r\n> [N12] Findings\r\n", "desk"),
        (b"Content-Transfer-Encoding: base64\r\n\r\n" + b64encode(b"N12: fixed"), "desk"),
        (b"Content-Type: text/plain\r\n\r\nFixed.\r\n", ""),
        (PART.replace(b"N12", b"N11"), ""),
        (PART.replace(b"N12", b"N123"), ""),
        (b"X-Notice: N12\r\n" + PART.replace(b"N12", b"N11"), ""),
    ],
)
def test_one_that_does_not_say_when_must_name_its_notice(part: bytes, who: str) -> None:
    assert judged(sealed(part))[1:] == (who, False)
    assert judged(openpgp.signed(part, DESK))[1:] == ("desk", False)
    # The subject outside is no word of who signed.
    assert judged(b"Subject: Re: [N12]\r\n" + sealed(part))[1] == who


@given(st.timedeltas(timedelta(days=-3), timedelta(days=3)), st.sampled_from(["aa", "bb"]))
def test_one_that_does_not_say_when_counts_while_its_key_is_in_force(
    left: timedelta, signer: str
) -> None:
    key = KeyOnFile(
        organisation=1, holder="", kind="openpgp", content=b"", fingerprint="aa",
        expires_at=NOW + left,
    )  # fmt: skip
    judge = Judge((key,), NOW - timedelta(days=1), NOW, 12)
    in_force = signer == "aa" and left > timedelta()
    assert counts(Signature(signer, None), judge, PART) == in_force
    assert not counts(Signature(signer, None), judge, PART.replace(b"N12", b"N21"))
    inside = -timedelta(days=1) - SKEW <= left <= SKEW
    assert counts(Signature("aa", NOW + left), judge, b"") == inside


def test_a_proof_names_the_signer_the_words_and_nothing_beside_them() -> None:
    one = openpgp.signed(PART, DESK)
    assert seen(one, JUDGE, OWN).proof == seen(b"X: y\r\n" + one, JUDGE, OWN).proof
    assert seen(one, JUDGE, OWN).proof != seen(smime.signed(PART, BANK), JUDGE, OWN).proof
    at = Signature("aa", NOW)
    assert len(proof_of(at, PART)) == 64
    assert proof_of(at, PART) == proof_of(at, PART.replace(b"\r\n", b"\n"))
    assert not is_again(proof_of(at, PART), proof_of(at, b"Not ours."))
    assert not is_again(proof_of(at, PART), proof_of(Signature("bb", NOW), PART))


def test_the_same_words_at_another_time_are_another_proof() -> None:
    first, later, undated = (
        proof_of(Signature("aa", at), PART) for at in (NOW, NOW + timedelta(seconds=1), None)
    )
    assert len({first, later, undated}) == 3
    proofs = (first, later, undated)
    assert [[is_again(one, two) for two in proofs] for one in proofs] == [
        [True, False, True],
        [False, True, True],
        [True, True, True],
    ]
    least, greatest = of_the_same(later)
    assert (least, [least <= one <= greatest for one in proofs]) == (undated, [True] * 3)


def test_the_same_words_signed_beside_and_inside_what_is_sealed_are_one() -> None:
    beside, inside = (seen(raw, JUDGE, OWN) for raw in (openpgp.signed(PART, DESK), sealed(PART)))
    assert (beside.signer, beside.content) == (inside.signer, inside.content)
    assert beside.proof != inside.proof
    assert is_again(beside.proof, inside.proof)
    assert is_again(inside.proof, beside.proof)


PGP, CMS = openpgp.signed(PART, DESK), smime.signed(PART, BANK)


@given(st.sampled_from([PGP, CMS]), st.data())
def test_no_alteration_puts_other_words_under_a_signature(
    whole: bytes, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, min(len(whole), start + 40)))
    altered = whole[:start] + data.draw(st.binary(max_size=12)) + whole[end:]
    found = seen(altered, JUDGE, Own(lambda: b"", lambda: b""))
    assert not found.signer or found.content == PART


@pytest.fixture
def gpg(tmp_path: Path) -> tuple[str, ...]:
    """GnuPG with a home of its own."""
    program = shutil.which("gpg")
    assert program is not None
    tmp_path.chmod(0o700)
    return (program, "--homedir", str(tmp_path), "--batch", "--quiet", "--trust-model", "always")


def run(tmp_path: Path, *command: str) -> bytes:
    env = {**os.environ, "GNUPGHOME": str(tmp_path)}
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, check=True)
    return done.stdout


def at(days: int) -> tuple[str, ...]:
    """Options for a day."""
    moment = f"{NOW + timedelta(days=days):%Y%m%dT%H%M%S}!"
    return ("--passphrase", "", "--faked-system-time", moment, "--armor")


def judge(public: bytes, days: int = 0) -> Judge:
    key = key_on_file("openpgp", public, Cert.from_bytes(public).fingerprint)
    now = NOW + timedelta(days=days)
    return Judge((key,), now - timedelta(hours=1), now, 12)


def detached(signature: bytes) -> bytes:
    beside = b"Content-Type: application/pgp-signature\r\n\r\n" + signature
    return multipart('signed; protocol="application/pgp-signature"', [PART, beside])


@pytest.fixture
def desk(tmp_path: Path, gpg: tuple[str, ...]) -> str:
    """Fingerprint of a key that GnuPG made nine days ago, in a folder with things to sign."""
    (tmp_path / "part").write_bytes(PART)
    (tmp_path / "text").write_bytes(b"Fixed.\n-- \nNOC\n")
    (tmp_path / "home").write_bytes(openpgp.public_of(HOME))
    run(tmp_path, *gpg, "--import", "home")
    run(tmp_path, *gpg, *at(-9), "--quick-gen-key", "desk@x.example", "ed25519", "sign", "never")
    return Cert.from_bytes(run(tmp_path, *gpg, *EXPORT)).fingerprint


EXPORT = ("--armor", "--export", "desk@x.example")
SIGN = ("--detach-sign", "-o", "-", "part")


@pytest.mark.service
def test_what_gnupg_signs_and_seals_is_read(
    tmp_path: Path, gpg: tuple[str, ...], desk: str
) -> None:
    by = judge(run(tmp_path, *gpg, *EXPORT))
    signed = detached(run(tmp_path, *gpg, *at(0), *SIGN))
    assert seen(signed, by, OWN).signer == desk
    clear = b"\n" + run(tmp_path, *gpg, *at(0), "--clear-sign", "-o", "-", "text")
    found = seen(clear, by, OWN)
    assert (found.signer, found.content.endswith(b"Fixed.\r\n--\r\nNOC")) == (desk, True)
    # Sequoia's binding checks no signature inside what is packed, as GnuPG does unless told.
    for packed, signer in (("0", desk), ("6", "")):
        to = ("-z", packed, "-r", "cert@x.example", "-s", "-o", "-", "-e", "part")
        sealed = run(tmp_path, *gpg, *at(0), *to)
        version = b"Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n"
        inside = b"Content-Type: application/octet-stream\r\n\r\n" + sealed
        kind = 'encrypted; protocol="application/pgp-encrypted"'
        found = seen(multipart(kind, [version, inside]), by, OWN)
        assert (found.signer, found.content) == (signer, PART)


@pytest.mark.service
def test_a_key_that_ended_or_was_lost_proves_no_more(
    tmp_path: Path, gpg: tuple[str, ...], desk: str
) -> None:
    """What it signed by its end holds; what it signed since, or was lost, does not."""
    before, since = (detached(run(tmp_path, *gpg, *at(day), *SIGN)) for day in (-7, 0))
    run(tmp_path, *gpg, *at(-8), "--quick-set-expire", desk, "2d")
    ended = run(tmp_path, *gpg, *EXPORT)
    assert seen(before, judge(ended, -7), OWN).signer == desk
    assert seen(since, judge(ended), OWN).signer == ""
    revoke = tmp_path / "openpgp-revocs.d" / f"{desk.upper()}.rev"
    revoke.write_text(revoke.read_text().replace(":-----", "-----"))
    run(tmp_path, *gpg, "--import", str(revoke))
    lost = run(tmp_path, *gpg, *EXPORT)
    assert Cert.from_bytes(lost).is_revoked
    assert seen(before, judge(lost, -7), OWN).signer == ""
