"""MISP events in JSON: one, a list, an answer of MISP's API, or an event's file of a feed.

Format: https://www.misp-project.org/misp-standard/misp-core-format. A row is an attribute, or an
object with its attributes together, that names an address, a network, a name, a URL, an AS number
or a file's hash; comments, mail, persons and attachments only explain an event and are no rows, and
neither is what was deleted. What is not for detection (`to_ids`) or was sighted as a false positive
gets the severity `info`. Objects of the template `intelmq_event`, as our own export writes them,
come back as they were. The manifest of a feed names events and holds no rows.
"""

from __future__ import annotations

import re
import uuid
from itertools import chain
from typing import TYPE_CHECKING, Any

import msgspec

from pehra.intake.jsontree import Kind, Member, walk
from pehra.intake.records import EXTRA, Found, Row, own_plan, parts, refused, said
from pehra.intake.source import Delivery, Reading, Source
from pehra.intake.stix_patterns import hashed, placed_address
from pehra.intake.taxonomies import first_rsit, labels_of, severity_of
from pehra.kernel.errors import UnreadableFile
from pehra.kernel.labels import Role
from pehra.observations.misp import FIELDS, IN_EXTRA, TEMPLATE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Object = dict[str, Any]

_OBJECTS = frozenset({"", "Event", "response"})
_ARRAYS = frozenset({"", "response", "Attribute", "Object"})
_RECORDS = frozenset({"Attribute", "Object"})
_CONTEXT = frozenset(
    {"Tag", "info", "date", "timestamp", "threat_level_id", "Orgc", "uuid", "EventTag"}
)
_KNOWN = _RECORDS | {"Event", "response", "info", "Orgc"}
_INSTEAD = tuple(f"extra.malware.hash.{name}" for name in ("md5", "sha1", "sha256", "sha512"))
_PLAN = own_plan("misp", {"role": "blocklist"}, ("asn", *_INSTEAD))
_COLUMN_OF = {relation: name for name, (relation, _) in FIELDS.items()} | {
    "feed.code": "extra.feed.code",
    "time.observation": "",
}
_THREAT = {"1": "high", "2": "medium", "3": "low"}
_EPOCH = re.compile(r"^\d{9,10}$")
_FAMILY = re.compile(r'^misp-galaxy:(?:malpedia|botnet|ransomware|banker|rat|tool)="([^"]{1,80})"$')
_PLAIN = {"domain": "host", "hostname": "host", "AS": "asn"}
_PLAIN |= dict.fromkeys(("port", "dst-port", "src-port"), "port")
_TITLE = 200
_FALSE_POSITIVE = "1"


def read(delivery: Delivery) -> Reading:
    """Open a file.

    Raises:
        UnreadableFile: it is not JSON, or neither an event nor a manifest.
    """
    if not any(_is_known(member) for member in walk(delivery.path, _OBJECTS, _ARRAYS)):
        message = "The file holds no MISP event."
        raise UnreadableFile(message, mend="It has to be an event of MISP in JSON, or several.")
    return Reading("", None, (), parts(_found(delivery.path), _PLAN, delivery))


def _is_known(member: Member) -> bool:
    return member.kind is not Kind.FAULT and (member.name in _KNOWN or _is_uuid(member.name))


def _is_uuid(name: str) -> bool:
    try:
        return str(uuid.UUID(name)) == name.lower()
    except ValueError:
        return False


def _found(path: Path) -> Iterator[Found]:
    around: list[Object] = [{}]
    for member in walk(path, _OBJECTS, _ARRAYS):
        if member.kind is Kind.FAULT:
            yield refused(member, "json", member.fault)
        elif member.kind is Kind.OPENED and member.data == b"{":
            around.append({**around[-1], **_context(path, member)})
        elif member.kind is Kind.CLOSED and member.data == b"}":
            around.pop()
        elif member.kind is Kind.VALUE and member.name in _RECORDS:
            record = member.record()
            if isinstance(record, str):
                yield refused(member, "json", record)
            else:
                yield said(member, _rows(member.name, record, around[-1]))


def _context(path: Path, opened: Member) -> Object:
    """What stands around the records of an event, before or after them."""
    found: Object = {}
    depth = 0
    for member in walk(path, _OBJECTS, _ARRAYS, opened.begin):
        depth += (member.kind is Kind.OPENED) - (member.kind is Kind.CLOSED)
        if depth == 0:
            break
        if member.kind is Kind.VALUE and depth == 1 and member.name in _CONTEXT:
            found[member.name] = member.value()
    return {name: value for name, value in found.items() if value is not None}


def _rows(name: str, record: Object, event: Object) -> list[Row]:
    if record.get("deleted") is True:
        return []
    if name == "Attribute":
        told = _told(record)
        return [{**_common(record, [record], event), **told}] if told else []
    attributes = [one for one in _list(record, "Attribute") if one.get("deleted") is not True]
    if record.get("name") == TEMPLATE:
        return _own(record, attributes, event)
    common = _common(record, attributes, event)
    return [{**common, **told} for told in _together(attributes)]


def _list(record: Object, name: str) -> list[Object]:
    found = record.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _told(attribute: Object) -> Row:
    """What an attribute names; `a|b` is two values."""
    value, kind = attribute.get("value"), attribute.get("type")
    if not isinstance(value, str) or not isinstance(kind, str):
        return {}
    kinds, values = kind.split("|"), value.split("|")
    if len(kinds) == 2 and len(values) == 1:  # noqa: PLR2004 an address and a port, joined by a colon
        values = value.rsplit(":", 1)
    told = [_value(one, text.strip()) for one, text in zip(kinds, values, strict=False)]
    row = dict(chain.from_iterable(part.items() for part in told))
    return row if row.keys() - {"port"} else {}


