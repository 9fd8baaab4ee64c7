"""Cases of other systems are written as a file says, once, and each by itself."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tests.cases.brought.samples import HISTORY, encoded, event, hive, iris, ticket
from tests.cases.conftest import AMNA, NOW

from pehra.cases.brought.actions import File, Manner, Told, bring
from pehra.cases.models.brought import Brought
from pehra.cases.models.case import Case, Deadline, Entry, Party, Task
from pehra.cases.queries.cases import Wanted, page
from pehra.cases.rules import State
from pehra.kernel.errors import UsageError
from pehra.ledger.queries import recent
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import SYSTEM_VIEWER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cases.conftest import Nation

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def seen() -> Iterator[None]:
    with as_system():
        yield


def brought(form: str, document: Any, **facts: Any) -> list[Told]:  # noqa: ANN401 any JSON
    file = File(encoded(document), "x.json", form, facts.pop("system", ""))
    return bring(file, Manner(zone=UTC, **facts), actor=AMNA, now=NOW)


def outcomes(told: list[Told]) -> list[tuple[str, str]]:
    return [(one.outcome, one.detail) for one in told]


def test_a_ticket_comes_once_with_its_story(nation: Nation) -> None:
    del nation
    tickets = [ticket(42, History=HISTORY), ticket(43, Subject="")]
    dry = brought("rtir", tickets, dry_run=True)
    assert (Case.objects.count(), Brought.objects.count()) == (0, 0)
    told = brought("rtir", tickets)
    assert outcomes(told) == outcomes(dry) == [
        ("rejected", "ticket 43: it has no subject"),
        ("added", "4 lines, 1 indicator"),
        ("left", "attachment 9 page.png"),
    ]  # fmt: skip
    case = Case.objects.get()
    assert (case.title, case.kind, case.origin) == (
        *("Phishing page of River Bank", "phishing"),
        "import",
    )
    assert (case.state, case.severity, case.closed_at) == (State.TRIAGED, None, None)
    texts = list(Entry.objects.order_by("at", "id").values_list("text", flat=True))
    assert texts[0].startswith("Queue: Incidents\nOwner: amna")
    assert texts[1:5] == [
        "citizen@post.example:\nThey ask for a PIN.",
        "ip 192.0.2.7",
        "amna:\nStatus: new -> open",
        "amna:\nThe host was told by telephone.",
    ]
    assert texts[5] == "rtir 42: open"
    assert [one.act for one in recent()][:1] == ["cases.bring"]
    assert outcomes(brought("rtir", tickets)) == [
        ("rejected", "ticket 43: it has no subject"),
        ("unchanged", ""),
    ]
    assert Entry.objects.count() == 6
    assert [one.act for one in recent()].count("cases.bring") == 1


def test_a_changed_ticket_adds_and_decides_nothing(nation: Nation) -> None:
    del nation
    brought("rtir", ticket(42))
    later = ticket(42, Status="resolved", Resolved="2026-11-03T10:00:00Z", History=HISTORY[3:])
    dry = brought("rtir", later, dry_run=True)
    assert outcomes(dry) == [
        ("changed", "1 line, status: open -> resolved, ended: - -> closed"),
    ]
    assert brought("rtir", later) == dry
    assert Case.objects.get().state == State.TRIAGED
    assert list(Entry.objects.order_by("id").values_list("text", flat=True))[-2:] == [
        "amna:\nThe host was told by telephone.",
        "rtir 42\nstatus: open -> resolved\nended: - -> closed",
    ]
    assert outcomes(brought("rtir", later)) == [("unchanged", "")]
    # The same number of another system is another case.
    assert outcomes(brought("rtir", later, system="rtir-south"))[0][0] == "added"
    assert Case.objects.count() == 2


def test_what_ended_there_stays_ended(nation: Nation) -> None:
    del nation
    over = NOW - timedelta(days=3)
    for number, status in enumerate(("TruePositive", "FalsePositive", "Duplicated")):
        case = hive(_id=f"~{number}", status=status, endDate=int(over.timestamp() * 1000))
        brought("thehive", case)
    states = [(one.state, one.closed_at) for one in Case.objects.order_by("number")]
    assert states == [(State.CLOSED, over), (State.REJECTED, over), (State.DUPLICATE, over)]
    running = Deadline.objects.filter(met_at=None, dropped_at=None)
    assert (running.count(), Case.objects.exclude(next_due=None).count()) == (0, 0)
    assert page(Wanted(), viewer=SYSTEM_VIEWER, now=NOW) == []


def test_tasks_and_the_labels_of_indicators(nation: Nation) -> None:
    brought("thehive", hive(), team=nation.fincert)
    case = Case.objects.get()
    tasks = [(one.title, one.done_at, one.outcome) for one in Task.objects.order_by("id")]
    assert tasks == [("Call the mill", NOW, "thehive: Completed"), ("Restore", None, "")]
    labels = {one.text: one.tlp for one in Entry.objects.all()}
    assert labels["ip 198.51.100.9 (control server, c2, ioc)"] == "RED"
    assert labels["bilal:\nPaid nothing."] == "AMBER"
    assert Party.objects.get(case=case, role="lead").team_id == nation.fincert
    done = hive(tasks=[{"_id": "~32", "title": "Restore", "status": "Completed"}])
    assert outcomes(brought("thehive", done))[0] == (
        *("changed",),
        "task Restore: Completed, 3 gone there, kept here",
    )
    assert Task.objects.filter(done_at=None).count() == 1


def test_the_affected_are_those_of_the_register(nation: Nation) -> None:
    brought("iris", iris())
    assert set(Party.objects.values_list("organisation", "role")) == {
        (None, "lead"),
        (nation.ministry, "affected"),
    }
    other = iris(case={**iris()["case"], "case_uuid": "x", "client": {"customer_name": "Mill"}})
    assert ("left", "organisation Mill: the register has none, or several, of that name") in (
        outcomes(brought("iris", other))
    )


def test_an_event_and_what_is_refused(nation: Nation) -> None:
    del nation
    told = brought("misp", [event(), event(uuid="b", date="2027-01-01")])
    assert [one.outcome for one in told] == ["rejected", "added", "left", "left", "left"]
    assert told[1].case == Case.objects.get().number
    with pytest.raises(UsageError, match="no format `otrs`"):
        brought("otrs", [])
    refused = brought("misp", event(uuid="c"), team=999)
    assert outcomes(refused) == [("rejected", "Team 999 is not active.")]
    assert (Case.objects.count(), Brought.objects.count()) == (1, 1)


def test_many_and_long_indicators_are_all_there(nation: Nation) -> None:
    del nation
    attributes: list[dict[str, Any]] = [
        {"type": "url", "value": f"https://a.example/{n}/{'x' * 90}"} for n in range(200)
    ]
    attributes.append({"type": "url", "value": "https://b.example/", "comment": "c" * 7000,
                       "Tag": [{"name": f"tag-{n}-{'y' * 100}"} for n in range(120)]})  # fmt: skip
    progress: list[tuple[int, int]] = []
    file = File(encoded(event(Attribute=attributes)), "x.json", "misp")
    bring(
        *(file, Manner(zone=UTC)),
        actor=AMNA, now=NOW, progress=lambda *done: progress.append(done),
    )  # fmt: skip
    texts = [one.text for one in Entry.objects.all()]
    assert sum(text.count("https://a.example/") for text in texts) == 200
    assert "".join(texts).count("tag-") >= 120
    assert max(map(len, texts)) <= 20_000
    assert progress == [(1, 1)]


def test_a_label_that_became_stricter_there_binds_here(nation: Nation) -> None:
    del nation
    brought("thehive", hive(tlpLabel="AMBER"))
    before = set(Entry.objects.values_list("pk", flat=True))
    brought("thehive", hive(tlpLabel="RED", title="Known to few"))
    assert Case.objects.get().tlp == "RED"
    assert set(Entry.objects.exclude(pk__in=before).values_list("tlp", flat=True)) == {"RED"}
    brought("thehive", hive(tlpLabel="CLEAR"))
    assert Case.objects.get().tlp == "RED"


def test_of_two_imports_at_once_one_makes_the_case(nation: Nation) -> None:
    del nation
    tickets = [ticket(1), ticket(2)]

    def meanwhile(done: int, total: int) -> None:
        if (done, total) == (1, 2):
            assert [one.outcome for one in brought("rtir", tickets)] == ["unchanged", "added"]

    file = File(encoded(tickets), "x.json", "rtir", "")
    told = bring(file, Manner(zone=UTC), actor=AMNA, now=NOW, progress=meanwhile)
    assert outcomes(told) == [
        outcomes(told)[0],
        ("rejected", "Another import brought it meanwhile."),
    ]
    assert (Case.objects.count(), Brought.objects.count()) == (2, 2)
