"""A cluster becomes a case, is lawful, is spam or the same as another; each reporter sees it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from tests.cases.conftest import AMNA, NOW, Nation, opened
from tests.cases.reported.conftest import PARCEL, say

from pehra.cases.models.case import Link
from pehra.cases.models.report import Cluster, ClusterOrigin
from pehra.cases.queries import cases
from pehra.cases.reported import queries
from pehra.cases.reported.actions.deciding import Decision, decide, take_out, tell
from pehra.cases.reported.rules import Kind, State
from pehra.jobs.models import Job
from pehra.kernel.errors import IllegalStep, Refused, UsageError
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import SYSTEM_VIEWER, Viewer

if TYPE_CHECKING:
    from pehra.kernel.settings import Home

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=2)


def decided(
    cluster: int, what: State, *, viewer: Viewer = SYSTEM_VIEWER, **given: object
) -> int | None:
    decision = Decision(what=what, **given)  # type: ignore[arg-type] # a test's own words
    return decide(cluster, decision, viewer=viewer, actor=AMNA, now=LATER)


def state_of(number: str) -> tuple[str, list[tuple[str, str]], bool]:
    fate = queries.fate(number)
    assert fate is not None
    return fate.state, [(one.verdict, one.words) for one in fate.told], fate.closed


def test_a_cluster_becomes_a_case_and_each_reporter_sees_it(home: Home, nation: Nation) -> None:
    one = say(home, NOW, PARCEL.format("1", "2", "https://pay.example/a"))
    two = say(home, NOW, PARCEL.format("9", "8", "https://pay.example/a"), origin="two")
    number = decided(one.cluster, State.CASE, words="The site is being taken down.", why="seen")
    assert number is not None
    case = cases.one(number, viewer=SYSTEM_VIEWER)
    assert case is not None
    assert (case.kind, case.origin, case.aware_at, case.state) == ("phishing", "report", NOW, 2)
    assert cases.lead_of(number, viewer=SYSTEM_VIEWER) == nation.ncert
    with as_system():
        links = list(Link.objects.filter(case=number).values_list("kind", "ref"))
    assert links == [("report", str(one.cluster))]
    assert [line.id for line in queries.of_case(number, viewer=SYSTEM_VIEWER)] == [one.cluster]
    told = ("case", [("case", "The site is being taken down.")], False)
    assert state_of(one.number) == state_of(two.number) == told
    assert list(Job.objects.values_list("kind", flat=True)) == ["cases.tell-reporters"]
    three = say(home, LATER, PARCEL.format("7", "7", "https://pay.example/b"), origin="three")
    assert three.cluster == one.cluster
    fresh = queries.page(queries.Wanted(state="", fresh=True), viewer=SYSTEM_VIEWER)
    assert [(line.id, line.fresh) for line in fresh] == [(one.cluster, 1)]
    tell(one.cluster, "14 providers block it.", viewer=SYSTEM_VIEWER, actor=AMNA, now=LATER)
    assert state_of(three.number)[1][-1] == ("case", "14 providers block it.")
    with pytest.raises(IllegalStep):
        decided(one.cluster, State.SPAM)


def test_a_cluster_joins_a_case_that_is_seen(home: Home, nation: Nation) -> None:
    theirs = opened(nation, affected=(), title="Of the national team")
    one = say(home, NOW, kind=Kind.INCIDENT, text="x", organisation="river-bank")
    with pytest.raises(UsageError):
        decided(one.cluster, State.CASE, viewer=nation.of_fincert, case=theirs)
    with pytest.raises(UsageError):
        decided(one.cluster, State.CASE, viewer=nation.of_bank)
    ours = opened(nation)
    assert decided(one.cluster, State.CASE, viewer=nation.of_fincert, case=ours) == ours


def test_a_verdict_holds_for_the_very_same_and_not_for_what_is_like_it(
    home: Home, nation: Nation
) -> None:
    del nation
    one = say(home, NOW, kind=Kind.LINK, url="https://www.gov.example/pay")
    decided(one.cluster, State.LAWFUL, words="It is the ministry's own page.")
    same = say(
        home, LATER, kind=Kind.LINK, url="https://www.gov.example/pay?utm_source=sms", origin="two"
    )
    like = say(home, LATER, kind=Kind.LINK, url="https://www.gov.example/hacked", origin="two")
    assert same.cluster == one.cluster
    assert state_of(same.number)[0] == "lawful"
    line = queries.one(like.cluster, viewer=SYSTEM_VIEWER)
    assert line is not None
    assert (like.new, line.like, state_of(like.number)[0]) == (True, one.cluster, "open")
    decided(one.cluster, State.OPEN, why="it was hacked")
    assert state_of(one.number)[0] == "open"


def test_a_lawful_page_in_it_makes_no_text_lawful(home: Home, nation: Nation) -> None:
    del nation
    one = say(home, NOW, kind=Kind.LINK, url="https://bank.example/")
    decided(one.cluster, State.LAWFUL, words="It is the bank's own page.")
    texts = (
        "Unlock your card at https://evil.example/x. Yours, https://bank.example/",
        "Call 0300-1234567 to unlock your card. Yours, https://bank.example/",
        "Answer this message with the number of your card and its PIN. https://bank.example/",
    )
    for place, text in enumerate(texts):
        told = say(home, LATER, text, origin=str(place))
        line = queries.one(told.cluster, viewer=SYSTEM_VIEWER)
        assert line is not None
        assert (told.new, line.like, state_of(told.number)[0]) == (True, one.cluster, "open")
        assert say(home, LATER, text, origin="again").cluster == told.cluster
    assert say(home, LATER, kind=Kind.LINK, url="bank.example/").cluster == one.cluster


def test_the_same_as_another(home: Home, nation: Nation) -> None:
    del nation
    one = say(home, NOW, "a https://one.example/")
    two = say(home, NOW, "b https://two.example/")
    with pytest.raises(Refused):
        decided(two.cluster, State.DUPLICATE, same_as=two.cluster)
    with pytest.raises(UsageError):
        decided(two.cluster, State.DUPLICATE, same_as=987_654)
    decided(two.cluster, State.DUPLICATE, same_as=one.cluster)
    more = say(home, LATER, "c https://two.example/", origin="three")
    assert more.cluster == one.cluster
    decided(one.cluster, State.SPAM, words="Only advertising.")
    assert state_of(two.number) == (
        "spam",
        [("duplicate", ""), ("spam", "Only advertising.")],
        False,
    )


def test_the_same_as_what_became_the_same_as_another(home: Home, nation: Nation) -> None:
    del nation
    one, two, three = (say(home, NOW, f"{n} https://{n}.example/") for n in ("one", "two", "three"))
    decided(one.cluster, State.DUPLICATE, same_as=two.cluster)
    decided(two.cluster, State.DUPLICATE, same_as=three.cluster)
    with as_system():
        into = dict(Cluster.objects.values_list("pk", "into"))
    assert (into[one.cluster], into[two.cluster]) == (three.cluster, three.cluster)


def test_a_report_is_taken_out(home: Home, nation: Nation) -> None:
    del nation
    one = say(home, NOW, "https://one.example/")
    two = say(home, NOW, "but this is else: https://one.example/", origin="two")
    made = take_out(two.report, viewer=SYSTEM_VIEWER, actor=AMNA, now=LATER)
    assert made != one.cluster
    assert queries.cluster_of(two.number, viewer=SYSTEM_VIEWER) == made
    with as_system():
        counts = dict(Cluster.objects.values_list("pk", "reports"))
        places = list(Cluster.objects.order_by("pk").values_list("origins", "top"))
        rows = ClusterOrigin.objects.order_by("cluster").values_list("cluster", "reports")
        assert list(rows) == [(one.cluster, 1), (made, 1)]
    assert (counts, places) == ({one.cluster: 1, made: 1}, [(1, 1), (1, 1)])
    with pytest.raises(Refused):
        take_out(one.report, viewer=SYSTEM_VIEWER, actor=AMNA, now=LATER)
    with pytest.raises(UsageError):
        take_out(987_654, viewer=SYSTEM_VIEWER, actor=AMNA, now=LATER)


def test_what_cannot_be_told(home: Home, nation: Nation) -> None:
    del nation
    one = say(home, NOW, "https://one.example/")
    with pytest.raises(UsageError):
        tell(one.cluster, " ", viewer=SYSTEM_VIEWER, actor=AMNA, now=LATER)
    with pytest.raises(Refused):
        tell(one.cluster, "x", viewer=SYSTEM_VIEWER, actor=AMNA, now=LATER)


def test_the_list_pages_on(home: Home, nation: Nation) -> None:
    del nation
    kinds = [Kind.LINK, Kind.INCIDENT, Kind.LINK, Kind.VULNERABILITY, Kind.LINK]
    for number, kind in enumerate(kinds):
        say(home, NOW + timedelta(minutes=number), f"{number} x{number}.example/", kind=kind,
            origin=str(number))  # fmt: skip
    whole = queries.page(queries.Wanted(), viewer=SYSTEM_VIEWER)
    assert [line.kind for line in whole] == ["vulnerability", "incident", "link", "link", "link"]
    first = queries.page(queries.Wanted(), viewer=SYSTEM_VIEWER, size=2)
    rest = queries.page(queries.Wanted(), viewer=SYSTEM_VIEWER, after=first[-1].id)
    assert [*first, *rest] == whole
    following = [queries.next_of(line, viewer=SYSTEM_VIEWER) for line in whole]
    assert following == [*(line.id for line in whole[1:]), None]
    cut = NOW + timedelta(minutes=2)
    old = queries.page(queries.Wanted(before=cut), viewer=SYSTEM_VIEWER)
    assert [line.kind for line in old] == ["link", "incident"]
    assert (
        queries.page(queries.Wanted(before=cut), viewer=SYSTEM_VIEWER, after=old[0].id) == old[1:]
    )
    assert queries.counts(viewer=SYSTEM_VIEWER, before=cut) == queries.Counts(5, 2, 0)
