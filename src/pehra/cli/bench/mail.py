"""Mail that leaves: signed and encrypted letters from release to a relay on this machine.

One worker sends, as `dispatch.send` does: each letter is opened, composed, signed, encrypted to its
recipient's key, handed over, marked before its last dot, and written down with its receipt and its
ledger entry. Half go by OpenPGP, half by S/MIME.
"""

from __future__ import annotations

import os
import socketserver
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pehra.cli.bench import apart
from pehra.cli.bench.measure import Stopwatch
from pehra.kernel.actors import Actor
from pehra.kernel.errors import Damaged, EnvironmentFault
from pehra.kernel.time import clock

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from pehra.dispatch.rules import Outgoing

_KEYS = 2
"""Recipients' keys of each kind; making one takes longer than using it."""
_HOUR = 3600


class Talk(socketserver.StreamRequestHandler):
    """As much of RFC 5321 as takes a message."""

    def handle(self) -> None:
        """Answer one line at a time."""
        self.wfile.write(b"220 bench\r\n")
        while line := self.rfile.readline():
            verb = line[:4].upper()
            if verb == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                while self.rfile.readline() not in (b".\r\n", b""):
                    pass
                self.server.taken += 1  # type: ignore[attr-defined] # of the one server below
            self.wfile.write(b"221 bye\r\n" if verb == b"QUIT" else b"250 2.0.0 bench\r\n")
            if verb == b"QUIT":
                break


class Sink(socketserver.ThreadingTCPServer):
    """Takes every message, and keeps none."""

    daemon_threads = True
    taken = 0


def sink(options: dict[str, Any]) -> dict[str, Any]:
    """Step: take so many messages; the port stands in a file."""
    with Sink(("127.0.0.1", 0), Talk) as server:
        Path(options["port"]).write_text(str(server.server_address[1]))
        server.timeout = 1.0
        end = time.monotonic() + options["seconds"]
        while server.taken < options["letters"] and time.monotonic() < end:
            server.handle_request()
        return {"taken": server.taken}


def measure(options: dict[str, Any]) -> dict[str, Any]:
    """Step: release letters, then send them by one worker."""
    from pehra.cli.door import open_home

    open_home()
    from pehra.dispatch import jobs
    from pehra.dispatch.actions import confirm_live, propose_live, release

    now = clock()
    propose_live(actor=Actor("one", "bench"), now=now)
    confirm_live(actor=Actor("two", "bench"), now=now)
    letters = _letters(options["letters"], now)
    watch = Stopwatch()
    release(letters, actor=Actor("one", "bench"), now=now)
    released = watch.read()
    watch = Stopwatch()
    told = jobs.send({}, now=now, progress=lambda _done, _total: None) or {}
    sent = watch.read()
    if told.get("sent") != len(letters):
        message = f"{told} of {len(letters)} letters were sent."
        raise Damaged(message, mend="Look at their receipts.")
    return {
        "letters": len(letters),
        "release_seconds": released.wall_seconds,
        "send_seconds": sent.wall_seconds,
        "send_cpu_seconds": sent.cpu_seconds,
        "mails_per_hour": round(len(letters) / sent.wall_seconds * _HOUR),
        "mails_per_cpu_second": round(len(letters) / sent.cpu_seconds, 1),
        "peak_rss_mib": sent.peak_rss_mib,
    }


def _letters(count: int, now: datetime) -> list[Outgoing]:
    from pehra.dispatch.letters import Attachment, Letter
    from pehra.dispatch.rules import Outgoing, Recipient
    from pehra.engines.mail import openpgp, smime
    from pehra.kernel.labels import Tlp

    names = [f"desk{number}@bench.example" for number in range(_KEYS)]
    pgp = [openpgp.public_of(openpgp.new_key("", name)) for name in names]
    x509 = [smime.public_of(smime.new_identity("", name, now=now)) for name in names]
    rows = "".join(f"2026-11-28 06:00:00,192.0.2.{n},23,open-telnet,high\n" for n in range(150))
    text = "192.0.2.1:23 answers to anybody; it was seen 12 times since 2026-11-20.\n" * 40
    letter = Letter(
        "Open Telnet",
        text,
        f"<p>{text}</p>",
        (Attachment("findings.csv", "text/csv", rows.encode()),),
    )
    return [
        Outgoing(
            kind="report",
            reference=f"bench:{number}",
            key=f"bench:{number}",
            recipient=Recipient(address=f"desk{number}@bench.example"),
            letter=letter,
            tlp=Tlp.CLEAR,
            openpgp=pgp[number % _KEYS] if number % 2 else b"",
            smime=b"" if number % 2 else x509[number % _KEYS],
        )
        for number in range(count)
    ]


def run(letters: int, note: Callable[[str], None]) -> dict[str, Any]:
    """A home of its own, a relay beside it, and one worker."""
    with tempfile.TemporaryDirectory(prefix="pehra-bench-") as folder:
        home, port = Path(folder) / "home", Path(folder) / "port"
        given = {"PEHRA_HOME": str(home), "PEHRA_DATABASE_URL": ""}
        _pehra(given, "init")
        options = {"letters": letters, "port": str(port), "seconds": 600 + letters}
        with apart.start("mail:sink", options, given) as beside:
            try:
                set_up(home, _port(port), letters)
                _pehra(given, "keys", "mail")
                note(f"{letters:,} letters, half by OpenPGP, half by S/MIME")
                found = apart.run("mail:measure", {"letters": letters}, given)
            except BaseException:
                beside.terminate()
                raise
            output, _ = beside.communicate()
        taken = apart.answer("mail:sink", beside.returncode, output)["taken"]
        return {**found, "taken": taken}


def set_up(home: Path, port: int, letters: int) -> None:
    """Let the home's mail leave by the relay beside it."""
    (home / "pehra.toml").write_text(
        f'[mail]\nhost = "127.0.0.1"\nport = {port}\nsecurity = "plain"\n'
        f'sender = "notices@bench.example"\nper_hour = {letters + 1}\n'
    )


def _port(path: Path) -> int:
    for _ in range(200):
        if path.exists() and (text := path.read_text()):
            return int(text)
        time.sleep(0.05)
    message = "The relay of the bench did not start."
    raise EnvironmentFault(message, mend="Its words are above.")


def _pehra(given: dict[str, str], *words: str) -> None:
    command = [sys.executable, "-m", "pehra.cli.main", *words, "--json"]
    subprocess.run(  # noqa: S603 our own interpreter and module
        command, check=True, stdout=subprocess.DEVNULL, env={**os.environ, **given}
    )
