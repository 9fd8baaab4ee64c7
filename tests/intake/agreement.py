"""What tests beside peers share: our rows under the names of the IntelMQ data format."""

from __future__ import annotations

import io
import json
import tarfile
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import zstandard

from pehra.kernel.addresses import unpack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Event = dict[str, Any]
DATA = Path(__file__).resolve().parents[2] / ".." / "shared" / "data"
DOCS = Path(__file__).resolve().parents[2] / "docs"

NAMES = {
    "class": "classification.taxonomy",
    "type": "classification.type",
    "identifier": "classification.identifier",
    "ip": "source.ip",
    "port": "source.port",
    "network": "source.network",
    "asn": "source.asn",
    "country": "source.geolocation.cc",
    "host": "source.fqdn",
    "url": "source.url",
    "peer_ip": "destination.ip",
    "peer_port": "destination.port",
    "peer_host": "destination.fqdn",
    "protocol": "protocol.transport",
    "application": "protocol.application",
    "family": "malware.name",
    "product_vendor": "product.vendor",
    "product_name": "product.name",
    "product_version": "product.version",
    "observed_at": "time.source",
    "cves": "product.vulnerabilities",
    "severity": "severity",
    "count": "extra.count",
    "until": "extra.end_time",
    "tags": "extra.tag",
}
IDF = ("source.", "destination.", "malware.", "event_description.", "status")
"""Keys of our `extra` that are fields of the IntelMQ data format themselves."""
FLAGS = {"N": False, "1": True, "0": False, "Y": True}


def lines(path: Path) -> Iterator[dict[str, Any]]:
    """Records of compressed JSON Lines."""
    packed = path.read_bytes()
    with zstandard.ZstdDecompressor().stream_reader(io.BytesIO(packed)) as stream:
        yield from map(json.loads, io.TextIOWrapper(stream, "utf-8"))


def members(
    path: Path, wanted: Callable[[str], bool] = lambda _: True
) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of the wanted files of a compressed archive, or of the one file."""
    with path.open("rb") as packed, zstandard.ZstdDecompressor().stream_reader(packed) as stream:
        if ".tar." not in path.name:
            yield path.name.removesuffix(".zst"), stream.read()
            return
        with tarfile.open(fileobj=stream, mode="r|") as archive:
            for member in archive:
                file = archive.extractfile(member) if wanted(member.name) else None
                if file is not None:
                    yield member.name, file.read()


def ours(row: dict[str, Any]) -> Event:
    """An accepted row under the names of the IntelMQ data format."""
    event: Event = {}
    for name, value in row.items():
        if value is None or name not in NAMES:
            continue
        if isinstance(value, bytes):
            value = unpack(value)  # noqa: PLW2901 the plain form of the same value
        elif isinstance(value, datetime):
            value = value.isoformat()  # noqa: PLW2901 the plain form of the same value
        elif isinstance(value, list):
            value = ";".join(value)  # noqa: PLW2901 the plain form of the same value
        event[NAMES[name]] = value
    for key, value in json.loads(row["extra"] or "{}").items():
        own = key.startswith(IDF) and not key.endswith((".naics", ".sector"))
        event[key if own else f"extra.{key}"] = value
    return event


def kind(left: Any, right: Any) -> str:  # noqa: ANN401 values of JSON
    """Whether two values agree, differ, or are only ours (left) or theirs (right)."""
    if left is None:
        return "theirs"
    if right is None:
        return "ours"
    same = left == right or str(left).lower() == str(right).lower()
    return "agree" if same or FLAGS.get(str(left), left) == right else "differs"
