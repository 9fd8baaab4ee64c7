"""Envelopes: what was sealed opens by the right key or passphrase only, and only unaltered."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.engines.sealed import envelope
from pehra.kernel.errors import Refused, UsageError

SECRET = bytes(range(32))
PUBLIC = envelope.public_of(SECRET)
PHRASE = "ivory ladder monsoon quilt"
BY_PHRASE = envelope.seal_by(PHRASE, b"keys")


@given(st.binary(max_size=3_000))
def test_what_was_sealed_opens(data: bytes) -> None:
    assert envelope.open_by(SECRET, envelope.seal_for(PUBLIC, data)) == data


@given(st.data())
def test_no_changed_bit_goes_unseen(data: st.DataObject) -> None:
    sealed = bytearray(envelope.seal_for(PUBLIC, b"keys"))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(Refused, match="do not open it"):
        envelope.open_by(SECRET, bytes(sealed))


@given(st.binary(max_size=100))
def test_what_is_no_envelope_is_refused(data: bytes) -> None:
    with pytest.raises(Refused):
        envelope.open_by(SECRET, data)
    with pytest.raises(Refused):
        envelope.open_with(PHRASE, data)


def test_another_key_does_not_open() -> None:
    with pytest.raises(Refused):
        envelope.open_by(bytes(32), envelope.seal_for(PUBLIC, b"keys"))


def test_a_passphrase_opens_and_another_does_not() -> None:
    assert envelope.open_with(PHRASE, BY_PHRASE) == b"keys"
    altered = BY_PHRASE[:-1] + bytes([BY_PHRASE[-1] ^ 1])
    for phrase, sealed in ((PHRASE + ".", BY_PHRASE), (PHRASE, altered)):
        with pytest.raises(Refused, match="does not open it"):
            envelope.open_with(phrase, sealed)


def test_a_short_passphrase_is_refused() -> None:
    with pytest.raises(UsageError, match="fewer than 12"):
        envelope.seal_by("short", b"keys")


def test_an_escrow_is_named_by_its_key() -> None:
    assert len(envelope.escrow_of(PUBLIC)) == 8
    assert envelope.escrow_of(PUBLIC) != envelope.escrow_of(envelope.public_of(bytes(32)))
