"""How a letter is sealed: by the recipient's key, signed, or a pointer; no less by accident."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email import message_from_bytes

import msgspec
import pytest

from pehra.dispatch.inside import Inside
from pehra.dispatch.letters import Heading, Letter
from pehra.dispatch.wrapping import Signing, check_signing, wrapped
from pehra.engines.mail import openpgp, smime
from pehra.kernel.errors import UsageError

NOW = datetime.now(tz=UTC)  # keys know the time of their making, which Sequoia takes from the clock
LATER = NOW + timedelta(days=5 * 366)
LETTER = Letter(
    "[TLP:AMBER] Open Telnet", "192.0.2.1\n", "<p>192.0.2.1</p>", pointer="See the desk.\n"
)
HEADING = Heading(
    message_id="<1@cert.example>", date=NOW, sender="notices@cert.example", to="desk@bank.example"
)
PGP = openpgp.public_of(openpgp.new_key("", "desk@bank.example"))
X509 = smime.public_of(smime.new_identity("", "desk@bank.example", now=NOW))
HOME = Signing(
    openpgp=openpgp.new_key("", "notices@cert.example"),
    smime=smime.new_identity("", "notices@cert.example", now=NOW),
)


@pytest.mark.parametrize(
    ("inside", "signing", "now", "sealed", "kind"),
    [
        (Inside(LETTER), Signing(), NOW, "", "multipart/alternative"),
        (Inside(LETTER), HOME, NOW, "", "multipart/signed; application/pgp-signature"),
        (
            Inside(LETTER), msgspec.structs.replace(HOME, prefers="smime"), NOW, "",
            "multipart/signed; application/pkcs7-signature",
        ),
        (
            Inside(LETTER), msgspec.structs.replace(HOME, clear_details=False), NOW, "pointer",
            "multipart/signed; application/pgp-signature",
        ),
        (
            Inside(LETTER, PGP, X509), HOME, NOW, "openpgp",
            "multipart/encrypted; application/pgp-encrypted",
        ),
        (Inside(LETTER, PGP), Signing(), NOW, "openpgp",
         "multipart/encrypted; application/pgp-encrypted"),
        (Inside(LETTER, b"", X509), HOME, NOW, "smime", "application/pkcs7-mime"),
        (Inside(LETTER, b"nothing", X509), Signing(), NOW, "smime", "application/pkcs7-mime"),
        (Inside(LETTER, PGP, X509), Signing(), LATER, "pointer", "text/plain"),
    ],
)  # fmt: skip
def test_how_it_is_sealed(
    inside: Inside, signing: Signing, now: datetime, sealed: str, kind: str
) -> None:
    told = wrapped(inside, HEADING, signing, now=now)
    message = message_from_bytes(told.content)
    protocol = message.get_param("protocol")
    found = f"{message.get_content_type()}; {protocol}" if protocol else message.get_content_type()
    assert (told.sealed, found, message["Message-ID"]) == (sealed, kind, "<1@cert.example>")
    shown = not sealed
    assert (b"192.0.2.1" in told.content, message["Subject"]) == (
        shown,
        LETTER.subject if shown else "[TLP:AMBER] A message for you",
    )
    assert (b"See the desk." in told.content) is (sealed == "pointer")


def test_keys_that_do_not_sign_stop_everything_before_it_begins() -> None:
    check_signing(HOME)
    check_signing(Signing())
    for wrong in (Signing(openpgp=PGP), Signing(openpgp=b"x"), Signing(smime=X509)):
        with pytest.raises(UsageError):
            check_signing(wrong)
