"""Early warnings: only of what is proven, and no longer than it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from pehra.kernel.errors import Refused, UsageError
from pehra.ledger.models import Entry
from pehra.mandate.models import Organisation
from pehra.mandate.viewers import SYSTEM_VIEWER, Viewer
from pehra.registry import actions, queries
from pehra.registry.actions import Letter, Wanted

if TYPE_CHECKING:
    from datetime import datetime

    from django.test.utils import CaptureQueriesContext

    from pehra.kernel.actors import Actor

pytestmark = pytest.mark.django_db


@pytest.fixture
def bank(actor: Actor, now: datetime) -> int:
    number = Organisation.objects.create(slug="bank", name="Bank").pk
    actions.record_letter(Letter(number, "192.0.2.0/24", "a" * 64), actor=actor, now=now)
    return number


def wanted(bank: int, **other: tuple[str, ...]) -> Wanted:
    return msgspec.structs.replace(Wanted(bank, "prefix", "192.0.2.0/24", ("critical",)), **other)


def test_the_same_asset_again_changes_what_is_wanted(
    bank: int, actor: Actor, now: datetime, django_assert_num_queries: CaptureQueriesContext
) -> None:
    first = actions.subscribe(wanted(bank), actor=actor, now=now)
    more = wanted(bank, at_once=("high",), digest=("low",))
    assert actions.subscribe(more, actor=actor, now=now) == first
    with django_assert_num_queries(1):  # type: ignore[operator] # a fixture that is a function
        (found,) = queries.subscriptions(viewer=SYSTEM_VIEWER)
    assert (found.asset, found.at_once, found.digest) == ("192.0.2.0/24", ("high",), ("low",))
    stranger = Viewer(name="s", organisations=frozenset({bank + 1}))
    assert queries.subscriptions(viewer=stranger, organisations=[bank]) == []
    actions.unsubscribe(first, actor=actor, now=now)
    assert queries.subscriptions(viewer=SYSTEM_VIEWER) == []
    with pytest.raises(UsageError):
        actions.unsubscribe(first, actor=actor, now=now)
    acts = Entry.objects.order_by("seq").values_list("act", flat=True)
    assert list(acts)[-3:] == ["registry.subscribe"] * 2 + ["registry.unsubscribe"]


@pytest.mark.parametrize(
    "other",
    [
        {"at_once": ()},
        {"at_once": ("worst",)},
        {"digest": ("critical",)},
        {"at_once": ("high", "high")},
    ],
)
def test_each_severity_is_told_one_way(
    bank: int, actor: Actor, now: datetime, other: dict[str, tuple[str, ...]]
) -> None:
    with pytest.raises(UsageError):
        actions.subscribe(wanted(bank, **other), actor=actor, now=now)


def test_what_is_not_proven_is_refused(bank: int, actor: Actor, now: datetime) -> None:
    for asset in ("192.0.2.0/25", "198.51.100.0/24"):
        ask = msgspec.structs.replace(wanted(bank), asset=asset)
        with pytest.raises(Refused, match="is not proven"):
            actions.subscribe(ask, actor=actor, now=now)
    stranger = msgspec.structs.replace(wanted(bank), organisation=bank + 1)
    with pytest.raises(Refused):
        actions.subscribe(stranger, actor=actor, now=now)
