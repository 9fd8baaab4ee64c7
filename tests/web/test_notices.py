"""Pages of notices, and the page on which a recipient answers."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from pehra.findings.models import Finding
from pehra.findings.rules import State
from pehra.kernel.actors import Actor
from pehra.ledger.queries import recent
from pehra.mandate.models import Office, Power, Tenure
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import Viewer
from pehra.notices import links, queries
from pehra.notices.actions import rounds
from pehra.notices.actions.measures import keep_measures
from pehra.notices.models import Call, Named, Notice, Party, Round
from pehra.notices.queries.drawn import measured
from pehra.web.notices import answer as page

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.web.conftest import Nation

    from pehra.mandate.models import User

from tests.web.conftest import SECRET

KEY = links.key_of(SECRET)


def told(nation: Nation) -> Notice:
    """One message to a mailbox that serves the bank and the school, and its round."""
    page._key.cache_clear()  # noqa: SLF001 the house of this test has its own secret
    with as_system():
        ours = [nation.finding(nation.bank), nation.finding(nation.school)]
        at = Round.objects.create(
            at=nation.now, urgent=False, state="held", held_why="first", recipients=1, findings=2
        )
        made = Notice.objects.create(
            round=at,
            kind="digest",
            mailbox="noc@bank.example",
            contact=1,
            language="en",
            why="technical stated verified",
            severity=3,
            findings=2,
            planned_at=nation.now,
            state="released",
            released_at=nation.now,
        )
        for finding, holder in zip(ours, (nation.bank, nation.school), strict=True):
            Named.objects.create(notice=made, finding=finding)
            Party.objects.create(notice=made, organisation=holder, findings=1, severity=2)
        Call.objects.create(
            organisation=nation.school, why="no-contact", findings=3, severity=4,
            opened_at=nation.now,
        )  # fmt: skip
    return made


@pytest.fixture
def notice(nation: Nation) -> Notice:
    """A nation in which somebody was told."""
    return told(nation)


def link(made: Notice, nation: Nation, days: int = 3) -> str:
    until = (nation.now + timedelta(days=days)).date()
    return f"/answer/{links.sign(links.Link(made.pk, until), KEY)}/"


def state_of(made: Notice) -> list[int]:
    with as_system():
        numbers = Named.objects.filter(notice=made).values("finding")
        return list(
            Finding.objects.filter(pk__in=numbers).order_by("pk").values_list("state", flat=True)
        )


def test_an_officer_sees_rounds_calls_and_messages(officer: Client, notice: Notice) -> None:
    shown = officer.get("/notices/")
    sections = shown.context["sections"]
    assert [section.title for section in sections] == ["Rounds", "Calls to make", "Messages"]
    assert "Sending is off" in shown.content.decode()
    row = sections[2].table.rows[0]
    assert (row[0][1].text, row[1][1].text, row[3][1].text) == (
        f"N{notice.pk}",
        "noc@bank.example",
        "2",
    )


def test_an_organisation_sees_its_own_part_of_a_message(contact: Client, notice: Notice) -> None:
    shown = contact.get("/notices/")
    (section,) = shown.context["sections"]
    assert section.table.rows[0][3][1].text == "1"
    one = contact.get(f"/notices/{notice.pk}/").content.decode()
    assert "F1" not in one.replace("F10", "")
    assert "Lake School" not in one
    assert contact.get(f"/notices/rounds/{notice.round_id}/").status_code == 403


def test_its_words_are_read_only_by_who_may_read_all_of_them(
    officer: Client, contact: Client, notice: Notice
) -> None:
    whole = officer.get(f"/notices/{notice.pk}/")
    assert "What it is" in whole.context["letter"]["text"]
    assert contact.get(f"/notices/{notice.pk}/").context["letter"] is None


def test_a_round_is_let_go_by_who_decides(
    officer: Client, contact: Client, notice: Notice, nation: Nation
) -> None:
    path = f"/notices/rounds/{notice.round_id}/"
    assert "Send the messages" in officer.get(path).content.decode()
    assert contact.post(f"{path}decide/", {"what": "send"}).status_code == 403
    assert officer.post(f"{path}decide/", {"what": "send"}).status_code == 403
    for kind, name in rounds.unapproved():
        for person in ("amna", "bilal"):
            rounds.approve(kind, [name], actor=Actor(person, "desk"), now=nation.now)
    assert officer.post(f"{path}decide/", {"what": "send"}).status_code == 302
    found = queries.round_of(notice.round_id)
    assert found is not None
    assert found.state == "ready"
    assert officer.get("/notices/rounds/999/").status_code == 404
    assert officer.get("/notices/999/").status_code == 404


def test_a_large_round_is_let_go_by_who_approves_notices(
    officer: Client, nation: Nation, notice: Notice, signed_in: Callable[[User], Client]
) -> None:
    Power.objects.create(act="send-notice", role="SUP", does="approve")
    office = Office.objects.create(slug="head", name="H", role="SUP", team=nation.national)
    Tenure.objects.create(office=office, person=nation.nobody)
    for kind, name in rounds.unapproved():
        for person in ("amna", "bilal"):
            rounds.approve(kind, [name], actor=Actor(person, "desk"), now=nation.now)
    Round.objects.update(recipients=501)
    path = f"/notices/rounds/{notice.round_id}/"
    shown = officer.get(path)
    assert (shown.context["may_send"], shown.context["may_drop"]) == (False, True)
    assert officer.post(f"{path}decide/", {"what": "send"}).status_code == 403
    head = signed_in(nation.nobody)
    assert head.get(path).context["may_send"]
    assert head.post(f"{path}decide/", {"what": "send"}).status_code == 302
    entry = recent()[0]
    assert (entry.act, entry.actor.office) == ("notices.let-go", "head")
    assert officer.post("/notices/rounds/999/decide/", {"what": "send"}).status_code == 404


def test_who_only_handles_reports_lets_no_round_go(officer: Client, notice: Notice) -> None:
    Power.objects.filter(act="send-notice").delete()
    path = f"/notices/rounds/{notice.round_id}/"
    assert not officer.get(path).context["may_drop"]
    for what in ("send", "drop"):
        assert officer.post(f"{path}decide/", {"what": what}).status_code == 403


def test_opening_the_link_does_nothing_and_sending_does(notice: Notice, nation: Nation) -> None:
    anyone, path = Client(), link(notice, nation)
    before = state_of(notice)
    for _ in range(3):
        assert anyone.get(path).status_code == 200
        assert anyone.head(path).status_code == 200
    assert state_of(notice) == before
    sent = anyone.post(path, {"said": "fixed", "which": "all"})
    assert (sent.status_code, sent.headers["Location"]) == (302, f"{path}?said=1")
    assert state_of(notice) == [State.FIX_CLAIMED] * 2
    assert "Thank you" in anyone.get(sent.headers["Location"]).content.decode()
    assert anyone.post(path, {"said": "comment", "words": "done"}).status_code == 302


def test_some_can_be_marked(notice: Notice, nation: Nation) -> None:
    with as_system():
        first = Named.objects.filter(notice=notice).order_by("finding").first()
    assert first is not None
    marked = {"said": "working", "which": "some", "finding": [str(first.finding_id)]}
    assert Client().post(link(notice, nation), marked).status_code == 302
    assert state_of(notice) == [State.ACKNOWLEDGED, State.OPEN]


def test_what_is_wrong_is_said_and_nothing_is_done(notice: Notice, nation: Nation) -> None:
    wrong = Client().post(link(notice, nation), {"said": "colour"})
    assert (wrong.status_code, "without words" in wrong.content.decode()) == (400, True)
    strange = {"said": "fixed", "which": "some", "finding": ["999", "x"]}
    assert Client().post(link(notice, nation), strange).status_code == 400
    assert state_of(notice) == [State.OPEN] * 2


def test_a_link_that_is_not_ours_or_is_over_opens_nothing(notice: Notice, nation: Nation) -> None:
    assert Client().get("/answer/abc/").status_code == 404
    assert Client().get(link(notice, nation, days=-1)).status_code == 404
    other = links.sign(links.Link(notice.pk, nation.now.date()), links.key_of("another"))
    assert Client().get(f"/answer/{other}/").status_code == 404


def test_the_link_needs_a_token_against_forged_forms(notice: Notice, nation: Nation) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(link(notice, nation), {"said": "fixed"}).status_code == 403
    assert state_of(notice) == [State.OPEN] * 2


def test_the_page_speaks_the_language_of_the_message(notice: Notice, nation: Nation) -> None:
    with as_system():
        Notice.objects.filter(pk=notice.pk).update(language="ur")
    assert 'lang="ur"' in Client().get(link(notice, nation)).content.decode()


def test_a_finding_says_who_was_told_of_it(
    officer: Client, contact: Client, notice: Notice
) -> None:
    with as_system():
        mine, other = (
            Named.objects.filter(notice=notice)
            .order_by("finding")
            .values_list("finding", flat=True)
        )
    rows = officer.get(f"/findings/{mine}/").context["told"].rows
    assert [row[0][1].text for row in rows] == [f"N{notice.pk}"]
    assert contact.get(f"/findings/{mine}/").context["told"] is not None
    assert contact.get(f"/findings/{other}/").status_code == 404
    assert officer.get("/findings/1/").context["told"] is None


def silent(done: int, total: int) -> None:
    del done, total


def measured_at(nation: Nation) -> None:
    """A measurement of twelve findings of two holders, half of them told and gone."""
    holders = [nation.bank, nation.school] * 6
    for place, holder in enumerate(holders):
        row = nation.finding(holder)
        if place % 2:
            with as_system():
                Finding.objects.filter(pk=row.pk).update(
                    notified_at=nation.now - timedelta(hours=9), gone_at=nation.now
                )
    keep_measures(now=nation.now, progress=silent)


def test_the_page_of_effect_says_what_is_known_and_what_is_not(
    officer: Client, nation: Nation
) -> None:
    assert "Nothing has been measured yet" in officer.get("/notices/effect/").text
    measured_at(nation)
    page_ = officer.get("/notices/effect/").text
    assert "What messages do is not known" in page_
    assert "16 findings of 2 organisations" in page_
    assert "By way of answering" in page_
    rows = officer.get("/notices/effect/?csv=groups").getvalue().decode().splitlines()
    assert rows[0].startswith("by,name,clock,findings,happened,organisations,median_days")
    assert "all,,verify,6,6,1" in {",".join(row.split(",")[:6]) for row in rows}
    lines = officer.get("/notices/effect/?csv=standing").getvalue().decode().splitlines()
    assert (lines[0], lines[1]) == ("Day,not said fixed,not gone", "0,100,100")


def test_the_effect_is_not_for_holders_and_small_cells_not_for_teams(
    nation: Nation, officer: Client, contact: Client
) -> None:
    del officer
    measured_at(nation)
    assert contact.get("/notices/effect/").status_code == 403
    team = measured(viewer=Viewer("x", teams=frozenset({nation.national.pk})))
    assert team is not None
    assert {one.clocks for one in team.groups} == {None}
