"""Observations as MISP events: one object of the template `intelmq_event` a row.

Format: https://www.misp-project.org/misp-standard/misp-core-format; the template's attributes are
the fields of the IntelMQ data format, and what has no field is JSON in its attribute `extra`. TLP,
PAP and RSIT are tags as well. UUIDs are of version 5: the same rows give the same event. A feed is
a folder: `manifest.json`, `hashes.csv`, and an event a file.
"""

from __future__ import annotations

import hashlib
import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from pehra.kernel.labels import Tlp
from pehra.observations.plain import CARRIED, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import polars as pl

Object = dict[str, Any]

NAMESPACE = uuid.UUID("0c6f2a0e-6a39-5b5d-8c53-2f4c1a7e9d10")
TEMPLATE = "intelmq_event"
_TEMPLATE_UUID = "491ac7d2-25a1-4078-8246-b04a132d003d"
_TEMPLATE_VERSION = "5"

FIELDS: dict[str, tuple[str, str]] = {
    "observed_at": ("time.source", "datetime"),
    "class": ("classification.taxonomy", "text"),
    "type": ("classification.type", "text"),
    "identifier": ("classification.identifier", "text"),
    "tlp": ("tlp", "text"),
    "confidence": ("feed.accuracy", "float"),
    "ip": ("source.ip", "ip-src"),
    "port": ("source.port", "port"),
    "protocol": ("protocol.transport", "text"),
    "application": ("protocol.application", "text"),
    "asn": ("source.asn", "AS"),
    "network": ("source.network", "ip-src"),
    "country": ("source.geolocation.cc", "text"),
    "host": ("source.fqdn", "domain"),
    "url": ("source.url", "url"),
    "peer_ip": ("destination.ip", "ip-dst"),
    "peer_port": ("destination.port", "port"),
    "peer_host": ("destination.fqdn", "domain"),
    "family": ("malware.name", "text"),
    "source": ("feed.code", "text"),
    "received_at": ("time.observation", "datetime"),
}
"""Columns with an attribute of their own in the template, and its type."""

IN_EXTRA = tuple(name for name in CARRIED if name not in FIELDS and name != "extra")
"""Columns that stand in the attribute `extra`."""

_STRICTER = list(Tlp)
"""Labels from the freest to the strictest."""
_CATEGORIES = {"datetime": "Other", "text": "Other", "float": "Other"}
_FOR_DETECTION = frozenset({"ip-src", "ip-dst", "domain", "url"})
_DISTRIBUTION = "0"
"""Your organisation only: who gets an event is decided where it is shared."""

BLOCK = 10_000
"""Rows of one event of a feed."""


class Author(msgspec.Struct, frozen=True):
    """The organisation that an event is of."""

    name: str

    @property
    def uuid(self) -> str:
        """The same for the same name."""
        return _uuid("organisation", self.name)


def event(chunks: Iterable[pl.DataFrame], author: Author, about: str, day: str) -> Iterator[bytes]:
    """One event with all rows, piece by piece; memory does not grow with it.

    Args:
        chunks: rows of `schema.OBSERVATION`.
        author: whose event.
        about: its title; the same title gives the event the same UUID.
        day: its date, ISO 8601.
    """
    yield _head(author, _uuid("event", author.name, about), about, day)
    between, label = b"\n", ""
    for chunk in chunks:
        label = strictest(chunk, label)
        for row in plain(chunk):
            yield between + msgspec.json.encode(misp_object(row))
            between = b",\n"
    yield tail(label)


def _head(author: Author, name: str, about: str, day: str) -> bytes:
    organisation = {"name": author.name, "uuid": author.uuid}
    stamp = str(_epoch(f"{day}T00:00:00Z"))
    head = {
        "uuid": name,
        "info": about,
        "date": day,
        "timestamp": stamp,
        "threat_level_id": "4",
        "analysis": "2",
        "distribution": _DISTRIBUTION,
        "published": False,
        "Orgc": organisation,
        "Org": organisation,
        "Attribute": [],
    }
    return msgspec.json.encode({"Event": head})[:-2] + b',"Object":['


