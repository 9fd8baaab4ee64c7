"""What a run cost: wall time, CPU-seconds of a process with its children, peak memory.

Memory is the kernel's own high-water mark of the address space (`VmHWM`), not `ru_maxrss`: the
latter is inherited over fork and exec (getrusage(2)), so a small child of a large parent would
show the parent's size.
"""

from __future__ import annotations

import os
import platform
import resource
import sys
import time
from importlib import metadata
from pathlib import Path

import msgspec
import numpy as np

_KIB = 1024


class Usage(msgspec.Struct, frozen=True):
    """Cost of one stretch of work.

    Attributes:
        wall_seconds: by the monotonic clock.
        cpu_seconds: user and system time of this process, its threads and its ended children.
        peak_rss_mib: most memory that this process ever held, MiB.
    """

    wall_seconds: float
    cpu_seconds: float
    peak_rss_mib: float


class Stopwatch:
    """Runs from the moment it is made; `read` may be called more than once."""

    def __init__(self) -> None:
        self._wall = time.perf_counter()
        self._cpu = cpu_seconds()

    def read(self) -> Usage:
        """Cost since the watch was made."""
        return Usage(
            wall_seconds=round(time.perf_counter() - self._wall, 3),
            cpu_seconds=round(cpu_seconds() - self._cpu, 3),
            peak_rss_mib=peak_rss_mib(),
        )


def cpu_seconds() -> float:
    """CPU time so far of this process and of its children that have ended, seconds."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + ended.ru_utime + ended.ru_stime


def cpu_seconds_of(pid: int) -> float:
    """CPU time so far of a running process with all its threads (proc(5), stat), seconds."""
    text = Path(f"/proc/{pid}/stat").read_text()
    fields = text.rpartition(")")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def peak_rss_mib() -> float:
    """Most memory that this process ever held, MiB."""
    status = Path("/proc/self/status")
    if status.is_file():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return round(int(line.split()[1]) / _KIB, 1)
    unit = _KIB * _KIB if sys.platform == "darwin" else _KIB
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit, 1)


def percentiles(seconds: list[float]) -> dict[str, float]:
    """`p50_ms`, `p95_ms`, `p99_ms` and `most_ms` of some durations given in seconds."""
    values = np.asarray(seconds) * 1000
    cuts = np.percentile(values, [50, 95, 99, 100])
    names = ("p50_ms", "p95_ms", "p99_ms", "most_ms")
    return {name: round(float(cut), 3) for name, cut in zip(names, cuts, strict=True)}


def machine() -> dict[str, str | int | float]:
    """Facts without which figures mean little: processor, cores, memory, load, versions."""
    cpu = [
        line.partition(":")[2].strip()
        for line in _lines("/proc/cpuinfo")
        if line.startswith("model name")
    ]
    memory = [line.split()[1] for line in _lines("/proc/meminfo") if line.startswith("MemTotal")]
    facts: dict[str, str | int | float] = {
        "processor": cpu[0] if cpu else platform.processor() or platform.machine(),
        "cores": os.cpu_count() or 1,
        "memory_gib": round(int(memory[0]) / _KIB**2, 1) if memory else 0,
        "load_before": round(os.getloadavg()[0], 2),
        "kernel": platform.release(),
        "python": platform.python_version(),
    }
    for name in ("pehra", "polars", "deltalake", "numpy", "django"):
        facts[name] = metadata.version(name)
    return facts


def _lines(path: str) -> list[str]:
    file = Path(path)
    return file.read_text().splitlines() if file.is_file() else []
