"""`pehra reports`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pehra.kernel.time import clock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_a_report_is_written_in_every_form(
    open_for_work: Callable[..., Any], tmp_path: Path
) -> None:
    listed = open_for_work("findings", "list", "--size", "1", "--json").said["findings"]
    slug = listed[0]["organisation"]
    begins = {"pdf": b"%PDF", "html": b"<!doctype html>", "json": b"{", "csv": b"Weekly report,"}
    for form, start in begins.items():
        target = tmp_path / f"week.{form}"
        told = open_for_work("reports", "weekly", "--format", form, "--out", target, "--json").said
        content = target.read_bytes()
        assert (told["report"], told["bytes"]) == ("weekly", len(content))
        assert content[: len(start)] == start
    own = tmp_path / "own.json"
    asked = ("reports", "monthly", "--organisation", slug, "--format", "json", "--out", own)
    assert open_for_work(*asked).code == 0
    assert json.loads(own.read_bytes())["report"] == "monthly"
    month = ("reports", "monthly", "--format", "json", "--out", own, "--team", "cert-pb")
    assert open_for_work(*month, "--day", clock().date().isoformat()).code == 0
    told = json.loads(own.read_bytes())
    assert slug in {row["organisation"] for row in told["organisations"]}
    assert open_for_work(*month, "--day", "2001-01-01").code == 2


def test_what_cannot_be_made(open_for_work: Callable[..., Any], tmp_path: Path) -> None:
    for wrong in (
        ("hourly",),
        ("weekly", "--format", "doc"),
        ("weekly", "--language", "fr"),
        ("weekly", "--day", "monday"),
        ("weekly", "--day", "2999-01-01"),
        ("weekly", "--organisation", "bank"),
        ("weekly", "--team", "ncert"),
        ("monthly", "--team", "nobody"),
        ("monthly", "--team", "cert-pb", "--organisation", "bank"),
        ("monthly", "--organisation", "nobody", "--out", tmp_path / "x.pdf"),
    ):
        assert (wrong, open_for_work("reports", *wrong).code) == (wrong, 2)
    nowhere = tmp_path / "none" / "x.csv"
    assert open_for_work("reports", "daily", "--format", "csv", "--out", nowhere).code == 4
