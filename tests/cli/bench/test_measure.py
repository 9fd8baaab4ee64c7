"""Costs are read from the system, and facts of the machine are there."""

from __future__ import annotations

import os
import time

from pehra.cli.bench import measure


def test_a_stopwatch_sees_work() -> None:
    watch = measure.Stopwatch()
    total = sum(number * number for number in range(300_000))
    usage = watch.read()
    assert total > 0
    assert usage.wall_seconds > 0
    assert usage.cpu_seconds > 0
    assert usage.peak_rss_mib > 10


def test_another_process_is_read_as_the_kernel_counts_it() -> None:
    assert abs(measure.cpu_seconds_of(os.getpid()) - time.process_time()) < 0.5


def test_percentiles_are_in_milliseconds() -> None:
    assert measure.percentiles([0.001] * 99 + [0.1]) == {
        "p50_ms": 1.0,
        "p95_ms": 1.0,
        "p99_ms": 1.99,
        "most_ms": 100.0,
    }


def test_machine_names_what_figures_depend_on() -> None:
    facts = measure.machine()
    assert facts["cores"] == (os.cpu_count() or 1)
    assert {"processor", "memory_gib", "python", "polars", "load_before"} <= facts.keys()
