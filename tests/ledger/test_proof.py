"""Proofs as JSON: read back, checked with a trusted key, refused when anything differs."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.kernel.errors import Damaged
from pehra.ledger import checkpoint, merkle, proof
from pehra.ledger.checkpoint import SigningKey
from pehra.ledger.merkle import Tree
from pehra.ledger.proof import Consistency, Inclusion

KEY = SigningKey.from_seed(bytes(32))
OTHER = SigningKey(KEY.name, b"x" * 32)
BODIES = ["a", "b", "c"]
LEAVES = [merkle.leaf_hash(text.encode()) for text in BODIES]
NOTE = checkpoint.sign(Tree(3, merkle.root_of(LEAVES)), KEY)
INCLUSION = Inclusion(2, 3, "c", (merkle.root_of(LEAVES[:2]),), NOTE, str(KEY.verifier))
OLD = checkpoint.sign(Tree(2, merkle.root_of(LEAVES[:2])), KEY)
CONSISTENCY = Consistency((LEAVES[2],), OLD, NOTE, str(KEY.verifier))


@pytest.mark.parametrize("made", [INCLUSION, CONSISTENCY])
def test_a_proof_survives_its_json(made: proof.Proof) -> None:
    assert proof.read(msgspec.json.encode(made)) == made
    assert proof.check(made, KEY.verifier) == 3


@pytest.mark.parametrize(
    "made",
    [
        msgspec.structs.replace(INCLUSION, seq=1),
        msgspec.structs.replace(INCLUSION, size=2),
        msgspec.structs.replace(INCLUSION, body="C"),
        msgspec.structs.replace(INCLUSION, hashes=()),
        msgspec.structs.replace(INCLUSION, checkpoint=OLD),
        msgspec.structs.replace(CONSISTENCY, hashes=()),
        msgspec.structs.replace(CONSISTENCY, old=NOTE, new=OLD),
    ],
)
def test_a_changed_proof_does_not_hold(made: proof.Proof) -> None:
    with pytest.raises(Damaged, match="does not hold"):
        proof.check(made, KEY.verifier)


@pytest.mark.parametrize("made", [INCLUSION, CONSISTENCY])
def test_the_key_in_a_proof_is_not_trusted(made: proof.Proof) -> None:
    with pytest.raises(Damaged, match="not signed by"):
        proof.check(made, OTHER.verifier)


@given(st.binary(max_size=200))
def test_any_bytes_are_answered(data: bytes) -> None:
    with pytest.raises(Damaged, match="no proof"):
        proof.read(data)
