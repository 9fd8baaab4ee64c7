"""What the tests of the structure share: a time, an actor, the shipped structure."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from tests.mandate.test_tenancy import Tenant, tenant

from pehra.kernel.actors import Actor
from pehra.mandate import actions


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


@pytest.fixture
def actor() -> Actor:
    return Actor(name="amna", office="ncert-director-general")


@pytest.fixture
def pakistan(db: None, now: datetime, actor: Actor) -> None:
    del db
    actions.load_structure(actions.shipped_structure(), actor=actor, now=now)


@pytest.fixture
def ours(db: None) -> Tenant:
    """An organisation and its team."""
    del db
    return tenant(1)


@pytest.fixture
def theirs(db: None) -> Tenant:
    """Another."""
    del db
    return tenant(2)
