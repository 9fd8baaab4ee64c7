"""Keys that sign mail are made once, and what is shown of them is public."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pehra.cli.mailkeys import make, told
from pehra.engines.mail import openpgp, smime
from pehra.kernel.errors import EnvironmentFault, UsageError
from pehra.kernel.settings import Home

NOW = datetime(2026, 11, 28, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    found = Home(tmp_path)
    found.keys.mkdir()
    found.settings_file.write_text('[mail]\nsender = "notices@cert.example"\n')
    return found


def test_keys_are_made_once_and_shown_without_their_secrets(home: Home) -> None:
    assert make(home, None, renew=False, now=NOW) == ["openpgp.key", "smime.key"]
    shown = told(home)
    assert make(home, None, renew=False, now=NOW) == []
    assert told(home) == shown
    assert "PRIVATE" not in "".join(shown.values())
    assert sorted(shown) == ["openpgp", "openpgp_certificate", "smime", "smime_certificate"]
    assert {path.stat().st_mode & 0o777 for path in home.keys.iterdir()} == {0o600}
    own = (home.keys / "openpgp.key").read_bytes()
    assert openpgp.public_of(own).decode() == shown["openpgp_certificate"]
    assert make(home, None, renew=True, now=NOW) == ["openpgp.key", "smime.key"]
    assert told(home)["openpgp"] != shown["openpgp"]


def test_an_authoritys_certificate_takes_the_place_of_ours(home: Home, tmp_path: Path) -> None:
    given = tmp_path / "given.pem"
    given.write_bytes(smime.new_identity("", "notices@cert.example", now=NOW))
    make(home, None, renew=False, now=NOW)
    assert make(home, given, renew=False, now=NOW) == ["smime.key"]
    assert (home.keys / "smime.key").read_bytes() == given.read_bytes()
    given.write_bytes(b"nothing")
    with pytest.raises(UsageError):
        make(home, given, renew=False, now=NOW)
    with pytest.raises(EnvironmentFault, match="Cannot read"):
        make(home, tmp_path / "none", renew=False, now=NOW)


def test_without_a_sender_there_is_nobody_to_sign_for(home: Home) -> None:
    home.settings_file.write_text("")
    with pytest.raises(UsageError, match="no sender"):
        make(home, None, renew=False, now=NOW)


@pytest.mark.service
@pytest.mark.either
@pytest.mark.database
def test_an_operator_makes_them_by_a_command(house: dict[str, str]) -> None:
    home = Home(Path(house["PEHRA_HOME"]))
    home.keys.mkdir(exist_ok=True)
    home.settings_file.write_text('[mail]\nsender = "notices@cert.example"\n')
    command = [sys.executable, "-m", "pehra.cli.main", "keys", "mail", "--json"]
    ended = subprocess.run(command, env=house, capture_output=True, text=True, check=False)
    said = json.loads(ended.stdout.splitlines()[-1])
    assert (ended.returncode, said["made"]) == (0, ["openpgp.key", "smime.key"])
    assert {name: said[name] for name in told(home)} == told(home)
