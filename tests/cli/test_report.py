"""`pehra cases report`: a number at once; what cannot be filed says what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from tests.cases.conftest import Nation, nation
from tests.cases.reported.conftest import home
from tests.cases.reported.test_opening import forwarded
from typer.testing import CliRunner

from pehra.cli import cases
from pehra.kernel.errors import PehraError

if TYPE_CHECKING:
    from pathlib import Path

    from pehra.kernel.settings import Home

__all__ = ["home", "nation"]
pytestmark = [pytest.mark.django_db, pytest.mark.either]


def run(*words: str, given: str = "") -> dict[str, Any]:
    result = CliRunner().invoke(cases.app, ["report", *words, "--json"], input=given)
    if result.exception is not None:
        raise result.exception
    told: dict[str, Any] = msgspec.json.decode(result.stdout.splitlines()[-1])
    return told


def test_a_report_by_command(home: Home, nation: Nation, tmp_path: Path) -> None:
    del nation
    (home.root / "pehra.toml").touch()
    mail, picture = tmp_path / "a.eml", tmp_path / "a.png"
    mail.write_bytes(forwarded().as_bytes())
    picture.write_bytes(b"\x89PNG")
    first = run("--kind", "mail", "--file", str(mail))
    again = run("--kind", "link", "--url", "hxxps://evil[.]example/in", "--contact", "a@b.example")
    assert (first["new"], first["reports"], again["new"], again["reports"]) == (True, 1, False, 2)
    assert again["cluster"] == first["cluster"]
    words = run("--kind", "incident", "--text", "-", "--file", str(picture), given="All gone")
    assert words["new"] is True
    about = run("--kind", "incident", "--text", "x", "--organisation", "river-bank")
    assert about["new"] is True


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--kind", "fly"), 2),
        (("--kind", "link"), 2),
        (("--kind", "link", "--text", "x", "--contact", "y"), 2),
        (("--kind", "link", "--text", "x", "--organisation", "none"), 2),
        (("--kind", "mail", "--file", "not-there.eml"), 4),
    ],
)
def test_what_cannot_be_filed(
    home: Home, nation: Nation, words: tuple[str, ...], code: int
) -> None:
    del nation
    (home.root / "pehra.toml").touch()
    with pytest.raises(PehraError) as caught:
        run(*words)
    assert (caught.value.exit_code, bool(caught.value.mend)) == (code, True)
