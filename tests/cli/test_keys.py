"""Keys: what there is, a new one, and an escrow whose holders bring lost ones back."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Calls

pytestmark = pytest.mark.service


def test_holders_bring_lost_keys_back(calls: Calls, tmp_path: Path) -> None:
    calls("init")
    out = tmp_path / "shares"
    made = calls("keys", "escrow", "--needed", "2", "--holders", "3", "--out", out)
    assert len(made["files"]) == 3
    assert calls("keys", "escrow", "--needed", "2", "--holders", "3", "--out", out, code=2)
    rotated = calls("keys", "rotate")
    assert rotated["escrow"] == made["escrow"]
    told = calls("keys", "list")
    assert told["escrow"] == {"id": made["escrow"], "needed": 2, "holders": 3}
    assert told["data_keys"] == 2
    assert {key["key"] for key in told["keys"]} == {"data.key", "django.key", "finding.key"}
    # No word of the list, nor of the ledger, is a key.
    lines = calls.all("keys", "list") + calls.all("ledger", "show")
    secrets = {path.name: path.read_text() for path in (calls.home / "keys").iterdir()}
    assert not [name for name, text in secrets.items() if text.split()[-1] in lines]
    shutil.rmtree(calls.home / "keys")
    one = calls("keys", "recover", "--share", made["files"][0], code=3)
    assert one["error"] == "2 shares are needed, and 1 are here."
    some = ("--share", made["files"][2], "--share", made["files"][0])
    back = calls("keys", "recover", *some)
    assert back["keys"] == sorted(secrets)
    assert {path.name: path.read_text() for path in (calls.home / "keys").iterdir()} == secrets
    # A backup carries them for the same holders.
    file = tmp_path / "one.tar"
    assert calls("backup", file)["keys"] == "escrow"
    other = {"PEHRA_HOME": str(tmp_path / "other"), "PEHRA_DATABASE_URL": ""}
    calls("restore", file, "--to", tmp_path / "other", *some, at=other)
    restored = {path.name: path.read_text() for path in (tmp_path / "other" / "keys").iterdir()}
    assert restored == secrets
    acts = [entry["act"] for entry in calls("ledger", "show")["entries"]]
    assert {"keys.escrow", "keys.rotate", "keys.recover"} <= set(acts)
