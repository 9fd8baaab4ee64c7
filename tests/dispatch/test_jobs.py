"""What waits is sent as far as sending is on, what fails is tried again, what is old goes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from pysequoia import Cert, Tsk, decrypt
from tests import sink
from tests.dispatch.conftest import NOW
from tests.dispatch.test_actions import live

from pehra.dispatch import jobs, queries
from pehra.dispatch.actions import carrying, release, set_sending
from pehra.dispatch.actions.sealing import reseal_letters
from pehra.dispatch.mailing import password_of
from pehra.dispatch.models import Content, Envelope
from pehra.dispatch.queries import Wanted
from pehra.dispatch.rules import LEASE, Mode, Recipient, State
from pehra.engines.mail import openpgp
from pehra.engines.mail.smtp import Answer, Outcome
from pehra.engines.sealed import ring as rings
from pehra.engines.sealed.stream import key_of_value
from pehra.intake.actions import hold, lift
from pehra.intake.jobs import take_letters_away
from pehra.jobs.queries import jobs as queued_jobs
from pehra.kernel.actors import SYSTEM
from pehra.kernel.errors import EnvironmentFault, UsageError
from pehra.kernel.labels import Tlp
from pehra.kernel.settings import Home
from pehra.ledger.queries import recent
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import SYSTEM_VIEWER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.dispatch.conftest import Nation

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sink.Sink]:
    """A sink on this machine."""
    with sink.running(tmp_path_factory.mktemp("sink")) as running:
        yield running


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home of its own."""
    monkeypatch.setenv("PEHRA_HOME", str(tmp_path))
    found = Home(tmp_path)
    found.keys.mkdir()
    return found


@pytest.fixture
def set_up(home: Home, relay: sink.Sink) -> Callable[..., None]:
    """Write the home's settings of mail."""

    def write(port: int = relay.port, **more: object) -> None:
        lines = {
            "host": "127.0.0.1",
            "port": port,
            "security": "plain",
            "sender": "notices@cert.example",
            "reply": "answers@cert.example",
            **more,
        }
        text = "".join(
            f"{name} = {msgspec.json.encode(value).decode()}\n" for name, value in lines.items()
        )
        home.settings_file.write_text(f"[mail]\n{text}[exchange]\nname = 'National CERT'\n")

    return write


def quietly(done: int, total: int) -> None:
    del done, total


def send(now: datetime = NOW) -> dict[str, Any]:
    return jobs.send({}, now=now, progress=quietly) or {}


def states() -> dict[str, str]:
    lines = queries.envelopes(Wanted(), viewer=SYSTEM_VIEWER)
    return {one.key: one.state for one in reversed(lines)}


def to(nation: Nation, address: str, key: str = "notice:1", **changes: object) -> None:
    """Release a letter whose address is changed by hand, so that the sink knows what to do."""
    release([nation.letter(key, **changes)], actor=SYSTEM, now=NOW)
    with as_system():
        Envelope.objects.filter(key=key).update(address=address)


def test_a_letter_leaves_once_with_a_receipt_and_an_entry(
    nation: Nation, relay: sink.Sink, set_up: Callable[..., None]
) -> None:
    set_up()
    live()
    release([nation.letter("a")], actor=SYSTEM, now=NOW)
    assert send() == {"sent": 1, "waiting": 0, "failed": 0}
    release([nation.letter("b", follows="a")], actor=SYSTEM, now=NOW)
    send()
    log = relay.taken()[-2:]
    first, second = (
        message_from_bytes(relay.mail(len(relay.taken()) - back), policy=default) for back in (2, 1)
    )
    assert [line["to"] for line in log] == ["abuse@bank.example"] * 2
    assert (second["In-Reply-To"], second["References"]) == (first["Message-ID"],) * 2
    assert (str(first["From"]), str(first["Reply-To"]), str(first["Subject"])) == (
        "National CERT <notices@cert.example>",
        "answers@cert.example",
        "[TLP:AMBER] Open Telnet",
    )
    line = queries.envelopes(Wanted(reference="a"), viewer=SYSTEM_VIEWER)[0]
    heard = queries.receipts(line.id, viewer=SYSTEM_VIEWER)
    assert [(one.outcome, one.code, one.status, one.by) for one in heard] == [
        ("accepted", 250, "2.0.0", "relay.example")
    ]
    assert queries.by_message(log[0]["message"], viewer=SYSTEM_VIEWER) == line.id
    assert next(entry.act for entry in recent()) == "dispatch.sent"
    assert send() == {"sent": 0, "waiting": 0, "failed": 0}


