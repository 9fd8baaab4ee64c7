"""Sealed mail is opened in a process with little memory: what unfolds without end is not read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from pysequoia import Cert, Tsk, encrypt

from pehra.engines.mail import openpgp, unsealing
from pehra.engines.mail.unsealing import Unsealed, answer, unsealed

if TYPE_CHECKING:
    import pytest

HOME = openpgp.new_key("CERT", "cert@cert.example")
DESK = openpgp.new_key("Desk", "desk@bank.example")
OTHER = openpgp.new_key("Other", "desk@other.example")


def sealed(signer: bytes = b"") -> bytes:
    by = Tsk.from_bytes(signer).signer() if signer else None
    return encrypt(b"Fixed.", [Cert.from_bytes(openpgp.public_of(HOME))], by)


def asked(message: bytes, secret: bytes, *known: bytes) -> Unsealed | None:
    certificates = [openpgp.public_of(one) for one in known]
    told = {"sealed": message, "secret": secret, "certificates": [b"junk", *certificates]}
    data = answer(msgspec.msgpack.encode(told))
    return msgspec.msgpack.decode(data, type=Unsealed) if data else None


def test_what_is_sealed_to_us_is_read_and_its_signer_named_where_known() -> None:
    found = asked(sealed(DESK), HOME, OTHER, DESK)
    assert found is not None
    assert found.signature is not None
    assert (found.content, found.signature.signer) == (b"Fixed.", openpgp.fingerprint_of(DESK))
    assert asked(sealed(DESK), HOME, OTHER) == Unsealed(b"Fixed.")
    assert asked(sealed(), HOME, DESK) == Unsealed(b"Fixed.")
    assert [asked(sealed(), key) for key in (DESK, b"junk", b"")] == [None] * 3


def test_it_is_opened_in_a_process_of_its_own() -> None:
    found = unsealed(sealed(DESK), HOME, [openpgp.public_of(DESK)])
    assert found == asked(sealed(DESK), HOME, DESK)
    assert unsealed(b"junk", HOME, []) is None
    assert unsealed(sealed(), b"", []) is None


def test_what_unfolds_too_large_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unsealing, "LARGEST", 5)
    assert asked(sealed(), HOME) is None
    monkeypatch.setattr(unsealing, "LARGEST", 6)
    assert asked(sealed(), HOME) == Unsealed(b"Fixed.")
