"""A case from its report to its review, with its clocks in simulated time."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from tests.cases.conftest import AMNA, BILAL, DIRECTOR, NOW, Nation, opened

from pehra.cases.actions import (
    claims,
    clocks,
    grades,
    joins,
    links,
    mails,
    posted,
    situation,
    steps,
    tasks,
    teams,
)
from pehra.cases.actions.clocks import FIRE
from pehra.cases.models.case import Case, Deadline, Entry, Grade, Link, Mail, Party, Statement, Task
from pehra.cases.queries.cases import CaseView, one
from pehra.cases.queries.family import numbers_of
from pehra.cases.reported import inbox
from pehra.cases.rules import Act, State
from pehra.cases.severity import AXES, Grading, Right
from pehra.cases.threads import Message
from pehra.jobs.models import Job
from pehra.kernel.actors import SYSTEM
from pehra.kernel.errors import IllegalStep, Refused, UsageError
from pehra.kernel.settings import Home, load
from pehra.ledger.models import Entry as Written
from pehra.mandate.models import Organisation
from pehra.mandate.tenancy import as_system, seen_by
from pehra.mandate.viewers import SYSTEM_VIEWER
from pehra.registry.models import Contact

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SEVERE = {axis: max(points, key=lambda one: points[one]) for axis, (_, points) in AXES.items()}
MIDDLE = {axis: sorted(points, key=lambda one: points[one])[len(points) // 2]
          for axis, (_, points) in AXES.items()}  # fmt: skip


def case_of(number: int) -> CaseView:
    found = one(number, viewer=SYSTEM_VIEWER)
    assert found is not None
    return found


def fired() -> list[str]:
    with as_system():
        rows = Deadline.objects.filter(fired_at__isnull=False).order_by("fired_at", "due_at", "pk")
        return list(rows.values_list("kind", flat=True))


def runs(number: int) -> dict[str, timedelta]:
    with as_system():
        rows = Deadline.objects.filter(case=number, met_at__isnull=True, dropped_at__isnull=True)
        return {row.kind: row.due_at - NOW for row in rows}


def advance(number: int, *acts: Act) -> None:
    for act in acts:
        by = BILAL if act is Act.VERIFY else AMNA
        steps.advance(number, act, why="so it is", actor=by, at=NOW)


def test_every_clock_fires_in_simulated_time(clocks: Nation) -> None:
    number = opened(clocks, kind="ransomware")
    assert runs(number) == {"case-triage": timedelta(hours=4)}
    waits = grades.grade(
        number, Grading(grade=1, why="no cash"), right=Right.SUPERVISOR, actor=AMNA, at=NOW
    )
    assert waits
    assert set(Job.objects.filter(kind=FIRE).values_list("run_after", flat=True)) >= {
        NOW + timedelta(minutes=15), NOW + timedelta(hours=24)
    }  # fmt: skip
    course = []
    for minutes in (14, 15, 30, 60, 119, 120, 24 * 60, 72 * 60, 792 * 60):
        at = NOW + timedelta(minutes=minutes)
        course.append((minutes, fire(at)))
    assert course == [
        (14, []), (15, ["case-triage"]), (30, ["case-call"]), (60, []), (119, []),
        (120, ["case-grade", "case-situation"]), (1440, ["early-warning"]),
        (4320, ["notification"]), (47_520, ["final"]),
    ]  # fmt: skip
    found = case_of(number)
    assert (found.severity, found.provisional, found.overdue(NOW + timedelta(days=1))) == (
        1,
        False,
        True,
    )
    with as_system():
        drafts = Entry.objects.filter(kind="situation", facts__draft=True)
        assert drafts.count() == 1
        assert Task.objects.get().step == "call-the-council"
    assert fire(NOW + timedelta(days=60)) == []


def fire(at: object) -> list[str]:
    before = len(fired())
    clocks.fire_due(actor=SYSTEM, at=at)  # type: ignore[arg-type] # a moment
    return fired()[before:]


def test_from_triage_to_a_review_that_is_due(clocks: Nation) -> None:
    number = opened(clocks)
    with pytest.raises(IllegalStep):
        advance(number, Act.CLOSE)
    advance(number, Act.TRIAGE)
    with pytest.raises(Refused, match="graded before"):
        advance(number, Act.CONFIRM)
    wish = Grading(grade=3, axes=MIDDLE)
    assert not grades.grade(number, wish, right=Right.ANALYST, actor=AMNA, at=NOW)
    advance(number, Act.CONFIRM, Act.CONTAIN, Act.ERADICATE, Act.CLAIM_RECOVERED)
    with pytest.raises(Refused, match="another person"):
        steps.advance(number, Act.VERIFY, why="looked", actor=AMNA, at=NOW)
    advance(number, Act.VERIFY, Act.CLOSE)
    assert runs(number)["case-review"] == timedelta(hours=1440)
    later = NOW + timedelta(hours=1441)
    assert fire(later)[-1] == "case-review"
    assert case_of(number).overdue(later)
    tasks.give(
        number, tasks.Wish(title="Keep backups apart", after_action=True), actor=AMNA, at=NOW
    )
    from_act = {"text": "met with the bank", "actor": AMNA, "at": later}
    clocks_of = {"early-warning", "notification", "final", "case-review"}
    for kind in ("early-warning", "notification", "final", "case-review"):
        meet(number, kind, **from_act)
    assert clocks_of & set(runs(number)) == set()
    advance(number, Act.REOPEN)
    assert case_of(number).closed_at is None


def meet(number: int, kind: str, **by: object) -> None:
    clocks.meet(number, kind, **by)  # type: ignore[arg-type] # text, actor and moment


def test_a_clock_is_met_once_and_with_a_word(clocks: Nation) -> None:
    number = opened(clocks)
    wish = Grading(grade=3, axes=MIDDLE)
    grades.grade(number, wish, right=Right.ANALYST, actor=AMNA, at=NOW)
    meet(number, "case-call", text="Called.", actor=AMNA, at=NOW)
    with pytest.raises(Refused, match="does not run"):
        meet(number, "case-call", text="Again.", actor=AMNA, at=NOW)
    with pytest.raises(UsageError, match="no clock that is met by saying so"):
        meet(number, "case-triage", text="x", actor=AMNA, at=NOW)
    with pytest.raises(UsageError, match="how it was met"):
        meet(number, "early-warning", text=" ", actor=AMNA, at=NOW)


def test_the_director_confirms_what_another_set(clocks: Nation) -> None:
    number = opened(clocks)
    wish = Grading(grade=1, axes=SEVERE)
    grades.grade(number, wish, right=Right.OFFICER, actor=AMNA, at=NOW)
    assert runs(number)["case-grade"] == timedelta(hours=2)
    with pytest.raises(Refused, match="another person confirms"):
        grades.confirm_grade(number, actor=AMNA, at=NOW)
    grades.confirm_grade(number, actor=DIRECTOR, at=NOW)
    assert "case-grade" not in runs(number)
    assert not case_of(number).provisional
    with pytest.raises(Refused, match="waits to be confirmed"):
        grades.confirm_grade(number, actor=DIRECTOR, at=NOW)
    assert not grades.grade(number, wish, right=Right.DIRECTOR, actor=DIRECTOR, at=NOW)
    with as_system():
        assert Grade.objects.filter(confirmed_by="dua").count() == 1


def test_grade_a_is_never_mild(clocks: Nation) -> None:
    Organisation.objects.filter(pk=clocks.bank).update(cii_grade="A")
    mild = {axis: min(points, key=lambda one: points[one]) for axis, (_, points) in AXES.items()}
    number = opened(clocks)
    wish = Grading(grade=6, axes=mild)
    with pytest.raises(Refused, match="C3 or worse"):
        grades.grade(number, wish, right=Right.ANALYST, actor=AMNA, at=NOW)
    wish = Grading(grade=3, axes=mild)
    grades.grade(number, wish, right=Right.ANALYST, actor=AMNA, at=NOW)
    advance(number, Act.REJECT)
    with pytest.raises(Refused, match="is rejected"):
        grades.grade(number, wish, right=Right.ANALYST, actor=AMNA, at=NOW)


def lead(number: int) -> dict[int | None, str]:
    with as_system():
        rows = Party.objects.filter(case=number, team__isnull=False)
        return dict(rows.values_list("team_id", "role"))


def test_the_lead_is_handed_on_by_acceptance_and_clocks_run_on(clocks: Nation) -> None:
    number = opened(clocks)
    before = runs(number)
    teams.offer(number, clocks.ncert, why="It spreads.", actor=AMNA, at=NOW)
    assert lead(number) == {clocks.fincert: "lead", clocks.ncert: "offered"}
    with pytest.raises(Refused, match="offered already"):
        teams.offer(number, clocks.ncert, why="It spreads.", actor=AMNA, at=NOW)
    teams.answer(number, accept=False, why="Full.", actor=BILAL, at=NOW)
    assert lead(number) == {clocks.fincert: "lead", clocks.ncert: "support"}
    teams.offer(number, clocks.ncert, why="Still.", actor=AMNA, at=NOW)
    assert teams.offered_to(number) == clocks.ncert
    teams.answer(number, accept=True, why="", actor=BILAL, at=NOW)
    assert lead(number) == {clocks.fincert: "support", clocks.ncert: "lead"}
    assert runs(number) == before
    with pytest.raises(Refused, match="offered to nobody"):
        teams.answer(number, accept=True, why="", actor=BILAL, at=NOW)
    with pytest.raises(Refused, match="leads on case"):
        teams.offer(number, clocks.ncert, why="x", actor=AMNA, at=NOW)
    with pytest.raises(Refused, match="in case"):
        teams.support(number, clocks.ncert, actor=AMNA, at=NOW)
    teams.bring_in(number, clocks.ministry, "suspected", actor=AMNA, at=NOW)
    wrong: tuple[tuple[Callable[[], None], str], ...] = (
        (lambda: teams.bring_in(number, clocks.bank, "lead", actor=AMNA, at=NOW), "not `lead`"),
        (lambda: teams.bring_in(number, 0, "affected", actor=AMNA, at=NOW), "no organisation"),
        (lambda: teams.support(number, 0, actor=AMNA, at=NOW), "not active"),
        (lambda: teams.offer(number, clocks.ncert, why="", actor=AMNA, at=NOW), "Say why"),
        (lambda: teams.answer(number, accept=False, why="", actor=AMNA, at=NOW), "Say why"),
    )
    for change, said in wrong:
        with pytest.raises(UsageError, match=said):
            change()


def test_no_data_taken_stays_unverified_until_evidence(nation: Nation) -> None:
    number = opened(nation)
    said = claims.Said(text="No data was taken.", said_by="Head of IT", organisation=nation.bank)
    claim = claims.claim(number, said, actor=AMNA, at=NOW)
    with pytest.raises(Refused, match="stays unverified"):
        claims.judge(claim, claims.Verdict(state="supported", why="x"), actor=AMNA, at=NOW)
    order = links.link(number, "order", 1, actor=AMNA, at=NOW)
    verdict = claims.Verdict(state="refuted", evidence=order, why="x")
    with pytest.raises(Refused, match="stays unverified"):
        claims.judge(claim, verdict, actor=AMNA, at=NOW)
    with as_system():
        assert Statement.objects.get(pk=claim).state == "unverified"
    proof = links.link(number, "evidence", 7, actor=AMNA, at=NOW)
    verdict = claims.Verdict(state="refuted", evidence=proof, why="Files are for sale.")
    claims.judge(claim, verdict, actor=AMNA, at=NOW)
    with as_system():
        found = Statement.objects.get(pk=claim)
        assert (found.state, found.evidence_id, found.judged_by) == ("refuted", proof, "amna")
    with pytest.raises(Refused, match="rests on this link"):
        links.unlink(number, proof, why="x", actor=AMNA, at=NOW)
    other = claims.Said(text="x", said_by="y", organisation=nation.ministry)
    with pytest.raises(UsageError, match="not in the case"):
        claims.claim(number, other, actor=AMNA, at=NOW)


def test_a_suspicion_needs_a_person_a_confidence_and_evidence(nation: Nation) -> None:
    number = opened(nation)
    wish = claims.Suspected(text="A group", confidence="low", evidence=None)
    with pytest.raises(Refused, match="No evidence"):
        claims.suspect(number, wish, actor=AMNA, at=NOW)
    proof = links.link(number, "finding", 7, actor=AMNA, at=NOW)
    wish = claims.Suspected(text="A group", confidence="sure", evidence=proof)
    with pytest.raises(UsageError, match="no confidence"):
        claims.suspect(number, wish, actor=AMNA, at=NOW)
    wish = claims.Suspected(text="A group", confidence="low", evidence=proof)
    said = claims.suspect(number, wish, actor=AMNA, at=NOW)
    verdict = claims.Verdict(state="supported", evidence=proof, why="x")
    with pytest.raises(Refused, match="Whoever suspects"):
        claims.judge(said, verdict, actor=AMNA, at=NOW)
    claims.judge(said, verdict, actor=BILAL, at=NOW)
    with as_system():
        assert Statement.objects.values_list("said_by", "confidence", "state").get() == (
            "amna", "low", "supported",
        )  # fmt: skip


def test_tasks_are_given_taken_and_done(nation: Nation) -> None:
    task = tasks.give(opened(nation), tasks.Wish(title=" Ask  for logs "), actor=AMNA, at=NOW)
    tasks.take(task, actor=BILAL, at=NOW)
    tasks.finish(task, "They came.", actor=BILAL, at=NOW)
    with as_system():
        row = Task.objects.get()
    assert (row.title, row.assignee, row.done_by, row.outcome) == (
        "Ask for logs", "bilal", "bilal", "They came.",
    )  # fmt: skip
    with pytest.raises(Refused, match="bilal did"):
        tasks.finish(task, "Again.", actor=AMNA, at=NOW)
    with pytest.raises(UsageError, match="1 to 1000"):
        tasks.finish(task, " ", actor=AMNA, at=NOW)
    with pytest.raises(UsageError, match="no task 0"):
        tasks.take(0, actor=AMNA, at=NOW)


def test_a_report_begins_the_next_cadence(clocks: Nation) -> None:
    number = opened(clocks)
    grades.grade(number, Grading(grade=3, axes=MIDDLE), right=Right.ANALYST, actor=AMNA, at=NOW)
    later = NOW + timedelta(hours=20)
    situation.issue(number, "All is known.", shared=True, actor=AMNA, at=later)
    assert runs(number)["case-situation"] == timedelta(hours=44)
    with pytest.raises(UsageError, match="says nothing"):
        situation.issue(number, " ", shared=False, actor=AMNA, at=later)
    steps.hand_to_investigator(number, why="NCCIA 7", actor=AMNA, at=NOW)
    assert case_of(number).handed_at == NOW
    with pytest.raises(Refused, match="already"):
        steps.hand_to_investigator(number, why="NCCIA 7", actor=AMNA, at=NOW)


FIRST = Message(message_id="<one@bank.example>", author="it@bank.example", subject="Help")


def mail(**facts: object) -> int | None:
    given = {"message_id": "<x@y>", "author": "it@bank.example", **facts}
    return mails.take_in(Message(**given), actor=SYSTEM, at=NOW)  # type: ignore[arg-type] # a test's own words


def test_mail_finds_its_case(nation: Nation) -> None:
    number = opened(nation, origin="mail")
    mails.keep(number, FIRST, actor=AMNA, at=NOW)
    assert mail(message_id="<a@x>", references="<one@BANK.example>") == number
    assert mail(message_id="<a@x>", references="<one@bank.example>") == number
    assert mail(message_id="<b@x>", subject=f"Re: [Pehra C{number}] Help",
                author="x@evil.example") == number  # fmt: skip
    assert mail(message_id="<c@x>", subject="[Pehra C999] Help") is None
    assert mail(message_id="<d@x>", subject="Help") is None
    for turn in range(60):
        mail(message_id=f"<flood{turn}@x>", subject=f"[Pehra C{number}]", author="x@evil.example")
    with as_system():
        assert Mail.objects.filter(trusted=False).count() == mails.MOST_UNKNOWN
        Mail.objects.filter(message_id__startswith="flood").delete()
        kept = Mail.objects.order_by("pk").values_list("message_id", "thread", "matched", "trusted")
        assert list(kept) == [
            ("one@bank.example", "one@bank.example", "officer", True),
            ("a@x", "one@bank.example", "reference", True),
            ("b@x", "b@x", "number", False),
        ]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home in which letters can be sealed."""
    monkeypatch.setenv("PEHRA_HOME", str(tmp_path))
    (tmp_path / "keys").mkdir()
    (tmp_path / "pehra.toml").touch()


