"""`pehra accounts key`: given once, listed without its secret, taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def test_a_key_from_beginning_to_end(pehra: Callable[..., Any]) -> None:
    pehra("init")
    add = ("accounts", "key", "add", "tickets", "--scope", "read:findings", "--json")
    told = pehra(*add, "--team", "ncert").said
    name = told["key"].split("_")[1]
    assert told["owner"] == "team:ncert"
    listed = pehra("accounts", "key", "list", "--json")
    assert [(key["name"], key["state"]) for key in listed.said["keys"]] == [(name, "live")]
    assert told["key"] not in listed.out
    assert pehra("accounts", "key", "revoke", name, "--json").said == {"revoked": name}
    assert "revoked" in pehra("accounts", "key", "list").out
    assert pehra("accounts", "key", "revoke", "none", "--json").code == 2
    assert pehra(*add).code == 2
    assert pehra(*add, "--team", "ncert", "--days", "500").code == 3
    assert pehra(*add, "--team", "ncert", "--scope", "all").code == 2
