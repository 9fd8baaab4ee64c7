"""The manifest of a hand-over: what is in the package, what was left out and why, on which ground.

`manifest.json` is canonical JSON and signed; it names every other file of the package by size and
both digests, but those that speak of itself: its signature, its time stamp, and the proofs that
the ledger has it.
"""

from __future__ import annotations

import hashlib
from importlib.resources import files
from typing import TYPE_CHECKING

import msgspec

from pehra.cases.evidence.custody import canonical
from pehra.kernel.errors import Damaged

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FORMAT = "pehra-evidence-1"
MANIFEST, SIGNATURE, STAMP = "manifest.json", "manifest.sig", "manifest.tsr"
KEY, CUSTODY = "public-key.pem", "custody.jsonl"
PACKAGE_PROOF, SECOND_PROOF = "ledger/package.json", "ledger/second-sign.json"
SPEAK_OF_IT = (MANIFEST, SIGNATURE, STAMP, PACKAGE_PROOF, SECOND_PROOF)
"""Files that the manifest cannot name."""


class PackedItem(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of evidence in the package.

    Attributes:
        item: its number in the evidence room.
        path: in the package; neutral, so that nothing opens by its name.
        name: as it was taken in.
        tool: with its version: what it was acquired with.
        acquired_at: RFC 3339, UTC, by the clock of who collected it.
        clock_offset_seconds: that clock less true time; null: nobody measured it.
        source: from what machine or medium.
        order: step of RFC 3227, section 2.1.
        custody: digest of the last line of its custody in the package.
    """

    item: int
    path: str
    name: str
    size: int
    sha256: str
    sha512: str
    tool: str
    tool_version: str
    acquired_at: str
    clock_offset_seconds: float | None
    source: str
    collector: str
    order: str
    custody: str
    derived_from: int | None = None


class PackedFile(msgspec.Struct, frozen=True):
    """Another file of the package."""

    path: str
    size: int
    sha256: str
    sha512: str


class LeftOut(msgspec.Struct, frozen=True):
    """What was asked for and is not in it."""

    what: str
    why: str


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Who asked, for what, by which law."""

    request: int
    case: int
    kind: str
    agency: str
    agency_name: str
    reference: str
    scope: str
    narrowed_to: str
    ground: str
    law: str
    ordered_by: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """All of it."""

    format: str = FORMAT
    made_at: str
    made_by: str
    office: str
    tool: str
    log: str
    """The ledger that has the package, by its verifier key."""
    key: str
    """SHA-256 of the public key in DER, hexadecimal."""
    asked: Asked
    items: tuple[PackedItem, ...]
    files: tuple[PackedFile, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def text(self) -> str:
        """As it is signed."""
        return canonical(msgspec.to_builtins(self)) + "\n"

    @property
    def sha256(self) -> str:
        """Of the text, hexadecimal; what the ledger has."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def read(text: str) -> Manifest:
    """A manifest that we wrote."""
    return msgspec.json.decode(text, type=Manifest)


def packed(path: str, content: bytes) -> PackedFile:
    """A file's line."""
    return PackedFile(
        path, len(content), hashlib.sha256(content).hexdigest(), hashlib.sha512(content).hexdigest()
    )


def check_carried(told: Manifest, carried: Mapping[str, bytes]) -> None:
    """See that the files that go along are those that a manifest names.

    Raises:
        Damaged: they are not.
    """
    if told.files != tuple(packed(path, data) for path, data in sorted(carried.items())):
        message = f"The files of the package of request {told.asked.request} are not as signed."
        raise Damaged(message, mend="Pack it anew, and sign it again.")


def carried(public_key: bytes, fingerprint: str, custody: Sequence[str]) -> dict[str, bytes]:
    """The files that go along with every package, by their path.

    Args:
        public_key: PEM.
        fingerprint: of it.
        custody: lines, those of one item in order.
    """
    home = files("pehra.cases.evidence")
    data = home / "data"
    told = (data / "VERIFY.txt").read_text("utf-8").replace("{fingerprint}", fingerprint)
    return {
        CUSTODY: "".join(f"{line}\n" for line in custody).encode(),
        KEY: public_key,
        "VERIFY.txt": told.encode(),
        "procedure.txt": (data / "procedure.txt").read_bytes(),
        "verify.py": (home / "standalone.py").read_bytes(),
    }
