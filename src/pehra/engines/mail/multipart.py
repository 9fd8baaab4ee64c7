"""MIME entities as bytes, so that what was signed is what is sent, byte for byte (RFC 1847).

An entity is its header lines, an empty line and its body, all ended by CR LF.
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def entity(headers: Mapping[str, str], body: bytes) -> bytes:
    """An entity of header fields and a body; long fields are folded after semicolons."""
    lines = [f"{name}: {value}".replace("; ", ";\r\n ") for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("ascii") + body


def multipart(kind: str, parts: Sequence[bytes], headers: Mapping[str, str] | None = None) -> bytes:
    """An entity of several.

    Args:
        kind: subtype and parameters, such as `signed; micalg="sha-256"`.
        parts: entities.
        headers: fields beside the content type.
    """
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    # What stands in no part: nobody finds a text that holds its own digest.
    boundary = f"=_{digest.hexdigest()[:40]}"
    body = b"".join(f"--{boundary}\r\n".encode() + part + b"\r\n" for part in parts)
    fields = {"Content-Type": f'multipart/{kind}; boundary="{boundary}"', **(headers or {})}
    return entity(fields, body + f"--{boundary}--\r\n".encode())


def in_base64(data: bytes) -> bytes:
    """Bytes as lines of base64 (RFC 2045)."""
    return base64.encodebytes(data).replace(b"\n", b"\r\n")
