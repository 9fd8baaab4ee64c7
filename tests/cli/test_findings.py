"""`pehra findings`: list, show, answer, close, export."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from pehra.kernel.time import clock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def numbers(told: Any) -> list[int]:  # noqa: ANN401 what a call came to
    return [row["id"] for row in told.said["findings"]]


def test_pages_go_from_the_newest_to_the_oldest(open_for_work: Callable[..., Any]) -> None:
    everything = open_for_work("findings", "list", "--json")
    ids = numbers(everything)
    assert ids == sorted(ids, reverse=True)
    assert everything.said["total"] == len(ids) == max(ids)
    first = open_for_work("findings", "list", "--size", "5", "--json")
    assert (numbers(first), first.said["total"], first.said["more"]) == (ids[:5], len(ids), True)
    rest = open_for_work("findings", "list", "--after", str(ids[4]), "--json")
    assert (numbers(rest), rest.said["more"]) == (ids[5:], False)
    table = open_for_work("findings", "list").out.splitlines()
    assert [int(row.split("\t")[0]) for row in table[1:]] == ids


def test_filters_narrow_list_total_and_export_alike(open_for_work: Callable[..., Any]) -> None:
    rows = open_for_work("findings", "list", "--json").said["findings"]
    one = rows[0]
    asked: dict[tuple[str, ...], list[int]] = {
        ("--identifier", "open-smb"): [r["id"] for r in rows if r["identifier"] == "open-smb"],
        ("--asset", one["asset"]): [r["id"] for r in rows if r["asset"] == one["asset"]],
        ("--asset", f"::ffff:{one['asset']}"): [
            r["id"] for r in rows if r["asset"] == one["asset"]
        ],
        ("--org", str(one["organisation"])): [
            r["id"] for r in rows if r["organisation"] == one["organisation"]
        ],
        ("--severity", "high", "--severity", "critical"): [
            r["id"] for r in rows if r["severity"] in {"high", "critical"}
        ],
        ("--state", "open"): [r["id"] for r in rows],
        ("--state", "gone"): [],
        ("--source", "shadowserver"): [r["id"] for r in rows],
        ("--source", "csv"): [],
    }
    for words, meant in asked.items():
        told = open_for_work("findings", "list", *words, "--json")
        exported = csv.DictReader(io.StringIO(open_for_work("findings", "export", *words).out))
        assert (words, numbers(told), told.said["total"]) == (words, meant, len(meant))
        assert [row["finding"] for row in exported] == [f"F{number}" for number in meant]


def test_one_is_shown_in_full(open_for_work: Callable[..., Any]) -> None:
    (row,) = open_for_work("findings", "list", "--size", "1", "--json").said["findings"]
    told = open_for_work("findings", "show", f"F{row['id']}", "--json")
    assert told.code == 0
    assert told.said | row == told.said
    assert (told.said["sources"], told.said["relapses"]) == (["shadowserver"], 0)
    assert open_for_work("findings", "show", str(row["id"]), "--json").said == told.said
    lines = open_for_work("findings", "show", f"F{row['id']}").out.splitlines()
    assert f"asset: {row['asset']}" in lines


def test_an_answer_changes_the_state_once(open_for_work: Callable[..., Any]) -> None:
    told = open_for_work("findings", "answer", "F1", "claim-fix", "--json")
    assert (told.code, told.said) == (0, {"finding": 1, "state": "fix-claimed"})
    shown = open_for_work("findings", "show", "1", "--json").said
    assert (shown["state"], shown["fix_claimed_at"] is None) == ("fix-claimed", False)
    refused = open_for_work("findings", "answer", "F1", "claim-fix", "--json")
    assert (refused.code, refused.said["code"]) == (3, "illegal-step")
    entry = open_for_work("ledger", "show", "finding:1", "--json").said["entries"][0]
    assert (entry["act"], entry["subject"]) == ("findings.claim-fix", "finding:1")
    assert open_for_work("findings", "answer", "F2", "acknowledge").out == "acknowledged\n"


def test_nothing_is_looked_at_again_without_consent(open_for_work: Callable[..., Any]) -> None:
    told = open_for_work("findings", "recheck", "F1", "--json")
    assert (told.code, told.said["code"]) == (3, "refused")
    assert open_for_work("findings", "recheck", "F999999", "--json").code == 2
    assert open_for_work("findings", "recheck", "telnet", "--json").code == 2


def test_a_risk_is_accepted_to_its_last_day(open_for_work: Callable[..., Any]) -> None:
    says = ("findings", "answer", "F3", "accept-risk", "--why", "old", "--json")
    last = clock().date() + timedelta(days=90)
    for until, code, word in (
        ([], 2, "usage"),
        (["--until", "soon"], 2, "usage"),
        (["--until", str(last + timedelta(days=2))], 3, "refused"),
    ):
        told = open_for_work(*says, *until)
        assert (told.code, told.said["code"]) == (code, word)
    told = open_for_work(*says, "--until", str(last))
    assert (told.code, told.said) == (0, {"finding": 3, "state": "exception"})


def test_nothing_closes_on_one_days_reports(open_for_work: Callable[..., Any]) -> None:
    assert open_for_work("findings", "close", "--json").said == {"gone": 0}
    assert open_for_work("findings", "close").out == "0 findings are gone.\n"


@pytest.mark.parametrize("family", ["=cmd|' /C calc'!A0", "@SUM(1)", "+1", "-1"])
def test_no_exported_cell_is_a_formula(
    open_for_work: Callable[..., Any], tmp_path: Path, family: str
) -> None:
    path = tmp_path / "bots.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(
            [("time", "ip", "malware"), ("2026-11-20", "192.0.2.77", family)]
        )
    options = ("-o", "type==infected-system", "-o", "severity==high")
    assert open_for_work("ingest", "csv", path, *options, "--json").said["accepted"] == 1
    told = open_for_work("findings", "export", "--source", "csv").out
    (row,) = csv.DictReader(io.StringIO(told))
    assert row["what"] == f"'{family}"


def test_an_export_into_a_file_is_told_of(
    open_for_work: Callable[..., Any], tmp_path: Path
) -> None:
    printed = open_for_work("findings", "export", "--state", "open")
    path = tmp_path / "findings.csv"
    told = open_for_work("findings", "export", "--state", "open", "--out", path, "--json")
    rows = len(printed.out.splitlines()) - 1
    assert (told.code, told.said) == (0, {"rows": rows, "file": str(path)})
    assert path.read_bytes().decode().splitlines() == printed.out.splitlines()
    assert open_for_work("findings", "export", "--json").code == 2
    assert open_for_work("findings", "export", "--out", tmp_path, "--json").code == 4


def test_every_file_of_findings_says_the_same(
    open_for_work: Callable[..., Any], tmp_path: Path
) -> None:
    listed = open_for_work("findings", "list", "--size", "1000", "--json").said["findings"]
    table = list(csv.DictReader(io.StringIO(open_for_work("findings", "export").out)))
    lines = open_for_work("findings", "list", "--format", "jsonl").out.splitlines()
    told = [json.loads(line) for line in lines]
    assert [row["finding"] for row in table] == [f"F{row['id']}" for row in listed]
    assert [
        {key: "" if value is None else str(value) for key, value in row.items()} for row in told
    ] == table
    asked = ("findings", "export", "--format", "jsonl", "--out", tmp_path / "all", "--json")
    assert open_for_work(*asked).said == {"rows": len(table), "file": str(tmp_path / "all")}
    assert (tmp_path / "all").read_text().splitlines() == lines
    narrow = ("--state", "gone", "--format", "csv")
    assert open_for_work("findings", "list", *narrow).out.count("\n") == 1
    refused = open_for_work("findings", "list", "--format", "csv", "--json")
    assert (refused.code, "two different outputs" in refused.err) == (2, True)
