"""Why a claim holds, in one or two sentences."""

from __future__ import annotations

import msgspec
import pytest

from pehra.registry.explanations import ClaimView, reason

BANK = ClaimView(
    claim=1,
    organisation="bank",
    name="Bank",
    kind="prefix",
    asset="192.0.2.0/24",
    source="manual",
    confidence=90,
    use="static",
    valid_from=None,
    valid_to=None,
    proposed=False,
    withdrawn_at=None,
    note="",
)
HELD = "Bank holds 192.0.2.0/24, by manual word, confidence 90 %."
ISP = msgspec.structs.replace(BANK, claim=2, name="ISP")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"source": "registry"}, "A manual claim beats one that is registry of ISP."),
        ({"asset": "192.0.2.0/23"}, "192.0.2.0/24 is nearer than 192.0.2.0/23 of ISP."),
        ({"confidence": 40}, "Confidence 90 % beats 40 % of ISP."),
        ({}, "The older claim beats that of ISP."),
    ],
)
def test_the_first_difference_in_rank_is_the_reason(changes: dict[str, object], words: str) -> None:
    loser = msgspec.structs.replace(ISP, **changes)
    assert reason(BANK, loser, loser.claim) == f"{HELD} {words}"


def test_what_may_not_be_seen_is_not_named() -> None:
    assert reason(None, None, 2) == "No claim that you may see was in force."
    assert reason(BANK, None, None) == f"{HELD} No other claim was in force."
    assert "may not see" in reason(BANK, None, 2)
