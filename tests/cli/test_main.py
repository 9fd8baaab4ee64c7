"""The command as a whole: its list of commands, exit codes, and no traceback for bad words."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from pehra import __version__
from pehra.cli.main import COMMANDS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BAD: dict[str, int] = {
    "nonsense": 2,
    "--nonsense": 2,
    "status --colour": 2,
    "ingest": 2,
    "ingest nowhere {file}": 2,
    "ingest shadowserver {home}/none.csv": 2,
    "ingest shadowserver {home}": 2,
    "ingest shadowserver {file} --option nothing": 2,
    "ingest shadowserver {file}": 1,
    "ingest shadowserver {empty}": 1,
    "ingest csv {file} --option time=when": 1,
    "ingest csv {file} --option colour=blue": 2,
    "ingest jsonl {file}": 1,
    "ingest intelmq {empty}": 1,
    "sources extra": 2,
    "batches --size 0": 2,
    "batches --size many": 2,
    "rejects --size -1": 2,
    "rejects --batch none": 2,
    "replay": 2,
    "replay none": 2,
    "observations": 2,
    "observations nonsense": 2,
    "observations query --net 300.1.1.1": 2,
    "observations query --net 192.0.2.0/33": 2,
    "observations query --since yesterday": 2,
    "observations query --since 0000-00-00": 2,
    "observations query --since 9999-12-31T23:59-12:00 --count": 2,
    "observations query --until 0001-01-01T00:00+12:00 --count": 2,
    "observations query --org nobody": 2,
    "observations query --size -1": 2,
    "observations export --format parquet": 2,
    "observations export --format nonsense": 2,
    "observations export --json": 2,
    "observations export --out {home}/none/x.csv --format csv": 4,
    "observations export --out {home} --format parquet": 4,
    "findings": 2,
    "findings list --state sleeping": 2,
    "findings list --severity dire": 2,
    "findings list --size -1": 2,
    "findings list --after -1": 2,
    "findings show": 2,
    "findings show X": 2,
    "findings show F": 2,
    "findings show F999999": 2,
    "findings show 99999999999999999999999": 2,
    "findings answer F1": 2,
    "findings answer F1 explode": 2,
    "findings answer F1 see": 2,
    "findings answer F1 dispute": 2,
    "findings answer F1 uphold --why so": 3,
    "findings answer F1 reject-dispute --why so": 3,
    "findings answer F999999 acknowledge": 2,
    "findings answer 99999999999999999999999 acknowledge": 2,
    "registry show nobody": 2,
    "networks lookup 192.0.2.10": 4,
    "run --port many": 2,
    "run --port 99999": 2,
    "serve --port 0": 2,
    "jobs show 99999": 2,
}
"""Words that do not fit, and the exit code: 1 done in part, 2 usage, 3 a rule, 4 the machine."""


def test_help_names_every_command(pehra: Callable[..., Any]) -> None:
    told = pehra("--help")
    listed = re.findall(r"^  ([a-z]+)  +\S", told.out.partition("Commands:")[2], re.MULTILINE)
    assert (told.code, told.err) == (0, "")
    assert listed == list(COMMANDS)
    assert pehra("--version").out == f"{__version__}\n"


def test_every_command_can_be_imported_and_says_what_it_does(pehra: Callable[..., Any]) -> None:
    told = {name: pehra(name, "--help") for name in COMMANDS}
    assert {name: one.code for name, one in told.items()} == dict.fromkeys(COMMANDS, 0)
    assert [name for name, one in told.items() if f" {name} " not in one.out] == []


def test_bad_words_get_a_sentence_and_their_exit_code(
    open_for_work: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(bytes(range(256)) * 20)
    (tmp_path / "empty").touch()
    places = {
        "home": str(tmp_path / "home"),
        "file": str(tmp_path / "file"),
        "empty": str(tmp_path / "empty"),
    }
    told = {
        words: open_for_work(*(word.format(**places) for word in words.split())) for words in BAD
    }
    assert {words: one.code for words, one in told.items()} == BAD
    # A command that did its work in part says so where its result is; all others say why not.
    silent = [words for words, one in told.items() if not (one.err if one.code > 1 else one.out)]
    # A group without a command shows what it has, as `--help` does.
    assert silent == []
    assert [words for words, one in told.items() if "Traceback" in one.err + one.out] == []


def test_an_error_is_one_json_object_too(open_for_work: Callable[..., Any]) -> None:
    told = open_for_work("findings", "answer", "F1", "uphold", "--why", "so", "--json")
    assert told.code == 3
    assert told.said == {
        "error": "A finding that is open cannot uphold.",
        "code": "illegal-step",
        "mend": told.said["mend"],
    }
    assert told.err == f"pehra: {told.said['error']} {told.said['mend']}\n"
    assert len(told.out.splitlines()) == 1


@pytest.mark.parametrize("name", ["status", "batches", "rejects", "findings list", "work --once"])
def test_without_a_home_the_next_step_is_named(
    pehra: Callable[..., Any], place: Path, name: str
) -> None:
    told = pehra(*name.split(), "--json")
    assert told.code == 4
    assert told.said == {
        "error": f"There is no home at {place}.",
        "code": "environment",
        "mend": "Run `pehra init`, or set PEHRA_HOME.",
    }


def run(place: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pehra.cli.main", *words],
        env={**os.environ, "PEHRA_HOME": str(place)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_settings_that_are_wrong_stop_every_process_with_a_sentence(place: Path) -> None:
    place.mkdir()
    (place / "pehra.toml").write_text("[web]\nprot = 80\n")
    told = run(place, "status", "--json")
    assert told.returncode == 2
    said = json.loads(told.stdout.splitlines()[-1])
    assert (said["code"], said["mend"]) == ("usage", "Did you mean `port`?")
    assert "prot" in said["error"]
    assert told.stderr == f"pehra: {said['error']} {said['mend']}\n"


def test_a_lake_that_cannot_be_written_is_said(pehra: Callable[..., Any], place: Path) -> None:
    pehra("init")
    (place / "lake").rmdir()
    (place / "lake").touch()
    for words in (("status",), ("observations", "query")):
        told = pehra(*words, "--json")
        assert (told.code, told.said["code"], len(told.out.splitlines())) == (4, "environment", 1)
        assert told.err == f"pehra: {told.said['error']} {told.said['mend']}\n"


def test_a_report_for_a_lake_that_cannot_be_written_is_said(
    pehra: Callable[..., Any], place: Path, sample: Path
) -> None:
    pehra("init")
    (place / "lake").rmdir()
    (place / "lake").touch()
    told = pehra("ingest", "shadowserver", next(sample.glob("*scan_smb*.csv")), "--json")
    assert (told.code, told.said["code"]) == (4, "environment")
    assert told.err.startswith("pehra: ")


def test_words_that_are_no_text_are_said(pehra: Callable[..., Any]) -> None:
    pehra("init")
    for words in (("findings", "show", "F\udcff"), ("replay", "\udcff"), ("ingest", "\udcff", "x")):
        told = pehra(*words, "--json")
        assert (told.code, told.said["code"]) == (2, "usage")
        assert "\\udcff" in told.said["error"]


def test_the_command_starts_without_the_engines() -> None:
    engines = "{'polars', 'deltalake', 'pyarrow', 'django', 'msgspec', 'numpy'}"
    told = subprocess.run(
        [sys.executable, "-c", f"import sys, pehra.cli.main; print({engines} & set(sys.modules))"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout == "set()\n"
