"""Ids can be made again from what they name."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pehra.kernel.ids import batch_id, digest, new_secret, observation_prefix


def test_digest_is_sha256() -> None:
    # FIPS 180-4, the example of one block.
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert digest(b"abc") == expected


@given(st.binary(), st.sampled_from(["shadowserver", "csv"]))
def test_the_same_bytes_from_the_same_source_are_one_batch(data: bytes, source: str) -> None:
    name = batch_id(digest(data), source)
    assert name == batch_id(digest(data), source)
    assert len(name) == 32
    assert name != batch_id(digest(data), f"{source}2")
    assert name != batch_id(digest(data + b"\0"), source)


@given(st.integers(0, 2**60))
def test_the_prefix_has_48_bits(moment: int) -> None:
    assert observation_prefix(moment) == moment % 2**48


def test_secrets_differ() -> None:
    assert len(new_secret()) == 32
    assert len(new_secret(16)) == 16
    assert new_secret() != new_secret()
