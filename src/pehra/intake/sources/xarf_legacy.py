"""X-ARF reports by mail, versions 0.1 and 0.2 in YAML and those that attach JSON.

Format: http://www.x-arf.org/specification.html (2012): a mail whose header has `X-XARF`, for
people first, then a part `report.txt` (`text/plain`) of `Name: value` lines, then evidence. Each
report part is a row. Read are part 2 and its like; the mail's own text, the evidence and who wrote
are content and left out. No published set of such mails is at hand: the samples are written from
the specification. YAML is read by its events alone: no tags, no references, and what is nested is
left out.
"""

from __future__ import annotations

import email
import email.policy
import email.utils
from email.errors import MessageError
from typing import TYPE_CHECKING, Any

import msgspec
import yaml

from pehra.intake.records import EXTRA, Found, Row, own_plan, parts
from pehra.intake.source import Delivery, Reading, Source
from pehra.intake.taxonomies import rsit_of, severity_of
from pehra.intake.xarf_reports import is_report, placed, row_of
from pehra.kernel.errors import UnreadableFile
from pehra.kernel.labels import Role

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import Message

_MAIL_BYTES = 32 << 20
_REPORT_BYTES = 1 << 16
_NESTED = 100
"""A mail with more parts inside each other is no report; the parser descends into each."""

_NAMES = 200
_DEPTH = 8
_SAME = {
    "date": "observed_at",
    "port": "port",
    "source-port": "port",
    "service": "application",
    "protocol": "protocol",
    "destination-port": "peer_port",
    "occurrences": "count",
    "tlp": "tlp",
    "report-id": "extra.rtir_id",
    "schema-url": "extra.schema-url",
}
_OURS = frozenset({"source", "destination", "category", "report-type", "source-type"})
_LEFT_OUT = frozenset(
    {"reported-from", "user-agent", "version", "attachment", "destination-type", "to", "from"}
)
_PLAN = own_plan("xarf", {})


def read(delivery: Delivery) -> Reading:
    """Open a mail.

    Raises:
        UnreadableFile: it is larger than 32 MiB, or no mail with a report.
    """
    found = list(_found(delivery))
    if not found:
        message = "The mail holds no X-ARF report."
        mend = "It needs a part `report.txt` or `xarf.json`, as X-ARF asks for."
        raise UnreadableFile(message, mend=mend)
    return Reading("", None, (), parts(iter(found), _PLAN, delivery))


def _found(delivery: Delivery) -> Iterator[Found]:
    data = delivery.path.read_bytes() if delivery.path.stat().st_size <= _MAIL_BYTES else b""
    lower = data.lower()
    nested = lower.count(b"boundary") + lower.count(b"message/rfc822")
    if not data or nested > _NESTED:
        return
    for text in _reports(_parsed(data)):
        at = max(0, data.find(text[:40]))
        end = min(len(data), at + len(text))
        line = 1 + data.count(b"\n", 0, at)
        try:
            yield Found(at, max(end, at + 1), line, [_row(text)])
        except ValueError as error:
            yield Found(at, max(end, at + 1), line, [], "missing", str(error))


def _parsed(data: bytes) -> Message:
    try:
        return email.message_from_bytes(data, policy=email.policy.compat32)
    except (MessageError, RecursionError, ValueError, LookupError) as error:
        message = "The file is no mail."
        raise UnreadableFile(message, mend="It has to be a mail as received (RFC 5322).") from error


def _reports(mail: Message) -> Iterator[bytes]:
    """The report parts: by their name, or the second text part of a mail that says `X-XARF`."""
    says = "X-XARF" in mail
    texts = 0
    for part in mail.walk():
        if part.is_multipart():
            continue
        kind = part.get_content_type()
        name = _name(part)
        texts += kind == "text/plain"
        named = name.startswith(("report.", "xarf.", "x-arf.")) or name == "report"
        if named or kind == "application/json" or (says and kind == "text/plain" and texts == 2):  # noqa: PLR2004 the second part is the report
            body = part.get_payload(decode=True)
            if isinstance(body, bytes) and body.strip():
                yield body


def _name(part: Message) -> str:
    try:
        return (part.get_filename() or str(part.get_param("name", ""))).lower()
    except (LookupError, ValueError, TypeError):  # a name in a character set that is none
        return ""


def _row(text: bytes) -> Row:
    """The row of a report part; raises `ValueError` in words."""
    if len(text) > _REPORT_BYTES and not text.lstrip().startswith(b"{"):
        message = f"the report is {len(text)} bytes long, more than {_REPORT_BYTES}"
        raise ValueError(message)
    if text.lstrip().startswith(b"{"):
        return _json(text)
    return _from_fields(_yaml(text.decode("utf-8", errors="replace")))


def _json(text: bytes) -> Row:
    try:
        record = msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValueError(str(error)) from None
    return row_of(record) if is_report(record) else _from_fields(record)


def _yaml(text: str) -> dict[str, str]:
    """The scalars of a flat mapping."""
    fields: dict[str, str] = {}
    name: str | None = None
    depth = 0
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            if isinstance(event, yaml.AliasEvent) or depth > _DEPTH or len(fields) > _NAMES:
                message = "the report has references, is nested deeply, or has too many names"
                raise ValueError(message)
            if isinstance(event, yaml.ScalarEvent) and depth == 1:
                if name is not None:
                    fields[name] = event.value
                name = event.value if name is None else None
            elif isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                name = None
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
    except (yaml.YAMLError, RecursionError) as error:
        message = f"the report is no YAML: {' '.join(str(error).split())}"
        raise ValueError(message) from None
    return fields


def _from_fields(told: dict[str, Any]) -> Row:
    """Fields of versions 0.1 and 0.2."""
    fields = {str(name).strip().lower(): value for name, value in told.items()}
    if "source" not in fields:
        message = "the report names no `Source`"
        raise ValueError(message)
    word = str(fields.get("report-type", ""))
    kind = rsit_of(word) or rsit_of(str(fields.get("category", ""))) or "undetermined"
    row: Row = {"type": kind, "severity": severity_of(kind), "identifier": word or "unclassified"}
    for name, value in fields.items():
        if name not in _OURS | _LEFT_OUT:
            row[_SAME.get(name, f"{EXTRA}{name}")] = value
    row |= placed(fields["source"])
    row |= {
        f"peer_{k}": v for k, v in placed(fields.get("destination")).items() if k in {"ip", "host"}
    }
    return row | {"observed_at": _moment(row.get("observed_at"))}


def _moment(value: object) -> str | None:
    """ISO 8601 of a date as mail writes it (RFC 5322); others as they are."""
    if not isinstance(value, str):
        return None
    try:
        return email.utils.parsedate_to_datetime(value).isoformat()
    except (ValueError, TypeError, OverflowError, IndexError):
        return value


SOURCE = Source(
    slug="xarf-legacy",
    title="X-ARF reports by mail",
    url="https://github.com/xarf/xarf-specification",
    licence="as agreed with whoever reports",
    role=Role.REPORT,
    read=read,
)
