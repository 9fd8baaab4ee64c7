"""Ratios are ours to the peer's, by CPU-second."""

from __future__ import annotations

import pytest

from pehra.cli.bench import versus
from pehra.cli.bench.intelmq import PeerRun
from pehra.kernel.errors import UsageError


def test_only_known_peers_are_measured() -> None:
    versus.check("")
    versus.check("intelmq")
    with pytest.raises(UsageError, match="splunk"):
        versus.check("splunk")


def test_rates_follow_from_rows_and_seconds() -> None:
    run = PeerRun(
        rows=50_000,
        wall_seconds=100.0,
        cpu_seconds=125.0,
        cpu_by_process={"redis": 125.0},
        with_asn=50_000,
        versions={},
    )
    figures = run.figures()
    assert figures["rows_per_second"] == 500.0
    assert figures["rows_per_cpu_second"] == 400.0
    assert figures["cpu_seconds_per_million"] == 2_500
