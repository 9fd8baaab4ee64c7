"""`pehra advisories`: list, show, export, prefix."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import click
import pytest
from tests.outreach.advisories.conftest import AMNA, NOW, TEXT, published
from typer.testing import CliRunner

from pehra.cli import advisories
from pehra.kernel.errors import PehraError
from pehra.kernel.time import TEST_CLOCK
from pehra.mandate.models import Team
from pehra.outreach.advisories.actions import writing
from pehra.outreach.advisories.rules import Audience

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.django_db, pytest.mark.either]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pehra.toml").touch()
    monkeypatch.setenv("PEHRA_HOME", str(tmp_path))
    (tmp_path / "now").write_text(NOW.isoformat())
    monkeypatch.setenv(TEST_CLOCK, str(tmp_path / "now"))
    Team.objects.create(slug="ncert", name="National CERT", tier="national")


def run(*words: object) -> Any:  # noqa: ANN401 any JSON
    result = CliRunner().invoke(advisories.app, [*map(str, words), "--json"])
    if result.exception is not None and not isinstance(result.exception, SystemExit | click.Abort):
        raise result.exception
    return json.loads(result.stdout.splitlines()[-1])


def test_advisories_by_command(tmp_path: Path) -> None:
    assert run("prefix", "ncert", "PKCERT") == {"team": "ncert", "prefix": "PKCERT"}
    published(audience=Audience())
    writing.begin(TEXT, actor=AMNA, now=NOW)
    assert run("list")["advisories"] == [
        {
            "number": "PKCERT-2026-001",
            "standing": "published",
            "severity": "critical",
            "published": "2026-11-22T06:00:00Z",
            "changed": "2026-11-22T06:00:00Z",
            "title": "Mend the gate",
        }
    ]
    assert [one["stage"] for one in run("list", "--drafts")["advisories"]] == ["draft"]
    assert run("show", "pkcert-2026-001")["history"][0]["text"]["title"] == "Mend the gate"
    told = CliRunner().invoke(advisories.app, ["show", "PKCERT-2026-001"]).stdout
    assert "To do: Close it." in told
    document = json.loads(run("export", "PKCERT-2026-001", "--format", "csaf")["content"])
    assert document["document"]["publisher"]["name"] == "National CERT"
    for form, tag in (("rss", "rss"), ("atom", "{http://www.w3.org/2005/Atom}feed")):
        out = tmp_path / form
        run("export", "--format", form, "--out", out)
        assert ET.fromstring(out.read_text()).tag == tag  # noqa: S314 what we wrote ourselves


def test_what_is_not_there_is_said() -> None:
    with pytest.raises(PehraError, match="No advisory was published as"):
        run("show", "PKCERT-2026-009")
    with pytest.raises(PehraError, match="no prefix"):
        run("prefix", "ncert", "pk-cert")
