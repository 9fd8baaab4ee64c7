"""One victim's address over more than a week: refused without a reason, counted with one."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import polars as pl
from tests.observations.test_retention import frame

from pehra.kernel.settings import Home
from pehra.kernel.time import clock
from pehra.observations.store import open_lake

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

VICTIM, BAD = "192.0.2.77", "198.51.100.9"


def test_an_old_look_up_needs_purpose_and_ground(pehra: Callable[..., Any], place: Path) -> None:
    pehra("init")
    old = clock() - timedelta(days=9)
    rows = frame([(VICTIM, "scan"), (BAD, "c2")]).with_columns(
        pl.lit(old).alias("received_at"), pl.lit(old).alias("observed_at")
    )
    open_lake(Home(place).lake).append(rows, name="a", number=1)
    one = ("observations", "query", "--count", "--json", "--ip")
    refused = pehra(*one, VICTIM)
    assert (refused.code, refused.said["error"]) == (
        3,
        "1 observations of this address came more than 7 days ago.",
    )
    assert pehra(*one, VICTIM, "--purpose", "incident").code == 3
    export = ("observations", "export", "--out", place / "a.csv", "--format", "csv", "--json")
    assert pehra(*export, "--ip", VICTIM).code == 3
    # What does harm itself, a network, and what came lately are asked for freely.
    assert pehra(*one, BAD).said == {"count": 1}
    assert pehra(*one, "192.0.2.0/24").said == {"count": 1}
    since = f"{clock() - timedelta(days=7):%Y-%m-%d}"
    assert pehra(*one, VICTIM, "--since", since).said == {"count": 0}
    assert pehra("status", "--json").said["address_look_ups"] == 0
    # Unknown to the structure, and unconfirmed by any public source: neither carries it.
    for ground, why in (
        ("hearsay", "There is no ground `hearsay`."),
        ("peca-31", "No public source confirms the ground `peca-31`"),
    ):
        refused = pehra(*one, VICTIM, "--purpose", "incident", "--ground", ground)
        assert (refused.code, refused.said["error"].startswith(why)) == (3, True)
        assert refused.said["mend"] == "Grounds for it today: cert-rules-12."
    assert pehra("status", "--json").said["address_look_ups"] == 0
    reason = ("--purpose", "incident", "--ground", "cert-rules-12", "--reference", "case 12/2026")
    assert pehra(*one, VICTIM, *reason).said == {"count": 1}
    assert pehra("status", "--json").said["address_look_ups"] == 1
    shown = pehra("ledger", "show", "--json").out
    assert "CERT Rules 2023, rule 12" in shown
    assert "case 12/2026" in shown
    assert VICTIM not in shown
