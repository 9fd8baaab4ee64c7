"""The keys by which the home signs mail: made once, kept for their owner only, shown in public."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pehra.dispatch.letters import is_address
from pehra.dispatch.mailing import OPENPGP_KEY, SMIME_KEY, secret_of
from pehra.engines.durable import keep_secret
from pehra.engines.mail import openpgp, smime
from pehra.kernel import settings
from pehra.kernel.errors import EnvironmentFault, UsageError

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from pehra.kernel.settings import Home


def make(home: Home, smime_file: Path | None, *, renew: bool, now: datetime) -> list[str]:
    """Make the keys that are missing, or all; gives the names of those that were made.

    Raises:
        UsageError: no sender is set, or the file is no key with its certificate.
        EnvironmentFault: the file cannot be read, or a key cannot be written.
    """
    house = settings.load(home)
    name, address = house.exchange.name, house.mail.sender
    if not is_address(address):
        message = "Mail has no sender."
        raise UsageError(message, mend="Set `mail.sender` in `pehra.toml`.")
    made = []
    if renew or not (home.keys / OPENPGP_KEY).exists():
        keep_secret(home.keys / OPENPGP_KEY, openpgp.new_key(name, address))
        made.append(OPENPGP_KEY)
    if smime_file is not None:
        identity = _read(smime_file)
        smime.check_identity(identity)
        keep_secret(home.keys / SMIME_KEY, identity)
        made.append(SMIME_KEY)
    elif renew or not (home.keys / SMIME_KEY).exists():
        keep_secret(home.keys / SMIME_KEY, smime.new_identity(name, address, now=now))
        made.append(SMIME_KEY)
    return made


def told(home: Home) -> dict[str, str]:
    """Fingerprints and public certificates.

    Raises:
        UsageError: a key is damaged.
        EnvironmentFault: it cannot be read, or others may.
    """
    own, identity = secret_of(home, OPENPGP_KEY), secret_of(home, SMIME_KEY)
    return {
        "openpgp": openpgp.fingerprint_of(own),
        "openpgp_certificate": openpgp.public_of(own).decode(),
        "smime": smime.fingerprint_of(identity),
        "smime_certificate": smime.public_of(identity).decode(),
    }


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        message = f"Cannot read {path}: {error.strerror}."
        raise EnvironmentFault(message, mend="Check its name, owner and mode.") from None
