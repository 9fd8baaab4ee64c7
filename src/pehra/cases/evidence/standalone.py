"""Check a package of evidence: python3 -I verify.py [--key FINGERPRINT] [--roots PEM] PACKAGE.zip.

PACKAGE is the ZIP, or the folder that it was unpacked into; without it, the folder of this script.
Needs Python 3.8 or newer and the program `openssl` (1.1.1 or newer), no network, and nothing of
the platform that made the package. The last line says whether all holds; the exit code is 0 only
then. --key compares the signing key with a fingerprint that you got by another way, which you
should; --roots checks the time stamp under the certificates of the service that made it.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import zipfile
import zlib
from typing import IO, Any

SPEAK_OF_IT = {
    "manifest.json",
    "manifest.sig",
    "manifest.tsr",
    "ledger/package.json",
    "ledger/second-sign.json",
}
SPKI = bytes.fromhex("302a300506032b6570032100")
"""What stands before an Ed25519 key in DER (RFC 8410)."""
SIGNATURE = 64
ACTS = (
    ("ledger/package.json", "cases.evidence-package"),
    ("ledger/second-sign.json", "cases.evidence-second-sign"),
)


STATED = (
    "name",
    "size",
    "sha256",
    "sha512",
    "tool",
    "tool_version",
    "acquired_at",
    "clock_offset_seconds",
    "source",
    "collector",
    "order",
    "derived_from",
)
"""What manifest and custody both say of an item."""
UNREADABLE = (
    OSError,
    EOFError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    RuntimeError,
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
)
"""What reading comes to where any bit may be flipped."""


class Wrong(Exception):
    """Something does not hold."""


def say(words: str) -> None:
    """Print a line."""
    sys.stdout.write(words + "\n")


class Package:
    """A ZIP or a folder."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.zip = None if os.path.isdir(path) else zipfile.ZipFile(path)  # noqa: PTH112 it is a text

    def names(self) -> set[str]:
        """All files in it."""
        if self.zip:
            found = [one for one in self.zip.namelist() if not one.endswith("/")]
            if len(found) != len(set(found)):
                message = "a name stands twice in the ZIP"
                raise Wrong(message)
            return set(found)
        return {
            os.path.relpath(os.path.join(folder, name), self.path).replace(os.sep, "/")  # noqa: PTH118 as above
            for folder, _, names in os.walk(self.path)
            for name in names
        }

    def open(self, name: str) -> IO[bytes]:
        """One of them."""
        if self.zip:
            return self.zip.open(name)
        return open(os.path.join(self.path, *name.split("/")), "rb")  # noqa: PTH118, PTH123 as above; its caller closes it

    def read(self, name: str) -> bytes:
        """The whole of a small one."""
        with self.open(name) as file:
            return file.read()


