"""A home with keys, and reports as people make them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pehra.cases.reported.actions.filing import PUBLIC, file_report
from pehra.cases.reported.rules import Door, Filed, Kind, Wish
from pehra.kernel.settings import Home

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

PARCEL = (
    "Dear customer, your parcel {0} is held at customs. Pay the fee of {1} rupees within 24 hours"
    " at {2} or it goes back to the sender."
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home of one test, with the secret that digests of places need."""
    made = Home(tmp_path / "home")
    made.keys.mkdir(parents=True)
    (made.keys / "finding.key").write_text("of one test")
    monkeypatch.setenv("PEHRA_HOME", str(made.root))
    return made


def say(home: Home, now: datetime, text: str = "", **given: object) -> Filed:
    """File a report of a suspicious message."""
    facts = {"kind": Kind.MESSAGE, "door": Door.FORM, "text": text, "origin": "192.0.2.1"} | given
    return file_report(home, Wish(**facts), actor=PUBLIC, now=now)  # type: ignore[arg-type] # a test's own words