@pytest.mark.usefixtures("home")
def test_a_letter_leaves_and_its_answer_comes_back(nation: Nation) -> None:
    number = opened(nation)
    with as_system():
        Contact.objects.create(
            organisation_id=nation.bank, purpose="abuse", email="it@bank.example", verified_at=NOW
        )
    wish = posted.Post(address="it@bank.example", subject="Logs", text="Please send them.")
    assert posted.post(number, wish, actor=AMNA, at=NOW) == "previewed"
    with as_system():
        sent = Mail.objects.get()
    assert (sent.subject, sent.outgoing, sent.recipient) == (
        f"[Pehra C{number}] Logs", True, "it@bank.example",
    )  # fmt: skip
    assert mail(message_id="<r@x>", references=f"<{sent.message_id}>") == number
    later = NOW + timedelta(hours=1)
    again = posted.Post(address="it@bank.example", subject="Logs", text="And?", thread=sent.thread)
    posted.post(number, again, actor=AMNA, at=later)
    with as_system():
        assert set(Mail.objects.values_list("thread", "trusted")) == {(sent.thread, True)}
    stranger = posted.Post(address="x@evil.example", subject="Logs", text="Please send them.")
    with pytest.raises(UsageError, match="no mailbox"):
        posted.post(number, stranger, actor=AMNA, at=NOW)
    with pytest.raises(UsageError, match="says nothing"):
        posted.post(number, posted.Post(address="a", subject=" ", text="x"), actor=AMNA, at=NOW)
    with as_system():
        Case.objects.update(tlp="RED")
    with pytest.raises(Refused, match="TLP:RED goes to one named person"):
        posted.post(number, wish, actor=AMNA, at=later)


