"""A nation's day: networks from the table, a report over them, findings with real holders."""

from __future__ import annotations

import csv
import io
import ipaddress
import json
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zstandard

from pehra.cli.bench import reports
from pehra.cli.bench.prefixes import Prefixes

ROUTING = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "routing"
TABLES = ("asn-ipv4", "asn-ipv6", "asn-country-ipv4", "asn-country-ipv6")
ROWS = 20_000


def _pehra(home: dict[str, str], *words: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "pehra.cli.main", *words, "--json"],
        env=home,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def _table(name: str) -> list[list[str]]:
    packed = (ROUTING / f"{name}.csv.zst").read_bytes()
    text = zstandard.ZstdDecompressor().decompressobj().decompress(packed).decode()
    return list(csv.reader(io.StringIO(text)))


def _delegated_to_pakistan() -> Prefixes:
    rows = [row for row in _table("asn-country-ipv4") if row[2] == "PK"]
    first = np.array([int(ipaddress.ip_address(row[0])) for row in rows], dtype=np.uint32)
    last = np.array([int(ipaddress.ip_address(row[1])) for row in rows], dtype=np.uint32)
    return Prefixes(first=first, last=last, asn=np.zeros(len(rows), dtype=np.int64))


@pytest.mark.service
@pytest.mark.long
@pytest.mark.database
def test_a_day_over_real_networks_finds_real_holders(house: dict[str, str], tmp_path: Path) -> None:
    _pehra(house, "init")
    files = [word for name in TABLES for word in ("--from", str(ROUTING / f"{name}.csv.zst"))]
    _pehra(house, "networks", "update", *files)
    proposed = _pehra(house, "registry", "import-country", "PK")
    assert proposed["added"] > 600
    recipe = reports.Recipe("scan_telnet", date(2026, 11, 20), ROWS, fresh=0)
    report = tmp_path / recipe.file_name
    reports.write(report, recipe, reports.universe(_delegated_to_pakistan()))
    told = _pehra(house, "ingest", "shadowserver", str(report))
    assert (told["rows"], told["accepted"], told["rejected"]) == (ROWS, ROWS, 0)
    # What is delegated but not announced has no origin, and so no holder yet.
    assert told["attributed"] / ROWS > 0.9
    found = _pehra(house, "findings", "list", "--size", "500")
    owned = [one for one in found["findings"] if one["organisation"]]
    assert len(owned) > 450
    looked_up = _pehra(house, "networks", "lookup", *(one["asset"] for one in owned))
    origins = {one["ip"]: one["asn"] for one in looked_up["addresses"]}
    wrong = [one for one in owned if one["organisation"] != f"as{origins[one['asset']]}"]
    assert wrong == []
