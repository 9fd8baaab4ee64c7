"""Reports are filed, numbered and clustered; floods are one line, and nothing is lost."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from tests.cases.conftest import NOW, Nation
from tests.cases.reported.conftest import PARCEL, say

from pehra.cases.models.report import Report, ReportContact, ReportPart
from pehra.cases.reported import queries
from pehra.cases.reported.actions.deciding import Decision, decide
from pehra.cases.reported.actions.filing import PUBLIC, file_report
from pehra.cases.reported.numbers import number_in
from pehra.cases.reported.rules import OFTEN, Contact, Door, Kind, Part, State, Wish
from pehra.engines.blobs import files as blobs
from pehra.kernel.errors import UsageError
from pehra.ledger.models import Entry
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import SYSTEM_VIEWER
from pehra.registry.models import Asset, Claim

if TYPE_CHECKING:
    from pehra.kernel.settings import Home

pytestmark = pytest.mark.django_db


def clusters() -> list[queries.ClusterLine]:
    found: list[queries.ClusterLine] = queries.page(queries.Wanted(), viewer=SYSTEM_VIEWER)
    return found


def test_a_report_has_a_number_at_once(home: Home, nation: Nation) -> None:
    del nation
    filed = say(home, NOW, "Is https://evil.example/pay real?", contact=Contact(mail="a@b.example"))
    assert number_in(filed.number) == filed.number
    assert (filed.new, filed.gathered) == (True, False)
    line = queries.one(filed.cluster, viewer=SYSTEM_VIEWER)
    assert line is not None
    assert (line.kind, line.state, line.title, line.reports, line.team, line.grade) == (
        "message", "open", "Is https://evil.example/pay real?", 1, "National CERT", 2,
    )  # fmt: skip
    fate = queries.fate(filed.number)
    assert fate == queries.Fate(
        number=filed.number, kind="message", at=NOW, state="open", others=0, told=(), closed=False
    )
    assert queries.fate("000-0000-000") is None
    assert [one.act for one in Entry.objects.all()] == ["cases.file-report"]
    with as_system():
        inside = bytes(ReportContact.objects.get().inside)
    assert b"a@b.example" not in inside


def test_copies_of_a_campaign_are_one_cluster(home: Home, nation: Nation) -> None:
    del nation
    first = say(home, NOW, PARCEL.format("4434", "250", "https://pay.example/a"))
    near = say(
        home, NOW, "Fwd: " + PARCEL.format("1", "9,300", "https://else.example/"), origin="two"
    )
    page = say(home, NOW, kind=Kind.LINK, url="hxxp://PAY[.]example/a?u=7", origin="three")
    site = say(home, NOW, kind=Kind.LINK, url="https://m.pay.example/other", origin="four")
    other = say(home, NOW, kind=Kind.LINK, url="https://another.example/", origin="three")
    assert {one.cluster for one in (near, page)} == {first.cluster}
    assert len({first.cluster, site.cluster, other.cluster}) == 3
    line = queries.one(first.cluster, viewer=SYSTEM_VIEWER)
    assert line is not None
    assert (line.reports, line.origins, line.top, line.flood) == (3, 3, 1, False)
    assert queries.shares(first.cluster, viewer=SYSTEM_VIEWER) == [1, 1, 1]
    told = queries.fate(near.number)
    assert told is not None
    assert told.others == 2


def test_a_flood_of_one_place_is_one_line_and_hides_nothing(home: Home, nation: Nation) -> None:
    del nation
    words = ("alpha", "bravo", "gamma", "delta")
    for number in range(OFTEN + 12):
        filed = say(home, NOW, f"buy {words[number % 4]} at https://shop{number}.example/{number}")
        assert filed.gathered == (number >= OFTEN)
    real = say(home, NOW, kind=Kind.INCIDENT, text="Our files are encrypted", origin="elsewhere")
    later = say(home, NOW + timedelta(hours=1), "buy at https://shop99.example/")
    robot = say(home, NOW, "buy at https://shop77.example/", origin="robot", robot=True)
    assert (later.gathered, later.new, robot.gathered) == (False, True, True)
    found = clusters()
    assert found[0].id == real.cluster
    lines = [one for one in found if one.gathered]
    assert [(one.reports, one.flood) for one in lines] == [(1, True), (12, True)]
    assert found[-2:] == lines
    with as_system():
        assert Report.objects.count() == OFTEN + 15
    # What was gathered has led nobody astray: a report of the same from elsewhere is looked at.
    again = say(home, NOW, f"buy at https://shop{OFTEN + 5}.example/", origin="a citizen")
    assert (again.new, again.gathered) == (True, False)


def test_a_flood_gathers_no_incident(home: Home, nation: Nation) -> None:
    del nation
    for number in range(OFTEN):
        say(home, NOW, f"https://shop{number}.example/")
    real = say(home, NOW, kind=Kind.INCIDENT, text="Our files are encrypted", robot=True)
    assert (real.new, real.gathered) == (True, False)
    assert clusters()[0].id == real.cluster


def test_what_was_gathered_and_decided_takes_nothing_more(home: Home, nation: Nation) -> None:
    del nation
    one, two = (say(home, NOW, f"x {n}", origin="bot", robot=True) for n in "12")
    assert one.cluster == two.cluster
    decision = Decision(what=State.SPAM, words="Spam.", why="a robot")
    decide(one.cluster, decision, viewer=SYSTEM_VIEWER, actor=PUBLIC, now=NOW)
    three, four = (say(home, NOW, f"x {n}", origin="bot", robot=True) for n in "34")
    assert (three.gathered, three.cluster == four.cluster) == (True, True)
    assert three.cluster != one.cluster
    fate = queries.fate(three.number)
    assert fate is not None
    assert (fate.state, fate.told) == ("open", ())


def test_incidents_of_two_organisations_never_meet(home: Home, nation: Nation) -> None:
    text = "Our files are encrypted and a note asks for money. " * 3
    here = say(home, NOW, text, kind=Kind.INCIDENT, organisation="river-bank")
    there = say(home, NOW, text, kind=Kind.INCIDENT, organisation="ministry")
    again = say(home, NOW, text + "!", kind=Kind.INCIDENT, organisation="river-bank")
    assert here.cluster == again.cluster
    assert there.cluster != here.cluster
    seen = {one.id for one in queries.page(queries.Wanted(), viewer=nation.of_fincert)}
    assert seen == {here.cluster}


def test_a_report_of_what_is_known_joins_it_even_in_a_flood(home: Home, nation: Nation) -> None:
    del nation
    known = say(home, NOW, "See https://evil.example/pay", origin="first")
    for number in range(OFTEN):
        say(home, NOW, f"https://shop{number}.example/")
    told = say(home, NOW, "What is https://evil.example/pay ?")
    assert (told.cluster, told.gathered) == (known.cluster, True)


def test_the_team_that_leads_gets_it(home: Home, nation: Nation) -> None:
    with as_system():
        asset = Asset.objects.create(kind="domain", value="bank.example")
        Claim.objects.create(
            asset=asset, organisation_id=nation.bank, source="manual", recorded_at=NOW
        )
    named = say(home, NOW, kind=Kind.INCIDENT, url="https://www.bank.example/", text="defaced")
    said = say(home, NOW, kind=Kind.VULNERABILITY, text="A hole", organisation="river-bank")
    other = say(home, NOW, "https://evil.example/")
    seen = {one.id for one in queries.page(queries.Wanted(), viewer=nation.of_fincert)}
    assert seen == {named.cluster, said.cluster}
    assert queries.one(other.cluster, viewer=nation.of_fincert) is None
    assert queries.page(queries.Wanted(), viewer=nation.of_bank) == []
    assert queries.reports_of(named.cluster, viewer=nation.of_bank) == []
    assert queries.cluster_of(named.number, viewer=nation.of_fincert) == named.cluster
    assert queries.cluster_of(other.number, viewer=nation.of_fincert) is None


def test_files_are_kept_sealed_and_lead_together(home: Home, nation: Nation) -> None:
    del nation
    part = Part("../../a<b>.exe", "application/x-dosexec", "", 4, b"MZ\0\0")
    one = say(home, NOW, "I got this", parts=(part,))
    two = say(home, NOW, "and I that", parts=(part,), origin="two")
    assert one.cluster == two.cluster
    with as_system():
        row = ReportPart.objects.first()
    assert row is not None
    assert (row.name, row.size) == ("../../a<b>.exe", 4)
    assert b"MZ" not in blobs.path_of(home.blobs, row.sha256).read_bytes()
    with blobs.opened(home, row.sha256) as path:
        assert path.read_bytes() == b"MZ\0\0"


def test_a_delivery_counts_once(home: Home, nation: Nation) -> None:
    del nation
    one = say(home, NOW, "x", delivery="sms 7")
    two = say(home, NOW, "x", delivery="sms 7")
    assert (two.number, two.again) == (one.number, True)
    with as_system():
        assert Report.objects.count() == 1


def test_what_says_nothing_is_refused(home: Home, nation: Nation) -> None:
    del nation
    with pytest.raises(UsageError):
        file_report(home, Wish(kind=Kind.LINK, door=Door.FORM), actor=PUBLIC, now=NOW)