@pytest.mark.usefixtures("home")
def test_an_answer_in_the_mailbox_of_citizens_is_no_report(nation: Nation, tmp_path: Path) -> None:
    number = opened(nation)
    mails.keep(number, FIRST, actor=AMNA, at=NOW)
    home = Home(tmp_path)
    look = inbox.Look(home, load(home), NOW, lambda _done, _total: None, 0.0)
    head = b"From: it@bank.example\r\nMessage-ID: <Two@bank.example>\r\nSubject: Re: Help\r\n"
    answer = head + b"References: <one@bank.example>\r\n\r\nHere are the logs.\r\n"
    assert inbox.keep_in_case(answer, look) == inbox.Kept(case=number, known=True)
    assert inbox.keep_in_case(head + b"\r\nHelp.\r\n", look) is None
    assert inbox.keep_in_case(b"\xff\0", look) is None
    with as_system():
        kept = Mail.objects.get(message_id="two@bank.example")
    assert (kept.text, kept.trusted, kept.thread) == (
        "Here are the logs.", True, "one@bank.example",
    )  # fmt: skip


def test_two_reports_of_one_ransomware_merge_with_both_threads(clocks: Nation) -> None:
    form = opened(
        clocks, origin="report", reporters=(clocks.ministry,), affected=(clocks.ministry,)
    )
    by_mail = opened(clocks, origin="mail", aware_at=NOW - timedelta(hours=1))
    mails.keep(form, Message(message_id="<f@x>", author="a@ministry.example"), actor=AMNA, at=NOW)
    mails.keep(by_mail, FIRST, actor=AMNA, at=NOW)
    before = lead(form), lead(by_mail), runs(by_mail)
    join = joins.merge(by_mail, form, why="One ransom note.", actor=AMNA, at=NOW)
    assert (case_of(by_mail).state, case_of(by_mail).merged_into) == (State.MERGED, form)
    assert runs(by_mail) == {}
    assert case_of(form).aware_at == NOW - timedelta(hours=1)
    assert mail(message_id="<r@x>", references="<one@bank.example>") == by_mail
    with seen_by(clocks.of_fincert):
        rows = Mail.objects.filter(case__in=numbers_of(form))
        assert set(rows.values_list("thread", flat=True)) == {"f@x", "one@bank.example"}
    assert (
        one(form, viewer=clocks.of_bank) is None
    )  # who reported the one learns nothing of the other
    for case, into, said in (
        (by_mail, form, "merged"), (form, form, "into itself"), (form, by_mail, "into itself"),
    ):  # fmt: skip
        with pytest.raises(Refused, match=said):
            joins.merge(case, into, why="x", actor=AMNA, at=NOW)
    joins.undo(join, why="Another note.", actor=BILAL, at=NOW)
    assert (case_of(by_mail).state, case_of(by_mail).merged_into) == (State.REPORTED, None)
    assert (lead(form), lead(by_mail), runs(by_mail)) == before
    assert case_of(form).aware_at == NOW
    with pytest.raises(Refused, match="undone already"):
        joins.undo(join, why="x", actor=BILAL, at=NOW)


