"""Ask one question of a server that an outsider named, and hear a short answer.

The same guard as `fetch`: the name is resolved once, only public addresses are connected to, TLS
verifies the name, and neither proxies nor credentials of the environment are used. A redirect is
returned and not followed: who asks decides, and the next question is guarded like the first.
"""

from __future__ import annotations

import time

import httpx
import msgspec

from pehra import __version__
from pehra.engines.http.fetch import PORTS, Limits, Passing, checked
from pehra.engines.http.resolve import resolve
from pehra.kernel.errors import EnvironmentFault, Refused

SHORT = Limits(size=1024**2, seconds=20.0, silence=10.0)
_OWN = frozenset({"host", "connection", "accept-encoding", "content-length", "transfer-encoding"})


class Question(msgspec.Struct, frozen=True):
    """What is sent.

    Attributes:
        method: such as `GET` or `POST`.
        url: `http` or `https`, without credentials.
        headers: by name; what belongs to the connection itself is ours.
        body: as sent.
    """

    method: str
    url: str
    headers: dict[str, str] = {}
    body: bytes = b""


class Answer(msgspec.Struct, frozen=True):
    """What came back, whatever its status."""

    status: int
    headers: dict[str, str]
    body: bytes


def ask(question: Question, *, limits: Limits = SHORT, loopback: bool = False) -> Answer:
    """Send `question` to the one address that was checked.

    Args:
        question: see there.
        limits: of the answer; redirects and attempts do not count here.
        loopback: also accept this machine; for tests.

    Raises:
        Refused: an address that is not public, another scheme, credentials, or too long an answer.
        EnvironmentFault: the server is away or too slow.
    """
    target = checked(question.url)
    address = resolve(target.host, target.port or PORTS[target.scheme], loopback=loopback)
    given = {name: text for name, text in question.headers.items() if name.lower() not in _OWN}
    own = {
        "host": target.netloc.decode("ascii"),
        "accept-encoding": "identity",
        "user-agent": f"pehra/{__version__}",
    }
    timeout = httpx.Timeout(min(limits.silence, limits.seconds))
    with httpx.Client(timeout=timeout, trust_env=False, follow_redirects=False) as client:
        request = client.build_request(
            question.method,
            target.copy_with(host=str(address)),
            headers={**given, **own},
            content=question.body or None,
            extensions={"sni_hostname": target.host},  # TLS speaks to, and verifies, the name
        )
        try:
            return _heard(client, request, limits)
        except httpx.TransportError as error:
            message = f"{target.host} does not answer: {str(error) or type(error).__name__}."
            raise Passing(message, mend="Try again later.") from None


def _heard(client: httpx.Client, request: httpx.Request, limits: Limits) -> Answer:
    deadline, host = time.monotonic() + limits.seconds, request.headers["host"]
    answer, body = client.send(request, stream=True), bytearray()
    try:
        for chunk in answer.iter_raw():
            body += chunk
            if len(body) > limits.size:
                message = f"{host} answers with more than {limits.size} bytes."
                raise Refused(message, mend="Check what is served there.")
            if time.monotonic() > deadline:
                message = f"{host} took longer than {limits.seconds:g} s."
                raise EnvironmentFault(message, mend="Try again later.")
    finally:
        answer.close()
    return Answer(answer.status_code, dict(answer.headers), bytes(body))
