"""The ledger's key file in the home: `keys/ledger.key`, one line, readable by its owner only."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

from pehra.kernel.errors import EnvironmentFault, UsageError
from pehra.kernel.ids import new_secret
from pehra.ledger.checkpoint import SigningKey, VerifierKey

if TYPE_CHECKING:
    from pathlib import Path

    from pehra.kernel.settings import Home

_OTHERS = 0o077


def key_file(home: Home) -> Path:
    """Where the key is."""
    return home.keys / "ledger.key"


def signing_key(home: Home) -> SigningKey:
    """The ledger's key, made on first use; of two processes that make one, the first wins.

    Raises:
        EnvironmentFault: the file cannot be written or read, is no key, or others may read it.
    """
    path = key_file(home)
    if not path.exists():
        try:
            _create(path)
        except OSError as error:
            message = f"Cannot write {path}: {error.strerror}."
            raise EnvironmentFault(message, mend="Check the home's owner and mode.") from None
    return _read(path)


def verifier_key(home: Home) -> VerifierKey | None:
    """The public half; None before the first checkpoint. Never makes a key."""
    path = key_file(home)
    return _read(path).verifier if path.exists() else None


def _create(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".ledger.key.{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(SigningKey.from_seed(new_secret()).secret_text() + "\n")
            file.flush()
            os.fsync(file.fileno())
        # A link, unlike a rename, never replaces the key that another process has just made.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _read(path: Path) -> SigningKey:
    try:
        if path.stat().st_mode & _OTHERS:
            message = f"Others may read {path}."
            raise EnvironmentFault(message, mend=f"Run `chmod 600 {path}`.")
        return SigningKey.parse(path.read_text(encoding="ascii").removesuffix("\n"))
    except (OSError, UnicodeDecodeError, UsageError) as error:
        message = f"Cannot use {path}: {error}"
        raise EnvironmentFault(message, mend="Bring the file back from a backup.") from None
