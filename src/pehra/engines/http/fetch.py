"""Fetch one file by HTTP into a path: conditional, retried, capped in size and time.

Redirects are followed by hand, and each target is resolved and checked like the first. The body is
kept as sent (`Accept-Encoding: identity`), so a `.gz` stays one. Proxies and credentials from the
environment are not used. Conditional requests follow RFC 9110, section 13.
"""

from __future__ import annotations

import contextlib
import logging
import os
import tempfile
import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import quote, urljoin

import httpx
import msgspec
import stamina

from pehra import __version__
from pehra.engines.http.resolve import resolve
from pehra.kernel.errors import EnvironmentFault, PehraError, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_MOVED = frozenset({301, 302, 303, 307, 308})
_OK, _NOT_MODIFIED, _SERVER_FAULT, _TOO_MANY = 200, 304, 500, 429
PORTS = {"http": 80, "https": 443}

SECRET = "{secret}"  # noqa: S105 a mark, no secret
"""Stands in an address for the key that its publisher gave us."""

for _name in ("httpx", "httpcore"):  # they write whole addresses, keys and all, to the log
    logging.getLogger(_name).setLevel(logging.WARNING)


class Limits(msgspec.Struct, frozen=True):
    """How much one fetch may cost.

    Attributes:
        size: bytes of the body.
        seconds: from the first connection to the last byte, each attempt.
        silence: seconds without a byte.
        redirects: hops.
        attempts: tries, with growing pauses, where the other side is away or overloaded.
    """

    size: int = 512 * 1024**2
    seconds: float = 600.0
    silence: float = 30.0
    redirects: int = 5
    attempts: int = 3


class Validators(msgspec.Struct, frozen=True):
    """What names the version of a file, as its server said when it was last fetched."""

    etag: str = ""
    last_modified: str = ""


class Fetched(msgspec.Struct, frozen=True):
    """What came.

    Attributes:
        changed: False where the server said that the file is as it was (304).
        url: where it came from in the end.
        size: bytes written.
        validators: to be given at the next fetch.
    """

    changed: bool
    url: str
    size: int
    validators: Validators


class Passing(EnvironmentFault):
    """The other side is away or overloaded; it may be back in a moment.

    Attributes:
        wait: seconds after which it wants to be asked again (RFC 9110, section 10.2.3); None where
            it does not say.
    """

    wait: float | None = None


_PATIENCE = 20.0
"""Seconds that are waited here where a server asks for them; for more, it is asked another time."""
_LONGEST_WAIT = 86_400.0


def _pause(error: Exception) -> bool | float:
    """Whether to try again at once with growing pauses, after a pause, or not now."""
    if not isinstance(error, Passing):
        return False
    if error.wait is None:
        return True
    return error.wait if error.wait <= _PATIENCE else False


def wait_told(text: str, date: str) -> float | None:
    """Seconds that a `Retry-After` asks for, at most a day; None where it says nothing.

    A moment is counted from the answer's own `Date`, since our clock is not the server's.
    """
    told = text.strip()
    if told.isascii() and told.isdigit():
        return min(float(told[:9]), _LONGEST_WAIT)
    try:
        seconds = (parsedate_to_datetime(told) - parsedate_to_datetime(date)).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(seconds, 0.0), _LONGEST_WAIT)


def fetch(  # noqa: PLR0913 what a request is
    url: str,
    into: Path,
    *,
    known: Validators | None = None,
    limits: Limits | None = None,
    secret: str = "",
    progress: Callable[[int, int], None] | None = None,
    loopback: bool = False,
) -> Fetched:
    """Fetch `url` into the file `into`, which is replaced only by a whole new one.

    Args:
        url: `http` or `https`, without credentials.
        into: its folder must exist.
        known: validators of the file as we have it; give none when it is absent.
        limits: see `Limits`.
        secret: put where `url` says `{secret}`; it stands in no message and in no result.
        progress: called with bytes so far, and in all as far as the server told, else 0.
        loopback: also accept this machine; for tests.

    Raises:
        Refused: an address that is not public, another scheme, too many redirects, too large, or a
            key that would go over the line in the clear.
        EnvironmentFault: the server is away, too slow, or answers with an error.
    """
    cap = limits or Limits()
    headers = {"user-agent": f"pehra/{__version__}", "accept-encoding": "identity"}
    if known and known.etag:
        headers["if-none-match"] = known.etag
    if known and known.last_modified:
        headers["if-modified-since"] = known.last_modified
    asked = _with_secret(url, secret, loopback=loopback)
    for attempt in stamina.retry_context(on=_pause, attempts=cap.attempts, timeout=None):
        with attempt, _hidden(secret):
            got = _Attempt(cap, loopback=loopback, progress=progress).run(asked, headers, into)
            return msgspec.structs.replace(got, url=_without(secret, got.url))
    raise AssertionError  # retry_context ends by returning or raising


def _with_secret(url: str, secret: str, *, loopback: bool) -> str:
    if SECRET not in url:
        return url
    if not secret:
        message = f"{url} needs the key that its publisher gave us."
        raise Refused(message, mend="`pehra sources set SOURCE --secret-file FILE` keeps it.")
    if not (url.lower().startswith("https:") or loopback):
        message = f"{url} would carry the key in the clear."
        raise Refused(message, mend="Use https://HOST/...")
    return url.replace(SECRET, quote(secret, safe=""))


def _without(secret: str, text: str) -> str:
    for form in (secret, quote(secret, safe="")) if secret else ():
        text = text.replace(form, SECRET)
    return text


