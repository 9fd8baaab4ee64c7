"""Releasing, switching and hearing: one act, one entry, nothing twice."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec
import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.dispatch.conftest import NOW

from pehra.dispatch import queries
from pehra.dispatch.actions import (
    Released,
    confirm_live,
    propose_live,
    record_bounce,
    release,
    resolve,
    set_sending,
)
from pehra.dispatch.actions.heard import Bounce
from pehra.dispatch.gates import SENTENCES, Refusal
from pehra.dispatch.inside import opened
from pehra.dispatch.models import Content, Envelope
from pehra.dispatch.rules import Mode, Recipient, Sending, State
from pehra.engines.sealed.ring import ring
from pehra.jobs.queries import jobs as queued_jobs
from pehra.kernel.actors import Actor
from pehra.kernel.errors import IllegalStep, Refused, UsageError
from pehra.kernel.labels import Tlp
from pehra.ledger.queries import recent
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import SYSTEM_VIEWER

if TYPE_CHECKING:
    from tests.dispatch.conftest import Nation

pytestmark = pytest.mark.django_db

ANNA, BILAL = Actor("anna@cert.example", "director"), Actor("bilal@cert.example", "supervisor")


def live() -> None:
    """Switch sending on, by two."""
    propose_live(actor=ANNA, now=NOW)
    confirm_live(actor=BILAL, now=NOW)


def states() -> list[tuple[str, str]]:
    """Key and state of all envelopes, in order."""
    return [
        (one.key, one.state) for one in queries.envelopes(queries.Wanted(), viewer=SYSTEM_VIEWER)
    ][::-1]


def acts() -> list[str]:
    return [entry.act for entry in recent()][::-1]


def test_a_new_home_keeps_and_shows_and_sends_nothing(nation: Nation) -> None:
    told = release([nation.letter()], actor=ANNA, now=NOW)
    line = queries.envelopes(queries.Wanted(), viewer=SYSTEM_VIEWER)[0]
    assert told == [Released("notice:1", line.id, State.PREVIEWED)]
    assert (line.address, line.tlp, line.organisation, line.next_at, line.mode) == (
        "abuse@bank.example",
        "AMBER",
        nation.bank,
        None,
        "preview",
    )
    kept = queries.sealed_content(line.id, viewer=SYSTEM_VIEWER)
    assert kept is not None
    letter = opened(kept[1], ring(settings.HOME), kept[0]).letter
    assert (letter.subject, letter.text[:9]) == ("[TLP:AMBER] Open Telnet", "TLP:AMBER")
    assert (acts(), queued_jobs()) == (["dispatch.release"], [])


def test_released_twice_it_is_once(nation: Nation) -> None:
    live()
    first = release([nation.letter(), nation.letter()], actor=ANNA, now=NOW)
    again = release([nation.letter()], actor=ANNA, now=NOW)
    assert (first[0] == first[1] == again[0], states()) == (True, [("notice:1", "waiting")])
    assert [job.unique_key for job in queued_jobs()] == ["lane-1", "lane-0"]


def test_what_never_left_is_judged_anew(nation: Nation) -> None:
    stranger = Recipient(organisation=nation.bank, address="x@evil.example")
    told = release([nation.letter(recipient=stranger)], actor=ANNA, now=NOW)[0]
    assert told.refusal == Refusal("stranger", SENTENCES["stranger"])
    assert states() == [("notice:1", "refused")]
    release([nation.letter()], actor=ANNA, now=NOW)
    assert states() == [("notice:1", "previewed")]
    live()
    later = NOW + timedelta(hours=1)
    told = release([nation.letter()], actor=BILAL, now=later)[0]
    line = queries.envelope(told.envelope, viewer=SYSTEM_VIEWER)
    assert line is not None
    assert (line.state, line.mode, line.released_by, line.next_at, line.address, line.refusal) == (
        "waiting",
        "live",
        BILAL.name,
        later,
        "abuse@bank.example",
        "",
    )
    with as_system():
        assert Content.objects.count() == 1


def test_the_modes(nation: Nation) -> None:
    to = Recipient(
        organisation=nation.school, contact=nation.register, address="noc@school.example"
    )
    school = nation.letter("b", recipient=to, about=frozenset({nation.school}))
    set_sending(Mode.PILOT, pilot=[nation.bank], actor=ANNA, now=NOW)
    release([nation.letter("a"), school], actor=ANNA, now=NOW)
    set_sending(Mode.REDIRECT, redirect_to="all@cert.example", actor=ANNA, now=NOW)
    release([msgspec.structs.replace(school, key="c")], actor=ANNA, now=NOW)
    assert states() == [("a", "waiting"), ("b", "held"), ("c", "waiting")]
    assert queries.sending() == Sending(
        mode=Mode.REDIRECT, redirect_to="all@cert.example", changed_by=ANNA.name, changed_at=NOW
    )


def test_a_pilot_names_registered_organisations(nation: Nation) -> None:
    for pilot in ([], [nation.bank, 999]):
        with pytest.raises(UsageError, match="are registered"):
            set_sending(Mode.PILOT, pilot=pilot, actor=ANNA, now=NOW)


def test_live_takes_two_and_preview_one(nation: Nation) -> None:
    del nation
    with pytest.raises(Refused, match="two persons"):
        set_sending(Mode.LIVE, actor=ANNA, now=NOW)
    with pytest.raises(Refused, match="Nobody proposed"):
        confirm_live(actor=ANNA, now=NOW)
    assert propose_live(actor=ANNA, now=NOW).mode == Mode.PREVIEW
    with pytest.raises(Refused, match="another person"):
        confirm_live(actor=ANNA, now=NOW)
    assert confirm_live(actor=BILAL, now=NOW).mode == Mode.LIVE
    with pytest.raises(Refused, match="is live"):
        propose_live(actor=ANNA, now=NOW)
    assert set_sending(Mode.PREVIEW, actor=ANNA, now=NOW).mode == Mode.PREVIEW
    assert acts() == [
        "dispatch.propose-live",
        "dispatch.confirm-live",
        "dispatch.set-sending",
    ]


def test_a_change_takes_a_proposal_back(nation: Nation) -> None:
    propose_live(actor=ANNA, now=NOW)
    set_sending(Mode.PILOT, pilot=[nation.bank], actor=BILAL, now=NOW)
    with pytest.raises(Refused, match="Nobody proposed"):
        confirm_live(actor=BILAL, now=NOW)


def test_a_drill_is_marked_and_in_no_number(nation: Nation) -> None:
    release([nation.letter("a", exercise=True), nation.letter("b")], actor=ANNA, now=NOW)
    counted = queries.counts(viewer=SYSTEM_VIEWER)
    assert ({state: count for state, count in counted.items() if count}, len(counted)) == (
        {"previewed": 1},
        len(State),
    )


def test_thousands_cost_as_many_statements_as_one(nation: Nation) -> None:
    release([nation.letter()], actor=ANNA, now=NOW)
    counted = []
    for size in (1, 20):
        items = [nation.letter(f"{size}:{number}") for number in range(size)]
        with CaptureQueriesContext(
            connection,
        ) as told:
            release(items, actor=ANNA, now=NOW)
        counted.append(len(told))
    assert counted[1] == counted[0]


def test_nothing_is_nothing(nation: Nation) -> None:
    del nation
    assert (release([], actor=ANNA, now=NOW), acts()) == ([], [])


def sent(nation: Nation, state: State) -> int:
    """An envelope that stands so."""
    live()
    number = release([nation.letter()], actor=ANNA, now=NOW)[0].envelope
    with as_system():
        Envelope.objects.filter(pk=number).update(state=state, ending_at=NOW)
    return number


@pytest.mark.parametrize(
    ("state", "action", "then"),
    [
        (State.SENT, "failed", State.BOUNCED),
        (State.SENT, "delayed", State.SENT),
        (State.UNCERTAIN, "failed", State.BOUNCED),
        (State.UNCERTAIN, "delivered", State.SENT),
        (State.WAITING, "failed", State.WAITING),
    ],
)
def test_what_a_server_says(nation: Nation, state: State, action: str, then: State) -> None:
    number = sent(nation, state)
    said = Bounce(action, "5.1.1", "no such\0 user", "mx.bank.example")
    assert record_bounce(number, said, actor=ANNA, now=NOW) == then
    heard = queries.receipts(number, viewer=SYSTEM_VIEWER)
    assert [(one.by, one.status, one.words) for one in heard] == [
        ("mx.bank.example", "5.1.1", "no such\N{REPLACEMENT CHARACTER} user")
    ]
    assert (states()[0][1], acts()[-1]) == (then, "dispatch.bounce")


@pytest.mark.parametrize("state", [State.SENT, State.WAITING, State.FAILED])
def test_a_person_says_what_became_of_it(nation: Nation, state: State) -> None:
    number = sent(nation, State.UNCERTAIN)
    resolve(number, state, why="the relay's log has it", actor=BILAL, now=NOW)
    line = queries.envelope(number, viewer=SYSTEM_VIEWER)
    assert line is not None
    assert (line.state, line.sent_at, line.next_at) == (
        state,
        NOW if state == State.SENT else None,
        NOW if state == State.WAITING else None,
    )
    assert acts()[-1] == "dispatch.resolve"


def test_a_person_resolves_nothing_else(nation: Nation) -> None:
    number = sent(nation, State.SENT)
    with pytest.raises(IllegalStep):
        resolve(number, State.WAITING, why="again", actor=BILAL, now=NOW)
    with pytest.raises(UsageError, match="by which knowledge"):
        resolve(number, State.SENT, why=" ", actor=BILAL, now=NOW)
    with pytest.raises(UsageError, match="no envelope 999999"):
        resolve(999_999, State.SENT, why="x", actor=BILAL, now=NOW)


def test_a_compulsory_letter_needs_its_ground(nation: Nation) -> None:
    told = release([nation.letter(kind="order", tlp=Tlp.AMBER)], actor=ANNA, now=NOW)[0]
    assert told.refusal == Refusal("no-ground", SENTENCES["no-ground"])
