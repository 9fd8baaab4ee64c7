"""Write, review, publish, tell, correct and end advisories; hear of them; subscribe."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec
import pytest
from django.conf import settings
from tests.outreach.advisories.conftest import (
    AMNA,
    BILAL,
    DESK,
    DUA,
    NOW,
    TEXT,
    Nation,
    passed,
    published,
    written,
)

from pehra.dispatch.actions import open_letter
from pehra.dispatch.models import Envelope
from pehra.findings.models import Finding
from pehra.findings.rules import State as FindingState
from pehra.jobs.models import Job
from pehra.kernel.errors import IllegalStep, Refused, UsageError
from pehra.kernel.labels import Severity, Tlp
from pehra.ledger.models import Entry
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import SYSTEM_VIEWER
from pehra.outreach.advisories import links
from pehra.outreach.advisories.actions import (
    counting,
    hearing,
    publishing,
    subscribing,
    telling,
    writing,
)
from pehra.outreach.advisories.actions.publishing import End
from pehra.outreach.advisories.actions.writing import Verdict
from pehra.outreach.advisories.links import Purpose
from pehra.outreach.advisories.queries import desk
from pehra.outreach.advisories.rules import Audience, Kind, Stage, Standing, Text
from pehra.outreach.models import Advisory, Edition, Exposure, Subscriber, Told

if TYPE_CHECKING:
    from datetime import datetime

    from pehra.dispatch.letters import Letter

pytestmark = pytest.mark.django_db


def quiet(done: int, total: int) -> None:
    del done, total


def tell(number: str, standing: str = "published") -> telling.Counts:
    edition = Edition.objects.filter(advisory__number=number, stage=Stage.PUBLISHED).latest(
        "number"
    )
    return telling.tell(edition.pk, standing, DESK, now=NOW, progress=quiet)


def letters() -> dict[str, str]:
    """Subjects of the letters that wait, by address."""
    with as_system():
        rows = list(Envelope.objects.filter(kind="advisory", state="waiting").order_by("pk"))
    return {row.address: letter_of(row.pk).subject.removeprefix("[TLP:CLEAR] ") for row in rows}


def letter_of(envelope: int) -> Letter:
    found = open_letter(envelope, viewer=SYSTEM_VIEWER, home=settings.HOME, actor=AMNA, now=NOW)
    assert found is not None
    return found.letter


def changed(**changes: object) -> Text:
    return msgspec.structs.replace(TEXT, **changes)


def test_a_critical_text_needs_other_eyes_than_its_writers(nation: Nation) -> None:
    del nation
    number = writing.begin(TEXT, actor=AMNA, now=NOW)
    with pytest.raises(Refused, match="not in technical review"):
        writing.review(number, Verdict(Kind.TECHNICAL, passed=True), actor=BILAL, now=NOW)
    writing.move(number, Stage.TECHNICAL, actor=AMNA, now=NOW)
    with pytest.raises(Refused, match="another person"):
        writing.review(number, Verdict(Kind.TECHNICAL, passed=True), actor=AMNA, now=NOW)
    with pytest.raises(Refused, match="does not change under a review"):
        writing.rewrite(number, TEXT, actor=AMNA, now=NOW)
    with pytest.raises(UsageError, match="with a reason"):
        writing.review(number, Verdict(Kind.TECHNICAL, passed=False), actor=BILAL, now=NOW)
    back = Verdict(Kind.TECHNICAL, passed=False, remark="Which versions?")
    writing.review(number, back, actor=BILAL, now=NOW)
    writing.rewrite(number, changed(summary="All of it."), actor=BILAL, now=NOW)
    writing.move(number, Stage.TECHNICAL, actor=AMNA, now=NOW)
    with pytest.raises(Refused, match="bilal wrote this"):
        writing.review(number, Verdict(Kind.TECHNICAL, passed=True), actor=BILAL, now=NOW)
    with pytest.raises(Refused, match="Only a review leads"):
        writing.move(number, Stage.LEGAL, actor=AMNA, now=NOW)
    view = desk.advisory(number, viewer=SYSTEM_VIEWER)
    assert view is not None
    assert [(one.passed, one.stale) for one in view.reviews] == [(False, True)]


def test_two_writers_at_once_lose_nothing(nation: Nation) -> None:
    del nation
    number = writing.begin(TEXT, actor=AMNA, now=NOW)
    was = Edition.objects.get(advisory=number).digest
    writing.rewrite(number, changed(title="One"), was=was, actor=AMNA, now=NOW)
    with pytest.raises(Refused, match="Somebody else changed"):
        writing.rewrite(number, changed(title="Two"), was=was, actor=BILAL, now=NOW)
    writing.move(number, Stage.TECHNICAL, actor=AMNA, now=NOW)
    stale = Verdict(Kind.TECHNICAL, passed=True, digest=was)
    with pytest.raises(Refused, match="changed after you opened"):
        writing.review(number, stale, actor=BILAL, now=NOW)


def test_what_is_not_clear_passes_no_review_of_its_label(nation: Nation) -> None:
    del nation
    number = writing.begin(changed(tlp=Tlp.AMBER), actor=AMNA, now=NOW)
    writing.move(number, Stage.TECHNICAL, actor=AMNA, now=NOW)
    writing.review(number, Verdict(Kind.TECHNICAL, passed=True), actor=BILAL, now=NOW)
    with pytest.raises(Refused, match="TLP:AMBER"):
        writing.review(number, Verdict(Kind.LEGAL, passed=True), actor=DUA, now=NOW)


def test_numbers_follow_one_another_and_the_prefix_is_the_teams(nation: Nation) -> None:
    del nation
    assert published() == "NCERT-2026-001"
    writing.set_prefix("ncert", "PKCERT", actor=DUA, now=NOW)
    assert published() == "PKCERT-2026-001"
    number = writing.begin(TEXT, actor=AMNA, now=NOW)
    assert published() == "PKCERT-2026-002"
    with pytest.raises(IllegalStep):
        publishing.publish(number, Audience(), year=2026, actor=AMNA, now=NOW)
    with pytest.raises(UsageError):
        writing.set_prefix("nobody", "PKCERT", actor=DUA, now=NOW)
    acts = set(Entry.objects.values_list("act", flat=True))
    assert {"outreach.set-prefix", "outreach.write-advisory", "outreach.move-advisory",
            "outreach.review-advisory-technical", "outreach.review-advisory-legal",
            "outreach.publish-advisory"} <= acts  # fmt: skip
    assert Job.objects.filter(kind=publishing.TELL).count() == 3


def test_a_published_text_never_changes(nation: Nation) -> None:
    del nation
    number = published()
    pk = Advisory.objects.get(number=number).pk
    with pytest.raises(UsageError, match="no edition that is being worked on"):
        writing.rewrite(pk, TEXT, actor=AMNA, now=NOW)
    writing.begin_edition(pk, changed(summary="Not all."), actor=AMNA, now=NOW)
    with pytest.raises(UsageError, match="says what it changes"):
        writing.move(pk, Stage.TECHNICAL, actor=AMNA, now=NOW)
    with pytest.raises(Refused, match="worked on already"):
        writing.begin_edition(pk, TEXT, actor=AMNA, now=NOW)
    writing.rewrite(pk, changed(summary="Not all.", change="Fewer."), actor=AMNA, now=NOW)
    passed(pk)
    later = NOW + timedelta(hours=1)
    assert publishing.publish(pk, Audience(), year=2027, actor=AMNA, now=later) == number
    row = Advisory.objects.get(pk=pk)
    assert (row.standing, row.changed_at) == (Standing.UPDATED, later)
    kept = Edition.objects.filter(advisory=pk, stage=Stage.PUBLISHED).order_by("number")
    assert [writing.text_of(one).summary for one in kept] == ["It stands open.", "Not all."]


def test_an_advisory_ends_in_the_open(nation: Nation) -> None:
    del nation
    first, second = published(), published()
    rows = {one.number: one.pk for one in Advisory.objects.all()}
    with pytest.raises(UsageError, match="with a reason"):
        publishing.end(rows[first], End(" "), actor=AMNA, now=NOW)
    with pytest.raises(UsageError, match="No advisory"):
        publishing.end(rows[first], End("x", successor="X-2026-001"), actor=AMNA, now=NOW)
    publishing.end(rows[first], End("Newer.", successor=second), actor=AMNA, now=NOW)
    writing.begin_edition(rows[second], TEXT, actor=AMNA, now=NOW)
    publishing.end(rows[second], End("Wrong.", "غلط"), actor=AMNA, now=NOW)
    assert [(one.standing, one.ended_why, one.number) for one in Advisory.objects.order_by("pk")
            ] == [("superseded", "Newer.", first), ("withdrawn", "Wrong.", second)]  # fmt: skip
    for number in rows.values():
        with pytest.raises(IllegalStep):
            publishing.end(number, End("Again."), actor=AMNA, now=NOW)
        with pytest.raises(Refused, match="no further edition"):
            writing.begin_edition(number, TEXT, actor=AMNA, now=NOW)
    assert tell(second, "published") == telling.Counts(0, 0, 0)  # it is over


def test_organisations_are_told_once_and_their_word_counts(nation: Nation) -> None:
    number = published()
    assert tell(number) == tell(number) == telling.Counts(2, 1, 0)
    assert letters() == {
        "noc@bank.example": f"[{number}] Critical: Mend the gate",
        "noc@school.example": f"[{number}] نہایت سنگین: دروازہ ٹھیک کیجیے",
    }
    with as_system():
        told = {one.organisation_id: one for one in Told.objects.all()}
    assert {one: row.due_at for one, row in told.items()} == {
        nation.bank: NOW + timedelta(hours=24),
        nation.school: None,
    }
    late = NOW + timedelta(hours=25)
    hearing.note_opened(told[nation.school].pk, now=NOW)
    for at in (late, late + timedelta(hours=1)):
        hearing.acknowledge(told[nation.bank].pk, "A. Bano\nCISO", now=at)
    (reach,) = desk.reach(told[nation.bank].edition.advisory_id, viewer=SYSTEM_VIEWER)
    assert (reach.told, reach.sent, reach.opened, reach.acknowledged) == (2, 2, 2, 1)
    assert (reach.critical, reach.critical_acknowledged, reach.critical_in_time) == (1, 1, 0)
    assert Entry.objects.filter(act="outreach.acknowledge").count() == 1
    word = links.sign(Purpose.RECEIVED, told[nation.bank].pk, DESK.secret, NOW.date())
    with as_system():
        waiting = Envelope.objects.get(address="noc@bank.example")
    told_text = letter_of(waiting.pk).text
    assert f"https://cert.example/advisories/received/{word}/" in told_text


def test_of_an_end_those_are_told_who_were_told_before(nation: Nation) -> None:
    number = published(audience=Audience(critical=True))
    assert tell(number) == telling.Counts(1, 0, 0)
    pk = Advisory.objects.get(number=number).pk
    publishing.end(pk, End("Wrong."), actor=AMNA, now=NOW)
    assert tell(number, "withdrawn") == telling.Counts(1, 0, 0)
    assert letters() == {"noc@bank.example": f"[{number}] Withdrawn: Mend the gate"}
    del nation


def test_an_audience(nation: Nation) -> None:
    assert telling.chosen(Audience()) == {}
    assert telling.chosen(Audience(critical=True)) == {nation.bank: True}
    assert telling.chosen(Audience(sectors=("banking",))) == {nation.bank: True}
    assert telling.chosen(Audience(everybody=True)) == {
        nation.bank: True, nation.school: False, nation.club: False
    }  # fmt: skip


def test_only_who_said_yes_gets_anything(nation: Nation) -> None:
    del nation
    for _ in range(2):
        subscribing.subscribe("Reader@Example.org ", "ur", 3, DESK, now=NOW)
    with as_system():
        assert Envelope.objects.filter(kind="verification").count() == 1
    row = Subscriber.objects.get()
    assert (row.address, row.language, row.least) == ("reader@example.org", "ur", 3)
    number = published(audience=Audience())
    assert tell(number) == telling.Counts(0, 0, 0)
    assert subscribing.confirm(row.pk, now=NOW)
    assert tell(number) == telling.Counts(0, 0, 1)
    mild = published(changed(severity=Severity.LOW), audience=Audience())
    assert tell(mild) == telling.Counts(0, 0, 0)
    for _ in range(2):
        subscribing.leave(row.pk, now=NOW)
    assert not Subscriber.objects.exists()
    assert not subscribing.confirm(row.pk, now=NOW)
    with pytest.raises(UsageError):
        subscribing.subscribe("nobody", "en", 0, DESK, now=NOW)


def test_who_never_answers_is_forgotten(nation: Nation) -> None:
    del nation
    subscribing.subscribe("a@example.org", "en", 0, DESK, now=NOW)
    assert subscribing.forget_unanswered(now=NOW + timedelta(days=3)) == 0
    assert subscribing.forget_unanswered(now=NOW + timedelta(days=5)) == 1


def open_finding(number: int, holder: int, identifier: str, *, state: FindingState) -> None:
    with as_system():
        Finding.objects.create(
            id=number,
            key=number,
            asset_kind=Finding.AssetKind.ADDRESS,
            asset=f"192.0.2.{number // 2}",
            identifier=identifier,
            rsit_class="vulnerable",
            rsit_type="weak-crypto",
            organisation_id=holder,
            opened_at=NOW,
            severity=3,
            state=state,
        )


def test_what_is_exposed_is_counted_on_its_days(nation: Nation) -> None:
    for number in range(2, 8):
        open_finding(number, nation.bank, "open-telnet", state=FindingState.OPEN)
    open_finding(8, nation.bank, "open-telnet", state=FindingState.GONE)
    open_finding(10, nation.bank, "open-rdp", state=FindingState.OPEN)
    published()
    edition = Edition.objects.get()
    counting.count_first(edition.pk, now=NOW)

    def on(days: int) -> datetime:
        return NOW + timedelta(days=days, hours=1)

    assert [counting.count_due(now=on(days)) for days in (0, 6, 7, 7, 12, 40)] == [0, 0, 1, 0, 0, 0]
    rows = Exposure.objects.order_by("days").values_list("days", "assets")
    assert list(rows) == [(0, 3), (7, 3)]
    assert written() > 0
