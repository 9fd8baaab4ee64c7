"""What is asked of sources and mailboxes; what is set is tried in `test_actions`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pehra.engines.http.fetch import Validators
from pehra.intake.discover import sources
from pehra.intake.fetching import actions, queries
from pehra.intake.models import Batch
from pehra.kernel.errors import UsageError
from pehra.mandate.viewers import SYSTEM_VIEWER

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
DAY = timedelta(days=1)

pytestmark = pytest.mark.django_db


def test_a_plan_is_the_modules_where_nobody_says_otherwise() -> None:
    told = queries.plan("ipsum")
    known = sources()["ipsum"]
    assert (told.addresses, told.every, told.enabled) == (known.fetch, known.every, False)
    assert queries.plan("threatfox").needs_key
    assert [one.source for one in queries.plans()] == list(sources())
    with pytest.raises(UsageError):
        queries.plan("none")


def test_every_source_is_shown_with_its_licence() -> None:
    states = queries.source_states(viewer=SYSTEM_VIEWER, now=NOW)
    assert {one.slug: one.licence for one in states} == {
        slug: one.licence for slug, one in sources().items()
    }
    assert all(one.licence for one in states)


def test_what_a_file_came_to_before_a_day() -> None:
    for number in range(2):
        Batch.objects.create(
            id=f"{number}", sha256="", source="ipsum", file_name="", size=1,
            received_at=NOW + number * DAY,
        )  # fmt: skip
    assert queries.came_before("ipsum", "x", NOW.date()) == []
    actions.remember("ipsum", "x", Validators("1"), ["0", "1"])
    assert queries.came_before("ipsum", "x", NOW.date()) == []
    assert queries.came_before("ipsum", "x", (NOW + DAY).date()) == ["0"]
    actions.listed_again("ipsum", "x", "0", "2")
    assert queries.came_before("ipsum", "x", (NOW + 9 * DAY).date()) == ["1"]
    assert queries.arrivals("ipsum", 9) == [NOW, NOW + DAY]
    assert queries.arrivals("ipsum", 1) == [NOW + DAY]


def test_there_must_be_such_a_mailbox() -> None:
    with pytest.raises(UsageError):
        queries.box("none")
