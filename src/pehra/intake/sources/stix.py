"""STIX 2.1 bundles: indicators, sightings and observed data; also 2.0, and several in one file.

Format: https://docs.oasis-open.org/cti/stix/v2.1/stix-v2.1.html. A row is an `indicator` (one for
each thing its pattern looks for), a `sighting` of one, or an `observed-data`; the rest of a bundle
only explains these. Read are addresses, networks, names, URLs, AS numbers and hashes of files.
Bundles of our own export come back as they were. Persons, mail and file contents are not read.
"""

from __future__ import annotations

from array import array
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import numpy as np

from pehra.intake.jsontree import Kind, Member, walk
from pehra.intake.records import Found, Row, own_plan, parts, refused, said
from pehra.intake.source import Delivery, Reading, Source
from pehra.intake.stix_patterns import alternatives, end, hashed, placed_address
from pehra.intake.stretches import RECORD_BYTES
from pehra.intake.taxonomies import first_rsit, labels_of, severity_of
from pehra.kernel.errors import UnreadableFile
from pehra.kernel.labels import Role
from pehra.observations.plain import CARRIED
from pehra.observations.stix import EXTENSION, MARKINGS, NOTHING, TLP_1, TLP_EXTENSION

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Object = dict[str, Any]

_OBJECTS, _ARRAYS = frozenset({""}), frozenset({"", "objects"})
_TLP_OF = {marking: label for label, marking in MARKINGS.items()} | TLP_1
_ROWS = ("indicator", "sighting", "observed-data")
_INSTEAD = tuple(f"extra.malware.hash.{name}" for name in ("md5", "sha1", "sha256", "sha512"))
_PLAN = own_plan("stix", {"role": "blocklist"}, ("asn", *_INSTEAD))
_REFS = 100
"""Of an object at most so many others are looked at."""


def read(delivery: Delivery) -> Reading:
    """Open a file.

    Raises:
        UnreadableFile: it is not JSON, or holds no object of STIX.
    """
    index = _Index(delivery.path)
    if not index.size:
        message = "The file holds no STIX objects."
        raise UnreadableFile(message, mend="It has to be a STIX 2.1 bundle in JSON.")
    return Reading("", None, (), parts(_found(delivery.path, index), _PLAN, delivery))


def _members(path: Path) -> Iterator[Member]:
    """Objects of the bundles, and what cannot be read."""
    for member in walk(path, _OBJECTS, _ARRAYS):
        if member.kind is Kind.FAULT or (member.kind is Kind.VALUE and member.name == "objects"):
            yield member


class _Index:
    """Where each object of a file stands, by its identifier: 24 bytes an object."""

    def __init__(self, path: Path) -> None:
        self.path = path
        keys, begins, ends = array("Q"), array("q"), array("q")
        for member in _members(path):
            found = member.record() if member.kind is Kind.VALUE else ""
            if isinstance(found, dict) and isinstance(found.get("id"), str):
                keys.append(_key(found["id"]))
                begins.append(member.begin)
                ends.append(member.end)
        order = np.argsort(np.array(keys, dtype=np.uint64), kind="stable")
        self.size = len(order)
        self.keys = np.array(keys, dtype=np.uint64)[order]
        self.begins = np.array(begins, dtype=np.int64)[order]
        self.ends = np.array(ends, dtype=np.int64)[order]

    def get(self, name: object) -> Object:
        """The object of an identifier; empty where the file has none."""
        if not isinstance(name, str):
            return {}
        key = np.uint64(_key(name))
        at = int(np.searchsorted(self.keys, key))
        if at == self.size or self.keys[at] != key:
            return {}
        begin, end_ = int(self.begins[at]), int(self.ends[at])
        with self.path.open("rb") as stream:
            stream.seek(begin)
            data = stream.read(min(end_ - begin, RECORD_BYTES))
        found = Member(Kind.VALUE, "", begin, end_, 0, data).record()
        return found if isinstance(found, dict) and found.get("id") == name else {}


def _key(name: str) -> int:
    return int.from_bytes(blake2b(name.encode(errors="replace"), digest_size=8).digest(), "big")


def _found(path: Path, index: _Index) -> Iterator[Found]:
    for member in _members(path):
        record = member.record()
        if isinstance(record, str):
            yield refused(member, "json", record)
            continue
        kind = record.get("type")
        if kind not in _ROWS:
            continue
        try:
            yield said(member, _rows(str(kind), record, index))
        except ValueError as error:
            yield refused(member, "missing", str(error))