def openssl(words: list[str], files: dict[str, bytes]) -> bool:
    """Whether `openssl` says yes; words that name one of the files become its path."""
    program = shutil.which("openssl")
    if not program:
        message = "there is no program `openssl` here, so no signature can be checked"
        raise Wrong(message)
    with tempfile.TemporaryDirectory() as folder:
        paths = {name: os.path.join(folder, name) for name in files}  # noqa: PTH118 as above
        for name, data in files.items():
            with open(paths[name], "wb") as file:  # noqa: PTH123 as above
                file.write(data)
        done = subprocess.run(  # noqa: S603 openssl, and files that we just wrote
            [program, *(paths.get(word, word) for word in words)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
    return done.returncode == 0


def signed(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether an Ed25519 signature by a key in DER holds."""
    words = "pkeyutl -verify -rawin -pubin -keyform DER -inkey KEY -in TEXT -sigfile MADE"
    return len(signature) == SIGNATURE and openssl(
        words.split(), {"KEY": key, "TEXT": message, "MADE": signature}
    )


def check_file(package: Package, line: dict[str, Any]) -> None:
    """One file against its line of the manifest."""
    first, second, size = hashlib.sha256(), hashlib.sha512(), 0
    with package.open(line["path"]) as file:
        for piece in iter(lambda: file.read(1 << 22), b""):
            first.update(piece)
            second.update(piece)
            size += len(piece)
    found = (size, first.hexdigest(), second.hexdigest())
    if found != (line["size"], line["sha256"], line["sha512"]):
        message = f"{line['path']} is not what the manifest says"
        raise Wrong(message)


def check_custody(text: str, items: list[dict[str, Any]]) -> None:
    """Each line follows the one before of its item, and the last is the manifest's."""
    last: dict[int, tuple[int, str, str]] = {}
    for row in filter(None, text.split("\n")):
        line = json.loads(row)
        seq, at, digest = last.get(line["item"], (-1, "", "0" * 64))
        whole, _, fraction = line["at"].rstrip("Z").partition(".")
        moment = f"{whole}.{fraction}".ljust(26, "0")
        if line["seq"] != seq + 1 or line["previous"] != digest or moment < at:
            message = f"line {line['seq']} of the custody of item {line['item']} does not follow"
            raise Wrong(message)
        last[line["item"]] = (line["seq"], moment, hashlib.sha256(row.encode()).hexdigest())
    if {item: ends[2] for item, ends in last.items()} != {
        one["item"]: one["custody"] for one in items
    }:
        message = "the custody of an item ends otherwise than the manifest says"
        raise Wrong(message)


def check_said(text: str, items: list[dict[str, Any]]) -> None:
    """What the manifest says of an item is what its custody said when it came in."""
    said: dict[int, dict[str, Any]] = {}
    for row in filter(None, text.split("\n")):
        line = json.loads(row)
        if line["act"] in ("begun", "taken-in"):
            said[line["item"]] = {**said.get(line["item"], {}), **line["facts"]}
    for one in items:
        for name in STATED:
            if name not in said[one["item"]] or said[one["item"]][name] != one[name]:
                message = f"item {one['item']} came in with another {name} than the manifest says"
                raise Wrong(message)


def root_of(proof: dict[str, Any]) -> bytes:
    """The root that an inclusion proof leads to (RFC 9162, section 2.1.3.2)."""
    place, last = proof["seq"], proof["size"] - 1
    found = hashlib.sha256(b"\x00" + proof["body"].encode()).digest()
    if not 0 <= place <= last:
        message = "a proof is of no entry of the log"
        raise Wrong(message)
    for text in proof["hashes"]:
        if last == 0:
            message = "a proof is too long"
            raise Wrong(message)
        other = base64.b64decode(text)
        if place & 1 or place == last:
            found = hashlib.sha256(b"\x01" + other + found).digest()
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            found = hashlib.sha256(b"\x01" + found + other).digest()
        place, last = place >> 1, last >> 1
    if last:
        message = "a proof is too short"
        raise Wrong(message)
    return found


def check_proof(proof: dict[str, Any], log: str, digest: str, act: str) -> str:
    """That the log has an act on this very manifest, under a checkpoint it signed; by whom."""
    name, key_id, coded = log.split("+", 2)
    key = base64.b64decode(coded)[1:]
    own = hashlib.sha256(name.encode() + b"\n\x01" + key).digest()[:4].hex()
    if proof["key"] != log or own != key_id:
        message = "a proof is of another log"
        raise Wrong(message)
    text, _, tail = proof["checkpoint"].rpartition("\n\n")
    origin, size, root = text.split("\n")[:3]
    if (origin, int(size), base64.b64decode(root)) != (name, proof["size"], root_of(proof)):
        message = f"the entry {act} is not in the log"
        raise Wrong(message)
    lines = [line.split(" ") for line in tail.splitlines()]
    made = [base64.b64decode(line[2]) for line in lines if line[1] == name]
    message = (text + "\n").encode()
    if not any(one[:4].hex() == key_id and signed(SPKI + key, message, one[4:]) for one in made):
        words = "the checkpoint of the log is not signed by its key"
        raise Wrong(words)
    body = json.loads(proof["body"])
    if body["act"] != act or body["facts"].get("manifest") != digest:
        words = f"the entry in the log is no {act} of this package"
        raise Wrong(words)
    return str(body["actor"]["name"])


def check_key(pem: str, told: str, wanted: str) -> bytes:
    """The signing key in DER, if it is the one that is named."""
    parts = pem.split("-----")
    if [*parts[:2], *parts[3:]] != ["", "BEGIN PUBLIC KEY", "END PUBLIC KEY", "\n"]:
        message = "public-key.pem is no public key"
        raise Wrong(message)
    key = base64.b64decode("".join(parts[2].split()), validate=True)
    mark = hashlib.sha256(key).hexdigest()
    if mark != told:
        message = "the key is not the one that the manifest names"
        raise Wrong(message)
    if wanted and mark != wanted.lower().replace(":", ""):
        message = "the key is not the one that you know"
        raise Wrong(message)
    say(f"key {mark}{'' if wanted else ' (compare it with the published one)'}")
    return key


def check_stamp(package: Package, text: bytes, names: set[str], roots: str) -> None:
    """The time stamp, where there is one and the service's certificates are given."""
    if "manifest.tsr" not in names:
        say("there is no time stamp: no service was configured")
    elif not roots:
        say("the time stamp is NOT CHECKED: give --roots")
    else:
        words = ["ts", "-verify", "-data", "TEXT", "-in", "MADE", "-CAfile", roots]
        if not openssl(words, {"TEXT": text, "MADE": package.read("manifest.tsr")}):
            message = "the time stamp does not hold"
            raise Wrong(message)
        say("the time stamp holds")


def check(package: Package, wanted: str, roots: str) -> None:
    """All of it."""
    names, text = package.names(), package.read("manifest.json")
    told = json.loads(text)
    if told["format"] != "pehra-evidence-1":
        message = "the manifest is of another format"
        raise Wrong(message)
    key = check_key(package.read("public-key.pem").decode(), told["key"], wanted)
    if not signed(key, text, package.read("manifest.sig")):
        message = "the signature of the manifest does not hold"
        raise Wrong(message)
    say("the signature of the manifest holds")
    lines = told["items"] + told["files"]
    if sorted(line["path"] for line in lines) != sorted(names - SPEAK_OF_IT):
        message = "the package has other files than the manifest names"
        raise Wrong(message)
    for line in lines:
        check_file(package, line)
    say(f"{len(told['items'])} items and {len(told['files'])} other files are as it says")
    custody = package.read("custody.jsonl").decode()
    check_custody(custody, told["items"])
    check_said(custody, told["items"])
    say("the custody of every item holds, and says of it what the manifest says")
    digest = hashlib.sha256(text).hexdigest()
    proofs = [(json.loads(package.read(path)), act) for path, act in ACTS]
    if len({check_proof(proof, told["log"], digest, act) for proof, act in proofs}) != len(ACTS):
        message = "one person packed it and signed it"
        raise Wrong(message)
    say("the ledger has the package and its second signature, by two persons")
    check_stamp(package, text, names, roots)
    for one in told["left_out"]:
        say(f"left out: {one['what']} ({one['why']})")


def main() -> int:
    """Check what the command line names."""
    here = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 as above
    wish = argparse.ArgumentParser(description="Check a package of evidence.")
    wish.add_argument("package", nargs="?", default=here, help="the ZIP, or a folder")
    wish.add_argument("--key", default="", help="fingerprint that you got by another way")
    wish.add_argument("--roots", default="", help="certificates of the time stamp's service")
    given = wish.parse_args()
    try:
        check(Package(given.package), given.key, given.roots)
    except Wrong as error:
        say(f"DOES NOT HOLD: {error}")
        return 1
    except UNREADABLE as error:
        say(f"DOES NOT HOLD: it cannot be read ({type(error).__name__}: {error})")
        return 1
    say("HOLDS")
    return 0


if __name__ == "__main__":
    sys.exit(main())
