"""Events of another system: whose they are, and why no finding is theirs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import polars as pl
import pytest

from pehra.findings import jobs
from pehra.findings.traced import EVENT, traced, with_findings

if TYPE_CHECKING:
    from pathlib import Path

    from tests.findings.conftest import House

pytestmark = pytest.mark.either


def test_each_event_has_its_finding_or_its_reason(watch: House, tmp_path: Path) -> None:
    day = f"{watch.now:%Y-%m-%d}T00:00:00+00:00"
    usual = {"time.source": day, "classification.type": "vulnerable-system"}
    events = [
        usual | {"source.ip": "192.0.2.10", "classification.identifier": "open-telnet"},
        usual | {"source.ip": "10.0.0.1"},
        usual | {"source.ip": "no address"},
        usual | {"source.fqdn": "nobody.example", "feed.code": "f"},
        usual | {"source.ip": "192.0.2.11", "extra.severity": "info", "severity": "info"},
    ]
    path = tmp_path / "events.jsonl"
    path.write_text("\n".join(map(json.dumps, events)))
    desk = jobs.desk(watch.home, watch.now)
    ((text, told),) = traced(desk, path, watch.now)
    assert (text["row"].to_list(), told.schema) == ([1, 2, 3, 4, 5], pl.Schema(EVENT))
    assert told.select("row", "asset", "feed", "fate").rows() == [
        (1, "192.0.2.10", None, ""),
        (2, "10.0.0.1", None, "reserved"),
        (3, "no address", None, "unreadable"),
        (4, "nobody.example", "f", "unheld"),
        (5, "192.0.2.11", None, "no-finding"),
    ]
    assert with_findings(told)["fate"].to_list() == [
        *("not-taken-in", "reserved", "unreadable"),
        *("unheld", "no-finding"),
    ]
    jobs.ingest("intelmq", path, home=watch.home, now=watch.now)
    found = with_findings(told)
    assert found["fate"].to_list() == ["", "reserved", "unreadable", "unheld", "no-finding"]
    assert found["finding"].is_not_null().to_list() == [True, False, False, True, False]
