"""Observations as a STIX 2.1 bundle (OASIS, 2021-06-10): one `observed-data` a row, and its parts.

What STIX has words for is said in them: addresses, names, URLs, AS numbers and traffic as
cyber-observables with the identifiers of section 2.9, times, counts, confidence, TLP 2.0 markings
as OASIS publishes them, and RSIT and PAP as labels. The other columns stand in a property extension
(section 7.3) under `EXTENSION`. Identifiers are UUIDs of version 5: the same rows give the same
bundle.
"""

from __future__ import annotations

import ipaddress
import uuid
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import msgspec

from pehra.kernel.labels import Tlp
from pehra.observations.plain import CARRIED, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import polars as pl

Object = dict[str, Any]

NAMESPACE = uuid.UUID("6f4b8f0e-3f0a-5d51-9a5c-7a0f6c1d2b3e")
"""Of everything here that is no cyber-observable."""

OBSERVABLES = uuid.UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")
"""Of cyber-observables (STIX 2.1, section 2.9)."""

EXTENSION = f"extension-definition--{uuid.uuid5(NAMESPACE, 'observation')}"
TLP_EXTENSION = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"

MARKINGS: dict[str, str] = {
    Tlp.CLEAR: "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
    Tlp.GREEN: "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
    Tlp.AMBER: "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
    Tlp.AMBER_STRICT: "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
    Tlp.RED: "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
}
"""TLP 2.0 (OASIS TLP 2.0 extension)."""

TLP_1: dict[str, str] = {
    "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9": Tlp.CLEAR,
    "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da": Tlp.GREEN,
    "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82": Tlp.AMBER,
    "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed": Tlp.RED,
}
"""TLP 1 (STIX 2.1, section 7.2.1.4), for reading."""

NOTHING = "about:blank"
"""An observable for rows that name none: an `observed-data` must refer to one."""

_MADE = "2026-11-22T00:00:00.000Z"
_MOST = 999_999_999
"""The greatest `number_observed`."""

_REMEMBERED = 50_000
"""Parts that were written lately are not written again; the bundle would stay right."""


def bundle(chunks: Iterable[pl.DataFrame], *, name: str, about: str) -> Iterator[bytes]:
    """A whole bundle, piece by piece; memory does not grow with it.

    Args:
        chunks: rows of `schema.OBSERVATION`.
        name: of the organisation that writes it.
        about: what it holds, in words; the same words give the bundle the same id.
    """
    author = f"identity--{_uuid('identity', name)}"
    head = {"type": "bundle", "id": f"bundle--{_uuid('bundle', name, about)}"}
    yield msgspec.json.encode(head)[:-1] + b',"objects":[\n'
    yield b",\n".join(map(msgspec.json.encode, _preamble(author, name)))
    lately: OrderedDict[str, None] = OrderedDict()
    for chunk in chunks:
        for row in plain(chunk):
            for one in _objects(row, author):
                if one["id"] not in lately:
                    yield b",\n" + msgspec.json.encode(one)
                lately[one["id"]] = None
                if len(lately) > _REMEMBERED:
                    lately.popitem(last=False)
    yield b"\n]}\n"


def _uuid(*words: str) -> uuid.UUID:
    return uuid.uuid5(NAMESPACE, "\n".join(words))


def _preamble(author: str, name: str) -> Iterator[Object]:
    """Who writes, the extension, and the markings."""
    common = {"spec_version": "2.1", "created": _MADE}
    yield {
        "type": "identity",
        **common,
        "id": author,
        "modified": _MADE,
        "name": name,
        "identity_class": "organization",
    }
    yield {
        "type": "extension-definition",
        **common,
        "id": EXTENSION,
        "modified": _MADE,
        "created_by_ref": author,
        "name": "Observation",
        "description": "Columns of an observation that STIX has no property for.",
        "schema": f"An object with any of: {', '.join(CARRIED)}.",
        "version": "1.0",
        "extension_types": ["property-extension"],
    }
    for label, marking in MARKINGS.items():
        level = {"extension_type": "property-extension", "tlp_2_0": label.lower()}
        yield {
            "type": "marking-definition",
            **common,
            "id": marking,
            "name": f"TLP:{label}",
            "extensions": {TLP_EXTENSION: level},
        }


