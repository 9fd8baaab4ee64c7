"""Checkpoints: signed statements of the ledger's size and root that anyone can check.

The text is C2SP `tlog-checkpoint` (https://c2sp.org/tlog-checkpoint) in a C2SP signed note
(https://c2sp.org/signed-note) under Ed25519 (RFC 8032); keys are written as Go's `sumdb/note` and
the witnesses of the field write them. Parsing is strict: one spelling, or `Damaged`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from typing import NoReturn, Self

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from pehra.kernel.errors import Damaged, UsageError
from pehra.ledger.merkle import HASH_SIZE, Tree

ED25519 = b"\x01"
_DASH = "\u2014 "
_KEY_SIZE = 32
_SIGNATURE_SIZE = 4 + 64
_MOST_SIGNATURES = 64
_LONGEST = 64 * 1024
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
_SIGNING_PREFIX = "PRIVATE+KEY+"


def _unbase64(text: str) -> bytes:
    """Decode standard base64 in its one canonical spelling; raises `ValueError` else."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except binascii.Error as error:
        message = f"not base64: {error}"
        raise ValueError(message) from None
    if base64.b64encode(data).decode() != text:
        message = "base64 with stray bits"
        raise ValueError(message)
    return data


def _check_name(name: str) -> None:
    if not name or any(letter.isspace() or letter == "+" for letter in name):
        message = f"{name!r} is no key name: it is empty or holds a space or a plus."
        raise UsageError(message, mend="Use a name such as `pehra/0123456789ab`.")


def _key_id(name: str, public: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + ED25519 + public).digest()[:4]


class VerifierKey(msgspec.Struct, frozen=True):
    """Public half of the ledger's key. Its name is the origin, the log's identity."""

    name: str
    public: bytes

    @property
    def key_id(self) -> bytes:
        """The 4 bytes by which a signature line names this key."""
        return _key_id(self.name, self.public)

    def __str__(self) -> str:
        encoded = base64.b64encode(ED25519 + self.public).decode()
        return f"{self.name}+{self.key_id.hex()}+{encoded}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `name+id+key`, such as `pehra ledger checkpoint` prints; `UsageError` else."""
        name, key_id, encoded = _split_key(text)
        key = cls(name, _key_bytes(encoded))
        if key.key_id.hex() != key_id:
            message = f"The verifier key of {name} does not have the id that it names."
            raise UsageError(message, mend="It was cut or mistyped: copy it anew.")
        return key


class SigningKey(msgspec.Struct, frozen=True):
    """Private half of the ledger's key: a secret, kept in one file of the home."""

    name: str
    seed: bytes

    @property
    def verifier(self) -> VerifierKey:
        """The public half."""
        return VerifierKey(self.name, self._private().public_key().public_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        """Ed25519 signature, 64 bytes."""
        return self._private().sign(message)

    def _private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)

    def secret_text(self) -> str:
        """`PRIVATE+KEY+name+id+key`, for the key file only."""
        encoded = base64.b64encode(ED25519 + self.seed).decode()
        return f"{_SIGNING_PREFIX}{self.name}+{self.verifier.key_id.hex()}+{encoded}"

    def __repr__(self) -> str:
        return f"SigningKey({self.name!r})"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a key file's line; raises `UsageError` where it is none."""
        if not text.startswith(_SIGNING_PREFIX):
            _refuse("It does not begin with PRIVATE+KEY+.")
        name, key_id, encoded = _split_key(text.removeprefix(_SIGNING_PREFIX))
        key = cls(name, _key_bytes(encoded))
        if key.verifier.key_id.hex() != key_id:
            _refuse("Its id does not fit.")
        return key

    @classmethod
    def from_seed(cls, seed: bytes) -> Self:
        """Make a key whose name comes from the key itself, so that no two logs share an origin."""
        public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
        return cls(f"pehra/{hashlib.sha256(public).hexdigest()[:12]}", seed)


def _refuse(reason: str) -> NoReturn:
    message = f"This is no Ed25519 note key. {reason}"
    raise UsageError(message, mend="Copy the whole line anew.") from None


def _split_key(text: str) -> tuple[str, str, str]:
    parts = text.split("+", 2)
    if len(parts) != 3:  # noqa: PLR2004 name, id and key
        _refuse("It is not of the form name+id+key.")
    _check_name(parts[0])
    return parts[0], parts[1], parts[2]


