"""Broken glass: a row, an entry without the reason, hours that end, and another person's review."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from pehra.kernel.actors import Actor
from pehra.kernel.errors import Refused, UsageError
from pehra.ledger import queries as ledger
from pehra.mandate import actions
from pehra.mandate.actions.glass import Review, break_glass, review_glass
from pehra.mandate.models import Clock, Power, User
from pehra.mandate.powers import Power as Wanted
from pehra.mandate.powers import Taking, Warrant
from pehra.mandate.queries.powers import broken_glass, glass, warrant_of

if TYPE_CHECKING:
    from datetime import datetime

pytestmark = pytest.mark.django_db

HANDLE = Wanted("handle-reports")
WHY = "Both officers of the shift are ill tonight"
WISH = Taking(office="ncert-legal-officer", power=HANDLE, reason=WHY, hours=4)
LAWYER, HEAD = "lawyer@cert.example", "head@cert.example"
SELF = Actor(name=LAWYER, office="ncert-legal-officer")
OTHER = Actor(name=HEAD, office="ncert-director-general")


@pytest.fixture(autouse=True)
def people(pakistan: None, now: datetime, actor: Actor) -> None:
    del pakistan
    for email, office in ((LAWYER, "ncert-legal-officer"), (HEAD, "ncert-director-general")):
        new = actions.NewAccount(email=email, office=office)
        actions.open_account(new, actor=actor, now=now)


def held(email: str, now: datetime) -> Warrant | None:
    return warrant_of(User.objects.get(email=email), HANDLE, now)


def test_a_power_is_taken_for_some_hours_and_written_down(now: datetime) -> None:
    assert held(LAWYER, now) is None
    row = break_glass(LAWYER, WISH, actor=SELF, now=now)
    assert held(LAWYER, now) == Warrant("ncert-legal-officer", row.pk)
    assert held(LAWYER, now + timedelta(hours=4)) is None
    (line,) = broken_glass(waiting=True)
    assert (line.person, line.reason, line.verdict) == (LAWYER, WHY, "")
    assert (line.until, line.review_by) == (now + timedelta(hours=4), now + timedelta(hours=24))
    assert not line.overdue(now + timedelta(hours=23))
    assert line.overdue(now + timedelta(hours=24))
    entry = ledger.recent(limit=1)[0]
    assert (entry.act, entry.subject) == ("mandate.break-glass", "office:ncert-legal-officer")
    assert {key: entry.facts[key] for key in ("glass", "power", "hours")} == {
        "glass": row.pk, "power": "handle-reports", "hours": 4,
    }  # fmt: skip
    assert WHY not in str(entry.facts)


def test_another_person_confirms(now: datetime) -> None:
    row = break_glass(LAWYER, WISH, actor=SELF, now=now)
    with pytest.raises(Refused, match="another person reviews"):
        review_glass(row.pk, LAWYER, Review(confirmed=True), actor=SELF, now=now)
    with pytest.raises(Refused, match="another person reviews"):
        review_glass(row.pk, HEAD, Review(confirmed=True), actor=SELF, now=now)
    later = now + timedelta(hours=1)
    review_glass(row.pk, HEAD, Review(confirmed=True), actor=OTHER, now=later)
    found = glass(row.pk)
    assert found is not None
    assert (found.verdict, found.reviewer, found.until) == ("confirmed", HEAD, row.until)
    assert held(LAWYER, later) == Warrant("ncert-legal-officer", row.pk)
    assert (broken_glass(waiting=True), len(broken_glass())) == ([], 1)
    with pytest.raises(Refused, match="was reviewed on 2026-11-22"):
        review_glass(row.pk, HEAD, Review(confirmed=True), actor=OTHER, now=later)


def test_an_objection_says_why_and_ends_the_power(now: datetime) -> None:
    row = break_glass(LAWYER, WISH, actor=SELF, now=now)
    later = now + timedelta(hours=1)
    with pytest.raises(UsageError, match="says why"):
        review_glass(row.pk, HEAD, Review(confirmed=False), actor=OTHER, now=later)
    review_glass(row.pk, HEAD, Review(False, "The deputy was there"), actor=OTHER, now=later)
    assert held(LAWYER, later) is None
    assert ledger.recent(limit=1)[0].facts["verdict"] == "objected"


def test_who_holds_no_power_to_review_is_refused(now: datetime, actor: Actor) -> None:
    row = break_glass(LAWYER, WISH, actor=SELF, now=now)
    new = actions.NewAccount(email="duty@cert.example", office="ncert-duty-officer")
    actions.open_account(new, actor=actor, now=now)
    duty = Actor(name="duty@cert.example", office="ncert-duty-officer")
    with pytest.raises(Refused, match="holds no office that reviews"):
        review_glass(row.pk, duty.name, Review(confirmed=True), actor=duty, now=now)
    with pytest.raises(UsageError, match="There is no broken glass 99"):
        review_glass(99, HEAD, Review(confirmed=True), actor=OTHER, now=now)


def test_without_a_clock_no_glass_is_broken(now: datetime) -> None:
    Clock.objects.filter(kind="break-glass").delete()
    with pytest.raises(Refused, match="No clock `break-glass`"):
        break_glass(LAWYER, WISH, actor=SELF, now=now)
    assert broken_glass() == []


def test_without_a_row_nobody_holds_a_power(now: datetime) -> None:
    assert held(HEAD, now) == Warrant("ncert-director-general")
    Power.objects.all().delete()
    assert held(HEAD, now) is None
