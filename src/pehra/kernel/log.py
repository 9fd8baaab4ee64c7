"""Logs as records: one JSON object a line on standard error, or coloured lines on a terminal.

Everything that is logged, by us and by the libraries below, takes one way: facts that are bound to
the work at hand (`bound`: a request, a job, a batch) are added, then what must not lie in a journal
is taken out (`redact`), then the line is written. Journals are kept longer, and by others, than
rows are, so a log names no person and no address of one: global addresses are cut to their /24 or
/48 (decision 160).
"""

from __future__ import annotations

import ipaddress
import logging
import re
import sys
from typing import TYPE_CHECKING, Any

import msgspec
import structlog
from structlog.contextvars import bound_contextvars, clear_contextvars

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager
    from typing import TextIO

    from structlog.typing import EventDict, Processor

HIDDEN = "[hidden]"

_SECRET_NAMES = re.compile(
    r"passw|secret|token|cookie|authori[sz]ation|session|csrf|credential|private|api_?key"
    r"|e_?mail|phone|cnic|^key$",
    re.IGNORECASE,
)
"""Names of facts that hold a secret or say who somebody is, whatever their value."""

_WORDS: tuple[tuple[re.Pattern[str], str], ...] = (
    # user:password@ of an address (RFC 3986, section 3.2.1)
    (re.compile(r"(?<=://)[^/\s@]*@"), f"{HIDDEN}@"),
    (
        re.compile(
            r"(?i)\b((?:api[_-]?|auth[_-]?|access[_-]?)?"
            r"(?:key|token|secret|password|passwd|pwd|signature|sig)=)[^&\s'\"]+"
        ),
        rf"\1{HIDDEN}",
    ),
    # the word of a link that was mailed, in the address of its page
    (re.compile(r"(/(?:answer|verify/[a-z]+)/)[^/\s'\"]{8,}"), rf"\1{HIDDEN}"),
    (re.compile(r"(?i)\b((?:bearer|basic)\s+)[\w.~+/=-]{8,}"), rf"\1{HIDDEN}"),
    (re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+"), "[e-mail]"),
    (re.compile(r"(?<!\d)\d{5}-\d{7}-\d(?!\d)"), "[identity number]"),
    (re.compile(r"(?<![\w+])(?:\+92|0092)[\s-]?\d{2,3}[\s-]?\d{6,8}(?!\d)"), "[phone]"),
)
_ADDRESS = re.compile(
    r"(?<![\w.:])(?:[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?:\d{1,3}(?:\.\d{1,3}){3})?(?![\w:])"
    r"|\d{1,3}(?:\.\d{1,3}){3}(?!\w))(?!\.\d)"
)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""Whatever could steer a terminal; line feeds and tabs stay, for tracebacks."""

_hidden: set[str] = set()


def hide(secret: str) -> None:
    """Never write these characters, wherever they turn up; for keys that addresses carry."""
    if len(secret) >= 4:  # noqa: PLR2004 shorter ones would blot out words at random
        _hidden.add(secret)


def _cut(found: re.Match[str]) -> str:
    """A network in place of an address; what is no address, or only this machine's, stays."""
    try:
        address = ipaddress.ip_address(found[0])
    except ValueError:
        return found[0]
    if address.is_loopback or address.is_unspecified:
        return found[0]
    size = 24 if address.version == 4 else 48  # noqa: PLR2004 versions of IP
    return str(ipaddress.ip_network((address, size), strict=False))


def _clean(text: str) -> str:
    text = text.encode(errors="backslashreplace").decode()  # a file's name may hold any bytes
    for secret in _hidden:
        text = text.replace(secret, HIDDEN)
    for pattern, stand_in in _WORDS:
        text = pattern.sub(stand_in, text)
    return _CONTROL.sub("�", _ADDRESS.sub(_cut, text))


def _without(value: Any) -> Any:  # noqa: ANN401 any fact
    if isinstance(value, str):
        return _clean(value)
    if isinstance(value, dict):
        return _redacted(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [_without(one) for one in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return _clean(str(value))


def _redacted(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {
        str(name): HIDDEN if _SECRET_NAMES.search(str(name)) else _without(value)
        for name, value in facts.items()
    }


def redact(logger: Any, method: str, event: EventDict) -> EventDict:  # noqa: ANN401 structlog's shape
    """Take secrets and personal data out of a record: by the fact's name, then by its value."""
    del logger, method
    return _redacted(event)


def line_of(record: Any, **_: Any) -> str:  # noqa: ANN401 structlog hands its serialiser anything
    """A record as one line of JSON."""
    return msgspec.json.encode(record, enc_hook=str).decode()


_SHARED: tuple[Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
)

structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,
        *_SHARED,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=structlog.stdlib.BoundLogger,
)


def formatter(*, machine: bool | None = None) -> logging.Formatter:
    """What turns any log record into a line; JSON where standard error is no terminal.

    Args:
        machine: True for JSON, False for people; None: as standard error is.
    """
    if machine is None:
        machine = not sys.stderr.isatty()
    last: list[Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        redact,
    ]
    if machine:
        last += [structlog.processors.JSONRenderer(serializer=line_of)]
    else:
        last += [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
    return structlog.stdlib.ProcessorFormatter(foreign_pre_chain=_SHARED, processors=last)


class _Stderr(logging.StreamHandler[Any]):
    """Writes to what is standard error at the time."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:
        """Standard error, now."""
        return sys.stderr

    @stream.setter
    def stream(self, value: TextIO) -> None:
        del value


def handler() -> logging.Handler:
    """A handler for standard error; the server's own log names it in `granian.json`."""
    made = _Stderr()
    made.setFormatter(formatter())
    return made


_QUIET = {
    "django": "ERROR",
    "httpx": "WARNING",
    "httpcore": "WARNING",
    "stamina": "WARNING",
    "asyncio": "WARNING",
}
"""Libraries that speak of every request or retry."""


def set_up(level: str = "INFO") -> None:
    """Send what is logged from `level` up to standard error; saying it again only sets the level.

    A door calls this: commands that end want `WARNING`, services `INFO`.
    """
    root = logging.getLogger()
    for old in [one for one in root.handlers if isinstance(one, _Stderr)]:
        root.removeHandler(old)
    root.addHandler(handler())
    root.setLevel(level)
    for name, least in _QUIET.items():
        logging.getLogger(name).setLevel(least)


def logger(name: str) -> structlog.stdlib.BoundLogger:
    """Logger of a module: `log.warning("lease not renewed", job=7)`, facts by name."""
    found: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return found


def bound(**facts: str | int) -> AbstractContextManager[None]:
    """Add facts to whatever this thread logs inside the `with`: a request, a job, a batch."""
    context: AbstractContextManager[None] = bound_contextvars(**facts)
    return context


def forget_bound() -> None:
    """Drop all bound facts, at the start of a thread's next piece of work."""
    clear_contextvars()
