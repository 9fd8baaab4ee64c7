"""Runs a module of ours as a process of its own: what a small file may unfold to has no end.

There memory and time are little; where they run out, nothing came of it.
"""

from __future__ import annotations

import contextlib
import os
import resource
import subprocess
import sys
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable


class Limits(msgspec.Struct, frozen=True):
    """What a process is given: bytes of memory, and seconds."""

    memory: int
    seconds: int


def asked_apart(module: str, asked: bytes, limits: Limits) -> bytes | None:
    """What a module says to what it is asked; null: it failed, or needed more than it is given.

    Args:
        module: its full name; it calls `serve` where it is run.
        asked: what it finds at its entry.
        limits: the seconds in which it answers; the module sets the same for itself.
    """
    command = [sys.executable, "-I", "-m", module]
    # Each thread of a pool reserves memory, and there are as many as cores.
    alone = {**os.environ, "POLARS_MAX_THREADS": "1"}
    try:
        done = subprocess.run(  # noqa: S603 our own program, and nothing of a file in its arguments
            command, input=asked, capture_output=True, timeout=limits.seconds, check=True, env=alone
        )
    except (subprocess.SubprocessError, OSError):
        return None
    return done.stdout


def serve(answer: Callable[[bytes], bytes], limits: Limits) -> None:
    """Confine this process, and answer what it is asked."""
    # A core would hold what is secret.
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory, limits.memory))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.seconds, limits.seconds))
    sys.stdout.buffer.write(answer(sys.stdin.buffer.read()))
