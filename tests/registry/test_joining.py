"""Joining: an application waits for a person, and an invitation works once, for a week."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pehra.kernel.actors import Actor
from pehra.kernel.errors import Refused, UsageError
from pehra.ledger.queries import recent
from pehra.mandate.models import Organisation, Sector, User
from pehra.mandate.queries import viewer_of
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import NOBODY, SYSTEM_VIEWER
from pehra.registry.actions.joining import (
    Invited,
    accept_application,
    ask_to_join,
    decline_application,
    invite_again,
    join,
)
from pehra.registry.joining import (
    LIFE,
    MOST_WAITING,
    Wish,
    answered,
    check_room,
    check_slug,
    check_waits,
)
from pehra.registry.models import Claim
from pehra.registry.queries.joining import (
    DECIDED,
    WAITING,
    applications,
    invitation,
    waiting_applications,
)

NOW = datetime(2026, 11, 28, 9, tzinfo=UTC)
AMNA = Actor("amna", "duty")
PASSWORD = "correct horse battery staple"  # noqa: S105 a test's
WISH = Wish(
    name="River Mills",
    sector="textiles",
    person="Sana",
    email="Sana@mills.example",
    networks="mills.example\n192.0.2.0/24",
)


def asked() -> int:
    ask_to_join(WISH, now=NOW)
    return applications(viewer=SYSTEM_VIEWER, states=WAITING)[0].id


def invited() -> Invited:
    Sector.objects.create(slug="textiles", name="Textiles")
    return accept_application(asked(), "river-mills", actor=AMNA, now=NOW)


def test_a_short_name_is_small_letters_digits_and_hyphens() -> None:
    assert check_slug(" River-Mills ") == "river-mills"
    for wrong in ("", "a--b", "-a", "a b", "é", "a" * 65):
        with pytest.raises(UsageError):
            check_slug(wrong)


def test_what_was_decided_is_not_decided_again() -> None:
    check_waits("asked", 1)
    check_room(MOST_WAITING - 1)
    with pytest.raises(Refused):
        check_waits("accepted", 1)
    with pytest.raises(Refused):
        check_room(MOST_WAITING)


def test_an_invitation_lives_until_its_end() -> None:
    seen = [answered(end, NOW) for end in (None, NOW, NOW + timedelta(seconds=1))]
    assert seen == [False, False, True]


@pytest.mark.django_db
def test_asking_twice_is_asking_once() -> None:
    number = asked()
    assert asked() == number
    assert waiting_applications(viewer=SYSTEM_VIEWER) == 1
    seen = applications(viewer=NOBODY, states=WAITING), waiting_applications(viewer=NOBODY)
    assert seen == ([], 0)
    assert [entry.act for entry in recent()] == ["registry.ask-to-join"]


@pytest.mark.django_db
def test_who_is_accepted_holds_nothing_and_comes_in_once() -> None:
    found = invited()
    assert (found.email, found.name) == ("sana@mills.example", "River Mills")
    shown = invitation(found.token, NOW)
    assert shown is not None
    assert shown.slug == "river-mills"
    with pytest.raises(UsageError):
        join(found.token, "short", now=NOW)
    assert join(found.token, PASSWORD, now=NOW) == "sana@mills.example"
    person = User.objects.get(email="sana@mills.example")
    assert viewer_of(person, NOW.date()).organisations == {found.organisation}
    with as_system():
        assert list(Claim.objects.all()) == []
    with pytest.raises(Refused):
        join(found.token, PASSWORD, now=NOW)
    assert invitation(found.token, NOW) is None


@pytest.mark.django_db
def test_whose_address_has_an_account_is_not_invited() -> None:
    found = invited()
    person = User.objects.create(email="SANA@mills.example")
    with pytest.raises(Refused, match="has an account already"):
        invite_again(found.application, actor=AMNA, now=NOW)
    number = asked()
    with pytest.raises(Refused, match="has an account already"):
        accept_application(number, "mills", actor=AMNA, now=NOW)
    person.delete()
    assert accept_application(number, "mills", actor=AMNA, now=NOW).application == number


@pytest.mark.django_db
def test_a_link_ends_after_a_week_and_by_a_newer_one() -> None:
    first = invited()
    second = invite_again(first.application, actor=AMNA, now=NOW)
    for token, moment in ((first.token, NOW), (second.token, NOW + LIFE), ("", NOW)):
        assert invitation(token, moment) is None
        with pytest.raises(Refused):
            join(token, PASSWORD, now=moment)
    assert User.objects.count() == 0
    join(second.token, PASSWORD, now=NOW + LIFE - timedelta(seconds=1))
    with pytest.raises(Refused):
        invite_again(first.application, actor=AMNA, now=NOW)


@pytest.mark.django_db
def test_declining_needs_a_reason_and_a_name_is_taken_once() -> None:
    number = asked()
    Organisation.objects.create(slug="mills", name="Mills")
    with pytest.raises(Refused):
        accept_application(number, "mills", actor=AMNA, now=NOW)
    with pytest.raises(UsageError):
        decline_application(number, " ", actor=AMNA, now=NOW)
    decline_application(number, "not of this country", actor=AMNA, now=NOW)
    (row,) = applications(viewer=SYSTEM_VIEWER, states=DECIDED)
    assert (row.state, row.why) == ("declined", "not of this country")
    with pytest.raises(UsageError):
        decline_application(number + 1, "x", actor=AMNA, now=NOW)
