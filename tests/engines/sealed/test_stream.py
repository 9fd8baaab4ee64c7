"""Sealing: what goes in comes out, and whatever is altered, cut, swapped or moved does not open."""

from __future__ import annotations

import hashlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.engines.sealed import stream
from pehra.engines.sealed.ring import Key, Ring, key_of
from pehra.kernel.errors import Damaged, EnvironmentFault

OLD, NEW = key_of(bytes(32)), key_of(b"n" * 32)
RING = Ring((OLD, NEW))
SIZES = st.sampled_from([0, 1, 15, 16, 17, 99, 100, 101, 200, 250, 300])


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks of 100 bytes, so that short files have many."""
    monkeypatch.setattr(stream, "CHUNK", 100)


class Dripping(io.BytesIO):
    """A stream that gives a few bytes at a time."""

    def read(self, size: int | None = -1) -> bytes:
        """At most seven."""
        return super().read(min(size or 0, 7))


def sealed(data: bytes, key: Key = NEW) -> bytes:
    """The sealed form of these bytes."""
    target = io.BytesIO()
    digest, size = stream.seal(Dripping(data), target, key, 10_000)
    assert (digest, size) == (hashlib.sha256(data).hexdigest(), len(data))
    return target.getvalue()


def plain(data: bytes, of: bytes, ring: Ring = RING) -> bytes:
    """What the sealed bytes open to, where the file `of` is expected."""
    digest = hashlib.sha256(of).hexdigest()
    return b"".join(stream.opened(Dripping(data), ring, digest))


@given(st.binary(max_size=350), st.sampled_from([OLD, NEW]))
def test_what_goes_in_comes_out(data: bytes, key: Key) -> None:
    found = sealed(data, key)
    assert plain(found, data) == data
    assert len(found) == 80 + len(data) + 16 * max(1, -(-len(data) // 100))
    assert len(data) < 8 or data not in found[80:]


@given(SIZES, st.data())
def test_no_changed_bit_opens(size: int, data: st.DataObject) -> None:
    text = bytes(range(256)) * 2
    found = bytearray(sealed(text[:size]))
    place = data.draw(st.integers(0, len(found) - 1))
    found[place] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises((Damaged, EnvironmentFault)):
        plain(bytes(found), text[:size])


@given(SIZES, st.data())
def test_no_part_of_it_opens(size: int, data: st.DataObject) -> None:
    text = b"x" * size
    found = sealed(text)
    cut = data.draw(st.integers(0, len(found) - 1))
    for wrong in (found[:cut], found + b"\0", found[:cut] + found[cut + 1 :]):
        with pytest.raises((Damaged, EnvironmentFault)):
            plain(wrong, text)


def test_chunks_cannot_change_places() -> None:
    text = b"a" * 100 + b"b" * 100 + b"c" * 100
    found = sealed(text)
    one, two, three = (found[80 + 116 * n : 196 + 116 * n] for n in range(3))
    for order in ((two, one, three), (one, three, two), (one, two), (one, two, two)):
        with pytest.raises(Damaged):
            plain(found[:80] + b"".join(order), text)


def test_another_file_under_this_name_does_not_open() -> None:
    with pytest.raises(Damaged):
        plain(sealed(b"one"), b"two")


def test_a_key_that_is_not_here_is_said() -> None:
    with pytest.raises(EnvironmentFault, match=NEW.id.hex()):
        plain(sealed(b"one"), b"one", Ring((OLD,)))


def test_what_is_sealed_is_told_in_order() -> None:
    data, heard = bytes(range(256)) * 12_289, bytearray()
    stream.seal(io.BytesIO(data), io.BytesIO(), NEW, len(data), heard.extend)
    assert heard == data


def test_too_much_is_refused() -> None:
    with pytest.raises(OverflowError):
        stream.seal(io.BytesIO(b"x" * 11), io.BytesIO(), NEW, 10)
    assert stream.seal(io.BytesIO(b"x" * 10), io.BytesIO(), NEW, 10)[1] == 10


@given(st.binary(max_size=200), st.binary(max_size=20))
def test_a_value_opens_in_its_place_only(data: bytes, context: bytes) -> None:
    found = stream.seal_value(data, NEW, context)
    assert stream.is_sealed(found)
    assert stream.open_value(found, RING, context) == data
    with pytest.raises(Damaged):
        stream.open_value(found, RING, context + b"!")
    with pytest.raises(Damaged):
        stream.open_value(found[:-1], RING, context)


@given(st.binary(max_size=200).filter(lambda data: not stream.is_sealed(data)))
def test_a_value_of_the_first_release_is_as_it_is(data: bytes) -> None:
    assert stream.open_value(data, RING, b"anywhere") == data
