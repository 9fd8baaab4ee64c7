"""A relay takes a message or not; what is heard says on which side of the last dot it ended."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st
from tests import sink

from pehra.engines.mail.smtp import Answer, Outcome, Parcel, Place, Relay, _stuffed
from pehra.kernel.errors import EnvironmentFault, Refused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONTENT = b"Message-ID: <1@cert.example>\r\nSubject: s\r\n\r\n.\r\n..two\r\nend"


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sink.Sink]:
    """A sink on this machine."""
    with sink.running(tmp_path_factory.mktemp("sink")) as running:
        yield running


def place(port: int, security: str = "plain", **changes: object) -> Place:
    known = Place("127.0.0.1", port, security, name="cert.example", seconds=5)
    return msgspec.structs.replace(known, **changes)


def parcel(to: str, content: bytes = CONTENT) -> Parcel:
    return Parcel("notices@cert.example", to, content, "token1")


def yes() -> bool:
    return True


def _raises() -> bool:
    raise KeyError


def test_a_message_is_taken_whole(relay: sink.Sink) -> None:
    with Relay(place(relay.port)) as line:
        told = line.send(parcel("desk@bank.example"), yes)
        again = line.send(parcel("desk@bank.example"), yes)
    accepted = Answer(Outcome.ACCEPTED, 250, "2.0.0", "2.0.0 Taken", "relay.example")
    assert (told, again) == (accepted, accepted)
    log = relay.taken()
    assert {name: log[-1][name] for name in ("from", "to", "message")} == {
        "from": "notices@cert.example",
        "to": "desk@bank.example",
        "message": "<1@cert.example>",
    }
    assert log[-1]["options"] == ["RET=HDRS", "ENVID=token1", "NOTIFY=FAILURE,DELAY"]
    assert relay.mail(len(log) - 1) == CONTENT + b"\r\n"


@pytest.mark.parametrize(
    ("to", "outcome", "code", "status"),
    [
        ("later-a@x.example", Outcome.TEMPORARY, 451, "4.2.1"),
        ("never-a@x.example", Outcome.PERMANENT, 550, "5.1.1"),
        ("full-a@x.example", Outcome.TEMPORARY, 452, "4.2.2"),
        ("spam-a@x.example", Outcome.PERMANENT, 554, "5.7.1"),
        ("cut-a@x.example", Outcome.BROKEN, 0, ""),
        ("lost-a@x.example", Outcome.UNHEARD, 0, ""),
    ],
)
def test_what_is_heard(relay: sink.Sink, to: str, outcome: Outcome, code: int, status: str) -> None:
    before = len(relay.taken())
    with Relay(place(relay.port)) as line:
        told = line.send(parcel(to), yes)
        after = line.send(parcel("desk@bank.example"), yes)
    assert (told.outcome, told.code, told.status) == (outcome, code, status)
    assert after.outcome == Outcome.ACCEPTED
    assert len(relay.taken()) - before == 1 + (outcome == Outcome.UNHEARD)


def test_without_the_last_word_nothing_leaves(relay: sink.Sink) -> None:
    before = len(relay.taken())
    with Relay(place(relay.port)) as line:
        told = line.send(parcel("desk@bank.example"), lambda: False)
        with pytest.raises(KeyError):
            line.send(parcel("desk@bank.example"), _raises)
        assert line.is_open is False
    assert (told.outcome, len(relay.taken())) == (Outcome.BROKEN, before)


def test_a_message_too_large_is_not_offered(relay: sink.Sink) -> None:
    with Relay(place(relay.port)) as line:
        told = line.send(parcel("desk@bank.example", CONTENT + b"a" * 1_000_001), yes)
    assert (told.outcome, told.status, told.words) == (
        Outcome.PERMANENT,
        "5.3.4",
        "Over 1000000 bytes.",
    )


def test_a_relay_that_is_away_breaks(relay: sink.Sink) -> None:
    del relay
    with Relay(place(1)) as line:
        told = line.send(parcel("desk@bank.example"), yes)
    assert (told.outcome, line.is_open, told.by) == (Outcome.BROKEN, False, "127.0.0.1")


def test_what_cannot_be_a_relay() -> None:
    with pytest.raises(EnvironmentFault, match="No relay"):
        Relay(place(25, host=""))
    for security, host in (("plain", "relay.example"), ("none", "127.0.0.1")):
        with pytest.raises(Refused, match="does not go"):
            Relay(place(25, security, host=host))


@given(st.binary(max_size=60).map(lambda data: data.replace(b"\r", b"").replace(b"\n", b"\r\n")))
def test_stuffing_hides_the_last_dot_and_is_undone(content: bytes) -> None:
    told = _stuffed(content)
    assert b"\r\n.\r\n" not in b"\r\n" + told
    lines = [line.removeprefix(b".") for line in told.split(b"\r\n")]
    whole = content if content.endswith(b"\r\n") else content + b"\r\n"
    assert b"\r\n".join(lines) == whole


def certificate(folder: Path) -> str:
    """A certificate of this machine and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "relay.example")])
    names = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
    now = datetime.now(tz=UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "relay.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return str(file)


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_tls_is_verified_and_the_log_in_needs_its_password(
    security: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pem = certificate(tmp_path)
    implicit = security == "tls"
    with sink.running(tmp_path / "sink", pem, login=True, implicit=implicit) as running:
        there = place(running.port, security, login="pehra")
        with Relay(there, "sesame") as line:
            unknown = line.send(parcel("desk@bank.example"), yes)
        monkeypatch.setenv("SSL_CERT_FILE", pem)
        # The sink falls silent over a second way to log in, so it is not waited for long.
        with Relay(msgspec.structs.replace(there, seconds=0.5), "wrong") as line:
            wrong = line.send(parcel("desk@bank.example"), yes)
        with Relay(there, "sesame") as line:
            right = line.send(parcel("desk@bank.example"), yes)
        with Relay(
            place(running.port, security, host="localhost", login="pehra"), "sesame"
        ) as line:
            named = line.send(parcel("desk@bank.example"), yes)
        assert [one.outcome for one in (unknown, wrong, right, named)] == [
            Outcome.BROKEN,
            Outcome.BROKEN,
            Outcome.ACCEPTED,
            Outcome.ACCEPTED,
        ]
        assert ("certificate" in unknown.words.lower(), len(running.taken())) == (True, 2)