def test_who_has_a_key_gets_it_sealed_and_signed(
    nation: Nation, home: Home, relay: sink.Sink, set_up: Callable[..., None]
) -> None:
    set_up()
    own, desk = openpgp.new_key("", "notices@cert.example"), openpgp.new_key("", "a@bank.example")
    (home.keys / "openpgp.key").write_bytes(own)
    (home.keys / "openpgp.key").chmod(0o600)
    live()
    release([nation.letter(openpgp=openpgp.public_of(desk))], actor=SYSTEM, now=NOW)
    send(datetime.now(tz=UTC))
    message = message_from_bytes(relay.mail(len(relay.taken()) - 1))
    sealed = list(message.walk())[2].get_payload(decode=True)
    assert isinstance(sealed, bytes)
    known = [Cert.from_bytes(openpgp.public_of(own))]
    found = decrypt(sealed, Tsk.from_bytes(desk).decryptor(), store=lambda _: known)
    inside = message_from_bytes(found.bytes or b"")
    assert (message["Subject"], inside["Subject"], len(found.valid_sigs)) == (
        "[TLP:AMBER] A message for you",
        "[TLP:AMBER] Open Telnet",
        1,
    )
    assert queries.envelopes(Wanted(), viewer=SYSTEM_VIEWER)[0].sealed == "openpgp"
    (home.keys / "openpgp.key").write_bytes(b"nothing")
    with pytest.raises(UsageError, match="no OpenPGP secret key"):
        send()


def test_all_is_redirected_to_one_mailbox(
    nation: Nation, relay: sink.Sink, set_up: Callable[..., None]
) -> None:
    set_up()
    set_sending(Mode.REDIRECT, redirect_to="all@cert.example", actor=SYSTEM, now=NOW)
    release([nation.letter()], actor=SYSTEM, now=NOW)
    send()
    assert (relay.taken()[-1]["to"], states()) == ("all@cert.example", {"notice:1": "sent"})


def test_what_waits_when_sending_is_switched_off_is_put_aside(
    nation: Nation, set_up: Callable[..., None]
) -> None:
    set_up()
    live()
    release([nation.letter("a")], actor=SYSTEM, now=NOW)
    set_sending(Mode.PREVIEW, actor=SYSTEM, now=NOW)
    assert (send()["sent"], states()) == (0, {"a": "previewed"})


@pytest.mark.parametrize(
    ("address", "state", "outcome"),
    [
        ("later-a@bank.example", "waiting", "temporary"),
        ("never-a@bank.example", "failed", "permanent"),
        ("lost-a@bank.example", "uncertain", "unheard"),
        ("cut-a@bank.example", "waiting", "broken"),
    ],
)
def test_what_does_not_arrive(
    nation: Nation, set_up: Callable[..., None], address: str, state: str, outcome: str
) -> None:
    set_up()
    live()
    to(nation, address)
    send()
    line = queries.envelopes(Wanted(), viewer=SYSTEM_VIEWER)[0]
    heard = queries.receipts(line.id, viewer=SYSTEM_VIEWER)
    assert (line.state, [one.outcome for one in heard]) == (state, [outcome])
    assert send()["sent"] == 0
    if state == "waiting":
        assert line.next_at is not None
        assert timedelta(minutes=3) < line.next_at - NOW < timedelta(minutes=7)
        to_now = NOW + timedelta(hours=1)
        with as_system():
            Envelope.objects.update(address="abuse@bank.example")
        assert send(to_now)["sent"] == 1


def test_a_letter_is_given_up_after_days(nation: Nation, set_up: Callable[..., None]) -> None:
    set_up()
    live()
    to(nation, "later-a@bank.example")
    send(NOW + timedelta(days=5))
    assert states() == {"notice:1": "failed"}


def test_a_relay_that_is_away_stops_the_lane_at_once(
    nation: Nation, set_up: Callable[..., None]
) -> None:
    set_up(port=1)
    live()
    release([nation.letter("a"), nation.letter("b")], actor=SYSTEM, now=NOW)
    told = send()
    assert (told["waiting"], "fault" in told, states()) == (
        1,
        True,
        {"a": "waiting", "b": "waiting"},
    )


def test_without_a_relay_nothing_is_taken_in_hand(nation: Nation, home: Home) -> None:
    live()
    release([nation.letter()], actor=SYSTEM, now=NOW)
    with pytest.raises(EnvironmentFault, match="No relay"):
        send()
    home.settings_file.write_text('[mail]\nhost = "127.0.0.1"\n')
    with pytest.raises(EnvironmentFault, match="no sender"):
        send()
    assert states() == {"notice:1": "waiting"}


def test_others_may_not_read_the_password(home: Home) -> None:
    assert password_of(home) == ""
    (home.keys / "relay.key").write_text("sesame\n")
    (home.keys / "relay.key").chmod(0o600)
    assert password_of(home) == "sesame"
    (home.keys / "relay.key").chmod(0o644)
    with pytest.raises(EnvironmentFault, match="Others may read"):
        password_of(home)


def test_what_is_too_large_or_gone_fails_here(nation: Nation, set_up: Callable[..., None]) -> None:
    set_up(largest=100)
    live()
    release([nation.letter("a"), nation.letter("b")], actor=SYSTEM, now=NOW)
    with as_system():
        Content.objects.filter(envelope__key="b").delete()
    assert send()["failed"] == 2
    words = [
        queries.receipts(one.id, viewer=SYSTEM_VIEWER)[0].words
        for one in queries.envelopes(Wanted(), viewer=SYSTEM_VIEWER)
    ]
    assert [word.partition(".")[0] for word in words] == [
        "What was inside is gone",
        words[1].partition(".")[0],
    ]
    assert "Raise `mail.largest`" in words[1]


