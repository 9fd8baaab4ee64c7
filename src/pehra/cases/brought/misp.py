"""Events of MISP as cases: an event, a list, or what `/events/restSearch` answers.

Attributes and those of objects are indicators, event reports and what was said of the event are
lines. https://www.misp-project.org/misp-standard/misp-core-format
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pehra.cases.brought.record import (
    WIDE,
    Indicator,
    Line,
    Read,
    Record,
    Rejected,
    Unreadable,
    began,
    decoded,
    ended,
    items,
    kind_of,
    line_of,
    lines_of,
    long_title,
    merged,
    moment,
    required,
    said,
    strange,
    tlp_of,
    within,
)
from pehra.kernel.labels import Tlp

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

_THREAT = {"1": "high", "2": "medium", "3": "low", "4": "undefined"}
_ANALYSIS = {"0": "initial", "1": "ongoing", "2": "complete"}
_FILES = frozenset({"attachment", "malware-sample"})
_LISTS = ("Attribute", "Object", "EventReport", "Galaxy", "RelatedEvent", "ShadowAttribute")
_STRICTER = list(Tlp)
_GALAXY = "misp-galaxy:"
"""Tags of techniques and actors: what was seen anywhere in the event, and not what happened."""
_KEPT = frozenset(
    {"uuid", "id", "info", "date", "timestamp", "publish_timestamp", "threat_level_id", "analysis"}
    | {"Orgc", "Org", "Tag", "Attribute", "Object", "EventReport", "Galaxy", "RelatedEvent"}
    | {"ShadowAttribute"}
)
_SILENT = frozenset(
    {"org_id", "orgc_id", "distribution", "published", "attribute_count", "proposal_email_lock"}
    | {"locked", "sharing_group_id", "disable_correlation", "event_creator_email", "protected"}
    | {"extends_uuid", "sighting_timestamp", "CryptographicKey"}
)


def read(data: bytes, name: str) -> Read:
    """Cases of a file.

    Raises:
        UsageError: no JSON.
    """
    document = decoded(data, name)
    if isinstance(document, dict) and isinstance(document.get("response"), list):
        document = document["response"]
    records: list[Record] = []
    rejects: list[Rejected] = []
    for number, one in enumerate(document if isinstance(document, list) else [document], 1):
        place = f"event {number} of the file"
        try:
            records.append(_record(_event(one), place))
        except Unreadable as error:
            rejects.append(Rejected(place, str(error)))
    return Read(records, rejects)


def _event(one: object) -> dict[str, Any]:
    inner = one.get("Event", one) if isinstance(one, dict) else None
    if not isinstance(inner, dict):
        reason = "it is no event"
        raise Unreadable(reason)
    return inner


def _record(event: dict[str, Any], place: str) -> Record:
    tags = _tags(event)
    labels = [label for label in map(_label, tags) if label]
    opened = began(moment(event.get("date")), moment(event.get("timestamp")))
    title = required(line_of(event.get("info")), "`info`")
    indicators, left = _indicators(event)
    status = _ANALYSIS.get(said(event.get("analysis")), "")
    return Record(
        place=place,
        ref=required(line_of(event.get("uuid")) or line_of(event.get("id")), "`uuid`")[:64],
        title=title,
        opened=opened,
        status=status,
        end=ended("closed" if status == "complete" else "", moment(event.get("timestamp"))),
        severity=_THREAT.get(said(event.get("threat_level_id")), ""),
        kind=kind_of(*(tag for tag in tags if not tag.startswith(_GALAXY)), title),
        tlp=max(labels, key=_STRICTER.index, default=Tlp.AMBER),
        lines=(*_head(event, opened, tags), *_reports(event)),
        indicators=indicators,
        left=(*left, *_related(event), *strange(event, *_LISTS), *_unknown(event)),
    )


def _label(tag: str) -> Tlp | None:
    return tlp_of(tag) if tag.lower().startswith("tlp:") else None


def _tags(one: dict[str, Any]) -> list[str]:
    names = (line_of(tag.get("name")) for tag in items(one.get("Tag")))
    return [name for name in names if name]


def _head(event: dict[str, Any], opened: datetime, tags: list[str]) -> list[Line]:
    galaxies = (line_of(cluster.get("value"))
                for galaxy in items(event.get("Galaxy"))
                for cluster in items(galaxy.get("GalaxyCluster")))  # fmt: skip
    author = line_of(within(event, "Orgc", "name"))
    shown = [
        ("Title", long_title(event.get("info"))),
        ("Event", line_of(event.get("id"))),
        ("Organisation", author),
        ("Tags", ", ".join(tags)),
        ("Galaxies", ", ".join(filter(None, galaxies))),
    ]
    text = "\n".join(f"{name}: {value}" for name, value in shown if value)
    return lines_of(Line("event", opened, author, text))


def _reports(event: dict[str, Any]) -> Iterator[Line]:
    for place, one in enumerate(items(event.get("EventReport")), 1):
        if one.get("deleted") is True:
            continue
        ref = line_of(one.get("uuid")) or line_of(one.get("id")) or f"#{place}"
        text = f"{line_of(one.get('name'))}\n{said(one.get('content'))}".strip()
        yield from lines_of(Line(f"report {ref}"[:80], moment(one.get("timestamp")), "", text))


def _indicators(event: dict[str, Any]) -> tuple[tuple[Indicator, ...], list[str]]:
    found: list[Indicator] = []
    left: list[str] = []
    for prefix, one in _attributes(event):
        kind = line_of(one.get("type")) or "other"
        value = line_of(one.get("value"), WIDE)
        ref = line_of(one.get("uuid")) or line_of(one.get("id"))
        if one.get("deleted") is True:
            left.append(f"attribute {ref or value}: deleted there")
        elif kind in _FILES:
            left.append(f"{kind} {value or ref}: comes in as evidence")
        elif not value:
            left.append(f"attribute {ref}: it has no value")
        else:
            tags = _tags(one)
            label = next(filter(None, map(_label, tags)), "")
            note = [prefix, line_of(one.get("category")), line_of(one.get("comment"), WIDE), *tags]
            spans = (line_of(one.get(name)) for name in ("first_seen", "last_seen"))
            note += [" to ".join(filter(None, spans))]
            sighted = len(items(one.get("Sighting")))
            note += [f"sighted {sighted} times"] if sighted else []
            note += ["to_ids"] if one.get("to_ids") in {True, "1"} else []
            found.append(Indicator(kind[:40], value, ", ".join(filter(None, note)), label))
    return merged(found), left


def _attributes(event: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for one in items(event.get("Attribute")):
        yield "", one
    for inner in items(event.get("Object")):
        name = " ".join(filter(None, (line_of(inner.get(n)) for n in ("name", "comment"))))
        for one in items(inner.get("Attribute")):
            relation = line_of(one.get("object_relation"))
            yield f"{name} {relation}".strip(), one


def _related(event: dict[str, Any]) -> Iterator[str]:
    """Events that correlate are found by what they share, and proposals were not accepted there."""
    for one in items(event.get("RelatedEvent")):
        yield f"related event {line_of(within(one, 'Event', 'uuid'))}"
    for one in items(event.get("ShadowAttribute")):
        yield f"proposal {line_of(one.get('value'))}"


def _unknown(event: dict[str, Any]) -> list[str]:
    return [
        f"{name}: {line_of(value) or type(value).__name__}"[:120]
        for name, value in event.items()
        if value not in (None, "", [], {}, "0") and name not in _KEPT | _SILENT
    ]
