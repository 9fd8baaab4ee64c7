"""Whoever reads what was received as it was received is named in the ledger."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pehra.intake.actions import openings
from pehra.kernel.actors import Actor
from pehra.ledger import queries

NOW = datetime(2026, 11, 22, tzinfo=UTC)
OFFICER = Actor("duty@pehra.example", "ncert-duty-officer")


@pytest.mark.django_db
def test_openings_are_entries() -> None:
    openings.open_rejects("ab", 3, actor=OFFICER, now=NOW)
    openings.open_rejects("", 9, actor=OFFICER, now=NOW)
    openings.open_file("ab", actor=OFFICER, now=NOW)
    found = [(one.act, one.subject, one.facts) for one in queries.recent()]
    assert found == [
        ("intake.open-file", "batch:ab", {}),
        ("intake.open-rejects", "rejects", {"rows": 9}),
        ("intake.open-rejects", "batch:ab", {"rows": 3}),
    ]
