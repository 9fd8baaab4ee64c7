"""How long a person waits for `pehra --help`: whole processes, from exec to exit."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import Any

from pehra.cli.bench.measure import cpu_seconds, percentiles

_WARM_UP = 2


def run(times: int) -> dict[str, Any]:
    """Start `pehra --help` some times, one after the other, after two that do not count."""
    seconds: list[float] = []
    spent = 0.0
    for number in range(times + _WARM_UP):
        began, cpu = time.perf_counter(), cpu_seconds()
        subprocess.run(
            [sys.executable, "-m", "pehra.cli.main", "--help"], check=True, capture_output=True
        )
        if number >= _WARM_UP:
            seconds.append(time.perf_counter() - began)
            spent += cpu_seconds() - cpu
    return {**percentiles(seconds), "cpu_ms": round(1000 * spent / times, 1), "times": times}
