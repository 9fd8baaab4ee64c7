"""What a reader is told of what left: one's own that left, and nothing of a preview."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.dispatch.conftest import NOW

from pehra.dispatch import queries
from pehra.dispatch.actions import confirm_live, propose_live, release
from pehra.dispatch.gates import Entry, Known
from pehra.dispatch.models import Envelope
from pehra.dispatch.queries import Wanted
from pehra.dispatch.queries.gates import known_of
from pehra.dispatch.rules import Outgoing, Recipient, State
from pehra.kernel.actors import SYSTEM, Actor
from pehra.kernel.labels import Tlp
from pehra.mandate.models import Ground
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import SYSTEM_VIEWER, Viewer

if TYPE_CHECKING:
    from tests.dispatch.conftest import Nation

pytestmark = pytest.mark.django_db


def put(*items: Outgoing, state: State) -> list[int]:
    """Envelopes that stand so."""
    propose_live(actor=SYSTEM, now=NOW)
    confirm_live(actor=Actor("b", "director"), now=NOW)
    numbers = [one.envelope for one in release(items, actor=SYSTEM, now=NOW)]
    with as_system():
        Envelope.objects.update(state=state)
    return numbers


def keys(wanted: Wanted, viewer: Viewer) -> list[str]:
    return [one.key for one in queries.envelopes(wanted, viewer=viewer)]


def test_an_organisation_sees_what_reached_it(nation: Nation) -> None:
    person = Recipient(
        organisation=nation.bank, contact=nation.desk, address="abuse@bank.example", person=True
    )
    items = nation.letter("a"), nation.letter("r", tlp=Tlp.RED, recipient=person)
    put(*items, state=State.SENT)
    bank = Viewer(name="head@bank.example", organisations=frozenset({nation.bank}))
    named = Viewer(name="abuse@bank.example", organisations=frozenset({nation.bank}))
    school = Viewer(name="x", organisations=frozenset({nation.school}))
    told = [keys(Wanted(), viewer) for viewer in (bank, named, school, SYSTEM_VIEWER)]
    assert told == [["a"], ["r", "a"], [], ["r", "a"]]
    with as_system():
        Envelope.objects.update(state=State.PREVIEWED)
    assert keys(Wanted(), bank) == []


def test_what_waits_to_be_pulled_is_seen_by_whom_it_is_for(nation: Nation) -> None:
    put(nation.letter(channel="pull", recipient=Recipient(organisation=nation.bank)),
        state=State.WAITING)  # fmt: skip
    bank = Viewer(name="head@bank.example", organisations=frozenset({nation.bank}))
    assert keys(Wanted(), bank) == ["notice:1"]


def test_a_list_is_narrowed_and_goes_page_by_page(nation: Nation) -> None:
    items = [nation.letter(key, exercise=key == "c") for key in "abc"]
    numbers = put(*items, state=State.SENT)
    asked = [
        Wanted(state="sent", kind="notice", channel="mail", organisation=nation.bank),
        Wanted(state="waiting"),
        Wanted(reference="b"),
        Wanted(address="ABUSE@bank.example", exercise=True),
    ]
    assert [keys(one, SYSTEM_VIEWER) for one in asked] == [["c", "b", "a"], [], ["b"], ["c"]]
    page = queries.envelopes(Wanted(), viewer=SYSTEM_VIEWER, before=numbers[2], size=1)
    assert [one.key for one in page] == ["b"]
    found = queries.envelopes_of(["a", "z"], viewer=SYSTEM_VIEWER)
    assert {name: [one.id for one in rows] for name, rows in found.items()} == {
        "a": [numbers[0]],
        "z": [],
    }
    assert queries.envelope(0, viewer=SYSTEM_VIEWER) is None
    assert queries.sealed_content(0, viewer=SYSTEM_VIEWER) is None


def test_an_envelope_is_found_by_its_message(nation: Nation) -> None:
    number = put(nation.letter(), state=State.SENT)[0]
    with as_system():
        message = Envelope.objects.get(pk=number).message_id
    told = [queries.by_message(one, viewer=SYSTEM_VIEWER) for one in (message, "<x@y>", "")]
    assert (told, message.endswith("@localhost>")) == ([number, None, None], True)


def test_what_the_gates_know(nation: Nation) -> None:
    Ground.objects.create(slug="peca-21", instrument="PECA", section="21")
    Ground.objects.create(slug="guess", instrument="?", unconfirmed=True)
    to = Recipient(organisation=nation.school, address="noc@SCHOOL.example")
    stranger = Recipient(organisation=999, address="x@else.example")
    items = [nation.letter(ground="peca-21"), nation.letter(recipient=to)]
    known = known_of(
        [*items, nation.letter(recipient=stranger)], on=NOW.date(), viewer=SYSTEM_VIEWER
    )
    assert known == Known(
        entries={
            "abuse@bank.example": (Entry(nation.desk, nation.bank, None, verified=True),),
            "noc@school.example": (Entry(nation.register, nation.school, None, verified=False),),
        },
        organisations=frozenset({nation.bank, nation.school}),
        teams=frozenset({nation.national, nation.sector_team}),
        leads={nation.bank: nation.sector_team},
        own=nation.national,
        grounds=frozenset({"peca-21"}),
    )