def test_the_hours_number_lets_only_the_urgent_beyond(
    nation: Nation, set_up: Callable[..., None]
) -> None:
    set_up(per_hour=1)
    live()
    items = [nation.letter("a"), nation.letter("b"), nation.letter("c", urgent=True)]
    release(items, actor=SYSTEM, now=NOW)
    send()
    assert states() == {"a": "waiting", "b": "waiting", "c": "sent"}
    later = NOW + timedelta(minutes=61)
    send(later)
    assert states() == {"a": "sent", "b": "waiting", "c": "sent"}


def test_the_sweep_judges_what_workers_left(nation: Nation, set_up: Callable[..., None]) -> None:
    set_up(lanes=1)
    live()
    release([nation.letter("a"), nation.letter("b")], actor=SYSTEM, now=NOW)
    first = carrying.take("mail", now=NOW)
    second = carrying.take("mail", now=NOW)
    assert first is not None
    assert second is not None
    assert carrying.mark(second, now=NOW) is True
    assert carrying.mark(second, now=NOW) is False
    assert jobs.sweep({}, now=NOW, progress=quietly) == {"again": 0, "uncertain": 0}
    later = NOW + LEASE
    assert jobs.sweep({}, now=later, progress=quietly) == {"again": 1, "uncertain": 1}
    assert carrying.mark(first, now=later) is False
    assert states() == {"a": "waiting", "b": "uncertain"}
    assert [job.unique_key for job in queued_jobs()] == ["lane-0"]
    assert send(later)["sent"] == 1


def test_an_answer_that_comes_late_still_counts(
    nation: Nation, set_up: Callable[..., None]
) -> None:
    set_up()
    live()
    release([nation.letter()], actor=SYSTEM, now=NOW)
    taken = carrying.take("mail", now=NOW)
    assert taken is not None
    carrying.mark(taken, now=NOW)
    carrying.recover(now=NOW + LEASE)
    assert carrying.ended(taken, Answer(Outcome.ACCEPTED, 250), now=NOW + LEASE) == State.SENT
    assert states() == {"notice:1": "sent"}


def test_the_address_of_somebody_unknown_goes_with_what_is_inside(
    nation: Nation, set_up: Callable[..., None]
) -> None:
    set_up()
    stranger = Recipient(address="somebody@example.org")
    clear = {"recipient": stranger, "tlp": Tlp.CLEAR, "about": frozenset[int]()}
    release([nation.letter(), nation.letter("theirs", **clear)], actor=SYSTEM, now=NOW)
    later = NOW + timedelta(days=91)
    assert take_letters_away({}, now=later, progress=quietly) == {"letters": 2, "holds": 0}
    with as_system():
        kept = dict(Envelope.objects.values_list("key", "address"))
    assert kept == {"notice:1": "abuse@bank.example", "theirs": ""}


def test_what_is_inside_goes_in_time_and_the_digest_stays(
    nation: Nation, set_up: Callable[..., None]
) -> None:
    set_up()
    release([nation.letter("old")], actor=SYSTEM, now=NOW)
    later = NOW + timedelta(days=91)
    live()
    release([nation.letter("new")], actor=SYSTEM, now=later)
    assert take_letters_away({}, now=later, progress=quietly) == {"letters": 1, "holds": 0}
    assert take_letters_away({}, now=later, progress=quietly) == {"letters": 0, "holds": 0}
    with as_system():
        kept = list(Content.objects.values_list("envelope__key", flat=True))
        digests = Envelope.objects.exclude(digest="").count()
    assert (kept, digests) == (["new"], 2)


@pytest.mark.parametrize(
    ("kind", "value", "gone"),
    [
        ("organisation", "bank", 0),
        ("organisation", "school", 1),
        ("network", "192.0.2.0/24", 0),
        ("source", "shadowserver", 0),
    ],
)
def test_a_legal_hold_keeps_what_is_inside(
    nation: Nation, set_up: Callable[..., None], kind: str, value: str, gone: int
) -> None:
    set_up()
    release([nation.letter("old")], actor=SYSTEM, now=NOW)
    named = str(getattr(nation, value)) if kind == "organisation" else value
    number = hold(kind, named, "case 7", actor=SYSTEM, now=NOW)
    later = NOW + timedelta(days=91)
    assert take_letters_away({}, now=later, progress=quietly) == {"letters": gone, "holds": 1}
    lift(number, actor=SYSTEM, now=later)
    told = take_letters_away({}, now=later, progress=quietly)
    assert told == {"letters": 1 - gone, "holds": 0}


def test_letters_are_sealed_anew_under_a_new_key(nation: Nation, home: Home) -> None:
    release([nation.letter()], actor=SYSTEM, now=NOW)
    assert reseal_letters(home) == 0
    key = rings.add(home)
    assert (reseal_letters(home), reseal_letters(home)) == (1, 0)
    number = queries.envelopes(Wanted(), viewer=SYSTEM_VIEWER)[0].id
    found = queries.sealed_content(number, viewer=SYSTEM_VIEWER)
    assert found is not None
    assert key_of_value(found[1]) == key.id
