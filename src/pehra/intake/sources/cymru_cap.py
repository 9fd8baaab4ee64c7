"""Team Cymru CSIRT Assistance Program: a day's reports about a CSIRT's own networks.

Format: https://www.team-cymru.com/csirt-assistance-program and the files' own comments, which begin
with `#`: category, address, ASN, time (UTC), optional information, name of the AS, between bars.
The information is `name: value;` pairs since 2019, words (`srcport 1337 mwtype Conficker`) before.
A row is a line, however many ports it lists. Files of several reports (`certname_20190327.txt`) and
of one (`infected_20171031.txt`) are read alike. The samples are written from these comments.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from pehra.intake.records import EXTRA, Row, newest, own_plan, parts
from pehra.intake.source import ANY_OF_KIND, Covers, Delivery, Reading, Source
from pehra.intake.taxonomies import severity_of
from pehra.intake.textlines import lines, records
from pehra.kernel.errors import UnreadableFile
from pehra.kernel.labels import Role

if TYPE_CHECKING:
    from collections.abc import Callable

_FIELDS = 6
_COMMENT = "#"

_CATEGORIES: dict[str, tuple[str, str, str]] = {
    "bot": ("infected-system", "infected-system", "sinkhole"),
    "bots": ("infected-system", "infected-system", "sinkhole"),
    "bruteforce": ("brute-force", "brute-force", "honeypot"),
    "controller": ("c2-server", "c2-server", "c2"),
    "darknet": ("scanner", "darknet", "honeypot"),
    "dnschanger": ("infected-system", "dnschanger", "sinkhole"),
    "honeypot": ("scanner", "honeypot", "honeypot"),
    "openresolvers": ("vulnerable-system", "dns-open-resolver", "scan"),
    "phishing": ("phishing", "phishing", "report"),
    "proxy": ("other", "open-proxy", "scan"),
    "router": ("system-compromise", "compromised-router", "report"),
    "scanner": ("scanner", "scanner", "honeypot"),
    "spam": ("spam", "spam", "report"),
}
"""Type of RSIT, identifier and role of a category."""

_SAME = {
    "dest_addr": "peer_ip",
    "destaddr": "peer_ip",
    "dstaddr": "peer_ip",
    "dest_port": "peer_port",
    "destination_port_numbers": "peer_port",
    "darknet_port": "peer_port",
    "honeypot_port": "peer_port",
    "ports_scanned": "peer_port",
    "port": "port",
    "srcport": "port",
    "family": "family",
    "mwtype": "family",
    "hostname": "host",
    "url": "url",
    "protocol": "protocol",
}
_PROTOCOLS = {"1": "icmp", "6": "tcp", "17": "udp", "47": "gre", "58": "icmp6", "132": "sctp"}
_PAIR = re.compile(r"^\s*([a-z_]+)\s*:\s*(.*)$")
_GLUED = re.compile(r"(?<=[a-z])port:\s*\d+$")
_WORDS = re.compile(r"\b(srcport|mwtype|destaddr|dstaddr)\s+(\S+)")
_PROXY = re.compile(r"^([a-z0-9]+)-(\d{1,5})$")
_PLAN = own_plan("cymru_cap", {})


def read(delivery: Delivery) -> Reading:
    """Open a file.

    Raises:
        UnreadableFile: no line of it has six fields between bars.
    """
    if not any(line.text and line.text.count("|") >= _FIELDS - 1 for line in lines(delivery.path)):
        message = "The file holds no report of Team Cymru's CSIRT Assistance Program."
        raise UnreadableFile(message, mend="Its lines have six fields between bars.")
    day, told = newest(parts(records(delivery.path, _COMMENT, _row, "|"), _PLAN, delivery))
    identifiers = {identifier for _, identifier, _ in _CATEGORIES.values()}
    return Reading("", day, (*sorted(identifiers), ANY_OF_KIND), told)


def _row(fields: list[str]) -> Row:
    if len(fields) < _FIELDS:
        message = f"has {len(fields)} fields instead of {_FIELDS}"
        raise ValueError(message)
    category, ip, asn, seen, *told, name = fields
    kind, identifier, role = _CATEGORIES.get(category.lower(), ("undetermined", category, "report"))
    row: Row = {
        "ip": ip,
        "asn": asn,
        "observed_at": seen,
        "role": role,
        "type": kind,
        "identifier": identifier,
        "severity": severity_of(kind),
        **_named(name),
    }
    for one in _information(category.lower(), "|".join(told)):
        row |= one
    if "family" in row:
        row["identifier"] = row["family"]
    return row


def _named(name: str) -> Row:
    """`Example AS, PK`: the name of the AS, and since 2019 where it is."""
    title, comma, country = name.rpartition(", ")
    if comma and re.fullmatch(r"[A-Z]{2}", country):
        return {"extra.source.as_name": title, "country": country}
    return {"extra.source.as_name": name}


def _information(category: str, text: str) -> list[Row]:
    """What the field of optional information says."""
    if not text.strip(" ;"):
        return []
    if category in _BARE and not _PAIR.match(text.replace("://", "")):
        return [_BARE[category](text.strip(" ;"))]
    if words := _WORDS.findall(text):
        return [_pair(name, value) for name, value in words]
    found = [_pair(*pair.groups()) for one in _split(text) if (pair := _PAIR.match(one))]
    return found or [{"extra.information": text.strip(" ;")}]


def _split(text: str) -> list[str]:
    """Pairs; a port that is glued to a name (`example.comport: 80`) is cut off."""
    found: list[str] = []
    for one in text.split(";"):
        glued = _GLUED.search(one)
        found += [one[: glued.start()], one[glued.start() :]] if glued else [one]
    return found


def _pair(name: str, value: str) -> Row:
    value = value.strip()
    if name == "proxy_type":
        return _proxy(value)
    if name == "protocol":
        return {"protocol": _PROTOCOLS.get(value, value)}
    if name in {"family", "mwtype"}:
        return {"family": value.lower()} if value else {}
    column = _SAME.get(name, f"{EXTRA}{name}")
    if column == "peer_port" and not value.isdigit():  # several ports: no one is the other end's
        return {"extra.destination_ports": value}
    return {column: value}


def _proxy(text: str) -> Row:
    if found := _PROXY.match(text.lower()):
        return {"application": found[1], "port": found[2]}
    return {"application": text.lower()} if re.fullmatch(r"\w+", text) else {"extra.request": text}


def _attacked(text: str) -> Row:
    return {"identifier": text.lower(), "application": text.lower()}


def _page(text: str) -> Row:
    return {"url": text}


_BARE: dict[str, Callable[[str], Row]] = {
    "bruteforce": _attacked,
    "phishing": _page,
    "proxy": _proxy,
}
"""Categories whose information may be one value without a name."""

SOURCE = Source(
    slug="cymru-cap",
    title="Team Cymru, CSIRT Assistance Program",
    url="https://www.team-cymru.com/csirt-assistance-program",
    licence="free for the CSIRT's own constituency; not to be passed on outside it",
    role=Role.REPORT,
    read=read,
    every=timedelta(days=1),
    covers=Covers.CONSTITUENCY,
)
