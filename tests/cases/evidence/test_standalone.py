"""A package is checked without us: by its own script, by `openssl`; not with a bit flipped."""

from __future__ import annotations

import json
import shutil
import subprocess
import zipfile
from typing import TYPE_CHECKING

import pytest
from tests.cases.evidence.conftest import NOW, hand

from pehra.cases.evidence import standalone
from pehra.cases.evidence.actions import hands, packing, requests
from pehra.cases.evidence.actions.requests import LeaveOut, Move
from pehra.cases.evidence.signing import evidence_key

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cases.evidence.conftest import Room

pytestmark = [pytest.mark.django_db, pytest.mark.service]

HARMFUL = b"MZ\x90\x00 this program must not be run"


def turn(who: str) -> hands.Turn:
    return hands.Turn(hand(who), "as it should be done", NOW)


def package(room: Room) -> tuple[Path, int]:
    """A package of two items, and which one is left out."""
    first, second = room.add(HARMFUL, name="invoice.exe", harmful=True), room.add(b"log\n" * 99)
    third = room.add(b"of somebody else")
    number = room.asked()
    for to, who, facts in (
        ("identity_check", "custodian", {}), ("legality", "lawyer", {}),
        ("narrowed", "lawyer", {
            "items": (first, second), "left_out": (LeaveOut("of a third party", third),),
        }),
        ("preserve", "custodian", {}),
    ):  # fmt: skip
        move = Move(to=to, text="traffic of the two hosts only", **facts)  # type: ignore[arg-type] # a test's own words
        requests.advance(number, move, hand=hand(who), now=NOW)
    packing.pack(room.home, number, turn("custodian"))
    packing.second_sign(room.home, number, turn("director"))
    target = room.home.root / "package.zip"
    packing.deliver(room.home, number, target, turn("second-custodian"))
    return target, third


def run(*words: str | Path) -> tuple[int, str]:
    done = subprocess.run(words, capture_output=True, text=True, check=False, env={})
    return done.returncode, done.stdout + done.stderr


def test_the_script_says_that_it_holds_and_openssl_agrees(room: Room) -> None:
    target, out = package(room)
    folder = room.home.root / "unpacked"
    with zipfile.ZipFile(target) as file:
        assert {one.compress_type for one in file.infolist()} == {zipfile.ZIP_STORED}
        file.extractall(folder)
    python = shutil.which("python3", path="/usr/bin:/usr/local/bin") or "python3"
    mark = evidence_key(room.home).fingerprint
    script = (python, "-I", folder / "verify.py")
    code, said = run(*script, target, "--key", mark)
    assert (code, said.splitlines()[-1]) == (0, "HOLDS"), said
    code, said = run(*script)
    assert (code, said.splitlines()[-1]) == (0, "HOLDS"), said
    assert f"left out: item {out} (of a third party)" in said.splitlines()
    code, said = run(python, "-I", folder / "verify.py", target, "--key", "0" * 64)
    assert (code, said) == (1, "DOES NOT HOLD: the key is not the one that you know\n")
    # As VERIFY.txt says it.
    told = (folder / "VERIFY.txt").read_text()
    assert mark in told
    openssl = shutil.which("openssl") or "openssl"
    by_hand = "pkeyutl -verify -rawin -pubin -inkey public-key.pem -in manifest.json"
    assert f"openssl {by_hand} -sigfile manifest.sig" in told
    named = [folder / one if "." in one else one for one in by_hand.split()]
    found = run(openssl, *named, "-sigfile", folder / "manifest.sig")
    assert found == (0, "Signature Verified Successfully\n")
    text = folder / "manifest.json"
    data = bytearray(text.read_bytes())
    data[20] ^= 1
    text.write_bytes(data)
    assert run(openssl, *named, "-sigfile", folder / "manifest.sig")[0] == 1


def test_one_flipped_bit_fails_wherever_it_is(room: Room) -> None:
    folder = room.home.root / "unpacked"
    with zipfile.ZipFile(package(room)[0]) as file:
        file.extractall(folder)
    standalone.check(standalone.Package(str(folder)), "", "")
    for path in sorted(one for one in folder.rglob("*") if one.is_file()):
        good = path.read_bytes()
        place = len(good) * 2 // 3
        path.write_bytes(good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])
        with pytest.raises((standalone.Wrong, ValueError, KeyError)):
            standalone.check(standalone.Package(str(folder)), "", "")
        path.unlink()
        with pytest.raises((standalone.Wrong, OSError)):
            standalone.check(standalone.Package(str(folder)), "", "")
        path.write_bytes(good)
    (folder / "items" / "0009.bin").write_bytes(b"put in later")
    with pytest.raises(standalone.Wrong, match="has other files"):
        standalone.check(standalone.Package(str(folder)), "", "")


def test_a_manifest_that_says_otherwise_than_the_custody_is_found(room: Room) -> None:
    with zipfile.ZipFile(package(room)[0]) as file:
        custody = file.read("custody.jsonl").decode()
        items = json.loads(file.read("manifest.json"))["items"]
    standalone.check_said(custody, items)
    for name in standalone.STATED:
        changed = [items[0], {**items[1], name: "2020-01-01T00:00:00Z"}]
        with pytest.raises(standalone.Wrong, match=f"came in with another {name} than"):
            standalone.check_said(custody, changed)


def test_what_cannot_be_unpacked_is_said_and_not_thrown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "bad.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("manifest.json", "x" * 1000)
    data = bytearray(target.read_bytes())
    data[43] = 0xFF  # the first byte of what was deflated
    target.write_bytes(data)
    monkeypatch.setattr("sys.argv", ["verify.py", str(target)])
    assert standalone.main() == 1
    assert "it cannot be read (error:" in capsys.readouterr().out


def test_a_proof_of_another_package_is_none(room: Room) -> None:
    folder = room.home.root / "unpacked"
    with zipfile.ZipFile(package(room)[0]) as file:
        file.extractall(folder)
    proofs = [folder / "ledger" / name for name in ("package.json", "second-sign.json")]
    proofs[1].write_bytes(proofs[0].read_bytes())
    with pytest.raises(standalone.Wrong, match="is no cases"):
        standalone.check(standalone.Package(str(folder)), "", "")
