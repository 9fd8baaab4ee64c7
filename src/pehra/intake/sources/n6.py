"""Events of n6 (CERT Polska) as its API and its stream give them: JSON Lines, or a JSON array.

Format: https://n6.readthedocs.io/. A row is an event at one of its addresses, or the event where it
has none. `dport` is the port of a service where the address offers one (`amplifier`, `vulnerable`,
`cnc`), else the other end's; `fqdn` and `url` of bots are what the bot called, not the asset. A
restriction becomes a TLP label; an entry that leaves a list gets the severity `info`.
"""

from __future__ import annotations

from itertools import chain
from typing import Any

from pehra.intake.jsontree import Kind
from pehra.intake.records import EXTRA, Row, events, members, own_plan, parts
from pehra.intake.source import Delivery, Reading, Source
from pehra.intake.taxonomies import severity_of
from pehra.kernel.errors import UnreadableFile
from pehra.kernel.labels import Role

Event = dict[str, Any]

_TYPES: dict[str, str] = {
    "amplifier": "ddos-amplifier",
    "backdoor": "system-compromise",
    "bots": "infected-system",
    "cnc": "c2-server",
    "deface": "application-compromise",
    "dos-attacker": "ddos",
    "dos-victim": "ddos",
    "exposed": "potentially-unwanted-accessible",
    "fraud": "unauthorised-use-of-resources",
    "leak": "data-leak",
    "malurl": "malware-distribution",
    "malware-action": "malware-configuration",
    "phish": "phishing",
    "sandbox-url": "malware-distribution",
    "scam": "masquerade",
    "scanning": "scanner",
    "server-exploit": "exploit",
    "spam": "spam",
    "spam-url": "spam",
    "vulnerable": "vulnerable-system",
    "webinject": "malware-configuration",
}
"""Categories of n6 that RSIT has a type for; the rest is `other`."""

_CALLERS = frozenset(
    {"bots", "dos-attacker", "flow", "flow-anomaly", "malware-action", "scanning"}
    | {"server-exploit", "spam"}
)
"""Categories in which the address did something to another, from a port of no meaning."""

_FAMILIES = frozenset({"bots", "cnc", "malurl", "malware-action", "webinject", "sandbox-url"})
_VICTIMS = frozenset({"dos-victim", "dns-query", "flow", "flow-anomaly", "tor"})
_ENDED = frozenset({"bl-delist", "bl-expire"})
_ROLES = {"sinkhole": "sinkhole", "honeypot": "honeypot", "darknet": "honeypot", "c2": "c2"}
_TLP = {"public": "CLEAR", "need-to-know": "AMBER", "internal": "RED"}
_SAME = {
    "time": "observed_at",
    "until": "until",
    "expires": "expires",
    "count": "count",
    "confidence": "confidence",
    "proto": "protocol",
    "dip": "peer_ip",
    "id": "extra.n6.id",
    "type": "extra.n6.type",
    "source": "extra.feed.code",
    "target": "extra.event_description.target",
    "md5": "extra.malware.hash.md5",
    "sha1": "extra.malware.hash.sha1",
    "sha256": "extra.malware.hash.sha256",
    "x509fp_sha1": "extra.sha1_fingerprint",
    "ip_network": "network",
}
_ADDRESS = {"ip": "ip", "ipv6": "ip", "cc": "country", "asn": "asn"}
_ADDRESS |= {"rdns": "extra.source.reverse_dns"}
_OURS = frozenset(
    {"address", "category", "dport", "fqdn", "name", "origin", "restriction", "sport", "url"}
)
_ASSETLESS = ("extra.malware.hash.md5", "extra.malware.hash.sha1", "extra.malware.hash.sha256")
_PLAN = own_plan("n6", {}, (*_ASSETLESS, "extra.sha1_fingerprint"))


def read(delivery: Delivery) -> Reading:
    """Open a file.

    Raises:
        UnreadableFile: it begins with no JSON object.
    """
    first = next(members(delivery.path), None)
    if first is None or first.kind is Kind.FAULT or isinstance(first.value(), str | int | float):
        message = "The file holds no events of n6."
        raise UnreadableFile(message, mend="It has to be JSON Lines, or an array of objects.")
    return Reading("", None, (), parts(events(delivery.path, _rows), _PLAN, delivery))


def _rows(event: Event) -> list[Row]:
    shared = _shared(event)
    addresses = event.get("address")
    if not isinstance(addresses, list):
        addresses = [addresses]
    known = [one for one in addresses if isinstance(one, dict)]
    return [{**shared, **_address(one)} for one in known] or [shared]


def _address(told: Event) -> Row:
    return {
        _ADDRESS.get(name, f"extra.source.{name}"): value
        for name, value in told.items()
        if name != "dir"
    }


def _shared(event: Event) -> Row:
    category = str(event.get("category", ""))
    kind = _TYPES.get(category, "other")
    origin = str(event.get("origin", ""))
    row: Row = {_SAME.get(k, f"{EXTRA}{k}"): v for k, v in event.items() if k not in _OURS}
    row |= {
        "type": kind,
        "identifier": category,
        "severity": _severity(event, category, kind),
        "tlp": _TLP.get(str(event.get("restriction", ""))),
        "role": _ROLES.get(origin, "report"),
        "extra.origin": event.get("origin"),
    }
    return row | _ends(event, category) | _name(event, category)


def _severity(event: Event, category: str, kind: str) -> str:
    if category in _VICTIMS or event.get("type") in _ENDED:
        return "info"
    return severity_of(kind)


def _ends(event: Event, category: str) -> Row:
    """Ports, names and URL at the end to which they belong."""
    calls = category in _CALLERS or "dip" in event
    row: Row = dict(
        zip(("port", "peer_port"), (event.get("sport"), event.get("dport")), strict=True)
        if calls
        else chain([("port", event.get("dport"))], [("extra.source_port", event.get("sport"))])
    )
    if category == "bots":
        return row | {"peer_host": event.get("fqdn"), "extra.destination.url": event.get("url")}
    return row | {"host": event.get("fqdn"), "url": event.get("url")}


def _name(event: Event, category: str) -> Row:
    """What the event is called: a family of malware, a service, a CVE."""
    name = event.get("name")
    if not isinstance(name, str) or not name.strip():
        return {}
    row: Row = {"identifier": name}
    if category in _FAMILIES:
        row["family"] = name
    return row | ({"cves": name} if "cve-" in name.lower() else {})


SOURCE = Source(
    slug="n6",
    title="Events of n6",
    url="https://n6.readthedocs.io/",
    licence="as agreed with CERT Polska; `restriction` of each event says who may read",
    role=Role.REPORT,
    read=read,
)