def _objects(row: Object, author: str) -> Iterator[Object]:
    """The observables of a row, then the `observed-data` that names them."""
    rest = {name: row[name] for name in CARRIED if name in row}
    parts = _observables(rest)
    yield from parts
    made = f"{row['received_at'][:19]}.000Z"
    data: Object = {
        "type": "observed-data",
        "spec_version": "2.1",
        "id": f"observed-data--{_uuid('observation', row['id'])}",
        "created_by_ref": author,
        "created": made,
        "modified": made,
        **_times(rest),
        "number_observed": _count(rest),
        "object_refs": list(dict.fromkeys(part["id"] for part in parts)),
        "labels": _labels(rest),
    }
    if "confidence" in rest:
        data["confidence"] = rest.pop("confidence")
    if "tlp" in rest:
        data["object_marking_refs"] = [MARKINGS[rest.pop("tlp")]]
    rest["source"] = row["source"]
    data["extensions"] = {EXTENSION: {"extension_type": "property-extension", **rest}}
    yield data


def _times(rest: Object) -> Object:
    first = last = rest.pop("observed_at")
    if _later(rest.get("until", ""), first):
        last = rest.pop("until")
    return {"first_observed": first, "last_observed": last}


def _later(one: str, other: str) -> bool:
    """Whether one moment is after the other, however many digits their seconds have."""
    return one[:-1].ljust(27, ".") > other[:-1].ljust(27, ".")


def _count(rest: Object) -> int:
    seen: int = rest.get("count", 0)
    if not seen:
        return 1
    if seen <= _MOST and seen > 1:
        del rest["count"]
    return min(seen, _MOST)


def _labels(rest: Object) -> list[str]:
    found = []
    if "type" in rest:
        found.append(f'rsit:{rest.pop("class", "other")}="{rest.pop("type")}"')
    if "pap" in rest:
        found.append(f"pap:{rest.pop('pap').lower()}")
    return found


def _observables(rest: Object) -> list[Object]:
    """Cyber-observables of a row; columns that they say whole leave `rest`."""
    parts: list[Object] = []
    asset = None
    if "ip" in rest:
        asset = _address(rest.pop("ip"))
        parts.append(asset)
    if "host" in rest:
        parts.append(_observable("domain-name", value=rest.pop("host")))
        asset = asset or parts[-1]
    if "url" in rest:
        parts.append(_observable("url", value=rest.pop("url")))
    if _is_canonical(rest.get("network", "")):
        parts.append(_address(rest.pop("network")))
    if "asn" in rest:
        parts.append(_observable("autonomous-system", number=rest.pop("asn")))
    if asset is not None and rest.keys() & {"port", "protocol", "peer_ip", "peer_host"}:
        parts += _traffic(rest, asset, {part["id"] for part in parts})
    return parts or [_observable("url", value=NOTHING)]


def _is_canonical(network: str) -> bool:
    """Whether the prefix is of several addresses and spelled in the one usual way."""
    try:
        read = ipaddress.ip_network(network)
    except ValueError:
        return False
    return read.num_addresses > 1 and str(read) == network


def _traffic(rest: Object, asset: Object, said_before: set[str]) -> list[Object]:
    """The asset at one end, with the port that the row gives it, the peer at the other."""
    peer = None
    if "peer_ip" in rest:
        peer = _address(rest["peer_ip"])
    elif "peer_host" in rest:
        peer = _observable("domain-name", value=rest["peer_host"])
    if peer and peer["id"] in said_before:
        peer = None
    said: Object = {"src_ref": asset["id"]}
    if peer:
        said["dst_ref"] = peer["id"]
        rest.pop("peer_ip" if "peer_ip" in rest else "peer_host")
        if "peer_port" in rest:
            said["dst_port"] = rest.pop("peer_port")
    if "port" in rest:
        said["src_port"] = rest.pop("port")
    family = {"ipv4-addr": "ipv4", "ipv6-addr": "ipv6"}.get(asset["type"], "ip")
    said["protocols"] = [family, *([rest.pop("protocol")] if "protocol" in rest else [])]
    return [*([peer] if peer else []), _observable("network-traffic", **said)]


def _address(text: str) -> Object:
    return _observable("ipv6-addr" if ":" in text else "ipv4-addr", value=text)


def _observable(kind: str, **said: Any) -> Object:  # noqa: ANN401 any value of JSON
    """An observable; all that it says goes into its identifier."""
    canonical = msgspec.json.encode(said, order="sorted").decode()
    return {
        "type": kind,
        "spec_version": "2.1",
        "id": f"{kind}--{uuid.uuid5(OBSERVABLES, canonical)}",
        **said,
    }
