"""Spamhaus CERT Insight Portal: infected and attacking addresses of the last 24 hours, CSV.

Format: the file's own comments, which begin with `;`: ip, asn, country, last seen (epoch seconds,
UTC), bot name, domain, remote address, remote port, local port, protocol; more fields may be added
and are kept. `-`, `?` and an empty field are no value. Some bot names are no malware but say what
the address did or leaves open; which is a table here.
"""

from __future__ import annotations

from datetime import timedelta

from pehra.intake.records import EXTRA, Row, newest, own_plan, parts
from pehra.intake.source import ANY_OF_KIND, Covers, Delivery, Reading, Source
from pehra.intake.taxonomies import severity_of
from pehra.intake.textlines import lines, records
from pehra.kernel.errors import UnreadableFile
from pehra.kernel.labels import Role

_NONE = frozenset({"", "-", "?"})
_LEAST = 5
_MOST = 30
_COMMENT = ";"

_DID: dict[str, tuple[str, str, str]] = {
    "authspoofbadehlo": ("brute-force", "authentication-spoof", "smtp"),
    "extortion": ("spam", "extortion", "smtp"),
    "imap": ("brute-force", "imap", "imap"),
    "iotcmd": ("exploit", "iot-command", ""),
    "iotlogin": ("unprivileged-account-compromise", "iot-login", ""),
    "iotmicrosoftds": ("scanner", "microsoft-ds", "microsoft-ds"),
    "iotmirai": ("infected-system", "mirai", ""),
    "iotrdp": ("scanner", "rdp", "rdp"),
    "iotscan": ("scanner", "iot-scan", ""),
    "iotuser": ("unprivileged-account-compromise", "iot-login", ""),
    "l_spamlink": ("spam", "spamlink", ""),
    "misc": ("spam", "spam", "smtp"),
    "openrelay": ("vulnerable-system", "openrelay", "smtp"),
    "pop": ("brute-force", "pop3", "pop3"),
    "proxyget": ("other", "proxyget", ""),
    "rdp": ("brute-force", "rdp", "rdp"),
    "smb": ("brute-force", "smb", "smb"),
    "smtpauth": ("brute-force", "smtp", "smtp"),
    "sshauth": ("brute-force", "ssh", "ssh"),
    "telnetauth": ("brute-force", "telnet", "telnet"),
    "telnetscan": ("scanner", "telnet", "telnet"),
    "w_wplogin": ("scanner", "wordpress-login", "http"),
    "wpscanner": ("scanner", "wordpress-vulnerabilities", "http"),
}
"""What a bot name that is no malware says: type of RSIT, identifier, application."""

_TELNET = ("iotscan", "23")
"""What things that look for other things look for most."""

_MALWARE = {"iotmirai": "mirai", "auto": "s_other"}
"""Names under which malware is told of: of the botnet, and of one that could not be named."""

_PLAN = own_plan("spamhaus_cert", {"role": "sinkhole"})


def read(delivery: Delivery) -> Reading:
    """Open a file.

    Raises:
        UnreadableFile: no line of it has the five fields that each begins with.
    """
    if not any(_fits(line.text) for line in lines(delivery.path)):
        message = "The file holds no line of the Spamhaus CERT Insight Portal."
        raise UnreadableFile(message, mend="Fetch it again; an answer may say why it was refused.")
    found = records(delivery.path, _COMMENT, _row, ",")
    day, told = newest(parts(found, _PLAN, delivery))
    return Reading("", day, (ANY_OF_KIND,), told)


def _fits(text: str | None) -> bool:
    """Whether a line is of the format: the header's comment, or a record."""
    return text is not None and len(text.split(",")) >= _LEAST


def _row(fields: list[str]) -> Row:
    if not _LEAST <= len(fields) <= _MOST:
        message = f"has {len(fields)} fields; at least {_LEAST} are expected"
        raise ValueError(message)
    ip, asn, country, seen, bot, *rest = [None if field in _NONE else field for field in fields]
    domain, remote, remote_port, local, protocol, *more = [*rest, *[None] * _LEAST][:_MOST]
    name = (bot or "").lower()
    kind, identifier, application = _DID.get(name, ("infected-system", _family(name), ""))
    if (name, remote_port) == _TELNET:
        identifier = application = "telnet"
    row: Row = {
        "ip": ip,
        "asn": asn,
        "country": country,
        "observed_at": seen,
        "protocol": protocol,
        "type": kind,
        "identifier": identifier,
        "severity": severity_of(kind),
        "application": application or None,
        "family": _family(name) if kind == "infected-system" else None,
        **_ends(kind, local, remote, remote_port, domain),
    }
    if name == "l_spamlink":
        row |= _spam_link(row, domain, local)
    return row | {f"{EXTRA}field {n}": value for n, value in enumerate(more, 11)}


def _family(name: str) -> str:
    return _MALWARE.get(name, name) or "unclassified"


def _ends(
    kind: str, local: str | None, remote: str | None, port: str | None, domain: str | None
) -> Row:
    """The service that is left open, or the other end and the port of no meaning at this one."""
    if kind == "vulnerable-system":
        return {"port": port}
    name = "" if (domain or "").startswith("http") else (domain or "").partition(":")[0]
    return {
        "port": local if (local or "").isdigit() else None,
        "peer_port": port,
        "peer_ip": remote,
        "peer_host": name if name != remote else None,
    }


def _spam_link(row: Row, url: str | None, sent: str | None) -> Row:
    """A page that spam led to: `sent` is address, version and name of what sent it."""
    sender, version, name = [*(sent or "").split(":"), "", ""][:3]
    row.pop("peer_ip")
    told: Row = {"url": url, "extra.spam_ip": sender or None, "family": name or None}
    return told | {"extra.malware.version": version or None}


SOURCE = Source(
    slug="spamhaus-cert",
    title="Spamhaus CERT Insight Portal",
    url="https://www.spamhaus.org/organization/cert/",
    licence="for national CERTs by agreement; not to be passed on outside the constituency",
    role=Role.SINKHOLE,
    read=read,
    every=timedelta(days=1),
    covers=Covers.CONSTITUENCY,
)