def _rows(kind: str, record: Object, index: _Index) -> list[Row]:
    """The rows of one object; raises `ValueError`, in words, where it says nothing to be kept."""
    if kind == "indicator":
        rows = _indicated(record)
        times = {"observed_at": record.get("valid_from") or record.get("created")}
        times["expires"] = record.get("valid_until")
    elif kind == "sighting":
        rows, times = _sighted(record, index)
    else:
        rows = _observed(record, index)
        times = {"observed_at": record.get("first_observed"), "until": _end_of(record)}
    named = {name: value for name, value in times.items() if isinstance(value, str)}
    own = _own(record) if kind == "observed-data" else {}
    common = _common(record, index)
    guessed = {} if own else {"severity": "low", **_guessed(common)}
    return [{**guessed, **common, **named, **row, **own} for row in rows]


def _end_of(record: Object) -> object:
    """The last moment of a time, where it is more than one moment."""
    first = record.get("first_observed") or record.get("first_seen")
    last = record.get("last_observed") or record.get("last_seen")
    return last if last != first else None


def _indicated(record: Object) -> list[Row]:
    if record.get("pattern_type", "stix") != "stix":
        message = f"a pattern of the type `{record['pattern_type']}` is not read"
        raise ValueError(message)
    pattern = record.get("pattern")
    found = alternatives(pattern) if isinstance(pattern, str) else []
    if not found:
        message = "the pattern names no address, network, name, URL or hash exactly"
        raise ValueError(message)
    return [dict(one) for one in found]


def _sighted(record: Object, index: _Index) -> tuple[list[Row], dict[str, object]]:
    """What a sighting is of: its indicator's things, else what was observed."""
    rows: list[Row] = []
    seen = index.get(record.get("sighting_of_ref"))
    if seen.get("type") == "indicator":
        common = _common(seen, index)
        rows = [{**_guessed(common), **common, **row} for row in _indicated(seen)]
    for name in _references(record, "observed_data_refs"):
        rows = rows or _observed(index.get(name), index)
    if not rows:
        message = "what was sighted is not in the file, or names nothing that is kept"
        raise ValueError(message)
    first = record.get("first_seen") or record.get("last_seen") or record.get("created")
    count = record.get("count")
    counted = {"count": count} if isinstance(count, int) and count > 1 else {}
    return [{**row, **counted} for row in rows], {"observed_at": first, "until": _end_of(record)}


def _observed(record: Object, index: _Index) -> list[Row]:
    """One row of the things that were observed together, or one for each address."""
    rows = _assets([part for part in _parts_of(record, index) if part])
    if not rows and not _own(record):
        message = "what was observed names no address, network, name, URL or hash"
        raise ValueError(message)
    seen = record.get("number_observed")
    counted = {"count": seen} if isinstance(seen, int) and seen > 1 else {}
    return [{**counted, **row} for row in rows or [{}]]


def _own(record: Object) -> Row:
    """Columns of our own extension; what is `extra` there is dotted here."""
    extensions = record.get("extensions")
    told = extensions.get(EXTENSION) if isinstance(extensions, dict) else None
    if not isinstance(told, dict):
        return {}
    own: Row = {name: told[name] for name in CARRIED if name in told and name != "extra"}
    for name in ("cves", "tags"):
        if isinstance(own.get(name), list):
            own[name] = ";".join(map(str, own[name]))
    if isinstance(told.get("extra"), dict):
        own["extra"] = told["extra"]
    if isinstance(told.get("source"), str):
        own["extra.feed.code"] = told["source"]
    return own


def _parts_of(record: Object, index: _Index) -> Iterator[Object]:
    """Observables of an `observed-data`; a reference among them is the observable itself."""
    inside = record.get("objects")
    if isinstance(inside, dict):  # STIX 2.0: by number, inside
        for part in list(inside.values())[:_REFS]:
            yield _resolved(part, lambda name: inside.get(name) if isinstance(name, str) else None)
    for name in _references(record, "object_refs"):
        yield _resolved(index.get(name), index.get)


