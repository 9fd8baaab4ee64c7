"""A step of a bench in a process of its own, so that its memory and CPU are only its own.

A step is a function `f(options: dict) -> dict` in a module of this package, named
`module:function`. Options and result travel as JSON over standard input and output; what a step
says to people goes to standard error.
"""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import msgspec

from pehra.kernel.errors import EnvironmentFault, PehraError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping


def run(
    step: str, options: Mapping[str, Any], variables: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Run one step and return what it measured.

    Args:
        step: `module:function` in this package.
        options: JSON values.
        variables: of its environment, beside those of this process.

    Raises:
        EnvironmentFault: it failed; the message is its last line.
    """
    with start(step, options, variables or {}) as process:
        output, _ = process.communicate()
    return answer(step, process.returncode, output)


def start(
    step: str, options: Mapping[str, Any], variables: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    """Start a step beside others; its answer is read with `answer`."""
    process = subprocess.Popen(  # noqa: S603 our own interpreter and module
        [sys.executable, "-m", "pehra.cli.bench.apart", step],
        env={**os.environ, **variables},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    if process.stdin:
        process.stdin.write(msgspec.json.encode(dict(options)))
        process.stdin.close()
        process.stdin = None  # `communicate` would flush it once more
    return process


def answer(step: str, code: int, output: bytes) -> dict[str, Any]:
    """The JSON object that a step left as its last line.

    Raises:
        EnvironmentFault: it failed, or left none.
    """
    lines = output.splitlines()
    if code or not lines:
        message = f"The step {step} ended with {code}."
        raise EnvironmentFault(message, mend="Its words are above.")
    found: dict[str, Any] = msgspec.json.decode(lines[-1], type=dict[str, Any])
    return found


def main() -> None:
    """Run the step that the command line names."""
    module, _, function = sys.argv[1].partition(":")
    if not module.isidentifier():
        message = f"{sys.argv[1]} is no step."
        raise UsageError(message, mend="Name `module:function`.")
    options = msgspec.json.decode(sys.stdin.buffer.read())
    try:
        found = getattr(importlib.import_module(f"pehra.cli.bench.{module}"), function)(options)
    except PehraError as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(error.exit_code) from None
    sys.stdout.write(msgspec.json.encode(found).decode() + "\n")


if __name__ == "__main__":
    main()
