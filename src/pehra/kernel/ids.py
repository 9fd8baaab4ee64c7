"""Identifiers that can be made again from what they name."""

from __future__ import annotations

import hashlib
import secrets

_MASK48 = (1 << 48) - 1


def digest(data: bytes) -> str:
    """SHA-256 of `data` in lower-case hexadecimal (FIPS 180-4)."""
    return hashlib.sha256(data).hexdigest()


def batch_id(sha256: str, source: str) -> str:
    """Name of a batch: the same bytes from the same source are the same batch (32 hex digits)."""
    return hashlib.sha256(f"{source}\n{sha256}".encode()).hexdigest()[:32]


def reject_context(batch: str, row: int) -> bytes:
    """The place of a rejected row, to which its sealed text is bound."""
    return f"reject:{batch}:{row}".encode()


def observation_prefix(received_ms: int) -> int:
    """First 48 bits of an observation's id: milliseconds since 1970 at which its batch came."""
    return received_ms & _MASK48


def new_secret(size: int = 32) -> bytes:
    """Random bytes from the operating system."""
    return secrets.token_bytes(size)
