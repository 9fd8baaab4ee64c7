"""Observations as XARF version 4 reports (https://xarf.org/), one a row.

XARF describes a case of abuse to whoever can end it. The class of RSIT chooses its category and
type; where the schema of that type asks for what a row does not have, `reputation` is used, which
asks for nothing but the kind of threat. Columns without a property stand in the property `OWN`,
which the schema allows. Report ids are UUIDs of version 5. No evidence is attached: content is not
kept.
"""

from __future__ import annotations

import ipaddress
import re
import uuid
from typing import TYPE_CHECKING, Any

import msgspec

from pehra.observations.plain import CARRIED, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import polars as pl

Report = dict[str, Any]

VERSION = "4.2.0"
NAMESPACE = uuid.UUID("b1f7b0a4-55c9-5d7e-9f43-8e4c0a6d2b7f")
OWN = "observation"
"""The property with the columns that XARF has none for; one that is null there has no value."""

NATIVE = frozenset(
    {"observed_at", "ip", "port", "protocol", "host", "url", "peer_ip", "peer_port"}
    | {"confidence", "family"}
)
"""Columns that a report's own properties can say; `OWN` says all others."""

TYPES: dict[str, tuple[str, str]] = {
    "brute-force": ("connection", "login_attack"),
    "c2-server": ("infrastructure", "botnet"),
    "ddos": ("connection", "ddos"),
    "exploit": ("connection", "vulnerability_scan"),
    "infected-system": ("connection", "infected_host"),
    "copyright": ("copyright", "copyright"),
    "malware-distribution": ("content", "malware"),
    "phishing": ("content", "phishing"),
    "scanner": ("connection", "port_scan"),
    "spam": ("messaging", "spam"),
}
"""Category and type of a type of RSIT; the rest is `vulnerability` by its class, or reputation."""

IN_GENERAL = {"category": "reputation", "type": "threat_intelligence"}
"""What a report is whose own type XARF does not have, or asks for what the row does not say."""

_FROM_A_PORT = frozenset({"ddos", "login_attack", "port_scan"})
"""Types that ask for the port of the source, where that is an address."""

_TRANSPORT = {"infected_host": ("tcp", "udp"), "vulnerability_scan": ("tcp", "udp", "icmp")}
_ANY_TRANSPORT = ("tcp", "udp", "icmp", "sctp")
_URL = re.compile(r"^[A-Za-z][A-Za-z0-9+.\-]*://[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%\-]+$")
"""RFC 3986, which the schema asks for; names in other scripts stay in `OWN`."""
_TAG = re.compile(r"^[a-z0-9][a-z0-9_+-]*$")


class Reporter(msgspec.Struct, frozen=True):
    """Who reports: XARF asks for all three.

    Attributes:
        org: name, at most 200 characters.
        contact: mail address.
        domain: by which the organisation can be verified.
    """

    org: str
    contact: str
    domain: str


def reports(rows: pl.DataFrame, reporter: Reporter) -> Iterator[Report]:
    """One report a row."""
    for row in plain(rows):
        yield report(row, reporter)


def report(row: Report, reporter: Reporter) -> Report:
    """A row of `plain` as a report."""
    rest = {name: row[name] for name in CARRIED if name in row}
    who = msgspec.to_builtins(reporter)
    told: Report = {
        "xarf_version": VERSION,
        "report_id": str(uuid.uuid5(NAMESPACE, row["id"])),
        "timestamp": rest.pop("observed_at"),
        "reporter": who,
        "sender": who,
        "source_identifier": _identifier(rest),
    }
    told |= _categorised(rest, told)
    if rest.get("port"):
        told["service_port" if "service" in told else "source_port"] = rest.pop("port")
    if "confidence" in rest:
        told["confidence"] = rest.pop("confidence") / 100
    words = (f"rsit:{row.get('type', '')}", f"tlp:{row.get('tlp', '').lower()}")
    tags = [word for word in words if _TAG.match(word.partition(":")[2])]
    if tags:
        told["tags"] = tags
    rest["source"] = row["source"]
    told[OWN] = rest
    return told


def _identifier(rest: Report) -> str:
    """What the report is about; the column leaves `rest`, since it is read back from here."""
    for name in ("ip", "host", "network"):
        if name in rest:
            return str(rest[name]) if name == "network" else str(rest.pop(name))
    return str(rest.get("url", "unknown"))


def _categorised(rest: Report, told: Report) -> Report:
    """Category, type and what its schema asks for."""
    kind = rest.get("type", "undetermined")
    if rest.get("role") == "blocklist":
        return {"category": "reputation", "type": "blocklist", "threat_type": kind}
    if rest.get("class") == "vulnerable":
        return _exposed(rest)
    category, name = TYPES.get(kind, ("", ""))
    lacks_port = name in _FROM_A_PORT and not rest.get("port") and _is_address(told)
    details = _DETAILS[category](rest, name) if category and not lacks_port else None
    if details is None:
        return {**IN_GENERAL, "threat_type": kind}
    if category == "connection":
        details["first_seen"] = told["timestamp"]
    return {"category": category, "type": name, **details}


def _is_address(told: Report) -> bool:
    try:
        ipaddress.ip_address(told["source_identifier"])
    except ValueError:
        return False
    return True


def _exposed(rest: Report) -> Report:
    """A service that others can reach; the schema asks for its name."""
    service = str(rest.setdefault("application", None) or rest.get("identifier", "unknown"))
    if rest.get("cves") and rest.get("port"):
        named = {"service": service, "cve_id": rest["cves"][0]}
        return {"category": "vulnerability", "type": "cve", **named}
    return {"category": "vulnerability", "type": "open_service", "service": service}


def _connection(rest: Report, name: str) -> Report:
    """The other end, and how; the schema knows few protocols and asks for one."""
    told: Report = {"protocol": "tcp"}
    if rest.setdefault("protocol", None) in _TRANSPORT.get(name, _ANY_TRANSPORT):
        told["protocol"] = rest.pop("protocol")
    if "peer_ip" in rest:
        told["destination_ip"] = rest.pop("peer_ip")
    if rest.get("peer_port"):
        told["destination_port"] = rest.pop("peer_port")
    if name == "infected_host":
        told["bot_type"] = "malicious"
        if "family" in rest:
            told["malware_family"] = rest.pop("family")
    return told | ({"scan_type": "mixed"} if name == "vulnerability_scan" else {})


def _content(rest: Report, name: str) -> Report | None:
    """A resource with an address of its own; the schema asks for its URL."""
    if not _URL.match(rest.get("url", "")):
        return None
    return {"infringing_url" if name == "copyright" else "url": rest.pop("url")}


def _spam(rest: Report, _name: str) -> Report:
    """Not `smtp`: the schema would ask for the sender's address, a person's, which is not kept."""
    rest.setdefault("protocol", None)
    return {"protocol": "other"}


def _control_server(rest: Report, _name: str) -> Report:
    return {"compromise_evidence": f"reported as {rest.get('identifier', 'a control server')}"}


_DETAILS: dict[str, Callable[[Report, str], Report | None]] = {
    "connection": _connection,
    "content": _content,
    "copyright": _content,
    "infrastructure": _control_server,
    "messaging": _spam,
}
