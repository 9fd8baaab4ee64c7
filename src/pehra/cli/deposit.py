"""A home's keys in one sealed file, for the day when they are lost.

The escrow's private key exists only as shares in the hands of its holders; the home has the public
one, in `escrow/public`, and the keys sealed for it beside that, renewed with every new key and
every backup.
"""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING

import msgspec

from pehra.engines.durable import keep_secret
from pehra.engines.sealed import envelope, shares
from pehra.kernel.errors import Damaged, EnvironmentFault, Refused, UsageError
from pehra.kernel.ids import new_secret

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pehra.engines.sealed.shares import Share
    from pehra.kernel.settings import Home

_NAME = re.compile(r"(?!\.)[A-Za-z0-9._=@+-]{1,255}(?:/(?!\.)[A-Za-z0-9._=@+-]{1,255})?")
_WORD = "pehra-escrow"
SEALED = "keys.sealed"


class Escrow(msgspec.Struct, frozen=True):
    """Who can bring the keys back.

    Attributes:
        id: its name.
        public: the key that is sealed for.
        needed: shares that are needed.
        holders: shares that there are.
    """

    id: str
    public: bytes
    needed: int
    holders: int


def _folder(home: Home) -> Path:
    return home.root / "escrow"


def escrow_of(home: Home) -> Escrow | None:
    """The home's escrow, where it has one.

    Raises:
        Damaged: its file cannot be read.
    """
    path = _folder(home) / "public"
    if not path.exists():
        return None
    try:
        word, name, public, needed, holders = path.read_text().split()
        found = Escrow(name, bytes.fromhex(public), int(needed), int(holders))
        if word == _WORD and envelope.escrow_of(found.public) == name:
            return found
    except ValueError:
        pass
    message = f"{path} is damaged."
    raise Damaged(message, mend="Make a new escrow: `pehra keys escrow`.")


def found_escrow(home: Home, needed: int, holders: int) -> list[Share]:
    """Make an escrow, in place of the one before, and seal the keys for it; gives its shares.

    Raises:
        UsageError: as `shares.split`.
        EnvironmentFault: it cannot be written.
    """
    secret = new_secret()
    public = envelope.public_of(secret)
    name = envelope.escrow_of(public)
    made = shares.split(secret, name, needed, holders)
    if shares.combine(made[-needed:]) != secret:  # nobody shall find that out in an emergency
        message = "The shares do not give the secret back."
        raise Damaged(message, mend="Do not use them; say so to who makes Pehra.")
    line = f"{_WORD} {name} {public.hex()} {needed} {holders}\n"
    keep_secret(_folder(home) / "public", line.encode())
    renew(home)
    return made


def renew(home: Home) -> Escrow | None:
    """Seal the keys as they are now for the escrow; None where there is none.

    Raises:
        EnvironmentFault: it cannot be written.
    """
    escrow = escrow_of(home)
    if escrow is not None:
        keep_secret(_folder(home) / SEALED, envelope.seal_for(escrow.public, bundle(home)))
    return escrow


def bundle(home: Home) -> bytes:
    """All keys as bytes, to be sealed."""
    return bundle_of(home.keys)


def bundle_of(folder: Path) -> bytes:
    """All keys of a folder as bytes.

    Raises:
        EnvironmentFault: one cannot be read.
    """
    try:
        found = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        named = {str(path.relative_to(folder)): path.read_bytes() for path in found}
    except OSError as error:
        message = f"Cannot read the keys in {folder}: {error.strerror}."
        raise EnvironmentFault(message, mend="Check owner and mode.") from None
    told = {n: base64.b64encode(d).decode() for n, d in named.items() if _NAME.fullmatch(n)}
    return msgspec.json.encode(told)


def put_back(data: bytes, keys: Path) -> list[str]:
    """Write the keys of a bundle into a folder; one that is there and differs is never replaced.

    Raises:
        Damaged: it is no bundle.
        Refused: another key of that name is there.
        EnvironmentFault: it cannot be written.
    """
    try:
        told = msgspec.json.decode(data, type=dict[str, str])
        named = {name: base64.b64decode(text, validate=True) for name, text in told.items()}
    except ValueError:
        named = {"": b""}
    if not all(_NAME.fullmatch(name) for name in named):
        message = "What was sealed are no keys of a home."
        raise Damaged(message, mend="Take another copy.")
    for name, value in named.items():
        path = keys / name
        if path.exists() and path.read_bytes() != value:
            message = f"There is another {name} in {keys}."
            raise Refused(message, mend="Move it away first, if it is not the right one.")
    for name, value in named.items():
        keep_secret(keys / name, value)
    return sorted(named)


def opened(sealed: Path, lines: Sequence[str], phrase: str | None) -> bytes:
    """What a sealed file of keys holds, by the holders' shares or the passphrase.

    Raises:
        UsageError: neither is given, or a share cannot be read.
        Refused: they do not open it.
        EnvironmentFault: the file is not there.
    """
    try:
        data = sealed.read_bytes()
    except OSError as error:
        message = f"Cannot read {sealed}: {error.strerror}."
        raise EnvironmentFault(message, mend="Take it from a backup.") from None
    if lines:
        return envelope.open_by(shares.combine([shares.parse(line) for line in lines]), data)
    if phrase is not None:
        return envelope.open_with(phrase, data)
    message = f"{sealed.name} is sealed."
    raise UsageError(message, mend="Give `--share FILE` for each holder, or `--passphrase-file`.")


def lines_of(files: Sequence[Path]) -> list[str]:
    """Shares, a line each, from files that holders brought.

    Raises:
        EnvironmentFault: one cannot be read.
    """
    found = []
    for file in files:
        found += [line for line in _text(file).splitlines() if line.strip().startswith("pehra-")]
    return found


def phrase_of(file: Path | None) -> str | None:
    """The passphrase in a file: its first line.

    Raises:
        EnvironmentFault: it cannot be read.
    """
    return None if file is None else _text(file).partition("\n")[0].strip()


def _text(file: Path) -> str:
    try:
        return file.read_text()
    except (OSError, UnicodeDecodeError) as error:
        message = f"Cannot read {file}: {getattr(error, 'strerror', None) or error}."
        raise EnvironmentFault(message, mend="Check the path and its mode.") from None
