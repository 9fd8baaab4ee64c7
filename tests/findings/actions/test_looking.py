"""One victim's address over more than a week is asked for a purpose, on a confirmed ground."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import polars as pl
import pytest
from tests.observations.test_retention import frame

from pehra.findings.actions.looking import Reason, look_up
from pehra.kernel.actors import Actor
from pehra.kernel.errors import Refused
from pehra.kernel.settings import Home
from pehra.ledger import queries as ledger
from pehra.mandate import actions
from pehra.mandate.powers import Purpose
from pehra.mandate.viewers import SYSTEM_VIEWER
from pehra.observations.queries import Asked
from pehra.observations.store import open_lake

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 28, 9, tzinfo=UTC)
WHO = Actor("officer@cert.example", "duty")
ASKED = Asked(network="192.0.2.77")
GOOD = Reason(Purpose.INCIDENT, "cert-rules-12", "case 12/2026")


@pytest.fixture
def home(tmp_path: Path, db: None) -> Home:
    del db
    actions.load_structure(actions.shipped_structure(), actor=WHO, now=NOW)
    old = NOW - timedelta(days=9)
    rows = frame([("192.0.2.77", "scan")]).with_columns(
        pl.lit(old).alias("received_at"), pl.lit(old).alias("observed_at")
    )
    open_lake(Home(tmp_path).lake).append(rows, name="a", number=1)
    return Home(tmp_path)


def ask(home: Home, reason: Reason, now: datetime = NOW) -> int:
    return look_up(home, ASKED, reason, viewer=SYSTEM_VIEWER, actor=WHO, now=now)


def test_without_or_on_the_wrong_ground_it_is_refused_and_not_counted(home: Home) -> None:
    before = ledger.head().size
    for reason, why in (
        (Reason(), "came more than 7 days ago"),
        (Reason(Purpose.AUDIT), "came more than 7 days ago"),
        (Reason(Purpose.AUDIT, "peca-31"), "No public source confirms"),
        (Reason(Purpose.AUDIT, "cert-s-track"), "No public source confirms"),
        (Reason(Purpose.AUDIT, "cert-rules-12", "<b>"), "no case number"),
    ):
        with pytest.raises(Refused, match=why) as refused:
            ask(home, reason)
        assert refused.value.mend
    assert ledger.head().size == before


def test_with_a_ground_it_is_written_down_without_the_address(home: Home) -> None:
    assert ask(home, GOOD) == 1
    entry = ledger.recent(limit=1)[0]
    assert (entry.act, entry.subject, entry.actor) == ("observations.look-up", "address", WHO)
    assert entry.facts == {
        "purpose": "incident",
        "ground": "cert-rules-12",
        "law": "CERT Rules 2023, rule 12",
        "reference": "case 12/2026",
        "rows": 1,
    }
    # Within the week nobody needs a reason.
    assert ask(home, Reason(), NOW - timedelta(days=3)) == 0