def misp_object(row: Object) -> Object:
    """A row of `plain` as an object of the template `intelmq_event`."""
    stamp = str(_epoch(row["received_at"]))
    told = {relation: (kind, row[name]) for name, (relation, kind) in FIELDS.items() if name in row}
    rest = {name: row[name] for name in IN_EXTRA if name in row}
    if row.get("extra"):
        rest["extra"] = row["extra"]
    if rest:
        told["extra"] = ("text", msgspec.json.encode(rest).decode())
    attributes = [
        _attribute(row["id"], relation, kind, value, stamp)
        for relation, (kind, value) in told.items()
    ]
    main = next((one for one in attributes if one["to_ids"]), attributes[0])
    main["Tag"] = [{"name": name} for name in tags(row)]
    return {
        "name": TEMPLATE,
        "meta-category": "network",
        "description": "An observation",
        "template_uuid": _TEMPLATE_UUID,
        "template_version": _TEMPLATE_VERSION,
        "uuid": _uuid("object", row["id"]),
        "timestamp": stamp,
        "distribution": _DISTRIBUTION,
        "first_seen": row["observed_at"],
        "Attribute": attributes,
    }


def tags(row: Object) -> list[str]:
    """Labels of a row as MISP's taxonomies spell them."""
    found = [f'rsit:{row.get("class", "other")}="{row["type"]}"'] if "type" in row else []
    found += [f"tlp:{row['tlp'].lower()}"] if "tlp" in row else []
    return found + ([f"PAP:{row['pap']}"] if "pap" in row else [])


def _attribute(of: str, relation: str, kind: str, value: Any, stamp: str) -> Object:  # noqa: ANN401 any value of JSON
    return {
        "uuid": _uuid("attribute", of, relation),
        "type": kind,
        "object_relation": relation,
        "category": _CATEGORIES.get(kind, "Network activity"),
        "value": str(value),
        "to_ids": kind in _FOR_DETECTION,
        "timestamp": stamp,
        "distribution": "5",
        "disable_correlation": kind not in _FOR_DETECTION,
    }


def _epoch(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp())


def _uuid(*words: str) -> str:
    return str(uuid.uuid5(NAMESPACE, "\n".join(words)))


def feed_event(batch: str, block: int, source: str, day: str, author: Author) -> tuple[str, Object]:
    """UUID and manifest entry of the event that holds a block of a batch's rows."""
    about = f"{source} {day}, batch {batch}, rows {block * BLOCK + 1} to {(block + 1) * BLOCK}"
    entry = {
        "info": about,
        "date": day,
        "timestamp": _epoch(f"{day}T00:00:00Z"),
        "Tag": [],
        "Orgc": {"name": author.name, "uuid": author.uuid},
        "analysis": "2",
        "threat_level_id": "4",
    }
    return _uuid("event", author.name, batch, str(block)), entry


def feed_head(name: str, entry: Object, author: Author) -> bytes:
    """The beginning of an event's file in a feed, up to where its objects begin."""
    return _head(author, name, entry["info"], entry["date"])


def strictest(rows: pl.DataFrame, label: str) -> str:
    """The strictest TLP label of the rows and `label`; empty where there is none."""
    found = {label, *rows["tlp"].unique().drop_nulls()} - {""}
    return max(found, key=_STRICTER.index, default="")


def event_tags(label: str) -> list[Object]:
    """Tags of an event whose strictest label this is."""
    return [{"name": f"tlp:{label.lower()}"}] if label else []


def tail(label: str) -> bytes:
    """The end of an event: after its objects, the strictest label of them all."""
    return b'\n],"Tag":' + msgspec.json.encode(event_tags(label)) + b"}}\n"


def hashes(row: Object, name: str) -> Iterator[bytes]:
    """Lines of `hashes.csv`: by them a consumer finds a value's event without fetching all."""
    for column, (_, kind) in FIELDS.items():
        if kind in _FOR_DETECTION and column in row:
            digest = hashlib.md5(str(row[column]).encode(), usedforsecurity=False)
            yield f"{digest.hexdigest()},{name}\n".encode()


def events_of(manifest: bytes) -> dict[str, int]:
    """UUIDs of the events that a feed's `manifest.json` names, and when each was last changed.

    Raises:
        ValueError: it is no manifest.
    """
    try:
        told = msgspec.json.decode(manifest, type=dict[str, dict[str, Any]])
        return {
            str(uuid.UUID(name)): int(entry.get("timestamp", 0)) for name, entry in told.items()
        }
    except (msgspec.DecodeError, RecursionError, TypeError, ValueError) as error:
        message = "This is no manifest of a MISP feed."
        raise ValueError(message) from error
