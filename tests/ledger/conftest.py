"""What the ledger's tests share: a key, a time, and a log of some acts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import transaction

from pehra.kernel.actors import Actor
from pehra.ledger import actions
from pehra.ledger.checkpoint import SigningKey

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = datetime(2026, 11, 22, 9, 30, 0, 123456, tzinfo=UTC)
ACTOR = Actor(name="amna", office="national-analyst")


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def actor() -> Actor:
    return ACTOR


@pytest.fixture
def key() -> SigningKey:
    return SigningKey.from_seed(bytes(range(32)))


@pytest.fixture
def write(db: None) -> Callable[[int], None]:
    """Append a number of acts, a second apart."""
    del db

    def append(count: int) -> None:
        for number in range(count):
            with transaction.atomic():
                actions.append(
                    "findings.answer",
                    actor=ACTOR,
                    subject=f"finding:{number % 3}",
                    facts={"number": number, "text": "جواب"},
                    now=NOW + timedelta(seconds=number),
                )

    return append
