"""Sealed files and values: AES-256-GCM; files in the STREAM form.

By that form (Hoang, Reyhanitabar, Rogaway and Vizár, CRYPTO 2015) chunks can be neither changed,
nor left out, nor put in another order.

A sealed file is a header of 80 bytes and chunks of 1 MiB with 16 bytes of tag each:

    magic (8) | id of the data key (4) | size of the plaintext (8) | nonce (12) | wrapped key (48)

Its own random key is wrapped under the data key, with the magic, the id, the size and the SHA-256
of the plaintext as associated data: a file that is put under another's name does not open. A
chunk's nonce is its number (11 bytes) and 1 for the last, else 0; the key is the file's own, so no
nonce is used twice.
"""

from __future__ import annotations

import hashlib
import os
import struct
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import IO, TYPE_CHECKING, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pehra.kernel.errors import Damaged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pehra.engines.sealed.ring import Key, Ring

CHUNK = 1 << 20
_TAG = 16
_MAGIC = b"PEHRAS1\n"
_VALUE = b"PEHRAV1\n"
_HEADER = struct.Struct(">8s4sQ12s48s")
_MEND = "Bring it back from a backup."
HEADER_SIZE = _HEADER.size


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


def _full(stream: BinaryIO, size: int) -> bytes:
    """`size` bytes, or all that are left; a stream may give fewer at a time."""
    found = stream.read(size)
    while found and len(found) < size and (more := stream.read(size - len(found))):
        found += more
    return found


def seal(
    source: BinaryIO,
    target: IO[bytes],
    key: Key,
    largest: int,
    note: Callable[[bytes], object] | None = None,
) -> tuple[str, int]:
    """Seal all bytes of `source` into `target`; gives their SHA-256 and how many they are.

    Args:
        source: plaintext.
        target: an empty file, to seek in; it is not flushed.
        key: the data key.
        largest: bytes; `OverflowError` where the source has more.
        note: is told all of the plaintext, in order, from another thread.
    """
    own = os.urandom(32)
    cipher, hasher = AESGCM(own), hashlib.sha256()
    target.seek(_HEADER.size)
    size, number, chunk = 0, 0, _full(source, CHUNK)
    # Two halves of one work: while the digest of a chunk is made, it is sealed and written.
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="digest") as beside:
        while True:
            size += len(chunk)
            if size > largest:
                raise OverflowError
            hashed = beside.submit(hasher.update, chunk)
            noted = beside.submit(note, chunk) if note else hashed
            following = _full(source, CHUNK) if len(chunk) == CHUNK else b""
            target.write(cipher.encrypt(_nonce(number, last=not following), chunk, None))
            hashed.result()
            noted.result()
            if not following:
                break
            number, chunk = number + 1, following
    nonce = os.urandom(12)
    wrapped = AESGCM(key.secret).encrypt(nonce, own, _bound(key.id, size, hasher.digest()))
    target.seek(0)
    target.write(_HEADER.pack(_MAGIC, key.id, size, nonce, wrapped))
    return hasher.hexdigest(), size


def _bound(name: bytes, size: int, digest: bytes) -> bytes:
    return _MAGIC + name + size.to_bytes(8, "big") + digest


def _check(holds: bool, /) -> None:  # noqa: FBT001 what it is about
    if not holds:
        raise InvalidTag


def opened(source: BinaryIO, ring: Ring, sha256: str) -> Iterator[bytes]:
    """The plaintext of a sealed file, by chunks of a MiB.

    Args:
        source: the sealed file, at its start.
        ring: data keys.
        sha256: of the plaintext that is expected.

    Raises:
        Damaged: it is not that file, or not whole, or was altered.
        EnvironmentFault: its data key is not in the ring.
    """
    try:
        magic, name, size, nonce, wrapped = _HEADER.unpack(_full(source, _HEADER.size))
        _check(magic == _MAGIC)
        bound = _bound(name, size, bytes.fromhex(sha256))
        cipher = AESGCM(AESGCM(ring.find(name).secret).decrypt(nonce, wrapped, bound))
        last = max(0, -(-size // CHUNK) - 1)
        for number in range(last + 1):
            length = size - last * CHUNK if number == last else CHUNK
            data = _full(source, length + _TAG)
            yield cipher.decrypt(_nonce(number, last=number == last), data, None)
        _check(not source.read(1))
    except (struct.error, InvalidTag, ValueError):
        message = f"The kept file {sha256} is damaged."
        raise Damaged(message, mend=_MEND) from None


def rewrapped(header: bytes, ring: Ring, sha256: str) -> bytes:
    """The header of a sealed file, its own key wrapped anew under the data key in use.

    Raises: as `opened`.
    """
    try:
        magic, name, size, nonce, wrapped = _HEADER.unpack(header)
        digest = bytes.fromhex(sha256)
        _check(magic == _MAGIC)
        old, new = ring.find(name), ring.current
        own = AESGCM(old.secret).decrypt(nonce, wrapped, _bound(name, size, digest))
    except (struct.error, InvalidTag, ValueError):
        message = f"The kept file {sha256} is damaged."
        raise Damaged(message, mend=_MEND) from None
    fresh = os.urandom(12)
    again = AESGCM(new.secret).encrypt(fresh, own, _bound(new.id, size, digest))
    return _HEADER.pack(_MAGIC, new.id, size, fresh, again)


def key_of_header(header: bytes) -> bytes:
    """Id of the data key under which a file is sealed."""
    return header[8:12]


def key_of_value(sealed: bytes) -> bytes:
    """Id of the data key under which a value is sealed; empty where it is not."""
    return sealed[8:12] if is_sealed(sealed) else b""


def seal_value(data: bytes, key: Key, context: bytes) -> bytes:
    """Seal a few bytes that belong to `context`, such as the row of a table they stand in."""
    nonce = os.urandom(12)
    return _VALUE + key.id + nonce + AESGCM(_for_values(key)).encrypt(nonce, data, context)


def open_value(sealed: bytes, ring: Ring, context: bytes) -> bytes:
    """What `seal_value` sealed; what never was sealed, as rows of the first release, is as it is.

    Raises:
        Damaged: it was altered, or stands in another place.
        EnvironmentFault: its data key is not in the ring.
    """
    if not sealed.startswith(_VALUE):
        return sealed
    name, nonce, data = sealed[8:12], sealed[12:24], sealed[24:]
    try:
        return AESGCM(_for_values(ring.find(name))).decrypt(nonce, data, context)
    except (InvalidTag, ValueError):
        message = f"A sealed value of {context.decode(errors='replace')} is damaged."
        raise Damaged(message, mend=_MEND) from None


def is_sealed(data: bytes) -> bool:
    """Whether a value is sealed already."""
    return data.startswith(_VALUE)


@lru_cache(maxsize=8)
def _for_values(key: Key) -> bytes:
    """A key of its own for values, so that file keys and values never share one (RFC 5869)."""
    return HKDF(SHA256(), 32, salt=None, info=b"pehra values").derive(key.secret)
