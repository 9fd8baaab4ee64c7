"""Who acts for an organisation, and who only looks."""

from __future__ import annotations

from typing import Any

from pehra.mandate.rules import Post
from pehra.web.keeping import may_keep


def test_who_may_keep_a_workspace() -> None:
    def post(role: str, **where: Any) -> Post:  # noqa: ANN401 any column
        return Post(**{"office": "o", "role": role, "team": None, "tier": "", "organisation": None}
                    | where)  # fmt: skip

    lead = 1
    allowed = [
        post("ENT", organisation=7),
        post("ENH", organisation=7),
        post("SC", team=1, tier="sectoral"),
        post("NC", team=1, tier="national"),
    ]
    refused = [
        post("ENT", organisation=8),
        post("OBS", organisation=7),
        post("AUD", team=1, tier="national"),
        post("SC", organisation=7),
        post("SC", team=2, tier="sectoral"),
    ]
    assert [may_keep([one], 7, lead) for one in allowed] == [True] * 4
    assert [may_keep([one], 7, lead) for one in refused] == [False] * 5
    assert may_keep([post("SC", team=1, tier="sectoral")], 7, None) is False
