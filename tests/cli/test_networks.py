"""`pehra networks` builds the table from files and looks addresses up in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest
from typer.testing import CliRunner

from pehra.cli.networks import app
from pehra.kernel.errors import EnvironmentFault, UsageError

if TYPE_CHECKING:
    from pathlib import Path

# The door looks whether the home is of a newer version.
pytestmark = pytest.mark.django_db


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "pehra.toml").touch()
    monkeypatch.setenv("PEHRA_HOME", str(tmp_path / "home"))
    file = tmp_path / "asn.csv"
    file.write_text("192.0.2.0,192.0.2.255,64500,Example\nmalformed\n")
    return file


def _json(output: str) -> dict[str, object]:
    told: dict[str, object] = msgspec.json.decode(output.splitlines()[-1])
    return told


def test_update_then_lookup(table: Path) -> None:
    told = CliRunner().invoke(app, ["update", "--from", str(table), "--json"])
    assert told.exit_code == 0
    (file,) = msgspec.convert(_json(told.stdout)["files"], list[dict[str, object]])
    assert (file["name"], file["rows"], file["malformed"]) == ("asn.csv", 1, 1)
    found = CliRunner().invoke(app, ["lookup", "192.0.2.7", "2001:db8::1", "--json"])
    assert _json(found.stdout) == {
        "addresses": [
            {
                "ip": "192.0.2.7",
                "asn": 64500,
                "name": "Example",
                "country": None,
                "first": "192.0.2.0",
                "last": "192.0.2.255",
            },
            {
                "ip": "2001:db8::1",
                "asn": None,
                "name": "",
                "country": None,
                "first": "::1:0:0:0",
                "last": "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            },
        ]
    }
    plain = CliRunner().invoke(app, ["lookup", "192.0.2.7"])
    assert plain.stdout == "192.0.2.7\tAS64500\t-\tExample\t192.0.2.0 - 192.0.2.255\n"


def test_a_word_that_is_no_address(table: Path) -> None:
    CliRunner().invoke(app, ["update", "--from", str(table)])
    with pytest.raises(UsageError):
        CliRunner().invoke(app, ["lookup", "x"], catch_exceptions=False)


@pytest.mark.usefixtures("table")
def test_lookup_before_update_names_the_mend() -> None:
    with pytest.raises(EnvironmentFault) as caught:
        CliRunner().invoke(app, ["lookup", "192.0.2.1"], catch_exceptions=False)
    assert "pehra networks update" in caught.value.mend
