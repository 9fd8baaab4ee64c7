"""Keys of publishers and passwords of mailboxes: a file each in the home, for its owner only.

They are in no row, no job, no ledger entry and no word of a command line, so that whoever sees
those sees no key.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pehra.engines.durable import keep_secret
from pehra.kernel.errors import EnvironmentFault, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from pehra.kernel.settings import Home

_KEY = re.compile(r"[!-~]{1,1000}")
_PASSWORD = re.compile(r"[^\x00-\x1f\x7f]{1,1000}")


def of_source(home: Home, slug: str) -> Path:
    """Where the key lies that a source's publisher gave us."""
    return home.keys / f"source-{slug}.key"


def of_mailbox(home: Home, name: str) -> Path:
    """Where the password of a mailbox lies."""
    return home.keys / f"mailbox-{name}.key"


def read(path: Path) -> str:
    """The key; empty where there is none.

    Raises:
        EnvironmentFault: it cannot be read.
    """
    try:
        return path.read_text().rstrip("\n")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        message = f"Cannot read {path}: {error}."
        raise EnvironmentFault(message, mend="Check its owner and mode.") from None


def keep(path: Path, text: str, *, password: bool = False) -> None:
    """Keep a key in place of the one there; a final end of line is none of it.

    Raises:
        UsageError: it holds what no key holds.
        EnvironmentFault: it cannot be written.
    """
    key = text.rstrip("\r\n")
    if not (_PASSWORD if password else _KEY).fullmatch(key):
        message = "That is no key: one line of 1 to 1,000 characters, without spaces."
        if password:
            message = "That is no password: one line of 1 to 1,000 characters."
        raise UsageError(message, mend="Put the key alone into the file.")
    keep_secret(path, key.encode())


def forget(path: Path) -> None:
    """Remove a key, where there is one."""
    path.unlink(missing_ok=True)
