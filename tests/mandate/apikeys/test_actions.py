"""A key is given, used, taken back; the secret is nowhere but with its owner."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

import pytest

from pehra.kernel.actors import Actor
from pehra.kernel.errors import Refused, UsageError
from pehra.ledger.queries import recent
from pehra.mandate.apikeys.actions import RANDOM_BYTES, NewKey, give_key, revoke_key, used
from pehra.mandate.apikeys.queries import keys, opened, owner_named, owners
from pehra.mandate.models import ApiKey, Organisation, Team
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import NOBODY, SYSTEM_VIEWER, Viewer

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
TODAY = NOW.date()
OFFICER = Actor(name="officer@cert.example", office="duty")

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nation(db: None) -> None:
    del db
    Organisation.objects.create(slug="bank", name="First Bank")
    Team.objects.create(slug="national", name="National CERT", tier="national")
    Team.objects.create(slug="fincert", name="FinCERT", tier="sectoral")


def give(label: str = "tickets", days: int = 90, *, organisation: str = "", team: str = "") -> str:
    new = NewKey(
        owner=owner_named(organisation=organisation or ("" if team else "bank"), team=team),
        label=label,
        scopes=["read:findings"],
        expires=TODAY + timedelta(days=days),
    )
    return give_key(new, os.urandom(RANDOM_BYTES), actor=OFFICER, now=NOW)


def test_a_key_opens_what_its_owner_sees_in_its_owners_name() -> None:
    bank = Organisation.objects.get()
    found = opened(give(), TODAY)
    assert found is not None
    assert found.viewer == Viewer(
        name=f"key {found.name}", organisations=frozenset({bank.pk}), on=TODAY
    )
    assert found.actor == Actor(name=f"key {found.name}", office="bank")
    assert found.scopes == frozenset({"read:findings"})
    assert found.last_used is None
    national, sectoral = opened(give(team="national"), TODAY), opened(give(team="fincert"), TODAY)
    assert national is not None
    assert sectoral is not None
    assert (national.viewer.sees_all, sectoral.viewer.sees_all) == (True, False)


def test_the_secret_is_kept_nowhere() -> None:
    text = give()
    with as_system():
        row = ApiKey.objects.values().get()
    entry = recent()[0]
    assert text.split("_", 2)[2] not in f"{row}{entry}"
    assert (entry.act, entry.subject) == ("mandate.give-api-key", "organisation:bank")


def test_what_opens_nothing() -> None:
    text = give()
    other = text[:-1] + ("A" if text[-1] != "A" else "B")
    for wrong in ("", "pehra", other, text.upper(), f" {text}"):
        assert opened(wrong, TODAY) is None
    assert opened(text, TODAY + timedelta(days=89)) is not None
    assert opened(text, TODAY + timedelta(days=90)) is None


def test_a_revoked_key_opens_nothing_and_stays_revoked() -> None:
    text = give()
    name = text.split("_")[1]
    with pytest.raises(UsageError):
        revoke_key(name, viewer=NOBODY, actor=OFFICER, now=NOW)
    for _ in range(2):
        revoke_key(name, viewer=SYSTEM_VIEWER, actor=OFFICER, now=NOW)
    assert opened(text, TODAY) is None
    assert [entry.act for entry in recent()][:2] == [
        "mandate.revoke-api-key",
        "mandate.give-api-key",
    ]
    assert [line.state for line in keys(TODAY, viewer=SYSTEM_VIEWER)] == ["revoked"]


def test_the_day_of_the_last_use_is_noted() -> None:
    name = give().split("_")[1]
    used(name, TODAY)
    used(name, TODAY)
    line = keys(TODAY, viewer=SYSTEM_VIEWER)[0]
    assert (line.last_used, line.owner.subject, line.owner_name) == (
        TODAY,
        "organisation:bank",
        "First Bank",
    )


def test_what_is_refused() -> None:
    for label in (" ", "x" * 81):
        with pytest.raises(UsageError):
            give(label)
    with pytest.raises(Refused):
        give(days=400)
    with pytest.raises(UsageError):
        give(team="none")
    with pytest.raises(UsageError):
        give(organisation="bank", team="national")
    with as_system():
        assert ApiKey.objects.count() == 0


def test_owners_are_the_readers_own() -> None:
    bank = Organisation.objects.get()
    viewer = Viewer(name="x", organisations=frozenset({bank.pk}))
    assert [(owner.slug, name) for owner, name in owners(viewer)] == [("bank", "First Bank")]
    assert owners(SYSTEM_VIEWER) == []
