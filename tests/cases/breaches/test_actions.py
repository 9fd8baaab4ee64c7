"""A breach from its discovery to its end: recorded, judged, drafted, released, noted, closed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec
import pytest
from django.conf import settings
from tests.cases.conftest import AMNA, NOW, opened
from tests.cases.test_breaches import BARE, LISTS, WHOLE, answers

from pehra.cases.breaches import queries
from pehra.cases.breaches.actions import recording, texts
from pehra.cases.breaches.actions.recording import Found, Judged, Told
from pehra.cases.breaches.actions.texts import Words
from pehra.cases.breaches.rules import Excused, Exemption, Risk, State
from pehra.cases.models.case import Entry, Link
from pehra.dispatch.models import Envelope
from pehra.kernel.errors import IllegalStep, Refused, UsageError
from pehra.ledger.models import Entry as LedgerEntry
from pehra.mandate.models import Clock, Organisation, Sector
from pehra.mandate.queries.authorities import ROLE, breach_authorities
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import SYSTEM_VIEWER
from pehra.registry.models.contacts import Contact

if TYPE_CHECKING:
    from datetime import datetime

    from tests.cases.conftest import Nation

pytestmark = pytest.mark.django_db

HIGH = Judged(answers(3, 3, 2, 2, 3, 3, 1), Risk.HIGH)
LOW = Judged(answers(1, 1, 1, 0, 2, 0, 0), Risk.LOW)
NONE = Judged(answers(0, 0, 0, 0, 0, 0, 0), Risk.NONE)
LATE = "How far it went was not known before."


@pytest.fixture(autouse=True)
def clocks(nation: Nation) -> None:
    settings.HOME.keys.mkdir(exist_ok=True)
    for kind, hours in (
        ("breach-authority", 72),
        ("breach-subjects", 72),
        ("breach-processor", 24),
    ):
        Clock.objects.create(kind=kind, hours=hours, unconfirmed=True)
    regulator = Organisation.objects.create(slug="sbp", name="State Bank", role="regulator")
    Sector.objects.filter(slug="banking").update(regulator=regulator)
    with as_system():
        for facts in (
            {"organisation_id": nation.bank, "email": "ciso@river-bank.example"},
            {"team_id": nation.ncert, "email": "duty@ncert.example"},
            {"organisation": regulator, "email": "cyber@sbp.example"},
        ):
            Contact.objects.create(purpose="ciso", verified_at=NOW, **facts)


def recorded(nation: Nation, **facts: object) -> int:
    given = {"case": opened(nation), "organisation": nation.bank, "aware_at": NOW}
    given |= {"contents": WHOLE} | facts
    return recording.record_breach(Found(**given), actor=AMNA, at=NOW)  # type: ignore[arg-type] # a test's own words


def view(number: int) -> queries.BreachView:
    found = queries.one(number, viewer=SYSTEM_VIEWER)
    assert found is not None
    return found


def after(hours: int) -> datetime:
    return NOW + timedelta(hours=hours)


def test_the_whole_way_of_a_high_risk(nation: Nation) -> None:
    number = recorded(nation, contents=BARE, processor="Lake Hosting", processor_aware_at=NOW)
    row = view(number)
    assert (row.authority_due, row.people_due, row.processor_due) == (
        after(72), after(72), after(24)
    )  # fmt: skip
    assert (row.unconfirmed, row.overdue(after(71)), row.overdue(after(72))) == (True, False, True)
    with pytest.raises(IllegalStep):
        recording.note_authority(number, Told(told_at=NOW), actor=AMNA, at=NOW)
    recording.assess(number, HIGH, actor=AMNA, at=NOW)
    with pytest.raises(IllegalStep):
        recording.move(number, State.FOLLOW_UP, actor=AMNA, at=NOW)
    # Early, with most of it missing: that is allowed.
    recording.note_authority(number, Told(told_at=after(2)), actor=AMNA, at=after(2))
    recording.describe(number, WHOLE, actor=AMNA, at=after(3))
    assert view(number).missing == ()
    with pytest.raises(IllegalStep):
        recording.move(number, State.FOLLOW_UP, actor=AMNA, at=after(4))
    told = Told(told_at=after(80), people=1_150)
    with pytest.raises(Refused, match="no reason"):
        recording.note_people(number, told, actor=AMNA, at=after(80))
    late = msgspec.structs.replace(told, late_reason=LATE)
    recording.note_people(number, late, actor=AMNA, at=after(80))
    recording.move(number, State.FOLLOW_UP, actor=AMNA, at=after(90))
    recording.move(number, State.CLOSED, actor=AMNA, at=after(99))
    row = view(number)
    assert (row.state, row.people_told, row.late_reason, row.closed_at) == (
        "closed", 1_150, LATE, after(99)
    )  # fmt: skip
    recording.move(number, State.FOLLOW_UP, actor=AMNA, at=after(100))
    assert view(number).closed_at is None
    with as_system():
        acts = [one.facts["act"] for one in Entry.objects.filter(kind="breach").order_by("pk")]
        assert Link.objects.filter(kind="breach", ref=str(number)).count() == 1
    assert acts == [
        "record-breach", "assess-breach", "note-authority-told", "describe-breach",
        "note-people-told", "move-breach", "move-breach", "move-breach",
    ]  # fmt: skip
    assert LedgerEntry.objects.filter(subject=f"breach:{number}").count() == len(acts)


def test_what_is_no_risk_stays_in_the_register(nation: Nation) -> None:
    number = recorded(nation)
    recording.assess(number, NONE, actor=AMNA, at=NOW)
    recording.move(number, State.FOLLOW_UP, actor=AMNA, at=NOW)
    recording.move(number, State.CLOSED, actor=AMNA, at=NOW)
    (row,) = queries.register(viewer=SYSTEM_VIEWER)
    assert (row.id, row.risk, row.authority_at, row.overdue(after(999))) == (
        number, "none", None, False
    )  # fmt: skip


def test_people_are_not_told_where_an_exemption_says_why(nation: Nation) -> None:
    number = recorded(nation)
    recording.assess(number, HIGH, actor=AMNA, at=NOW)
    why = Excused(
        Exemption.DISPROPORTIONATE, "Nobody knows their addresses any more.", "X-2026-001"
    )
    with pytest.raises(IllegalStep):
        recording.excuse(number, why, actor=AMNA, at=NOW)
    recording.note_authority(number, Told(told_at=NOW), actor=AMNA, at=NOW)
    recording.excuse(number, why, actor=AMNA, at=NOW)
    assert (view(number).exemption, view(number).public_notice) == (
        "disproportionate",
        "X-2026-001",
    )
    low = recorded(nation)
    recording.assess(low, LOW, actor=AMNA, at=NOW)
    recording.note_authority(low, Told(told_at=NOW), actor=AMNA, at=NOW)
    with pytest.raises(IllegalStep):
        recording.excuse(low, why, actor=AMNA, at=NOW)


def test_moments_that_cannot_be_are_refused(nation: Nation) -> None:
    with pytest.raises(UsageError, match="still to come"):
        recorded(nation, aware_at=after(1))
    with pytest.raises(UsageError, match="no organisation"):
        recorded(nation, organisation=999)
    number = recorded(nation)
    recording.assess(number, LOW, actor=AMNA, at=NOW)
    for at in (after(-1), after(1)):
        with pytest.raises(UsageError, match="Nobody was told before"):
            recording.note_authority(number, Told(told_at=at), actor=AMNA, at=NOW)


@pytest.mark.parametrize("kind", ["mail addresses", "rows of a table"])
def test_nothing_about_a_breach_takes_in_a_list(nation: Nation, kind: str) -> None:
    bad = msgspec.structs.replace(WHOLE, taken=LISTS[kind])
    with pytest.raises(Refused, match="takes in no leaked"):
        recorded(nation, contents=bad)
    number = recorded(nation)
    with pytest.raises(Refused, match="takes in no leaked"):
        recording.describe(number, bad, actor=AMNA, at=NOW)
    texts.draft(number, actor=AMNA, at=NOW)
    first = queries.texts(number, viewer=SYSTEM_VIEWER)[0]
    with pytest.raises(Refused, match="takes in no leaked"):
        texts.edit(number, first.id, Words("x", LISTS[kind]), actor=AMNA, at=NOW)


def test_drafts_are_edited_by_a_person_and_leave_by_the_door(nation: Nation) -> None:
    number = recorded(nation)
    assert texts.draft(number, actor=AMNA, at=NOW) == 6
    found = {(one.to, one.addressee, one.language): one.id
             for one in queries.texts(number, viewer=SYSTEM_VIEWER)}  # fmt: skip
    assert set(found) == {
        (to, addressee, language)
        for to, addressee in (("authority", "organisation:sbp"), ("authority", "team:ncert"),
                              ("people", "organisation:river-bank"))
        for language in ("en", "ur")
    }  # fmt: skip
    team = found["authority", "team:ncert", "en"]
    texts.edit(number, team, Words("A breach", "Read me.\n"), actor=AMNA, at=NOW)
    assert texts.draft(number, actor=AMNA, at=NOW) == 5  # the edited one stays
    assert texts.release(number, team, actor=AMNA, at=NOW) == "previewed"
    with pytest.raises(Refused, match="stays as it left"):
        texts.edit(number, team, Words("x", "y"), actor=AMNA, at=NOW)
    again = {(one.to, one.addressee, one.language): one.id
             for one in queries.texts(number, viewer=SYSTEM_VIEWER)}  # fmt: skip
    people = again["people", "organisation:river-bank", "ur"]
    assert texts.release(number, people, actor=AMNA, at=NOW) == "previewed"
    # The door keeps an organisation's facts from another body; a person hands them on.
    regulator = again["authority", "organisation:sbp", "en"]
    assert texts.release(number, regulator, actor=AMNA, at=NOW).startswith("TLP:AMBER goes to")
    with as_system():
        rows = Envelope.objects.filter(kind="breach").order_by("pk")
        assert [(one.address, one.state) for one in rows] == [
            ("duty@ncert.example", "previewed"),
            ("ciso@river-bank.example", "previewed"),
            ("cyber@sbp.example", "refused"),
        ]
    with pytest.raises(UsageError, match="has no text"):
        texts.release(number, 9_999, actor=AMNA, at=NOW)


def test_a_commission_takes_the_place_of_both_from_its_day(nation: Nation) -> None:
    day = after(48).date()
    Organisation.objects.create(slug="ncpdp", name="Commission", role=ROLE, valid_from=day)
    keys = [[one.key for one in breach_authorities(nation.bank, at)] for at in (NOW.date(), day)]
    assert keys == [["organisation:sbp", "team:ncert"], ["organisation:ncpdp"]]
    assert [one.key for one in breach_authorities(nation.ministry, NOW.date())] == ["team:ncert"]


def test_who_sees_a_breach(nation: Nation) -> None:
    number = recorded(nation)
    texts.draft(number, actor=AMNA, at=NOW)
    for viewer, seen in ((nation.of_fincert, 1), (nation.of_bank, 1), (nation.of_ministry, 0)):
        assert len(queries.register(viewer=viewer)) == seen
        assert len(queries.texts(number, viewer=viewer)) == seen * 6
        assert (queries.one(number, viewer=viewer) is not None) == bool(seen)
    assert queries.register(viewer=SYSTEM_VIEWER, exercises=True) == []
    assert queries.register(viewer=SYSTEM_VIEWER, before=number) == []
