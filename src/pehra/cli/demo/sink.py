"""A mail server on this machine that keeps what it gets: where a story's letters go."""

from __future__ import annotations

import socket
from email import message_from_bytes
from email.policy import default
from typing import TYPE_CHECKING, Any, Self

from aiosmtpd.controller import Controller

if TYPE_CHECKING:
    from email.message import EmailMessage

_HERE = "127.0.0.1"


def _free() -> int:
    """A port that nobody has; the library cannot say which one it was given."""
    with socket.create_server((_HERE, 0)) as found:
        port: int = found.getsockname()[1]
        return port


class Sink:
    """Takes mail (RFC 5321) on a free port of this machine, while it is open."""

    def __init__(self) -> None:
        self._taken: list[EmailMessage] = []
        self.port = _free()
        """On which it listens."""
        self._server: Any = Controller(self, hostname=_HERE, port=self.port)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: ANN401, N802 the library's
        """Keep a message, then say so."""
        self._taken.append(message_from_bytes(envelope.content, policy=default))
        return "250 2.0.0 Kept"

    def __enter__(self) -> Self:
        """Begin to listen."""
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop listening."""
        self._server.stop()

    def since(self, count: int) -> list[EmailMessage]:
        """Messages after the first `count`, in the order of their coming."""
        return self._taken[count:]

    @property
    def count(self) -> int:
        """How many came."""
        return len(self._taken)
