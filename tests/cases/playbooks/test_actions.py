"""A playbook is brought in, begun in a case, followed, and each step stands on the timeline."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from tests.cases.conftest import AMNA, BILAL, NOW, Nation, opened

from pehra.cases.models.case import Entry
from pehra.cases.playbooks import shipped
from pehra.cases.playbooks.actions import begin, bring_in, mark
from pehra.cases.playbooks.following import At, Mark
from pehra.cases.playbooks.outline import outline
from pehra.cases.playbooks.queries import brought_in, content_of, known_of, run_of, runs
from pehra.kernel.errors import Refused, UsageError
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import SYSTEM_VIEWER

pytestmark = pytest.mark.django_db
BOOK = shipped.shipped()["ransomware"]
KEYS = {one.number: one.key for one in outline(BOOK)}


def test_followed_step_by_step(nation: Nation) -> None:
    case = opened(nation)
    run = begin(case, "ransomware", actor=AMNA, at=NOW)
    assert begin(case, "ransomware", actor=BILAL, at=NOW) == run
    later = NOW + timedelta(minutes=9)
    mark(run, Mark(step=KEYS["1"], state="done"), actor=BILAL, at=later)
    mark(run, Mark(step=KEYS["2"], state="skipped", why="told by them"), actor=AMNA, at=later)
    mark(run, Mark(step=KEYS["7"], state="done", chosen="false"), actor=AMNA, at=later)
    found = runs(case, viewer=nation.of_fincert)
    assert [one.id for one in found] == [run]
    told = found[0].marks[KEYS["1"]]
    assert (told.by, told.office, told.at) == ("bilal", "analyst", later)
    assert found[0].standing.at[KEYS["3a1"]] is At.NEXT
    assert (found[0].standing.settled, found[0].standing.total) == (3, 14)
    with as_system():
        lines = list(Entry.objects.filter(case=case, kind="playbook").order_by("pk"))
    assert [(one.facts["act"], one.facts.get("number"), one.text) for one in lines] == [
        ("begin", None, ""),
        ("done", "1", ""),
        ("skipped", "2", "told by them"),
        ("done", "7", ""),
    ]
    mark(run, Mark(step=KEYS["1"], state="open", why="not yet"), actor=AMNA, at=later)
    after = run_of(run, viewer=SYSTEM_VIEWER)
    assert after is not None
    assert KEYS["1"] not in after.marks


def test_others_see_no_run(nation: Nation) -> None:
    case = opened(nation)
    run = begin(case, "phishing", actor=AMNA, at=NOW)
    for viewer in (nation.of_bank, nation.of_ministry):
        assert runs(case, viewer=viewer) == []
        assert run_of(run, viewer=viewer) is None


def test_refused(nation: Nation) -> None:
    case = opened(nation)
    for which in ("nothing", "77", "9" * 30):
        with pytest.raises(UsageError, match="There is no playbook"):
            begin(case, which, actor=AMNA, at=NOW)
    with pytest.raises(UsageError, match="no run"):
        mark(5, Mark(step=KEYS["1"], state="done"), actor=AMNA, at=NOW)
    run = begin(case, "ransomware", actor=AMNA, at=NOW)
    with pytest.raises(UsageError, match="with a reason"):
        mark(run, Mark(step=KEYS["1"], state="skipped"), actor=AMNA, at=NOW)


def test_brought_in_once_and_given_away_byte_for_byte(nation: Nation) -> None:
    document = msgspec.json.decode(shipped.content("phishing"))
    document["modified"] = "2026-11-29T00:00:00.000Z"
    content = msgspec.json.encode(document)
    number = bring_in(content, actor=AMNA, now=NOW)
    assert bring_in(content, actor=BILAL, now=NOW) == number
    assert content_of(str(number)) == content
    assert content_of("phishing") == shipped.content("phishing")
    assert content_of("77") is None
    document["name"] = "Other words"
    with pytest.raises(Refused, match="with other words"):
        bring_in(msgspec.json.encode(document), actor=AMNA, now=NOW)
    assert [(one.name, one.version, one.kind) for one in brought_in()] == [
        ("Phishing", "2026-11-29T00:00:00.000Z", "phishing")
    ]
    begin(opened(nation), str(number), actor=AMNA, at=NOW)
    begin(opened(nation), "phishing", actor=AMNA, at=NOW)
    assert [one.id for one in brought_in()] == [number]
    assert known_of(10_000) is None