def _key_bytes(encoded: str) -> bytes:
    try:
        data = _unbase64(encoded)
    except ValueError as error:
        _refuse(f"It is {error}.")
    if len(data) != 1 + _KEY_SIZE or data[:1] != ED25519:
        _refuse("Another algorithm or another length.")
    return data[1:]


class Note(msgspec.Struct, frozen=True):
    """A checkpoint as read, nothing verified yet."""

    text: bytes
    """The signed bytes, with the last newline."""
    origin: str
    tree: Tree
    extensions: tuple[str, ...]
    signatures: tuple[tuple[str, bytes], ...]
    """Key name, and key id followed by signature."""


def sign(tree: Tree, key: SigningKey) -> str:
    """The checkpoint of `tree` as a signed note; its origin is the key's name."""
    text = f"{key.name}\n{tree.size}\n{base64.b64encode(tree.root).decode()}\n"
    signature = key.verifier.key_id + key.sign(text.encode())
    return f"{text}\n{_DASH}{key.name} {base64.b64encode(signature).decode()}\n"


def parse(note: str | bytes) -> Note:
    """Read a checkpoint without trusting it; raises `Damaged` where a line is not as it must be."""
    try:
        whole = note.decode() if isinstance(note, bytes) else note
        return _parse(whole)
    except ValueError as error:
        message = f"This is no checkpoint: {error}."
        raise Damaged(message, mend="Fetch the whole note again, bytes unchanged.") from None


def _parse(note: str) -> Note:
    if len(note) > _LONGEST or any(letter < " " and letter != "\n" for letter in note):
        message = "longer than any, or with control characters"
        raise ValueError(message)
    text, gap, tail = note.rpartition("\n\n")
    lines = text.split("\n")
    if not gap or not tail.endswith("\n") or len(lines) < 3 or "" in lines:  # noqa: PLR2004 three lines are promised
        message = "three full lines, an empty line and signatures are promised"
        raise ValueError(message)
    origin, size, root, *extensions = lines
    if not _SIZE.fullmatch(size):
        message = f"{size[:24]!r} is no size"
        raise ValueError(message)
    tree = Tree(int(size), _unbase64(root))
    if len(tree.root) != HASH_SIZE:
        message = f"a root of {len(tree.root)} bytes"
        raise ValueError(message)
    signatures = _signatures(tail[:-1].split("\n"))
    return Note((text + "\n").encode(), origin, tree, tuple(extensions), signatures)


def _signatures(lines: list[str]) -> tuple[tuple[str, bytes], ...]:
    if len(lines) > _MOST_SIGNATURES:
        message = f"more than {_MOST_SIGNATURES} signatures"
        raise ValueError(message)
    found = []
    for line in lines:
        name, gap, encoded = line.removeprefix(_DASH).partition(" ")
        if not line.startswith(_DASH) or not gap or not name or "+" in name:
            message = f"{line[:40]!r} is no signature line"
            raise ValueError(message)
        found.append((name, _unbase64(encoded)))
    return tuple(found)


def verify(note: str | bytes, key: VerifierKey) -> Tree:
    """The tree head that the holder of `key` signed.

    Signatures of other keys (witnesses) are left alone, as the format asks; one of this key that
    does not hold rejects the note.

    Raises:
        Damaged: not a checkpoint, of another log, not signed by this key, or wrongly signed.
    """
    parsed = parse(note)
    if parsed.origin != key.name:
        message = f"The checkpoint is of the log {parsed.origin}, not of {key.name}."
        raise Damaged(message, mend="Take the checkpoint and the key of the same log.")
    own = [data for name, data in parsed.signatures if name == key.name and data[:4] == key.key_id]
    if not own:
        message = f"The checkpoint at {parsed.tree.size} is not signed by {key.name}'s key."
        raise Damaged(message, mend="Ask for the verifier key that was published with it.")
    for data in own:
        if not _holds(data, parsed.text, key):
            message = f"The signature of the checkpoint at {parsed.tree.size} does not hold."
            raise Damaged(message, mend="The text was altered after it was signed.")
    return parsed.tree


def _holds(data: bytes, text: bytes, key: VerifierKey) -> bool:
    if len(data) != _SIGNATURE_SIZE:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(data[4:], text)
    except InvalidSignature:
        return False
    return True