def _value(kind: str, text: str) -> Row:
    if kind in {"ip-src", "ip-dst", "ip"}:
        return placed_address(text)
    if kind in {"url", "uri"} and "://" in text:
        return {"url": text}
    if kind == "url":  # without a scheme: the name is what can be held on to
        return {"host": re.split("[/?#:]", text, maxsplit=1)[0], "extra.misp.value": text}
    return {_PLAIN[kind]: text} if kind in _PLAIN else dict(hashed(kind, text))


def _together(attributes: list[Object]) -> list[Row]:
    """Rows of an object: one an address, else one a URL, else one a name."""
    each: dict[str, list[Row]] = {"ip": [], "network": [], "url": [], "host": []}
    shared: Row = {}
    for attribute in attributes:
        kind = attribute.get("type")
        told = _told(attribute)
        if kind == "port" and isinstance(attribute.get("value"), str):
            told = {"port": attribute["value"]}
        for name, value in told.items():
            if name in each:
                each[name].append({name: value})
            else:
                shared.setdefault(name, value)
    leading = next((name for name, found in each.items() if found), "")
    if not leading:
        return [shared] if shared.keys() - {"port"} else []
    for name in ("host", "url", "network"):
        if name != leading and each[name]:
            shared |= each[name][0]
    return [{**shared, **one} for one in each[leading]]


def _own(record: Object, attributes: list[Object], event: Object) -> list[Row]:
    """An object of `intelmq_event`: fields of the IntelMQ data format, and JSON for the rest."""
    row: Row = {"role": "report", "extra.misp.event_uuid": event.get("uuid")}
    for attribute in attributes:
        relation, value = attribute.get("object_relation"), attribute.get("value")
        if relation == "extra":
            row |= _rest(value)
        elif isinstance(relation, str):
            row[_COLUMN_OF.get(relation, f"{EXTRA}{relation}")] = value
    row.pop("", None)
    row.setdefault("observed_at", _moment(record, event))
    return [row]


def _rest(value: object) -> Row:
    """What stands in the attribute `extra`."""
    try:
        told = msgspec.json.decode(value if isinstance(value, str) else "")
    except (msgspec.DecodeError, RecursionError):
        return {f"{EXTRA}extra": value}
    if not isinstance(told, dict):
        return {f"{EXTRA}extra": value}
    row: Row = {}
    for name, one in told.items():
        if name in {"cves", "tags"} and isinstance(one, list):
            row[name] = ";".join(map(str, one))
        elif name in IN_EXTRA or name == "extra":
            row[name] = one
        else:
            row[f"{EXTRA}{name}"] = one
    return row


def _common(record: Object, attributes: list[Object], event: Object) -> Row:
    """What the record and its event say of it: class, severity, labels, times, who and where."""
    names = [*_tags(record), *(name for one in attributes for name in _tags(one)), *_tags(event)]
    kind = first_rsit(names)
    family = next((found[1] for name in names if (found := _FAMILY.match(name))), None)
    row: Row = {
        "observed_at": _moment(record, event),
        "until": record.get("last_seen") if record.get("first_seen") else None,
        "severity": _severity(attributes, event, kind),
        **labels_of(names),
        "family": family,
        "extra.misp.event_uuid": event.get("uuid"),
        "extra.misp.attribute_uuid": record.get("uuid"),
        "extra.event_description.text": str(event.get("info", ""))[:_TITLE],
    }
    organisation = event.get("Orgc")
    if isinstance(organisation, dict):
        row["extra.feed.provider"] = organisation.get("name")
    if kind:
        row |= {"type": kind, "identifier": family.lower() if family else kind}
    return row


def _tags(record: Object) -> list[str]:
    tags = _list(record, "Tag") + [one.get("Tag") or {} for one in _list(record, "EventTag")]
    return [
        tag["name"] for tag in tags if isinstance(tag, dict) and isinstance(tag.get("name"), str)
    ]


def _severity(attributes: list[Object], event: Object, kind: str) -> str:
    sightings = [one for attribute in attributes for one in _list(attribute, "Sighting")]
    denied = any(str(one.get("type")) == _FALSE_POSITIVE for one in sightings)
    detects = any(attribute.get("to_ids") in (True, "1") for attribute in attributes)
    if denied or not detects:
        return "info"
    return severity_of(kind) if kind else _THREAT.get(str(event.get("threat_level_id")), "low")


def _moment(record: Object, event: Object) -> str | None:
    """When it was seen: what the record says, else when it was written, else the event's date."""
    for name in ("first_seen", "last_seen"):
        if isinstance(record.get(name), str) and record[name]:
            return str(record[name])
    for one in (record, event):
        if _EPOCH.match(str(one.get("timestamp", ""))):
            return str(one["timestamp"])
    date = event.get("date")
    return date if isinstance(date, str) else None


SOURCE = Source(
    slug="misp",
    title="MISP events and feeds",
    url="https://www.misp-project.org/misp-standard/misp-core-format",
    licence="as agreed with whoever shared the event; its tags say who may read",
    role=Role.BLOCKLIST,
    read=read,
)