@contextlib.contextmanager
def _hidden(secret: str) -> Iterator[None]:
    """Errors quote addresses, and a redirect's target may repeat what we sent."""
    try:
        yield
    except PehraError as error:
        told = (_without(secret, text) for text in (error.message, error.mend))
        hidden = type(error)(next(told), mend=next(told))
        if isinstance(error, Passing) and isinstance(hidden, Passing):
            hidden.wait = error.wait
        raise hidden from None


class _Attempt:
    """One try: the chain of redirects and the body at its end, under one deadline."""

    def __init__(
        self, limits: Limits, *, loopback: bool, progress: Callable[[int, int], None] | None
    ) -> None:
        self._limits = limits
        self._progress = progress
        self._loopback = loopback
        self._deadline = time.monotonic() + limits.seconds

    def run(self, url: str, headers: dict[str, str], into: Path) -> Fetched:
        timeout = httpx.Timeout(min(self._limits.silence, self._limits.seconds))
        with httpx.Client(timeout=timeout, trust_env=False, follow_redirects=False) as client:
            for _ in range(self._limits.redirects + 1):
                with self._answer(client, url, headers) as answer:
                    if answer.status_code not in _MOVED:
                        return self._take(answer, url, into)
                    url = redirected(url, answer.headers.get("location", ""))
        message = f"More than {self._limits.redirects} redirects, the last to {url}."
        raise Refused(message, mend="Name the address where the file is.")

    @contextlib.contextmanager
    def _answer(
        self, client: httpx.Client, url: str, headers: dict[str, str]
    ) -> Iterator[httpx.Response]:
        """Open one hop, connected to the address that was checked."""
        target = checked(url)
        port = target.port or PORTS[target.scheme]
        address = resolve(target.host, port, loopback=self._loopback)
        request = client.build_request(
            "GET",
            target.copy_with(host=str(address)),
            headers={**headers, "host": target.netloc.decode("ascii")},
            # TLS still speaks to, and verifies, the name.
            extensions={"sni_hostname": target.host},
        )
        try:
            answer = client.send(request, stream=True)
        except httpx.TransportError as error:
            message = f"{target.host} does not answer: {str(error) or type(error).__name__}."
            raise Passing(message, mend="Try again later.") from None
        try:
            yield answer
        finally:
            answer.close()

    def _take(self, answer: httpx.Response, url: str, into: Path) -> Fetched:
        status = answer.status_code
        validators = Validators(
            etag=answer.headers.get("etag", ""),
            last_modified=answer.headers.get("last-modified", ""),
        )
        if status == _NOT_MODIFIED:
            return Fetched(changed=False, url=url, size=0, validators=validators)
        message = f"{url} answers {status}."
        if status >= _SERVER_FAULT or status == _TOO_MANY:
            busy = Passing(message, mend="Try again later.")
            told = (answer.headers.get(name, "") for name in ("retry-after", "date"))
            busy.wait = wait_told(*told)
            raise busy
        if status != _OK:
            raise EnvironmentFault(message, mend="Check the address.")
        size = self._keep(answer, url, into)
        return Fetched(changed=True, url=url, size=size, validators=validators)

    def _keep(self, answer: httpx.Response, url: str, into: Path) -> int:
        """Write the body beside `into`, and rename it when it is whole."""
        handle, name = tempfile.mkstemp(prefix=f".{into.name}.", dir=into.parent)
        part = into.with_name(os.path.basename(name))  # noqa: PTH119 mkstemp gives text
        try:
            with os.fdopen(handle, "wb") as stream:
                for chunk in self._chunks(answer, url):
                    stream.write(chunk)
                stream.flush()
                os.fsync(stream.fileno())
                size = stream.tell()
            part.replace(into)
        except httpx.TransportError as error:
            message = f"{url} broke off: {str(error) or type(error).__name__}."
            raise Passing(message, mend="Try again later.") from None
        finally:
            part.unlink(missing_ok=True)
        return size

    def _chunks(self, answer: httpx.Response, url: str) -> Iterator[bytes]:
        size, told = 0, answer.headers.get("content-length", "")
        total = int(told) if told.isascii() and told.isdigit() else 0
        for chunk in answer.iter_raw():
            size += len(chunk)
            if size > self._limits.size:
                message = f"{url} sends more than {self._limits.size} bytes."
                raise Refused(message, mend="Check what is served there.")
            if time.monotonic() > self._deadline:
                message = f"{url} took longer than {self._limits.seconds:g} s."
                raise EnvironmentFault(message, mend="Try again later, or fetch it by hand.")
            if self._progress is not None:
                self._progress(size, total)
            yield chunk


def redirected(url: str, location: str) -> str:
    """Where a redirect leads; from https it may not lead to anything else.

    Raises:
        Refused: it would give up encryption.
    """
    target = urljoin(url, location)
    if url.lower().startswith("https:") and not target.lower().startswith("https:"):
        message = f"{url} leads to {target[:200]}, which is not encrypted."
        raise Refused(message, mend="Name the address where the file is.")
    return target


def checked(url: str) -> httpx.URL:
    """The parts of an address that may be asked at all.

    Raises:
        Refused: no address, another scheme, or one with credentials.
    """
    try:
        target = httpx.URL(url)
    except httpx.InvalidURL as error:
        message = f"{url[:200]} is no address: {error}."
        raise Refused(message, mend="Use http://HOST/... or https://HOST/...") from None
    if target.scheme not in PORTS or not target.host or target.userinfo:
        message = f"{url[:200]} is not fetched: only http and https, without credentials."
        raise Refused(message, mend="Use http://HOST/... or https://HOST/...")
    return target
