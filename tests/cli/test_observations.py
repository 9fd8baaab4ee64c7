"""`pehra observations`: counts, rows, and exports in three formats that say the same."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from pehra.cli.observations import Format
from pehra.observations import exchange

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ASKED: tuple[tuple[str, int], ...] = (
    ("", 14),
    ("--identifier open-smb", 4),
    ("--identifier open", 0),
    ("--since 2026-11-20", 14),
    ("--since 2026-11-20 --until 2026-11-20", 0),
    ("--until 2026-11-20T00:00+05:00", 0),
    ("--source shadowserver", 14),
    ("--source csv", 0),
    ("--net 0.0.0.0/0", 14),
    ("--net ::/0", 0),
    ("--ip 192.0.2.1/0", 14),
)


def test_questions_are_counted(open_for_work: Callable[..., Any]) -> None:
    told = {
        words: open_for_work("observations", "query", *words.split(), "--count", "--json").said
        for words, _ in ASKED
    }
    assert told == {words: {"count": count} for words, count in ASKED}
    assert open_for_work("observations", "query", "--count").out == "14\n"


def test_rows_come_newest_first_before_the_summary(open_for_work: Callable[..., Any]) -> None:
    told = open_for_work("observations", "query", "--size", "5", "--json")
    *events, last = map(json.loads, told.out.splitlines())
    assert (told.code, last, len(events)) == (0, {"shown": 5}, 5)
    times = [event["time.source"] for event in events]
    assert times == sorted(times, reverse=True)
    table = open_for_work("observations", "query", "--size", "5").out.splitlines()
    assert [row.split("\t")[1] for row in table[1:]] == [event["source.ip"] for event in events]


def test_rows_can_be_asked_for_in_a_format(open_for_work: Callable[..., Any]) -> None:
    words = ("observations", "query", "--size", "5", "--format")
    told = open_for_work(*words, "intelmq-jsonl")
    events = [json.loads(line) for line in told.out.splitlines()]
    assert (told.code, len(events)) == (0, 5)
    rows = list(csv.DictReader(io.StringIO(open_for_work(*words, "csv").out)))
    assert [row["source.ip"] for row in rows] == [event["source.ip"] for event in events]
    assert open_for_work(*words, "csv", "--json").said == {"shown": 5}
    assert open_for_work(*words, "parquet").code == 2


def test_three_formats_say_the_same(open_for_work: Callable[..., Any], tmp_path: Path) -> None:
    told = open_for_work("observations", "export")
    events = [json.loads(line) for line in told.out.splitlines()]
    assert (told.code, told.err, len(events)) == (0, "14 observations written\n", 14)
    table, columns = tmp_path / "all.csv", tmp_path / "all.parquet"
    for path in (table, columns):
        said = open_for_work(
            "observations", "export", "--format", path.suffix[1:], "--out", path, "--json"
        ).said
        assert said == {"rows": 14, "file": str(path), "withheld": 0}
    meant = sorted(
        (one["extra.observation"], one["source.ip"], str(one["source.port"]), one["time.source"])
        for one in events
    )
    names = ("extra.observation", "source.ip", "source.port", "time.source")
    as_csv = list(csv.DictReader(io.StringIO(table.read_text())))
    assert sorted(tuple(row[name] for name in names) for row in as_csv) == meant
    ours = ("id", "ip", "port")
    as_parquet = pl.read_parquet(columns).select(pl.col(ours).cast(pl.String))
    assert sorted(as_parquet.rows()) == [row[:3] for row in meant]
    standard = open_for_work("observations", "export", "--format", "csv").out
    assert sorted(standard.splitlines()) == sorted(table.read_text().splitlines())


def test_an_export_is_taken_in_again_as_it_was(
    open_for_work: Callable[..., Any], tmp_path: Path
) -> None:
    out = tmp_path / "events.jsonl"
    open_for_work("observations", "export", "--out", out)
    told = open_for_work("ingest", "intelmq", out, "--json")
    assert (told.code, told.said["accepted"], told.said["rejected"]) == (0, 14, 0)
    assert told.said["findings"]["opened"] == 0
    again = open_for_work("observations", "export", "--source", "intelmq").out.splitlines()
    names = ("time.source", "source.ip", "source.port", "classification.identifier", "severity")
    kept = [
        sorted(tuple(json.loads(line).get(name) for name in names) for line in lines)
        for lines in (out.read_text().splitlines(), again)
    ]
    assert kept[0] == kept[1]


@pytest.mark.parametrize("suffix", ["csv", "parquet", "intelmq-jsonl"])
def test_an_export_of_nothing_still_has_its_columns(
    open_for_work: Callable[..., Any], tmp_path: Path, suffix: str
) -> None:
    path = tmp_path / "none"
    words = ("--identifier", "none", "--format", suffix, "--out", path, "--json")
    assert open_for_work("observations", "export", *words).said["rows"] == 0
    if suffix == "csv":
        assert path.read_text().startswith("time.source,")
        assert len(path.read_text().splitlines()) == 1
    elif suffix == "parquet":
        table = pl.read_parquet(path)
        assert (table.height, table.columns[0], table.columns[-1]) == (0, "row", "finding_key")
    else:
        assert path.read_bytes() == b""


def test_the_command_knows_every_format() -> None:
    assert list(map(str, Format)) == list(map(str, exchange.Format))


@pytest.mark.parametrize("name", ["misp", "stix"])
def test_partners_formats_come_back(
    open_for_work: Callable[..., Any], tmp_path: Path, name: str
) -> None:
    out = tmp_path / "for-partners.json"
    asked = ("observations", "export", "--format", name, "--out", out, "--json")
    assert open_for_work(*asked).said == {"rows": 14, "file": str(out), "withheld": 0}
    told = open_for_work("ingest", name, out, "--json")
    assert (told.code, told.said["accepted"], told.said["rejected"]) == (0, 14, 0)
    assert told.said["findings"]["opened"] == 0


def test_xarf_is_refused_without_an_address_for_questions(
    open_for_work: Callable[..., Any], place: Path, tmp_path: Path
) -> None:
    asked = (
        "observations",
        "export",
        "--format",
        "xarf",
        "--out",
        tmp_path / "out.jsonl",
        "--json",
    )
    refused = open_for_work(*asked)
    assert (refused.code, "`exchange.contact` is not set" in refused.err) == (2, True)
    (place / "pehra.toml").write_text('[exchange]\ncontact = "reports@cert.example"\n')
    told = open_for_work(*asked)
    assert told.said == {
        "rows": 14, "file": str(tmp_path / "out.jsonl"), "withheld": 0, "in_general": 0
    }  # fmt: skip
    first = json.loads((tmp_path / "out.jsonl").read_text().splitlines()[0])
    assert first["reporter"] == {
        "org": "Pehra", "contact": "reports@cert.example", "domain": "cert.example"
    }  # fmt: skip


def test_red_is_left_out_and_said(open_for_work: Callable[..., Any], tmp_path: Path) -> None:
    rows = "time,ip,identifier,tlp\n" + "".join(
        f"2026-11-20 08:00:00,192.0.2.{n},open-smb,{label}\n"
        for n, label in enumerate(("RED", "AMBER", "red"))
    )
    (tmp_path / "marked.csv").write_text(rows)
    open_for_work("ingest", "csv", tmp_path / "marked.csv")
    told = open_for_work("observations", "export", "--source", "csv")
    assert [json.loads(line)["tlp"] for line in told.out.splitlines()] == ["AMBER"]
    assert told.err.splitlines() == [
        "1 observations written",
        "2 marked TLP:RED were left out; `--red` asks for them",
    ]
    with_red = open_for_work("observations", "export", "--source", "csv", "--red")
    assert len(with_red.out.splitlines()) == 3


def test_a_feed_is_a_folder(open_for_work: Callable[..., Any], tmp_path: Path) -> None:
    asked = ("observations", "export", "--format", "misp-feed", "--out", tmp_path / "feed")
    assert open_for_work(*asked).code == 0
    names = json.loads((tmp_path / "feed" / "manifest.json").read_text())
    assert {path.name for path in (tmp_path / "feed").iterdir()} == {
        "manifest.json", "hashes.csv", *(f"{name}.json" for name in names)
    }  # fmt: skip
    assert open_for_work("observations", "export", "--format", "misp-feed").code == 2


def test_an_organisation_is_asked_for_by_its_slug(open_for_work: Callable[..., Any]) -> None:
    found = open_for_work("findings", "list", "--size", "100", "--json").said["findings"]
    slug = next(row["organisation"] for row in found if row["organisation"])
    asked = ("observations", "query", "--org", slug, "--count", "--json")
    meant = sum(row["count"] for row in found if row["organisation"] == slug)
    assert open_for_work(*asked).said == {"count": meant}
