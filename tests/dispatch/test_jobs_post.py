"""Webhooks: signed, tried again, never inward; and what recipients fetch themselves."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.dispatch.conftest import NOW
from tests.dispatch.test_actions import live
from tests.engines.http.conftest import Server, running

from pehra.dispatch import hooks, jobs, queries
from pehra.dispatch.actions import fetched, release, set_sending, waiting_letters
from pehra.dispatch.models import Envelope
from pehra.dispatch.posting import home_secret
from pehra.dispatch.queries import Wanted
from pehra.dispatch.rules import Mode, Recipient
from pehra.jobs.queries import jobs as queued_jobs
from pehra.kernel.actors import SYSTEM, Actor
from pehra.kernel.settings import Home
from pehra.ledger.queries import recent
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import SYSTEM_VIEWER, Viewer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.dispatch.conftest import Nation

pytestmark = pytest.mark.django_db


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home of its own that may ask this machine."""
    monkeypatch.setenv("PEHRA_HOME", str(tmp_path))
    found = Home(tmp_path)
    found.keys.mkdir()
    found.settings_file.write_text("[fetch]\nloopback = true\n")
    return found


@pytest.fixture
def receiver() -> Iterator[Server]:
    """A receiver on this machine."""
    with running() as server:
        yield server


def let_go(nation: Nation, url: str = "") -> None:
    """Release a letter to a webhook, whose address is then that of the test."""
    live()
    to = Recipient(organisation=nation.bank, address="https://bank.example/hook")
    release([nation.letter(channel="webhook", recipient=to)], actor=SYSTEM, now=NOW)
    if url:
        with as_system():
            Envelope.objects.update(address=url)


def post() -> dict[str, Any]:
    return jobs.post({}, now=NOW, progress=lambda _done, _total: None) or {}


def test_a_letter_is_posted_once_and_its_signature_holds(
    nation: Nation, home: Home, receiver: Server
) -> None:
    receiver.say("/hook", b"", status=204)
    let_go(nation, f"{receiver.url}/hook")
    assert [(job.kind, job.unique_key) for job in queued_jobs()] == [("dispatch.post", "hooks")]
    assert (post(), post()) == ({"sent": 1}, {})
    (body,), (_, headers) = receiver.sent, receiver.asked[0]
    key = hooks.key_for(home_secret(home), f"{receiver.url}/hook")
    assert hooks.verify(body, headers["pehra-signature"], key, NOW) is True
    told = json.loads(body)
    assert (told["subject"], told["envelope"]) == (
        "[TLP:AMBER] Open Telnet",
        headers["pehra-envelope"],
    )
    line = queries.envelopes(Wanted(), viewer=SYSTEM_VIEWER)[0]
    assert (line.state, line.sealed, recent()[0].act) == ("sent", "hmac", "dispatch.sent")


@pytest.mark.parametrize(
    ("reply", "state"),
    [
        ((503, ""), "waiting"),
        ((410, ""), "failed"),
        ((302, "/hook"), "failed"),
        ((307, "/hook"), "failed"),
        ((307, "http://169.254.169.254/latest/"), "failed"),
        ((308, "http://10.0.0.1/"), "failed"),
    ],
)
def test_what_does_not_arrive(
    nation: Nation, home: Home, receiver: Server, reply: tuple[int, str], state: str
) -> None:
    del home
    receiver.say("/hook", b"", status=reply[0], location=reply[1])
    let_go(nation, f"{receiver.url}/hook")
    assert post() == {state: 1}


def test_a_redirect_that_keeps_the_method_is_followed(
    nation: Nation, home: Home, receiver: Server
) -> None:
    del home
    receiver.say("/hook", b"", status=308, location="/there")
    receiver.say("/there", b"ok")
    let_go(nation, f"{receiver.url}/hook")
    assert (post(), len(receiver.sent), receiver.sent[0]) == ({"sent": 1}, 2, receiver.sent[1])


def test_nothing_is_posted_inward(nation: Nation, home: Home, receiver: Server) -> None:
    home.settings_file.write_text("")
    receiver.say("/hook", b"")
    let_go(nation, f"{receiver.url}/hook")
    assert (post(), receiver.sent) == ({"failed": 1}, [])


def test_a_receiver_that_is_away_is_tried_again(nation: Nation, home: Home) -> None:
    del home
    let_go(nation, "http://127.0.0.1:1/")
    assert post() == {"waiting": 1}


def test_the_secret_is_made_once(home: Home) -> None:
    assert home_secret(home) == home_secret(home)
    assert (home.keys / "webhook.key").stat().st_mode & 0o777 == 0o600


def test_what_waits_is_fetched_by_whom_it_is_for(nation: Nation, home: Home) -> None:
    live()
    items = [
        nation.letter(key, channel="pull", recipient=Recipient(organisation=nation.bank))
        for key in "ab"
    ]
    numbers = [one.envelope for one in release(items, actor=SYSTEM, now=NOW)]
    bank = Viewer(name="machine@bank.example", organisations=frozenset({nation.bank}))
    school = Viewer(name="x", organisations=frozenset({nation.school}))
    told = waiting_letters(home, viewer=bank)
    assert [(one.id, one.letter.subject) for one in told] == [
        (number, "[TLP:AMBER] Open Telnet") for number in numbers
    ]
    others = [waiting_letters(home, viewer=one) for one in (school, SYSTEM_VIEWER)]
    assert others == [[], []]
    actor = Actor("machine@bank.example", "api")
    assert fetched(numbers, viewer=school, actor=actor, now=NOW) == 0
    assert fetched(numbers[:1], viewer=bank, actor=actor, now=NOW) == 1
    assert fetched(numbers[:1], viewer=bank, actor=actor, now=NOW) == 0
    assert [one.id for one in waiting_letters(home, viewer=bank)] == numbers[1:]
    heard = queries.receipts(numbers[0], viewer=SYSTEM_VIEWER)
    assert [(one.outcome, one.by) for one in heard] == [("pulled", "machine@bank.example")]
    set_sending(Mode.PREVIEW, actor=SYSTEM, now=NOW)
    assert waiting_letters(home, viewer=bank) == []