def _resolved(part: Any, get: Any) -> Object:  # noqa: ANN401 any value of JSON, any look-up
    if not isinstance(part, dict):
        return {}
    ends = {name: get(part[name]) for name in ("src_ref", "dst_ref") if name in part}
    return {**part, **{name: one if isinstance(one, dict) else {} for name, one in ends.items()}}


def _references(record: Object, name: str) -> list[str]:
    refs = record.get(name)
    return [ref for ref in refs[:_REFS] if isinstance(ref, str)] if isinstance(refs, list) else []


def _assets(found: list[Object]) -> list[Row]:
    """Rows: an address each, with the name, URL and traffic that was seen with it."""
    shared: Row = {}
    peers: set[str] = set()
    for part in found:
        if part.get("type") == "network-traffic":
            shared |= _traffic(part)
            peers.add(str(part.get("dst_ref", {}).get("value")) if part.get("src_ref") else "")
    addresses: list[str] = []
    for part in found:
        told = _told(part, peers)
        address = told.pop("ip", None)
        addresses += [address] if address else []
        for name, value in told.items():
            shared.setdefault(name, value)
    if not addresses:
        return [shared] if shared.keys() - {"port", "protocol", "peer_ip", "peer_port"} else []
    return [{**shared, "ip": address} for address in dict.fromkeys(addresses)]


def _told(part: Object, peers: set[str]) -> Row:
    """What one observable says of the asset."""
    value = part.get("value")
    kind = part.get("type")
    if kind == "file" and isinstance(part.get("hashes"), dict):
        sums = part["hashes"].items()
        return {k: v for name, text in sums for k, v in hashed(name, str(text)).items()}
    if kind == "autonomous-system":
        return {"asn": part.get("number")}
    if not isinstance(value, str) or value in peers or value == NOTHING:
        return {}
    if kind in {"ipv4-addr", "ipv6-addr"}:
        return placed_address(value)
    return {"domain-name": {"host": value}, "url": {"url": value}}.get(str(kind), {})


def _traffic(part: Object) -> Row:
    """Ports, protocol and peer: the asset is the source; the destination where there is none."""
    ours, theirs = ("src", "dst") if part.get("src_ref") else ("dst", "src")
    words = part.get("protocols")
    last = [word for word in words if isinstance(word, str)] if isinstance(words, list) else []
    peer = part.get(f"{theirs}_ref") or {}
    value = peer.get("value")
    told: Row = {"port": part.get(f"{ours}_port"), "peer_port": part.get(f"{theirs}_port")}
    if isinstance(value, str):
        told |= {f"peer_{name}": one for name, one in end(value).items() if name != "network"}
    if last and last[-1] not in {"ip", "ipv4", "ipv6"}:
        told["protocol"] = last[-1]
    return {name: one for name, one in told.items() if one is not None}


def _common(record: Object, index: _Index) -> Row:
    """What every kind of object can say: labels, markings, confidence, a name."""
    words = [word for name in ("labels", "indicator_types") for word in _references(record, name)]
    kind = first_rsit(words)
    row: Row = {"type": kind} if kind else {}
    row |= labels_of(words)
    for marking in _references(record, "object_marking_refs"):
        tlp = _TLP_OF.get(marking) or _marked(index.get(marking))
        row |= {"tlp": tlp} if tlp else {}
    for name in ("confidence", "name"):
        if isinstance(record.get(name), str | int):
            row[name if name == "confidence" else "extra.event_description.text"] = record[name]
    return row


def _guessed(common: Row) -> Row:
    """Identifier and severity that follow from the type."""
    kind = common.get("type")
    return {"identifier": kind, "severity": severity_of(kind)} if kind else {}


def _marked(marking: Object) -> str:
    """The TLP label of a marking definition that is not one of the published."""
    definition = marking.get("definition")
    extensions = marking.get("extensions")
    level = extensions.get(TLP_EXTENSION) if isinstance(extensions, dict) else None
    if isinstance(definition, dict) and isinstance(definition.get("tlp"), str):
        return str(definition["tlp"])
    return str(level.get("tlp_2_0", "")) if isinstance(level, dict) else ""


SOURCE = Source(
    slug="stix",
    title="STIX 2.1 bundles",
    url="https://docs.oasis-open.org/cti/stix/v2.1/stix-v2.1.html",
    licence="as agreed with whoever sent the file; markings say who may read",
    role=Role.BLOCKLIST,
    read=read,
)
