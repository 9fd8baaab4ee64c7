"""A throw-away IntelMQ: virtual environment, configuration, Redis and bots in one directory.

All of it is made at run time and removed with the directory. IntelMQ and pyasn come by name from
the package index; `harmonization.conf` is the installed package's own.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
import venv
from functools import partial
from typing import TYPE_CHECKING

import msgspec
import polars as pl
import polars_iptools as iptools

from pehra.kernel.errors import EnvironmentFault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

VERSION = "3.5.0"
BOTS = (
    ("parser", "intelmq.bots.parsers.shadowserver.parser"),
    ("deduplicator", "intelmq.bots.experts.deduplicator.expert"),
    ("asn", "intelmq.bots.experts.asn_lookup.expert"),
    ("taxonomy", "intelmq.bots.experts.taxonomy.expert"),
    ("file", "intelmq.bots.outputs.file.output"),
)
"""Bot id and module, in the order of the pipeline."""

# A bot's own console script refuses to run as root and has no other account to change to here;
# `standalone=False` is how another program starts a bot. Queues, messages and logs are the same.
_LAUNCH = """
import importlib, signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
bot = importlib.import_module(sys.argv[2]).BOT(sys.argv[1], standalone=False)
bot.start()
"""
_READY = "Bot initialization completed."

Processes = dict[str, "subprocess.Popen[bytes]"]


class Peer(msgspec.Struct, frozen=True):
    """Where the throw-away IntelMQ is.

    Attributes:
        root: the directory that holds everything.
        python: interpreter of its virtual environment.
        redis: the server program.
    """

    root: Path
    python: Path
    redis: str

    @property
    def socket(self) -> Path:
        """Redis's private Unix socket."""
        return self.root / "redis.sock"

    @property
    def output(self) -> Path:
        """What the last bot writes, an event a line."""
        return self.root / "output.jsonl"

    def ask(self, code: str, *arguments: str) -> str:
        """What a piece of Python says inside the environment.

        Raises:
            EnvironmentFault: it failed.
        """
        command = [str(self.python), "-c", code, *arguments]
        return _done(command, 120, self.environment)

    @property
    def environment(self) -> dict[str, str]:
        """Variables for its processes: IntelMQ's root is the directory."""
        names = ("PATH", "LANG", "TMPDIR")
        kept = {name: os.environ[name] for name in names if name in os.environ}
        return {**kept, "INTELMQ_ROOT_DIR": str(self.root), "HOME": str(self.root)}

    def last_words(self, bot: str) -> str:
        """End of what a bot logged."""
        for path in (self.root / "var/log" / f"{bot}.log", self.root / "processes.log"):
            if path.is_file() and (text := path.read_text().strip()):
                return text[-400:]
        return "it left no word"


def build(root: Path, note: Callable[[str], None]) -> Peer:
    """Install IntelMQ into `root`, and find or install Redis.

    Raises:
        EnvironmentFault: one of them cannot be had.
    """
    redis = _redis_server(note)
    note(f"IntelMQ {VERSION} in a throw-away environment")
    venv.create(root / "env", with_pip=True)
    python = root / "env" / "bin" / "python"
    _done([str(python), "-m", "pip", "install", "-q", f"intelmq=={VERSION}", "pyasn>=1.6"], 600)
    return Peer(root, python, redis)


