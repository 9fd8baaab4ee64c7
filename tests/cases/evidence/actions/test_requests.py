"""Who may hand out what: own data, two persons, one case, and a way to an end from everywhere."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from tests.cases.evidence.conftest import NOW, hand, mail, new, wanted
from tests.cases.evidence.test_actions import DATA, acts, narrowed, step, turn

from pehra.cases.actions.joins import merge
from pehra.cases.actions.opened import Opening, open_case
from pehra.cases.evidence.actions import asking, hands, keeping, packing, requests, taking
from pehra.cases.evidence.actions.custody import locked
from pehra.cases.evidence.actions.requests import LeaveOut, Move
from pehra.cases.evidence.queries import course, whole
from pehra.cases.evidence.rules import CARRY, RECORD
from pehra.cases.models.evidence import HandOver, HandOverStep
from pehra.kernel.actors import Actor
from pehra.kernel.errors import Refused, UsageError
from pehra.mandate.models import Office, Tenure, User
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import SYSTEM_VIEWER

if TYPE_CHECKING:
    from tests.cases.evidence.conftest import Room

pytestmark = pytest.mark.django_db


def test_own_data_is_that_of_the_affected_who_consent_themselves(room: Room) -> None:
    item = room.add(DATA)
    own = wanted(room, kind="own", ground="consent")
    for who in ("liaison", "officer"):
        with pytest.raises(Refused, match="is not affected in case"):
            asking.ask(own, hand=hand(who), now=NOW)
    own = wanted(room, kind="own", ground="consent", agency="river-bank")
    number = asking.ask(own, hand=hand("officer"), now=NOW).number
    step(number, "identity_check", "custodian")
    step(number, "legality", "lawyer")
    with pytest.raises(Refused, match="From there: consent, refused"):
        step(number, "narrowed", "lawyer", items=(item,))
    Office.objects.create(slug="other-head", name="h", role="ENT", organisation_id=room.agency)
    other = User.objects.create(email=mail("other-head"))
    Tenure.objects.create(office=Office.objects.get(slug="other-head"), person=other)
    for who in ("other-head", "lawyer"):
        with pytest.raises(Refused, match="`consent`"):
            step(number, "consent", who)
    step(number, "consent", "head")
    assert step(number, "narrowed", "lawyer", items=(item,)).state == "narrowed"


def test_a_person_is_one_however_the_account_is_spelt(room: Room) -> None:
    User.objects.filter(email=mail("director")).update(email="Director@cert.example")
    judge = Office.objects.create(slug="judge", name="j", role="LEG", team_id=room.team)
    Tenure.objects.create(office=judge, person=User.objects.get(email="Director@cert.example"))
    item = room.add(DATA)
    number = room.asked()
    step(number, "identity_check", "custodian")
    by = hands.Hand("DIRECTOR@cert.example", "DIRECTOR@cert.example", "judge")
    requests.advance(number, Move(to="legality", text="read and judged"), hand=by, now=NOW)
    step(number, "narrowed", "lawyer", items=(item,))
    step(number, "preserve", "custodian")
    packing.pack(room.home, number, turn("custodian"))
    by = hands.Hand("director@CERT.example", "director@CERT.example", "director")
    with pytest.raises(Refused, match="turned the first key"):
        packing.second_sign(room.home, number, hands.Turn(by, "I stand for it", NOW))
    with as_system():
        (told,) = HandOverStep.objects.filter(state="legality").values_list("by", "typed_by")
    assert told == ("Director@cert.example",) * 2


def test_whoever_types_at_a_terminal_is_the_account_of_that_name(room: Room) -> None:
    number, _ = narrowed(room)
    packing.pack(room.home, number, turn("custodian"))
    User.objects.create(email="Lawyer@another.example")  # it may be either
    by = hands.Hand(mail("director"), "lawyer")
    with pytest.raises(Refused, match=r"lawyer@cert\.example turned the first key"):
        packing.second_sign(room.home, number, hands.Turn(by, "I stand for it", NOW))


def test_an_office_of_another_team_opens_nothing_here(room: Room) -> None:
    keeper = Office.objects.create(slug="fin-custodian", name="c", role="EVC", team_id=room.other)
    Tenure.objects.create(office=keeper, person=User.objects.get(email=mail("analyst")))
    number = room.asked()
    place = hands.place_of(room.case)
    for powers in ((CARRY,), (RECORD,)):
        with pytest.raises(Refused, match="in this case"):
            hands.held(hand("analyst"), powers, NOW, place)
    with pytest.raises(Refused, match="in this case"):
        step(number, "identity_check", "analyst")
    assert hands.place_of_item(room.add(DATA)) == place


def test_what_came_in_after_the_narrowing_is_not_left_out_in_silence(room: Room) -> None:
    number, item = narrowed(room)
    late = taking.begin(room.home, new(room, 9), actor=room.keeper.actor, now=NOW)
    with pytest.raises(Refused, match=f"The evidence {late} came in since"):
        packing.pack(room.home, number, turn("custodian"))
    with pytest.raises(UsageError, match=f"Nothing is said of the evidence {late}"):
        step(number, "narrowed", "lawyer", items=(item,))
    left = (LeaveOut("it never came in whole", late),)
    step(number, "narrowed", "lawyer", items=(item,), left_out=left)
    assert acts(item)[-1] == "released"
    step(number, "preserve", "custodian")
    assert packing.pack(room.home, number, turn("custodian")).state == "package"


def test_a_request_that_is_refused_late_holds_nothing_any_more(room: Room) -> None:
    number, item = narrowed(room)
    packing.pack(room.home, number, turn("custodian"))
    packing.second_sign(room.home, number, turn("director"))
    packing.pack(room.home, number, turn("custodian"))
    packing.second_sign(room.home, number, turn("director"))
    assert step(number, "refused", "lawyer").state == "refused"
    found = whole(item, viewer=room.keeper.viewer, on=NOW.date())
    assert found is not None
    assert (found.holds, found.custody[-1].act) == ((), "released")


def test_no_package_leaves_once_its_paper_is_late(room: Room) -> None:
    number, _ = narrowed(room, emergency=True)
    late = hands.Turn(hand("custodian"), "as it should be done", NOW + timedelta(hours=25))
    with pytest.raises(Refused, match="The paper of this request is overdue"):
        packing.pack(room.home, number, late)
    told = asking.ask(wanted(room, emergency=True), hand=hand("officer"), now=NOW).number
    with pytest.raises(Refused, match="another person says that its paper came"):
        asking.paper_came(told, hand=hand("officer"), now=NOW)
    asking.paper_came(told, hand=hand("second-officer"), now=NOW)
    asking.paper_came(number, hand=hand("officer"), now=NOW)
    assert packing.pack(room.home, number, late).state == "package"


def test_evidence_of_a_merged_case_goes_with_the_one_that_stays(room: Room) -> None:
    gone = room.add(DATA)
    actor = Actor(mail("officer"), "officer")
    opening = Opening(title="The same", affected=(room.bank,), team=room.team)
    stays = open_case(opening, actor=actor, at=NOW)
    merge(room.case, stays, why="the same mail server", actor=actor, at=NOW)
    number = room.asked(case=stays)
    step(number, "identity_check", "custodian")
    step(number, "legality", "lawyer")
    assert step(number, "narrowed", "lawyer", items=(gone,)).state == "narrowed"
    step(number, "refused", "lawyer")
    with as_system():
        row = locked(gone)
        assert keeping.retained_until(row, NOW) is None
        type(row.case).objects.filter(pk=stays).update(closed_at=NOW - timedelta(days=1095))
        row.case.refresh_from_db()
        assert keeping.retained_until(locked(gone), NOW) == NOW.date()


def test_a_court_keeps_longer_than_the_clock(room: Room) -> None:
    number, item = narrowed(room)
    court = (NOW + timedelta(days=9999)).date()
    with as_system():
        HandOver.objects.filter(pk=number).update(retain_until=court, state="retained")
        row = locked(item)
        type(row.case).objects.filter(pk=room.case).update(closed_at=NOW - timedelta(days=2000))
        assert keeping.retained_until(locked(item), NOW) == court
    found = course(number, viewer=SYSTEM_VIEWER)
    assert found is not None
    assert found.request.retain_until == court
