"""A folder of arrays with a manifest: written beside, named last, checked when opened.

Layout: `manifest.json` names a generation folder (`g-...`) that holds one `.npy` file an array. A
writer fills a new generation, flushes it to disk and then replaces the manifest by a rename, so a
reader sees the old whole or the new whole. The manifest carries the shape, type and CRC-32 of every
array; a torn, foreign or altered folder is refused. A generation that a process still maps stays
readable after its names are gone (POSIX); the previous one is kept until the next write, for
readers that have just read the old manifest.
"""

from __future__ import annotations

import fcntl
import io
import mmap
import shutil
import tempfile
import zlib
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import numpy as np
import polars as pl

from pehra.engines.durable import flush
from pehra.kernel.errors import Damaged, EnvironmentFault

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

_MANIFEST = "manifest.json"
_GENERATION = "g-"
_LOCK = ".lock"
_PIECE = 1 << 24


class Kind(NamedTuple):
    """What an index is, and how its arrays are laid out.

    Attributes:
        name: a word for messages.
        version: goes up when the arrays or facts change, so that an old index is refused, not read.
    """

    name: str
    version: int


class _Shape(msgspec.Struct, frozen=True):
    dtype: str
    shape: tuple[int, ...]
    crc32: int


class _Manifest(msgspec.Struct, frozen=True):
    version: int
    kind: str
    generation: str
    previous: str
    facts: dict[str, Any]
    arrays: dict[str, _Shape]


class Stored(msgspec.Struct, frozen=True):
    """An index as opened.

    Attributes:
        arrays: read-only, memory-mapped.
        facts: what the writer said of it: counts, revision, what it was made from.
    """

    arrays: dict[str, Any]
    facts: dict[str, Any]


def text_array(texts: pl.Series) -> NDArray[np.uint8]:
    """A column of text as one array of bytes (Arrow IPC)."""
    buffer = io.BytesIO()
    texts.rename("text").to_frame().write_ipc(buffer)
    return np.frombuffer(buffer.getvalue(), dtype=np.uint8)


def texts_of(array: NDArray[np.uint8]) -> pl.Series:
    """The column that `text_array` made."""
    return pl.read_ipc(io.BytesIO(array.tobytes())).to_series()


def _crc32(array: NDArray[Any]) -> int:
    """Of all bytes; of a large array in a file not all are taken into memory for it."""
    data, crc = array.reshape(-1).view(np.uint8), 0
    for begin in range(0, data.size, _PIECE):
        crc = zlib.crc32(data[begin : begin + _PIECE].data, crc)
        if data.size > _PIECE:
            let_go(array)
    return crc


def _manifest(path: Path, kind: Kind, mend: str) -> _Manifest:
    try:
        found = msgspec.json.decode((path / _MANIFEST).read_bytes(), type=_Manifest)
    except FileNotFoundError:
        message = f"There is no {kind.name} at {path}."
        raise EnvironmentFault(message, mend=mend) from None
    except OSError as error:
        message = f"Cannot read {path}: {error.strerror}."
        raise EnvironmentFault(message, mend="Check its owner and mode.") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        message = f"The manifest of {path} cannot be read."
        raise Damaged(message, mend=mend) from None
    if (found.kind, found.version) != kind or "/" in found.generation:
        held = f"{found.kind} in layout {found.version}"
        message = f"{path} holds {held}, not {kind.name} in layout {kind.version}."
        raise Damaged(message, mend=mend)
    return found


def _previous(path: Path) -> str:
    """The generation that readers may be opening; empty where the manifest names none."""
    try:
        return msgspec.json.decode((path / _MANIFEST).read_bytes(), type=_Manifest).generation
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return ""


def write(
    path: Path, arrays: Mapping[str, NDArray[Any]], *, kind: Kind, facts: Mapping[str, Any]
) -> None:
    """Store `arrays` at `path` in place of what was there.

    Args:
        path: the folder; made when absent. A second writer waits for the first (`flock`).
        arrays: by name; names are file names.
        kind: what the index is; a reader asks for the same.
        facts: JSON values kept in the manifest.

    Raises:
        EnvironmentFault: the disk refuses.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        with (path / _LOCK).open("wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            _replace(path, arrays, kind, dict(facts))
    except OSError as error:
        message = f"Cannot write {kind.name} to {path}: {error.strerror}."
        raise EnvironmentFault(message, mend="Check its free space, owner and mode.") from None


def _replace(
    path: Path, arrays: Mapping[str, NDArray[Any]], kind: Kind, facts: dict[str, Any]
) -> None:
    previous = _previous(path)
    folder = type(path)(tempfile.mkdtemp(prefix=_GENERATION, dir=path))
    shapes = {}
    for name, values in arrays.items():
        array = np.ascontiguousarray(values)
        np.save(folder / f"{name}.npy", array, allow_pickle=False)
        flush(folder / f"{name}.npy")
        shapes[name] = _Shape(array.dtype.str, array.shape, _crc32(array))
    new = folder / _MANIFEST
    new.write_bytes(
        msgspec.json.encode(
            _Manifest(kind.version, kind.name, folder.name, previous, facts, shapes)
        )
    )
    flush(new)
    flush(folder)
    new.replace(path / _MANIFEST)
    flush(path)
    for old in path.glob(f"{_GENERATION}*"):
        if old.name not in {folder.name, previous}:
            shutil.rmtree(old, ignore_errors=True)


def _map(file: Path, shape: _Shape) -> NDArray[Any]:
    if 0 in shape.shape:
        return np.empty(shape.shape, dtype=np.dtype(shape.dtype))
    array: NDArray[Any] = np.load(file, mmap_mode="r", allow_pickle=False)
    if array.dtype.str != shape.dtype or array.shape != shape.shape or _crc32(array) != shape.crc32:
        message = "not as the manifest says"
        raise ValueError(message)
    # A plain view: a memmap's own bookkeeping costs microseconds at each slice.
    return array.view(np.ndarray)


def let_go(array: NDArray[Any]) -> None:
    """Take the pages of an index's array out of this process; touched again, they come back."""
    under: object = array
    while isinstance(under, np.ndarray):
        under = under.base
    if isinstance(under, mmap.mmap):
        under.madvise(mmap.MADV_DONTNEED)


def read(path: Path, *, kind: Kind, mend: str) -> Stored:
    """Open the index at `path`.

    Args:
        path: the folder.
        kind: what it must hold.
        mend: what the reader of an error can do, such as the command that builds it again.

    Raises:
        EnvironmentFault: there is none.
        Damaged: it is torn, altered, of another kind or layout.
    """
    manifest = _manifest(path, kind, mend)
    try:
        return _open(path, manifest)
    except FileNotFoundError:
        # A writer may have replaced it twice since the manifest was read.
        again = _manifest(path, kind, mend)
    except (ValueError, EOFError, OSError) as error:
        raise _torn(path, mend, error) from None
    try:
        return _open(path, again)
    except (ValueError, EOFError, OSError) as error:
        raise _torn(path, mend, error) from None


def _open(path: Path, manifest: _Manifest) -> Stored:
    folder = path / manifest.generation
    arrays = {name: _map(folder / f"{name}.npy", shape) for name, shape in manifest.arrays.items()}
    return Stored(arrays=arrays, facts=manifest.facts)


def _torn(path: Path, mend: str, error: Exception) -> Damaged:
    return Damaged(f"The index at {path} does not hold together: {error}.", mend=mend)
