"""Exercises: begun, let go by another person, marked everywhere, and in no number."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from tests.notices.actions.test_release import go_live, send, silent
from tests.notices.conftest import AMNA, BILAL, scene

from pehra.dispatch import queries as dispatch
from pehra.dispatch.actions import set_sending
from pehra.dispatch.inside import opened
from pehra.dispatch.rules import Mode
from pehra.engines.sealed.ring import ring
from pehra.findings.models import Finding, Step
from pehra.findings.queries.courses import courses
from pehra.kernel.actors import SYSTEM
from pehra.kernel.errors import Refused, UsageError
from pehra.kernel.settings import load
from pehra.mandate.models import Organisation, Team
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import SYSTEM_VIEWER, Viewer
from pehra.notices import exercises, outcomes, queries
from pehra.notices.actions import ladder, rounds
from pehra.notices.actions.answers import Reply, take_answer
from pehra.notices.actions.compose import composed, composer
from pehra.notices.actions.exercises import Exercise, begin, led_by
from pehra.notices.actions.measures import Asked, measure, read
from pehra.notices.actions.release import release
from pehra.notices.behind import marks
from pehra.notices.models import Climbed, Named, Notice
from pehra.notices.queries.exercises import made_up, outcome
from pehra.notices.queries.waiting import waiting
from pehra.notices.rules import Said
from pehra.registry.models import Contact

if TYPE_CHECKING:
    from tests.findings.conftest import House

    from pehra.dispatch.letters import Letter

SETTINGS = '[exchange]\nname = "A CERT"\ncontact = "reports@cert.example"\n'


def number_of(slug: str) -> int:
    return Organisation.objects.get(slug=slug).pk


def bank() -> frozenset[int]:
    return frozenset({number_of("river-bank")})


def approved(house: House) -> None:
    for person in (AMNA, BILAL):
        rounds.approve("template", [exercises.version()], actor=person, now=house.now)


def run(house: House, asked: Exercise) -> int:
    """Begin an exercise, let it go as another person, and send it."""
    found = begin(asked, scene(house), actor=AMNA)
    rounds.decide(found.id, go=True, actor=BILAL, now=house.now)
    at = composer(house.home, load(house.home), house.now.date())
    release(found.id, at, actor=SYSTEM, now=house.now, progress=silent)
    return found.id


def letter_of(house: House, number: int) -> Letter:
    (notice,) = queries.notices(viewer=SYSTEM_VIEWER, round_=number)
    inside = dispatch.sealed_content(notice.envelope or 0, viewer=SYSTEM_VIEWER)
    assert inside is not None
    return opened(inside[1], ring(house.home), inside[0]).letter


def numbers(house: House) -> dict[str, Any]:
    """Every number that anybody is shown, and what planning and the ladder reckon with."""
    now, span = house.now, (house.now - timedelta(days=30), house.now + timedelta(days=1))
    asked = Asked(house.now - timedelta(days=180), house.now)
    rows = read(asked, silent)
    with as_system():
        known = list(Finding.objects.order_by("pk").values())
        tables: dict[str, Any] = {
            "findings": known,
            "steps": list(Step.objects.order_by("pk").values()),
            "climbed": list(Climbed.objects.values()),
            "contacts": list(
                Contact.objects.order_by("pk").values(
                    "pk", *(one.name for one in Contact._meta.concrete_fields if one.name != "id")
                )
            ),
        }
    ended = outcomes.with_sectors(rows, span[1])
    marked = marks(ended, outcomes.told_of(*span, ()))
    return {
        **tables,
        "courses": courses(viewer=SYSTEM_VIEWER, opened=span).to_dicts(),
        "measured": msgspec.to_builtins(measure(rows, asked, now, national=True)),
        "period": msgspec.to_builtins(outcomes.period(ended, marked, span, ())),
        "envelopes": dispatch.counts(viewer=SYSTEM_VIEWER),
        "waiting": waiting(viewer=SYSTEM_VIEWER),
        "usual": [
            queries.sizes(urgent=urgent, hour=None, now=now + timedelta(days=2))
            for urgent in (False, True)
        ],
        "today": queries.sent_today(now),
        "last": queries.last_sent(now),
        "standing": [queries.standing_round(urgent=urgent) for urgent in (False, True)],
        "told_of": [queries.notices_about(one["id"], viewer=SYSTEM_VIEWER) for one in known],
    }


@pytest.fixture
def at_work(told: House) -> House:
    """A house that sends, and has told two holders of three findings."""
    (told.home.root / "pehra.toml").write_text(SETTINGS)
    go_live(told)
    approved(told)
    told.telnet("2026-11-20", 10, 11, 130)
    assert send(told) == {"released": 2, "refused": 0}
    return told


@pytest.mark.parametrize("scenario", ["", "infected"])
def test_an_exercise_is_in_no_number(at_work: House, scenario: str) -> None:
    before = numbers(at_work)
    number = run(at_work, Exercise(bank(), scenario, urgent=True))
    for notice in queries.notices(viewer=SYSTEM_VIEWER, round_=number):
        assert notice.state == "released"
        for said in (Said.NOT_MINE, Said.COMMENT):
            reply = Reply(notice=notice.id, said=said, how="link", by="them", words="so")
            assert take_answer(reply, now=at_work.now + timedelta(minutes=30)) == 0
    assert numbers(at_work) == before
    at_work.now += timedelta(hours=30)
    later = numbers(at_work)
    ladder.climb(scene(at_work), actor=SYSTEM, progress=silent)
    climbed = numbers(at_work)
    assert (climbed["courses"], climbed["envelopes"]) == (later["courses"], later["envelopes"])
    assert outcome(number, viewer=SYSTEM_VIEWER) == type(outcome(number, viewer=SYSTEM_VIEWER))(
        mailboxes=2, sent=2, refused=0, answered=2, minutes=30, said={"not-mine": 2, "comment": 2}
    )


def test_a_letter_is_marked_in_every_part(at_work: House) -> None:
    number = run(at_work, Exercise(bank(), "exposed"))
    letter = letter_of(at_work, number)
    assert letter.subject.startswith("[EXERCISE] [TLP:AMBER] [N")
    mark = "EXERCISE: this is a drill. Nothing in it is real."
    assert (letter.text.startswith(mark), letter.pointer.startswith(mark)) == (True, True)
    assert f"<strong>{mark}</strong>" in letter.html
    places = [line for line in letter.text.splitlines() if line.startswith("* ")]
    assert [line.split(" ")[1:3] for line in places] == [
        ["[EXERCISE]", f"EX{one}"] for one in (1, 2, 3)
    ]
    table, reports = letter.attachments
    assert (table.name, reports.name) == ("EXERCISE-findings.csv", "EXERCISE-xarf.json")
    rows = list(csv.DictReader(io.StringIO(table.content.decode())))
    assert [(row["finding"], row["exercise"]) for row in rows] == [
        (f"EX{one}", "EXERCISE") for one in (1, 2, 3)
    ]
    assert [one["tags"][-1] for one in json.loads(reports.content)] == ["exercise:drill"] * 3


def test_copies_name_real_findings_and_change_none(at_work: House) -> None:
    number = run(at_work, Exercise(bank()))
    letter = letter_of(at_work, number)
    places = [line for line in letter.text.splitlines() if line.startswith("* ")]
    assert sorted(line.split(":")[0] for line in places) == sorted(
        f"* [EXERCISE] F{row.id} {row.asset}"
        for row in at_work.findings()
        if not row.asset.startswith("pool")  # whose id, and so its place, differs by run
    )
    rows = csv.DictReader(io.StringIO(letter.attachments[0].content.decode()))
    assert [row["exercise"] for row in rows] == ["EXERCISE"] * 2


def test_it_waits_for_a_person_who_did_not_begin_it(told: House) -> None:
    go_live(told)
    found = begin(Exercise(bank(), "web"), scene(told), actor=AMNA)
    assert (found.state, found.held_why, found.findings) == ("held", "template", 2)
    with pytest.raises(Refused, match="Two persons have not approved the template `exercise-"):
        rounds.decide(found.id, go=True, actor=BILAL, now=told.now)
    approved(told)
    with pytest.raises(Refused, match="amna began exercise"):
        rounds.decide(found.id, go=True, actor=AMNA, now=told.now)
    assert begin(Exercise(bank(), "web"), scene(told), actor=AMNA).held_why == "exercise"
    rounds.decide(found.id, go=True, actor=BILAL, now=told.now)
    told.telnet("2026-11-20", 10)
    planned = rounds.plan(scene(told), urgent=False, actor=SYSTEM, progress=silent)
    assert planned is not None
    assert (planned.exercise, planned.held_why) == (False, "first")
    assert waiting(viewer=SYSTEM_VIEWER).held == 1


def test_while_sending_is_off_it_is_a_preview_that_real_ones_leave_alone(told: House) -> None:
    told.telnet("2026-11-20", 10)
    drill = begin(Exercise(bank(), "exposed"), scene(told, sending=False), actor=AMNA)
    assert drill.state == "preview"
    rounds.plan(scene(told, sending=False), urgent=False, actor=SYSTEM, progress=silent)
    assert [(one.state, one.exercise) for one in queries.rounds()] == [
        ("preview", False),
        ("preview", True),
    ]
    again = begin(Exercise(bank(), "exposed"), scene(told, sending=False), actor=AMNA)
    assert [(one.state, one.exercise) for one in queries.rounds()] == [
        ("preview", True),
        ("preview", False),
        ("dropped", True),
    ]
    at = composer(told.home, load(told.home), told.now.date())
    (notice,) = queries.notices(viewer=SYSTEM_VIEWER, round_=again.id)
    made = composed(at, notice.id, now=told.now)
    assert made is not None
    assert (made.findings, made.outgoing.exercise) == ((), True)


def test_who_is_told_by_pilot_and_by_team(told: House) -> None:
    both = bank() | {number_of("hill-net")}
    set_sending(Mode.PREVIEW, actor=AMNA, now=told.now)
    found = begin(Exercise(both, "exposed"), scene(told, only=bank()), actor=AMNA)
    (notice,) = queries.notices(viewer=SYSTEM_VIEWER, round_=found.id)
    assert (notice.mailbox, len(made_up(notice, viewer=SYSTEM_VIEWER))) == (
        "noc@river-bank.example",
        3,
    )
    with pytest.raises(Refused, match="on for a list only"):
        begin(
            Exercise(frozenset({number_of("hill-net")}), "web"),
            scene(told, only=bank()),
            actor=AMNA,
        )
    leads = [led_by(team.pk, scene(told)) & both for team in Team.objects.all()]
    assert sorted(map(len, leads))[-2:] == [1, 1]
    assert frozenset().union(*leads) == both


def test_who_shares_a_name_and_a_mailbox_sees_its_own_lines_alone(told: House) -> None:
    told.register(
        b"organisation,contact_purpose,contact_name,contact_email,contact_language\n"
        b"hill-net,technical,NOC,noc@river-bank.example,en\n"
    )
    both = sorted([number_of("hill-net"), number_of("river-bank")])
    Organisation.objects.filter(pk__in=both).update(name="The Same")
    begin(Exercise(frozenset(both), "web"), scene(told), actor=AMNA)
    (notice,) = (one for one in queries.notices(viewer=SYSTEM_VIEWER) if "noc@" in one.mailbox)
    lines = made_up(notice, viewer=SYSTEM_VIEWER)
    seen = [
        made_up(notice, viewer=Viewer("x", organisations=frozenset({number_of(slug)})))
        for slug in ("hill-net", "river-bank")
    ]
    assert [[line.finding for line in own] for own in seen] == [[1, 2], [3, 4]]
    assert seen[0] + seen[1] == lines


def test_what_cannot_be_begun(told: House) -> None:
    lonely = Organisation.objects.create(slug="quiet-inn", name="Quiet Inn")
    for asked, words in (
        (Exercise(frozenset(), "web"), "Nobody was chosen"),
        (Exercise(frozenset(range(501)), "web"), "501 organisations are too many"),
        (Exercise(bank(), "flood"), "`flood` is no scenario"),
    ):
        with pytest.raises(UsageError, match=words):
            begin(asked, scene(told), actor=AMNA)
    for asked, words in (
        (Exercise(bank()), "could be copied"),
        (Exercise(frozenset({lonely.pk}), "web"), "has a mailbox"),
    ):
        with pytest.raises(Refused, match=words):
            begin(asked, scene(told), actor=AMNA)
    with as_system():
        assert (Notice.objects.count(), Named.objects.count()) == (0, 0)