def _done(command: list[str], seconds: float, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(  # noqa: S603 programs that we found or made ourselves
        command, check=False, capture_output=True, text=True, env=env, timeout=seconds
    )
    if done.returncode:
        message = f"`{' '.join(command[:5])[:80]}` failed: {done.stderr.strip()[-400:]}"
        raise EnvironmentFault(message, mend="The peer needs the package indexes.")
    return done.stdout.strip()


def _redis_server(note: Callable[[str], None]) -> str:
    found = shutil.which("redis-server")
    apt = shutil.which("apt-get")
    if not found and apt and os.geteuid() == 0:
        note("Debian's redis-server is not here: installing it")
        _done([apt, "install", "--yes", "--no-install-recommends", "redis-server"], 300)
        found = shutil.which("redis-server")
    if not found:
        message = "There is no redis-server, which IntelMQ's queues need."
        raise EnvironmentFault(message, mend="apt-get install redis-server")
    return found


def configure(peer: Peer, schema: Path, networks: pl.DataFrame) -> None:
    """Write its configuration: pipeline, harmonisation, report schema, address table.

    Args:
        peer: where.
        schema: JSON of the Shadowserver parser's schema, which it downloads in production.
        networks: columns `network` (u32), `length`, `asn`.
    """
    for name in ("etc", "var/log", "var/run", "var/lib/bots"):
        (peer.root / name).mkdir(parents=True)
    where = "import intelmq, pathlib; print(pathlib.Path(intelmq.__file__).parent / 'etc')"
    shutil.copy(f"{peer.ask(where)}/harmonization.conf", peer.root / "etc/harmonization.conf")
    shutil.copy(schema, peer.root / "var/lib/bots/shadowserver-schema.json")
    # JSON is YAML; one file is the whole configuration.
    (peer.root / "etc/runtime.yaml").write_bytes(msgspec.json.encode(_runtime(peer)))
    table = pl.format("{}/{}", iptools.numeric_to_ipv4("network"), "length")
    networks.select(table, "asn").write_csv(
        peer.root / "networks.dat", include_header=False, separator="\t", quote_style="never"
    )


def _runtime(peer: Peer) -> dict[str, object]:
    socket = str(peer.socket)
    own: dict[str, dict[str, object]] = {
        "parser": {"auto_update": False},
        "deduplicator": {
            "filter_keys": "raw,time.observation",
            "filter_type": "blacklist",
            "redis_cache_db": 6,
            "redis_cache_host": socket,
            "redis_cache_ttl": 86_400,
        },
        "asn": {"database": str(peer.root / "networks.dat")},
        "file": {"file": str(peer.output)},
    }
    everyone = {
        "source_pipeline_host": socket,
        "destination_pipeline_host": socket,
        "statistics_host": socket,
        "logging_path": str(peer.root / "var/log"),
        "logging_level": "INFO",
    }
    runtime: dict[str, object] = {"global": everyone}
    for (bot, module), (after, _) in zip(BOTS, (*BOTS[1:], ("", "")), strict=True):
        parameters = {"source_queue": f"{bot}-queue", **own.get(bot, {})}
        if after:
            parameters["destination_queues"] = {"_default": [f"{after}-queue"]}
        runtime[bot] = {
            "bot_id": bot,
            "module": module,
            "enabled": True,
            "run_mode": "continuous",
            "parameters": parameters,
        }
    return runtime


@contextlib.contextmanager
def started(peer: Peer, patience: float) -> Iterator[Processes]:
    """Redis and the bots, ready; ended in reverse order whatever happens.

    Raises:
        EnvironmentFault: one of them ended, or was not ready within `patience` seconds.
    """
    running: Processes = {}
    server = [peer.redis, "--port", "0", "--unixsocket", str(peer.socket)]
    server += ["--save", "", "--appendonly", "no", "--dir", str(peer.root)]
    try:
        with (peer.root / "processes.log").open("wb") as log:
            running["redis"] = _start(peer, server, log.fileno())
            _wait(peer.socket.exists, "Redis did not start", patience)
            for bot, module in BOTS:
                command = [str(peer.python), "-c", _LAUNCH, bot, module]
                running[bot] = _start(peer, command, log.fileno())
        for bot, _ in BOTS:
            _wait(partial(_is_ready, peer, running, bot), f"The {bot} bot is not ready", patience)
        yield running
    finally:
        for process in reversed(running.values()):
            _end(process)


def _start(peer: Peer, command: list[str], log: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 programs that we found or made ourselves
        command,
        env=peer.environment,
        cwd=peer.root,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
    )


def _is_ready(peer: Peer, running: Processes, bot: str) -> bool:
    if running[bot].poll() is not None:
        message = f"IntelMQ's {bot} bot ended early: {peer.last_words(bot)}"
        raise EnvironmentFault(message, mend="Its log says why.")
    log = peer.root / "var/log" / f"{bot}.log"
    return log.is_file() and _READY in log.read_text()


def _wait(done: Callable[[], bool], complaint: str, seconds: float) -> None:
    until = time.monotonic() + seconds
    while not done():
        if time.monotonic() > until:
            message = f"{complaint} after {seconds:.0f} seconds."
            raise EnvironmentFault(message, mend="Is the machine very busy?")
        time.sleep(0.05)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
