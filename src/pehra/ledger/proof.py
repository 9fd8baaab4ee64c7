"""Proofs as one JSON object each, with all that an outsider needs to check them without us.

Hashes are base64 (RFC 4648, section 4), `key` is a C2SP verifier key that the outsider should
compare with the one that was published, and `checkpoint` is a C2SP signed note.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from pehra.kernel.errors import Damaged
from pehra.ledger import checkpoint
from pehra.ledger.merkle import leaf_hash, proves_consistency, proves_inclusion

if TYPE_CHECKING:
    from pehra.ledger.checkpoint import VerifierKey


class Inclusion(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="proof"):
    """That an entry stands in the log that a checkpoint signed."""

    seq: int
    size: int
    body: str
    """The entry as canonical JSON; its UTF-8 bytes are the leaf."""
    hashes: tuple[bytes, ...]
    checkpoint: str
    key: str


class Consistency(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="proof"):
    """That a later checkpoint only appended to the log of an earlier one."""

    hashes: tuple[bytes, ...]
    old: str
    new: str
    key: str


Proof = Inclusion | Consistency


def read(data: bytes) -> Proof:
    """Read a proof's JSON; raises `Damaged` where it is none."""
    try:
        found: Proof = msgspec.json.decode(data, type=Inclusion | Consistency)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        message = f"This is no proof: {error}."
        raise Damaged(message, mend="Take the whole line that `pehra ledger prove` gave.") from None
    return found


def check(proof: Proof, key: VerifierKey) -> int:
    """Check a proof with a key that the reader trusts; gives the size of the log it speaks of.

    Raises:
        Damaged: the proof does not hold, or a checkpoint in it is not signed by `key`.
    """
    if isinstance(proof, Inclusion):
        tree = checkpoint.verify(proof.checkpoint, key)
        leaf = leaf_hash(proof.body.encode())
        held = proof.size == tree.size and proves_inclusion(proof.hashes, leaf, proof.seq, tree)
    else:
        old, tree = checkpoint.verify(proof.old, key), checkpoint.verify(proof.new, key)
        held = proves_consistency(proof.hashes, old, tree)
    if not held:
        message = "The proof does not hold: the log that was signed is another one."
        raise Damaged(message, mend="Keep the proof and the checkpoint, and ask the log's office.")
    return tree.size
