"""The peer: IntelMQ 3.5.0, five bots over Redis, as a CERT runs it, on the first rows of our file.

The clock starts when every bot has said that it is ready, so start-up and the loading of the
address table count on neither side, and stops with the last line of output.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from pehra.cli.bench.measure import cpu_seconds_of
from pehra.cli.bench.throwaway import Peer, Processes, build, configure, started
from pehra.kernel.errors import EnvironmentFault

if TYPE_CHECKING:
    from collections.abc import Callable

    import polars as pl

# What a collector does: the whole file as one report, put in the parser's queue.
_INJECT = """
import pathlib, sys
import intelmq.lib.message as message, intelmq.lib.utils as utils, redis
harmonization = utils.load_configuration(sys.argv[1])
report = message.Report(harmonization=harmonization)
report.add("raw", pathlib.Path(sys.argv[2]).read_text())
report.add("extra.file_name", sys.argv[3])
redis.Redis(unix_socket_path=sys.argv[4], db=2).lpush("parser-queue", report.serialize())
"""
_VERSIONS = """
import platform, sys, intelmq.version, redis
server = redis.Redis(unix_socket_path=sys.argv[1]).info("server")["redis_version"]
print(intelmq.version.__version__, server, platform.python_version())
"""
_GLANCE = 0.2
"""Seconds between two looks at the output."""


class Job(msgspec.Struct, frozen=True):
    """What the peer is given.

    Attributes:
        report: Shadowserver CSV, all rows distinct.
        file_name: as published; the parser takes the report type from it.
        networks: columns `network` (u32), `length`, `asn`: the address table.
        schema: JSON file of the parser's report schema.
        rows: how many rows of `report` to take, from the first.
        patience: seconds without a new line of output after which the run is given up.
    """

    report: Path
    file_name: str
    networks: pl.DataFrame
    schema: Path
    rows: int
    patience: float = 60.0


class PeerRun(msgspec.Struct, frozen=True):
    """What the peer did.

    Attributes:
        rows: rows given and, since all are distinct, lines of output.
        wall_seconds: from the report's arrival to the last line of output.
        cpu_seconds: user and system time of the five bots and Redis in between.
        cpu_by_process: the same by bot, and `redis`.
        with_asn: lines of output that carry an ASN.
        versions: of IntelMQ, Redis and Python.
    """

    rows: int
    wall_seconds: float
    cpu_seconds: float
    cpu_by_process: dict[str, float]
    with_asn: int
    versions: dict[str, str]

    @property
    def rows_per_cpu_second(self) -> float:
        """Rows for each CPU-second over all bots and Redis."""
        return self.rows / self.cpu_seconds

    def figures(self) -> dict[str, Any]:
        """All of it, with the rates."""
        return {
            **msgspec.structs.asdict(self),
            "rows_per_second": round(self.rows / self.wall_seconds, 1),
            "rows_per_cpu_second": round(self.rows_per_cpu_second, 1),
            "cpu_seconds_per_million": round(1e6 / self.rows_per_cpu_second),
        }


def run(job: Job, note: Callable[[str], None]) -> PeerRun:
    """Set the peer up, let it work, and remove every trace of it.

    Raises:
        EnvironmentFault: Redis, the packages or the schema cannot be had, or a bot failed.
    """
    if not job.schema.is_file():
        message = f"There is no Shadowserver report schema at {job.schema}."
        raise EnvironmentFault(message, mend="Give its JSON file with --schema.")
    with tempfile.TemporaryDirectory(prefix="intelmq-") as name:
        peer = build(Path(name), note)
        configure(peer, job.schema, job.networks)
        _cut(job, peer.root / "report.csv")
        with started(peer, job.patience) as processes:
            note(f"IntelMQ reads {job.rows:,} rows")
            return _measured(peer, job, processes)


def _cut(job: Job, to: Path) -> None:
    with job.report.open("rb") as given, to.open("wb") as taken:
        for number, line in enumerate(given):
            if number > job.rows:
                break
            taken.write(line)


class _Output:
    """Follows the output file without reading it twice."""

    def __init__(self, path: Path) -> None:
        self.lines = 0
        self.with_asn = 0
        self._path = path
        self._offset = 0

    def look(self) -> int:
        """Whole lines so far."""
        if self._path.is_file():
            with self._path.open("rb") as file:
                file.seek(self._offset)
                text = file.read()
            text = text[: text.rfind(b"\n") + 1]
            self._offset += len(text)
            self.lines += text.count(b"\n")
            self.with_asn += text.count(b'"source.asn"')
        return self.lines


def _measured(peer: Peer, job: Job, processes: Processes) -> PeerRun:
    output = _Output(peer.output)
    harmonization = peer.root / "etc/harmonization.conf"
    before = {name: cpu_seconds_of(process.pid) for name, process in processes.items()}
    report = str(peer.root / "report.csv")
    peer.ask(_INJECT, str(harmonization), report, job.file_name, str(peer.socket))
    began = time.monotonic()
    _follow(output, peer, job)
    wall = time.monotonic() - began
    spent = {
        name: round(cpu_seconds_of(process.pid) - before[name], 2)
        for name, process in processes.items()
    }
    said = peer.ask(_VERSIONS, str(peer.socket)).split()
    return PeerRun(
        rows=output.lines,
        wall_seconds=round(wall, 2),
        cpu_seconds=round(sum(spent.values()), 2),
        cpu_by_process=spent,
        with_asn=output.with_asn,
        versions=dict(zip(("intelmq", "redis", "python"), said, strict=True)),
    )


def _follow(output: _Output, peer: Peer, job: Job) -> None:
    seen, moved = 0, time.monotonic()
    while output.look() < job.rows:
        if output.lines > seen:
            seen, moved = output.lines, time.monotonic()
        elif time.monotonic() - moved > job.patience:
            message = f"IntelMQ wrote {seen:,} of {job.rows:,}: {peer.last_words('parser')}"
            raise EnvironmentFault(message, mend="Try again; a bot failed.")
        time.sleep(_GLANCE)
