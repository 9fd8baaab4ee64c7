"""A relay for tests, in a process of its own: takes mail on loopback and writes down what it took.

What it took is on the disk before it says so. Names of recipients say how it behaves: `later-` and
`never-` at RCPT, `full-` and `spam-` after the text, `cut-` lets the line fall before the text,
`lost-` after it, having taken it. An order file has it kill a client at a step of its choice.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import ssl
import subprocess
import sys
from contextlib import contextmanager
from email import message_from_bytes
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

if TYPE_CHECKING:
    from collections.abc import Iterator

Untyped = Any  # the library has no types
ANSWERS = {
    "later": "451 4.2.1 Not now",
    "never": "550 5.1.1 Nobody of that name",
    "full": "452 4.2.2 Mailbox full",
    "spam": "554 5.7.1 Not wanted",
}


class Sink(msgspec.Struct, frozen=True):
    """A running sink: its port, what it took, and where orders are put."""

    port: int
    folder: Path

    def taken(self) -> list[dict[str, Any]]:
        """What it took, in order."""
        log = self.folder / "log"
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []

    def mail(self, number: int) -> bytes:
        """The message of that place in the log."""
        return (self.folder / f"{number}.eml").read_bytes()

    def order(self, event: str, number: int, pid: Path) -> None:
        """Kill the process of that number at the `number`th such event from now."""
        draft = self.folder / "draft"
        draft.write_text(json.dumps({"event": event, "left": number, "pid": str(pid)}))
        draft.rename(self.folder / "order")


class Server(SMTP):
    """A server that also hears what RFC 3461 adds, which the library refuses."""

    heard: ClassVar[list[str]] = []

    def _strip(self, arg: str | None) -> str:
        self.heard.extend(re.findall(r" ((?:RET|ENVID|NOTIFY)=\S+)", arg or ""))
        return re.sub(r" (?:RET|ENVID|NOTIFY)=\S+", "", arg or "")

    async def smtp_MAIL(self, arg: str | None) -> None:  # noqa: N802 the library's name
        """Begin a message."""
        self.heard.clear()
        await super().smtp_MAIL(self._strip(arg))

    async def smtp_RCPT(self, arg: str | None) -> None:  # noqa: N802 the library's name
        """Name its recipient."""
        await super().smtp_RCPT(self._strip(arg))


class Handler:
    """What the server asks; `event` is where a client may die."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.count = folder, len(list(folder.glob("*.eml")))

    def event(self, name: str) -> None:
        """A step was reached: whoever was to die at it dies."""
        path = self.folder / "order"
        if not path.exists():
            return
        order = json.loads(path.read_text())
        if order["event"] != name:
            return
        order["left"] -= 1
        path.write_text(json.dumps(order))
        if order["left"] == 0:
            path.unlink()
            os.kill(int(Path(order["pid"]).read_text()), signal.SIGKILL)

    async def handle_EHLO(  # noqa: N802 the library's name
        self, server: Untyped, session: Untyped, _envelope: Untyped, host: str, answers: list[str]
    ) -> list[str]:
        """A client greets."""
        session.host_name = host
        del server
        self.event("EHLO")
        return [*answers[:-1], "250-DSN", answers[-1]]

    async def handle_MAIL(  # noqa: N802 the library's name
        self,
        _server: Untyped,
        _session: Untyped,
        envelope: Untyped,
        address: str,
        options: list[str],
    ) -> str:
        """It begins a message."""
        self.event("MAIL")
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802 the library's name
        self,
        server: Untyped,
        _session: Untyped,
        envelope: Untyped,
        address: str,
        options: list[str],
    ) -> str:
        """It names a recipient."""
        self.event("RCPT")
        kind = address.partition("-")[0]
        if kind in ("later", "never"):
            return ANSWERS[kind]
        if kind == "cut":
            server.transport.abort()
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: Untyped, _session: Untyped, envelope: Untyped) -> str:  # noqa: N802 the library's name
        """It ended a message."""
        self.event("DATA")
        to = envelope.rcpt_tos[0]
        kind = to.partition("-")[0]
        if kind in ("full", "spam"):
            return ANSWERS[kind]
        content = envelope.original_content
        (self.folder / f"{self.count}.eml").write_bytes(content)
        self.count += 1
        told = {
            "message": message_from_bytes(content)["Message-ID"],
            "from": envelope.mail_from,
            "to": to,
            "options": [*Server.heard],
        }
        with (self.folder / "log").open("a") as log:
            log.write(json.dumps(told) + "\n")
            log.flush()
            os.fsync(log.fileno())
        self.event("LOGGED")
        if kind == "lost":
            server.transport.abort()
        return "250 2.0.0 Taken"


def _authenticate(
    _server: Untyped, _session: Untyped, _envelope: Untyped, _mechanism: str, given: Untyped
) -> AuthResult:
    known = LoginPassword(b"pehra", b"sesame")
    return AuthResult(success=given == known)


async def serve(folder: Path, certificate: str, *, login: bool, implicit: bool) -> None:
    """Take mail until the end of standard input."""
    context = None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
    handler = Handler(folder)

    def made() -> Server:
        return Server(
            handler,
            hostname="relay.example",
            tls_context=None if implicit else context,
            require_starttls=context is not None and not implicit,
            authenticator=_authenticate,
            auth_required=login,
            auth_require_tls=not implicit,
            data_size_limit=1_000_000,
        )

    loop = asyncio.get_running_loop()
    server = await loop.create_server(made, "127.0.0.1", 0, ssl=context if implicit else None)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.read)


@contextmanager
def running(
    folder: Path, certificate: str = "", *, login: bool = False, implicit: bool = False
) -> Iterator[Sink]:
    """A sink that writes into a folder, for the length of a `with`."""
    folder.mkdir(exist_ok=True)
    told = [str(folder), certificate, str(int(login)), str(int(implicit))]
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", __file__, *told],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield Sink(int(process.stdout.readline()), folder)
        process.stdin.close()


if __name__ == "__main__":
    _, place, pem, asks, whole = sys.argv
    asyncio.run(serve(Path(place), pem, login=asks == "1", implicit=whole == "1"))
