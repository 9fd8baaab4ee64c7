"""The package that leaves: one ZIP, nothing in it compressed, so that every tool reads it.

Its files are those of the manifest and those that speak of the manifest. An item is read from its
sealed file as the ZIP is written, and compared with its digest: a package is whole or it is not.
"""

from __future__ import annotations

import hashlib
import os
import zipfile
from typing import TYPE_CHECKING

import msgspec

from pehra.cases.evidence import manifest as manifests
from pehra.kernel.errors import Damaged, EnvironmentFault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

_WHEN = (1980, 1, 1, 0, 0, 0)


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """What a package is made of, beside the items.

    Attributes:
        manifest: as signed.
        signature: of its text.
        stamp: time stamp; empty: none was configured.
        carried: files that the manifest names, by path.
        proofs: that the ledger has the package, and the second signature.
    """

    manifest: str
    signature: bytes
    stamp: bytes
    carried: dict[str, bytes]
    proofs: dict[str, bytes]


def entries(
    parts: Parts, content: Callable[[int], Iterable[bytes]]
) -> Iterator[tuple[str, Iterable[bytes]]]:
    """All files of a package: path, and content piece by piece.

    Args:
        parts: all but the items.
        content: gives the plaintext of an item.

    Raises:
        Damaged: while an item is read, where it is not what the manifest says.
    """
    told = manifests.read(parts.manifest)
    yield manifests.MANIFEST, [parts.manifest.encode()]
    yield manifests.SIGNATURE, [parts.signature]
    if parts.stamp:
        yield manifests.STAMP, [parts.stamp]
    for path, data in sorted({**parts.carried, **parts.proofs}.items()):
        yield path, [data]
    for item in told.items:
        yield item.path, _compared(item, content(item.item))


def _compared(item: manifests.PackedItem, pieces: Iterable[bytes]) -> Iterator[bytes]:
    digest, size = hashlib.sha256(), 0
    for piece in pieces:
        digest.update(piece)
        size += len(piece)
        yield piece
    if (digest.hexdigest(), size) != (item.sha256, item.size):
        message = f"Item {item.item} is not what was taken in."
        raise Damaged(message, mend="Bring it back from a backup; the package is not whole.")


def write(target: Path, files: Iterable[tuple[str, Iterable[bytes]]]) -> tuple[str, int]:
    """Write a package into a new file; gives its SHA-256 and size. Half of one never stays.

    Raises:
        EnvironmentFault: there is such a file, or it cannot be written.
    """
    try:
        handle = os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        message = f"Cannot write {target}: {error.strerror}."
        raise EnvironmentFault(message, mend="Name a new file in a folder of yours.") from None
    try:
        with os.fdopen(handle, "w+b") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as made:
                for path, pieces in files:
                    info = zipfile.ZipInfo(path, _WHEN)
                    info.external_attr = 0o600 << 16
                    with made.open(info, "w", force_zip64=True) as entry:
                        for piece in pieces:
                            entry.write(piece)
            file.flush()
            os.fsync(file.fileno())
            file.seek(0)
            return hashlib.file_digest(file, "sha256").hexdigest(), os.fstat(file.fileno()).st_size
    except OSError as error:
        target.unlink(missing_ok=True)
        message = f"Cannot write {target}: {error.strerror}."
        raise EnvironmentFault(message, mend="Free space, or name another folder.") from None
    except BaseException:
        target.unlink(missing_ok=True)
        raise