def test_a_split_is_undone(nation: Nation) -> None:
    number = opened(nation)
    link = links.link(number, "finding", 7, actor=AMNA, at=NOW)
    mails.keep(number, FIRST, actor=AMNA, at=NOW)
    parts = joins.Parts(title="Another", links=(link,), threads=("one@bank.example",))
    join = joins.split(number, parts, why="Two matters.", actor=AMNA, at=NOW)
    with as_system():
        other = Case.objects.get(origin="split").pk
        assert Link.objects.get().case_id == Mail.objects.get().case_id == other
    with pytest.raises(UsageError, match="Nothing of this case"):
        joins.split(number, parts, why="x", actor=AMNA, at=NOW)
    joins.undo(join, why="One matter.", actor=AMNA, at=NOW)
    with as_system():
        assert Link.objects.get().case_id == Mail.objects.get().case_id == number
    assert case_of(other).merged_into == number


def test_no_act_leaves_words_in_the_ledger(nation: Nation) -> None:
    number = opened(nation)
    said = claims.Said(text="No data was taken.", said_by="Secret Person")
    claims.claim(number, said, actor=AMNA, at=NOW)
    mails.keep(number, FIRST, actor=AMNA, at=NOW)
    told = b"".join(bytes(body) for body in Written.objects.values_list("body", flat=True))
    for word in (b"Secret", b"data was", b"bank.example", b"encrypted"):
        assert word not in told
