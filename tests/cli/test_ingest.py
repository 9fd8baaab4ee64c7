"""`pehra ingest`, `sources`, `batches`, `rejects`, `replay`: reports as they come in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOTHING = {"opened": 0, "updated": 0, "relapsed": 0}


@pytest.fixture
def smb(sample: Path) -> Path:
    """Seven rows, three of them unreadable."""
    return sample / "2026-11-20-scan_smb-pehra-sample.csv"


def test_a_report_is_taken_in_once(pehra: Callable[..., Any], smb: Path) -> None:
    pehra("init")
    first = pehra("ingest", "shadowserver", smb, "--json")
    assert (first.code, first.err, len(first.out.splitlines())) == (1, "", 1)
    counts = {
        name: first.said[name]
        for name in ("file", "source", "rows", "accepted", "rejected", "duplicates", "unchanged")
    }
    assert counts == {
        "file": smb.name,
        "source": "shadowserver",
        "rows": 7,
        "accepted": 4,
        "rejected": 3,
        "duplicates": 0,
        "unchanged": 0,
    }
    assert "error" not in first.said
    again = pehra("ingest", "shadowserver", smb, "--json")
    assert (again.code, again.said["rows"], again.said["accepted"]) == (0, 7, 0)
    assert again.said["duplicates"] == 7
    assert (again.said["batch"], again.said["findings"]) == (first.said["batch"], NOTHING)


def test_many_files_end_with_their_sum(pehra: Callable[..., Any], sample: Path, smb: Path) -> None:
    pehra("init")
    reports = [smb, sample / "2026-11-20-scan_rdp-pehra-sample.csv", sample / "README.md"]
    told = pehra("ingest", "shadowserver", *reports, "--json")
    lines = [json.loads(line) for line in told.out.splitlines()]
    assert [line.get("file") for line in lines[:3]] == [report.name for report in reports]
    assert (told.code, len(lines)) == (1, 4)
    assert lines[2]["accepted"] == 0
    assert lines[2]["error"]
    total = {name: lines[3][name] for name in ("source", "files", "rows", "accepted", "failed")}
    assert total == {
        "source": "shadowserver",
        "files": 3,
        "rows": 17,
        "accepted": 14,
        "failed": 1,
    }
    for line in lines:
        parts = ("accepted", "rejected", "duplicates", "unchanged")
        assert line["rows"] == sum(line[part] for part in parts)


def test_a_file_that_is_missing_does_not_stop_the_others(
    pehra: Callable[..., Any], sample: Path, smb: Path
) -> None:
    pehra("init")
    missing, rdp = sample / "none.csv", sample / "2026-11-20-scan_rdp-pehra-sample.csv"
    told = pehra("ingest", "shadowserver", rdp, missing, smb, "--json")
    first, second, third, total = map(json.loads, told.out.splitlines())
    assert [one["accepted"] for one in (first, second, third)] == [10, 0, 4]
    assert (second["file"], second["error"]) == ("none.csv", f"There is no file {missing}.")
    assert (second["rows"], second["findings"]) == (0, NOTHING)
    assert (told.code, total["files"], total["failed"], total["rows"]) == (1, 3, 1, 17)
    assert told.err == f"pehra: There is no file {missing}. Check the path.\n"
    lines = pehra("ingest", "shadowserver", missing, smb).out.splitlines()
    assert lines[0] == f"none.csv: There is no file {missing}."
    assert lines[2].startswith("2 files: 7 rows, 7 duplicates; findings: ")


def test_where_nothing_could_be_taken_the_reason_is_the_exit_code(
    pehra: Callable[..., Any], sample: Path
) -> None:
    pehra("init")
    one = pehra("ingest", "shadowserver", sample / "none.csv", "--json")
    assert (one.code, one.said["code"], one.said["accepted"]) == (2, "usage", 0)
    two = pehra("ingest", "shadowserver", sample / "none.csv", sample, "--json")
    assert (two.code, two.said["files"], two.said["failed"]) == (2, 2, 2)
    long = pehra("ingest", "shadowserver", sample / ("x" * 300), "--json")
    assert (long.code, long.said["code"], long.said["rows"]) == (4, "environment", 0)
    assert long.said["error"].endswith(": File name too long.")


def test_a_name_that_is_no_text_is_kept_legible(
    pehra: Callable[..., Any], smb: Path, tmp_path: Path
) -> None:
    pehra("init")
    path = tmp_path / "2026-11-20-scan_smb-bad\udcff.csv"
    path.write_bytes(smb.read_bytes())
    told = pehra("ingest", "shadowserver", path, "--json")
    assert (told.code, told.said["rows"]) == (1, 7)
    assert told.said["file"] == "2026-11-20-scan_smb-bad\\udcff.csv"
    (row,) = pehra("batches", "--json").said["batches"]
    assert row["file_name"] == told.said["file"]
    assert "bad\\udcff.csv: 7 rows" in pehra("ingest", "shadowserver", path).out


def test_a_reader_is_told_more_by_options(pehra: Callable[..., Any], tmp_path: Path) -> None:
    pehra("init")
    path = tmp_path / "seen.csv"
    path.write_text("when,where,what\n2026-11-20T05:00:00Z,192.0.2.10,open-telnet\n")
    columns = {"time": "when", "ip": "where", "identifier": "what", "severity": "=high"}
    options = [word for name, value in columns.items() for word in ("-o", f"{name}={value}")]
    told = pehra("ingest", "csv", path, *options, "--json")
    assert (told.code, told.said["accepted"]) == (0, 1)
    (event, shown) = map(json.loads, pehra("observations", "query", "--json").out.splitlines())
    assert (event["classification.identifier"], event["severity"]) == ("open-telnet", "high")
    assert shown == {"shown": 1}


def test_people_read_a_line_a_file(pehra: Callable[..., Any], smb: Path) -> None:
    pehra("init")
    (line,) = pehra("ingest", "shadowserver", smb).out.splitlines()
    assert line.startswith(f"{smb.name}: 7 rows, 4 accepted, 3 rejected; findings: ")
    (line,) = pehra("ingest", "shadowserver", smb).out.splitlines()
    assert line.startswith(f"{smb.name}: 7 rows, 7 duplicates; findings: 0 opened, 0 updated, ")


def test_rejects_name_their_place_and_reason(open_for_work: Callable[..., Any]) -> None:
    told = open_for_work("rejects", "--json")
    assert (told.code, len(told.out.splitlines())) == (0, 1)
    rejects = told.said["rejects"]
    assert len(rejects) == 3
    assert all(one["line"] == one["row"] + 1 and one["reason"] and one["raw"] for one in rejects)
    (batch,) = {one["batch"] for one in rejects}
    assert open_for_work("rejects", "--batch", batch, "--json").said == told.said
    assert open_for_work("rejects", "--size", "1", "--json").said["rejects"] == rejects[:1]
    table = open_for_work("rejects").out.splitlines()
    assert table[0] == "batch\tline\toffset\treason\tdetail"
    assert [row.split("\t")[0] for row in table[1:]] == [batch] * 3


def test_batches_are_listed_the_newest_first(open_for_work: Callable[..., Any]) -> None:
    rows = open_for_work("batches", "--json").said["batches"]
    assert [(row["kind"], row["state"], row["rows"], row["rejected"]) for row in rows] == [
        ("scan_smb", "applied", 7, 3),
        ("scan_rdp", "applied", 10, 0),
    ]
    # A report of which a good part could not be read covers no day.
    assert [row["day"] for row in rows] == [None, "2026-11-20"]
    assert open_for_work("batches", "--size", "1", "--json").said["batches"] == rows[:1]


def test_a_replay_finds_what_is_there(open_for_work: Callable[..., Any]) -> None:
    smb, rdp = (row["id"] for row in open_for_work("batches", "--json").said["batches"])
    told = open_for_work("replay", rdp, "--json")
    assert (told.code, told.said["duplicates"], told.said["accepted"]) == (0, 10, 0)
    told = open_for_work("replay", smb, "--json")
    assert (told.code, told.said["duplicates"], told.said["rejected"]) == (1, 4, 3)
    assert told.said["findings"] == NOTHING
    assert len(open_for_work("rejects", "--json").said["rejects"]) == 3
    assert open_for_work("observations", "query", "--count", "--json").said == {"count": 14}


def test_sources_need_no_home(pehra: Callable[..., Any]) -> None:
    told = pehra("sources", "--json")
    assert (told.code, len(told.out.splitlines())) == (0, 1)
    slugs = [row["slug"] for row in told.said["sources"]]
    assert {"csv", "intelmq", "jsonl", "shadowserver"} <= set(slugs)
    assert all(row["title"] and row["licence"] and row["url"] for row in told.said["sources"])
    assert [line.split("\t")[0] for line in pehra("sources").out.splitlines()] == ["slug", *slugs]
