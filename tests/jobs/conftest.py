"""What the queue's tests share: a time, an actor, and kinds of job that tests may define."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from pehra.jobs import work
from pehra.kernel.actors import Actor

if TYPE_CHECKING:
    from collections.abc import Callable

    from pehra.jobs.work import Work


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


@pytest.fixture
def actor() -> Actor:
    return Actor(name="amna", office="operator")


@pytest.fixture
def kind(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Work], None]:
    """Register kinds of job that are forgotten after the test."""
    functions = dict(work._functions)  # noqa: SLF001 restored below
    monkeypatch.setattr(work, "_functions", functions)

    def register(name: str, function: Work) -> None:
        work.job(name)(function)

    return register
