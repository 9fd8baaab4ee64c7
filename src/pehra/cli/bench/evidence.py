"""How fast evidence is taken in, and in how much memory, beside `sha256sum` over the same file.

Both read the file in turns, cold: the system is asked to forget it before each. The disk holds the
file and its sealed copy at once, so twice its size must be free, and a GiB.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pehra.cli.bench import apart
from pehra.cli.bench.measure import Stopwatch
from pehra.engines.blobs import room
from pehra.engines.vault import files, pour
from pehra.kernel.errors import EnvironmentFault
from pehra.kernel.settings import Home

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_MIB = 1 << 20
_SPARE = 1 << 30
_NAME = "e5" * 16


def run(folder: Path, size: int, note: Callable[[str], object]) -> dict[str, Any]:
    """Measure both over a file of `size` bytes that is made in `folder`, and removed.

    Raises:
        EnvironmentFault: no room, or no `sha256sum`.
    """
    program = shutil.which("sha256sum")
    if program is None:
        message = "There is no `sha256sum` here to measure beside."
        raise EnvironmentFault(message, mend="Install coreutils.")
    room.check(folder, 2 * size, _SPARE)
    with tempfile.TemporaryDirectory(dir=folder, prefix="pehra-bench-") as name:
        file = Path(name) / "evidence.img"
        note(f"writing {size / _MIB:,.0f} MiB that cannot be compressed")
        _write(file, size)
        note("sha256sum")
        _forget(file)
        began = time.perf_counter()
        done = subprocess.run([program, file], capture_output=True, text=True, check=True)  # noqa: S603 coreutils, and our own file
        peer = time.perf_counter() - began
        note("taken in: SHA-256, SHA-512, sealed, durable")
        _forget(file)
        options = {"home": name, "file": str(file)}
        own = apart.run("evidence:take", options)
    if done.stdout.split()[0] != own["sha256"]:
        message = "The digest is not that of `sha256sum`."
        raise EnvironmentFault(message)
    rates = {"sha256sum_mib_per_second": round(size / _MIB / peer, 1),
             "taken_in_mib_per_second": round(size / _MIB / own["seconds"], 1)}  # fmt: skip
    ratio = round(peer / own["seconds"], 2)
    return {"bytes": size, **rates, "ratio": ratio, "at_least_half": ratio >= 0.5,  # noqa: PLR2004 what was promised
            "seconds": own["seconds"], "cpu_seconds": own["cpu_seconds"],
            "peak_rss_mib": own["peak_rss_mib"]}  # fmt: skip


def _write(file: Path, size: int) -> None:
    """Bytes of a stream cipher's kind: one random block, told apart by its place."""
    block = bytearray(os.urandom(4 * _MIB))
    with file.open("wb", buffering=0) as target:
        for place in range(-(-size // len(block))):
            block[:8] = place.to_bytes(8, "big")
            target.write(block[: min(len(block), size - place * len(block))])
        os.fsync(target.fileno())


def _forget(file: Path) -> None:
    handle = os.open(file, os.O_RDONLY)
    try:
        os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(handle)


def take(options: Mapping[str, Any]) -> dict[str, Any]:
    """The step that is measured, in a process of its own."""
    home = Home(Path(options["home"]))
    watch = Stopwatch()
    files.begin(home, _NAME)
    with (
        Path(options["file"]).open("rb", buffering=0) as source,
        files.Writer(home, _NAME, 0) as writer,
    ):
        found = pour.pour(source, writer, iter(()), lambda durable: durable)
    files.finish(home, _NAME)
    used = watch.read()
    return {"sha256": found.sha256, "seconds": used.wall_seconds,
            "cpu_seconds": used.cpu_seconds, "peak_rss_mib": used.peak_rss_mib}  # fmt: skip
