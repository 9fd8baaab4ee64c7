"""The shipped holidays as a calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from pehra.kernel.actors import Actor
from pehra.mandate import actions
from pehra.mandate.queries.calendar import calendar

NOW = datetime(2026, 11, 22, tzinfo=UTC)
EIDS = """name: Pakistan
country: PK
territories: [{code: PK-SD, name: Sindh}]
holidays:
  - {slug: eid-ul-fitr, day: "2027-03-10", name: Eid-ul-Fitr, territory: PK-SD}
"""


@pytest.mark.django_db
def test_holidays_are_rows_of_the_structure() -> None:
    actor = Actor(name="amna", office="ncert-director-general")
    actions.load_structure(actions.shipped_structure(), actor=actor, now=NOW)
    again = actions.load_structure(actions.shipped_structure(), actor=actor, now=NOW)
    assert again == []
    known = calendar()
    assert [day for day in (13, 14, 15, 16, 17) if known.rests(date(2026, 8, day))] == [14, 15, 16]
    added = actions.load_structure(EIDS, actor=actor, now=NOW)
    assert [one.words for one in added if one.kind == "holidays" and one.outcome == "added"] == [
        "added holidays eid-ul-fitr/2027-03-10/PK-SD"
    ]
    place = calendar().holidays[-1].territory
    assert calendar().rests(date(2027, 3, 10), place)
