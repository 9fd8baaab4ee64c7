"""A module runs apart where memory and time are little: what needs more gives nothing."""

from __future__ import annotations

import subprocess
import sys

import pytest

from pehra.engines.confined import Limits, asked_apart

SERVED = """
from pehra.engines.confined import Limits, serve
def answer(data):
    if data == b"memory":
        return bytes(1 << 30)
    while data == b"time":
        pass
    return data[::-1]
serve(answer, Limits(memory=256 << 20, seconds=1))
"""


@pytest.mark.parametrize(
    ("asked", "told"),
    [(b"abc", (True, b"cba")), (b"memory", (False, b"")), (b"time", (False, b""))],
)
def test_what_needs_more_ends_without_an_answer(asked: bytes, told: tuple[bool, bytes]) -> None:
    command = [sys.executable, "-I", "-c", SERVED]
    done = subprocess.run(command, input=asked, capture_output=True, check=False)
    assert (done.returncode == 0, done.stdout) == told


def test_a_module_that_fails_gives_nothing() -> None:
    limits = Limits(memory=1 << 30, seconds=20)
    assert asked_apart("pehra.no_such_module", b"", limits) is None
    assert asked_apart("pehra.engines.confined", b"", limits) == b""
    assert asked_apart("pehra.engines.confined", b"", Limits(1 << 30, 0)) is None
