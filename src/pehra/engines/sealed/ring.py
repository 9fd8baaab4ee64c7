"""The home's data keys: `keys/data.key`, a line each, the last one in use, the others to open with.

A line is `pehra-data-key`, the key's id and its 32 bytes, both in hexadecimal. The id is the first
four bytes of the SHA-256 of the key, so that a line that was altered is seen.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from typing import TYPE_CHECKING

import msgspec

from pehra.kernel.errors import EnvironmentFault
from pehra.kernel.ids import new_secret

if TYPE_CHECKING:
    from pathlib import Path

    from pehra.kernel.settings import Home

_WORD = "pehra-data-key"
_OTHERS = 0o077
_MEND = "Bring the keys back: from a backup, or by `pehra keys recover`."


class Key(msgspec.Struct, frozen=True):
    """A data key: 4 bytes that name it, and its 32 bytes."""

    id: bytes
    secret: bytes

    @property
    def line(self) -> str:
        """As the file holds it."""
        return f"{_WORD} {self.id.hex()} {self.secret.hex()}\n"


class Ring(msgspec.Struct, frozen=True):
    """Data keys, the one in use last."""

    keys: tuple[Key, ...]

    @property
    def current(self) -> Key:
        """The one under which is sealed."""
        return self.keys[-1]

    def find(self, name: bytes) -> Key:
        """The key of this id.

        Raises:
            EnvironmentFault: it is not here.
        """
        for key in self.keys:
            if key.id == name:
                return key
        message = f"It is sealed under the data key {name.hex()}, which is not in this home."
        raise EnvironmentFault(message, mend=_MEND)


def key_of(secret: bytes) -> Key:
    """A key with its id."""
    return Key(hashlib.sha256(secret).digest()[:4], secret)


def key_file(home: Home) -> Path:
    """Where the keys are."""
    return home.keys / "data.key"


def ring(home: Home) -> Ring:
    """The home's data keys; the first is made on first use.

    Raises:
        EnvironmentFault: the file cannot be made or read, is damaged, or others may read it.
    """
    path = key_file(home)
    try:
        if not path.exists():
            _put(path, [key_of(new_secret())], new=True)
        if path.stat().st_mode & _OTHERS:
            message = f"Others may read {path}."
            raise EnvironmentFault(message, mend=f"Run `chmod 600 {path}`.")
        return Ring(_parsed(path.read_text(encoding="ascii")))
    except (OSError, ValueError) as error:
        words = getattr(error, "strerror", None) or error
        message = f"Cannot use {path}: {words}."
        raise EnvironmentFault(message, mend=_MEND) from None


def _parsed(text: str) -> tuple[Key, ...]:
    keys = []
    for line in text.splitlines():
        word, name, secret = line.split(" ")
        key = key_of(bytes.fromhex(secret))
        if word != _WORD or key.id.hex() != name or len(key.secret) != 32:  # noqa: PLR2004 a key of AES-256
            message = f"the line of {name[:16]} is damaged"
            raise ValueError(message)
        keys.append(key)
    if not keys:
        message = "it holds no key"
        raise ValueError(message)
    return tuple(keys)


def add(home: Home) -> Key:
    """Put a new key in use; the older ones stay to open what they sealed.

    Raises: as `ring`.
    """
    held = ring(home)
    key = key_of(new_secret())
    try:
        _put(key_file(home), [*held.keys, key], new=False)
    except OSError as error:
        message = f"Cannot write {key_file(home)}: {error.strerror}."
        raise EnvironmentFault(message, mend="Free space, or check owner and mode.") from None
    return key


def retire(home: Home, unused_since: float) -> int:
    """Drop all keys but the one in use, where that came into use before `unused_since`.

    Say it only when nothing is sealed under the others any more; gives how many were dropped.

    Args:
        home: whose.
        unused_since: seconds since 1970; who took the ring before may still be sealing.

    Raises: as `ring`.
    """
    held, path = ring(home), key_file(home)
    if len(held.keys) == 1 or path.stat().st_mtime > unused_since:
        return 0
    try:
        _put(path, [held.current], new=False)
    except OSError as error:
        message = f"Cannot write {path}: {error.strerror}."
        raise EnvironmentFault(message, mend="Free space, or check owner and mode.") from None
    return len(held.keys) - 1


def _put(path: Path, keys: list[Key], *, new: bool) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.writelines(key.line for key in keys)
            file.flush()
            os.fsync(file.fileno())
        if new:
            # A link, unlike a rename, never replaces the key that another process has just made.
            os.link(draft, path)
        else:
            draft.rename(path)
    except FileExistsError:
        pass
    finally:
        draft.unlink(missing_ok=True)
