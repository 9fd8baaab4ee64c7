"""A home with keys, a nation with a team and clocks, and reports over documentation networks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from pehra.findings import ingest as way
from pehra.findings import jobs
from pehra.findings.queries import Filter, Row, page
from pehra.kernel.actors import SYSTEM
from pehra.kernel.settings import Home
from pehra.mandate import actions as mandate
from pehra.mandate.viewers import SYSTEM_VIEWER
from pehra.registry.actions.imports import import_register

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
COLUMNS = "timestamp,severity,ip,protocol,port,tag,asn,geo"

REGISTER = b"""\
organisation,name,sector,territory,kind,asset,source,use
river-bank,River Bank,banking,PK-PB,prefix,192.0.2.0/25,manual,static
hill-net,Hill Net,telecom,PK-KP,prefix,192.0.2.128/25,manual,dynamic
"""
HANDED_OVER = b"""\
organisation,name,sector,territory,kind,asset,source,use,valid_from
lake-school,Lake School,education,PK-SD,prefix,192.0.2.0/26,manual,static,2026-11-15
"""


class House:
    """A home at work, as a test sees it."""

    def __init__(self, home: Home, folder: Path) -> None:
        self.home = home
        self.now = NOW
        self._folder = folder

    def register(self, text: bytes) -> None:
        """Take a register in."""
        import_register(text, "register.csv", actor=SYSTEM, now=self.now)

    def report(self, kind: str, day: str, lines: Iterable[str], columns: str = COLUMNS) -> Path:
        """Write a Shadowserver report of a day."""
        path = self._folder / f"{day}-{kind}-test.csv"
        path.write_text("\n".join([columns, *lines]) + "\n")
        return path

    def take_in(
        self, path: Path, source: str = "shadowserver", options: dict[str, str] | None = None
    ) -> way.Result:
        """Ingest a file, a minute after the one before."""
        self.now += timedelta(minutes=1)
        return jobs.ingest(source, path, home=self.home, now=self.now, options=options)

    def telnet(self, day: str, *hosts: int, hour: int = 5, severity: str = "high") -> way.Result:
        """Ingest a day's report of open Telnet on hosts of 192.0.2.0/24."""
        lines = (
            f"{day} {hour:02}:00:00,{severity},192.0.2.{host},tcp,23,telnet,64500,PK"
            for host in hosts
        )
        return self.take_in(self.report("scan_telnet", day, lines))

    def findings(self, **wanted: object) -> list[Row]:
        """All findings, the oldest first."""
        rows = page(Filter(**wanted), viewer=SYSTEM_VIEWER, size=500).rows  # type: ignore[arg-type] # a test's own words
        return rows[::-1]


@pytest.fixture
def watch(db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    """A home with the shipped structure and a small register."""
    del db
    root = tmp_path / "home"
    for folder in ("keys", "indexes", "lake", "blobs", "locks"):
        (root / folder).mkdir(parents=True)
    (root / "keys" / "finding.key").write_text("0" * 64)
    monkeypatch.setenv("PEHRA_HOME", str(root))
    mandate.load_structure(mandate.shipped_structure(), actor=SYSTEM, now=NOW)
    made = House(Home(root), tmp_path)
    made.register(REGISTER)
    return made
