"""XARF reports, decoded, as rows: version 4 (2024) and the JSON of versions 1 to 3 (Abusix).

Formats: https://xarf.org/ and https://github.com/abusix/xarf. A report is about one source of
abuse: an address, a name or a URL. Evidence, samples, mail and persons are content and left out.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Any

from pehra.intake.records import EXTRA, Row
from pehra.intake.taxonomies import rsit_of, severity_of
from pehra.observations.plain import CARRIED
from pehra.observations.xarf import NATIVE, OWN, TYPES

Report = dict[str, Any]

_OF_4 = {one: kind for kind, one in TYPES.items()} | {
    ("connection", "reconnaissance"): "scanner",
    ("connection", "scraping"): "other",
    ("connection", "sql_injection"): "exploit",
    ("content", "brand_infringement"): "masquerade",
    ("content", "csam"): "violence",
    ("content", "csem"): "violence",
    ("content", "exposed_data"): "data-leak",
    ("content", "fraud"): "masquerade",
    ("content", "remote_compromise"): "application-compromise",
    ("content", "suspicious_registration"): "masquerade",
    ("infrastructure", "compromised_server"): "system-compromise",
    ("messaging", "bulk_messaging"): "spam",
    ("reputation", "blocklist"): "undetermined",
    ("reputation", "threat_intelligence"): "undetermined",
    ("vulnerability", "cve"): "vulnerable-system",
    ("vulnerability", "misconfiguration"): "misconfiguration",
    ("vulnerability", "open_service"): "potentially-unwanted-accessible",
}
_SAME_4 = {
    "timestamp": "observed_at",
    "destination_ip": "peer_ip",
    "destination_port": "peer_port",
    "c2_server": "peer_host",
    "protocol": "protocol",
    "service": "application",
    "service_version": "product_version",
    "malware_family": "family",
    "url": "url",
    "infringing_url": "url",
    "domain": "host",
    "last_seen": "until",
    "severity": "severity",
    "risk_level": "severity",
    "description": "extra.event_description.text",
    "target_brand": "extra.event_description.target",
}
_OURS_4 = frozenset(
    {OWN, "xarf_version", "reporter", "sender", "source_identifier", "source_port", "port"}
    | {"service_port", "category", "type", "confidence", "tags", "cve_id", "vulnerability_cve"}
    | {"vulnerabilities_probed", "evidence_source", "threat_type", "first_seen", "file_hash"}
)
_ROLES = {"honeypot": "honeypot", "spamtrap": "honeypot", "sinkhole": "sinkhole"}
_RATED = {"info", "low", "medium", "high", "critical"}
_HASH = re.compile(r"^(md5|sha1|sha256|sha512):([0-9a-fA-F]+)$")

_SAME_3 = {
    "Date": "observed_at",
    "SourceIp": "ip",
    "SourcePort": "port",
    "SourceUrl": "url",
    "Url": "url",
    "RpzDomain": "peer_host",
    "DestinationIp": "peer_ip",
    "DestinationPort": "peer_port",
    "Protocol": "protocol",
    "ServiceName": "application",
    "MalwareName": "family",
    "BotnetName": "family",
    "CVE": "cves",
    "ReporterSeverity": "severity",
    "ReporterCaseID": "extra.rtir_id",
    "FileHash": "extra.malware.hash",
    "IP": "ip",
    "Port": "port",
    "URL": "url",
    "DestinationIP": "peer_ip",
    "MalwareFamily": "family",
    "C2Server": "peer_host",
    "LastSeen": "until",
    "TargetBrand": "extra.event_description.target",
}
_TYPES_3 = {
    "botnet": "infected-system",
    "childabuse": "violence",
    "copyright": "copyright",
    "csam": "violence",
    "dos": "ddos",
    "harassment": "harmful-speech",
    "loginattack": "brute-force",
    "openservice": "potentially-unwanted-accessible",
    "potentiallycompromisedaccount": "unprivileged-account-compromise",
    "trademark": "masquerade",
    "webcrawler": "scanner",
}


def is_report(record: Report) -> bool:
    """Whether an object says that it is a report of any version."""
    return "xarf_version" in record or isinstance(record.get("Report"), dict)


def row_of(record: Report) -> Row:
    """The row of a report.

    Raises:
        ValueError: it is no report, in words.
    """
    if "xarf_version" in record:
        return _row_4(record)
    report = record.get("Report")
    if not isinstance(report, dict):
        message = "is no XARF report: it has neither `xarf_version` nor `Report`"
        raise ValueError(message)  # noqa: TRY004 a record that says nothing, no wrong argument
    return _row_3(record, report)


def placed(text: object) -> Row:
    """The asset that a text names: an address, a network, a URL, else a name."""
    if not isinstance(text, str) or not text.strip():
        return {}
    try:
        network = ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        return {"url" if "://" in text else "host": text}
    if network.num_addresses == 1:
        return {"ip": str(network.network_address)}
    return {"network": str(network)}


def _row_4(record: Report) -> Row:
    category, kind = str(record.get("category", "")), str(record.get("type", ""))
    threat = rsit_of(str(record.get("threat_type", "")))
    rsit = _OF_4.get((category, kind), "undetermined")
    rsit = threat if threat and rsit == "undetermined" else rsit
    row: Row = {"type": rsit, "severity": severity_of(rsit), "identifier": kind.replace("_", "-")}
    for name, value in record.items():
        if name not in _OURS_4:
            _put(row, _SAME_4.get(name, f"{EXTRA}{name}"), value)
    row |= placed(record.get("source_identifier"))
    row |= _called_4(record, row)
    row |= _details_4(record)
    return row | _own(record.get(OWN))


def _put(row: Row, name: str, value: object) -> None:
    """Fill a column; what it cannot hold goes to `extra`."""
    if name == "severity" and value not in tuple(_RATED):
        name = "extra.severity"
    if name in row and name != "severity":
        name = f"{EXTRA}{name}"
    row[name] = value


def _called_4(record: Report, row: Row) -> Row:
    """Identifier: the family, the exposed service, the CVE, else the type."""
    cves = record.get("cve_id") or record.get("vulnerability_cve")
    if isinstance(row.get("family"), str):
        return {"identifier": row["family"], "cves": cves}
    service = record.get("service")
    if record.get("type") == "open_service" and isinstance(service, str):
        return {"identifier": f"open-{service}", "cves": cves}
    if record.get("type") == "cve" and isinstance(cves, str):
        return {"identifier": cves, "cves": cves}
    probed = record.get("vulnerabilities_probed")
    return {"cves": cves or (" ".join(map(str, probed)) if isinstance(probed, list) else None)}


def _details_4(record: Report) -> Row:
    row: Row = {"port": record.get("service_port", record.get("port", record.get("source_port")))}
    confidence = record.get("confidence")
    if isinstance(confidence, int | float) and 0 <= confidence <= 1:
        row["confidence"] = round(confidence * 100)
    tags = record.get("tags")
    if isinstance(tags, list) and OWN not in record:
        row["tags"] = ";".join(map(str, tags))
    row["role"] = _ROLES.get(str(record.get("evidence_source", "")), "report")
    row["extra.first_seen"] = None if OWN in record else record.get("first_seen")
    reporter = record.get("reporter")
    if isinstance(reporter, dict) and OWN not in record:
        row["extra.feed.provider"] = reporter.get("org")
    if found := _HASH.match(str(record.get("file_hash", ""))):
        row[f"extra.malware.hash.{found[1]}"] = found[2].lower()
    return row


def _own(told: object) -> Row:
    """Columns as our own export adds them; they stand for everything that was guessed."""
    if not isinstance(told, dict):
        return {}
    row: Row = {name: told.get(name) for name in CARRIED if name in told or name not in NATIVE}
    row.pop("extra")
    for name in ("cves", "tags"):
        if isinstance(row.get(name), list):
            row[name] = ";".join(map(str, row[name]))
    if isinstance(told.get("extra"), dict):
        row["extra"] = told["extra"]
    if isinstance(told.get("source"), str):
        row["extra.feed.code"] = told["source"]
    return row


def _row_3(record: Report, report: Report) -> Row:
    word = re.sub(r"[^a-z]", "", str(report.get("ReportType", "")).lower())
    kind = _TYPES_3.get(word) or rsit_of(str(report.get("ReportType", ""))) or "undetermined"
    row: Row = {"type": kind, "identifier": kind, "severity": severity_of(kind)}
    for told in (report, report.get("Source"), report.get("AdditionalInfo"), report.get("Custom")):
        for name, value in (told if isinstance(told, dict) else {}).items():
            if name not in {"Source", "AdditionalInfo", "Custom", "ReportType", "ReportClass"}:
                _put(row, _SAME_3.get(name, f"{EXTRA}{name}"), value)
    if "ip" not in row and "url" not in row:  # an account: what was logged in to is the asset
        row |= {"ip": row.pop("peer_ip", None), "port": row.pop("peer_port", None)}
    if isinstance(row.get("family"), str):
        row["identifier"] = row["family"]
    service = row.get("application")
    if kind == "potentially-unwanted-accessible" and isinstance(service, str):
        row["identifier"] = f"open-{service}"
    reporter = record.get("ReporterInfo")
    if isinstance(reporter, dict):
        row["extra.feed.provider"] = reporter.get("ReporterOrg")
    return row
