"""A case is opened, told of and linked; each act is one line and one entry of the ledger."""

from __future__ import annotations

import pytest
from tests.cases.conftest import AMNA, NOW, Nation, opened

from pehra.cases.actions.links import link, link_all, unlink
from pehra.cases.actions.opened import Opening, open_case
from pehra.cases.actions.teams import bring_in
from pehra.cases.actions.timeline import Line, record
from pehra.cases.models.case import Deadline, Entry, Link, Party
from pehra.cases.queries import cases
from pehra.kernel.errors import Refused, UsageError
from pehra.ledger.models import Entry as Written
from pehra.mandate.models import Team
from pehra.mandate.tenancy import as_system, seen_by
from pehra.mandate.viewers import SYSTEM_VIEWER


def acts() -> list[str]:
    return list(Written.objects.order_by("seq").values_list("act", flat=True))


def parties(number: int) -> set[tuple[int | None, int | None, str]]:
    with as_system():
        rows = Party.objects.filter(case=number)
        return set(rows.values_list("team_id", "organisation_id", "role"))


def test_the_team_of_the_sector_leads(nation: Nation) -> None:
    number = opened(nation, kind="ransomware", reporters=(nation.ministry,))
    assert parties(number) == {
        (nation.fincert, None, "lead"),
        (None, nation.bank, "affected"),
        (None, nation.ministry, "reporter"),
    }
    assert acts() == ["cases.open"]
    case = cases.one(number, viewer=SYSTEM_VIEWER)
    assert case is not None
    assert (case.title, case.kind, case.state, case.aware_at, case.severity, case.open) == (
        "Files of River Bank are encrypted", "ransomware", 1, NOW, None, True,
    )  # fmt: skip


def test_a_team_may_be_named_and_others_support(nation: Nation) -> None:
    number = opened(nation, team=nation.ncert, support=(nation.fincert, nation.ncert))
    assert parties(number) == {
        (nation.ncert, None, "lead"),
        (nation.fincert, None, "support"),
        (None, nation.bank, "affected"),
    }
    assert cases.lead_of(number, viewer=SYSTEM_VIEWER) == nation.ncert
    assert cases.leads_of([number], viewer=nation.of_fincert) == {}


def test_a_stranger_is_the_national_team_s(nation: Nation) -> None:
    assert parties(opened(nation, affected=())) == {(nation.ncert, None, "lead")}


def test_what_cannot_be_opened(nation: Nation) -> None:
    for facts, said in (
        ({"title": " "}, "needs a title"),
        ({"kind": "flood"}, "`flood` is no kind"),
        ({"tlp": "WHITE"}, "`WHITE` is no label"),
        ({"origin": "x"}, "`x` is no origin"),
        ({"affected": (0,)}, "no organisation 0"),
        ({"team": 0}, "Team 0 is not active"),
        ({"aware_at": NOW.replace(year=2027)}, "still to come"),
    ):
        with pytest.raises(UsageError, match=said):
            opened(nation, **facts)
    Team.objects.update(status="gap")
    with pytest.raises(Refused, match="no team that could lead"):
        open_case(Opening(title="a"), actor=AMNA, at=NOW)
    assert acts() == []


def test_a_line_is_kept_with_its_label(nation: Nation) -> None:
    number = opened(nation)
    entry = record(number, Line(text=" Called the bank. ", shared=True), actor=AMNA, at=NOW)
    with as_system():
        row = Entry.objects.get(pk=entry)
    assert (row.text, row.kind, row.tlp, row.by, row.at) == (
        "Called the bank.", "note", "AMBER", "amna", NOW,
    )  # fmt: skip
    assert acts() == ["cases.open", "cases.record"]
    assert b"Called" not in bytes(Written.objects.get(act="cases.record").body)
    with pytest.raises(UsageError, match="no label"):
        record(number, Line(tlp="x"), actor=AMNA, at=NOW)
    with pytest.raises(UsageError, match="no case 0"):
        record(0, Line(), actor=AMNA, at=NOW)


def test_links_are_made_once(nation: Nation) -> None:
    number = opened(nation)
    assert link_all(number, "finding", [3, 4, 3], actor=AMNA, at=NOW) == 2
    assert link_all(number, "finding", [4, 3], actor=AMNA, at=NOW) == 0
    first = link(number, "report", "K7P-2M4Q", actor=AMNA, at=NOW, note="by telephone")
    assert link(number, "report", "K7P-2M4Q", actor=AMNA, at=NOW) == first
    assert acts() == ["cases.open", "cases.link", "cases.link"]
    unlink(number, first, why="another matter", actor=AMNA, at=NOW)
    with as_system():
        assert set(Link.objects.values_list("kind", "ref")) == {("finding", "3"), ("finding", "4")}
    for kind, ref, said in (("flood", "1", "not linked"), ("case", "", "1 to 96 characters")):
        with pytest.raises(UsageError, match=said):
            link(number, kind, ref, actor=AMNA, at=NOW)
    with pytest.raises(UsageError, match="no link"):
        unlink(number, first, why="again", actor=AMNA, at=NOW)
    with pytest.raises(UsageError, match="why the link goes"):
        unlink(number, first, why=" ", actor=AMNA, at=NOW)


def test_an_organisation_sees_what_is_shared(nation: Nation) -> None:
    number = opened(nation, affected=(nation.bank, nation.ministry))
    record(number, Line(text="inside"), actor=AMNA, at=NOW)
    shared = record(number, Line(text="told", shared=True), actor=AMNA, at=NOW)
    link(number, "finding", 1, actor=AMNA, at=NOW)
    with seen_by(nation.of_bank):
        assert list(Entry.objects.values_list("pk", flat=True)) == [shared]
        assert list(Party.objects.values_list("organisation_id", flat=True)) == [nation.bank]
        assert Link.objects.count() == 0
    with seen_by(nation.of_fincert):
        assert (Entry.objects.count(), Link.objects.count()) == (4, 1)
    bring_in(other := opened(nation), nation.ministry, "suspected", actor=AMNA, at=NOW)
    assert cases.one(other, viewer=nation.of_ministry) is None
    assert cases.one(other, viewer=nation.of_bank) is not None
    with seen_by(nation.of_ministry):
        rows = Party.objects.filter(case=other)
        assert (rows.count(), Deadline.objects.filter(case=other).count()) == (0, 0)
    assert cases.works_on(number, viewer=nation.of_fincert)
    assert not cases.works_on(number, viewer=nation.of_bank)
