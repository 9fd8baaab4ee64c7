"""blocklist.de: addresses that attacked servers in the last 48 hours, a list a service.

Format: https://www.blocklist.de/en/export.html: an address a line, no notes. Which list it is says
the file's name (`ssh.txt`) or the option `type`; anything else is the list of all. Time: the
receipt. `strongips` are older than two months with more than 5,000 attacks.
"""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import NamedTuple

from pehra.intake.classification import RSIT
from pehra.intake.columns import Plan
from pehra.intake.linefields import Layout, open_fields
from pehra.intake.linelist import open_lines
from pehra.intake.listing import Listing, reading, stem
from pehra.intake.source import Covers, Delivery, Reading, Source
from pehra.kernel.labels import Role


class _Kind(NamedTuple):
    identifier: str
    type: str
    application: str = ""


_ALL = "all"
_KINDS = {
    _ALL: _Kind("attacking-ip", "ids-alert"),
    "apache": _Kind("http-attack", "ids-alert", "http"),
    "bots": _Kind("bad-bot", "scanner", "http"),
    "bruteforcelogin": _Kind("http-brute-force", "brute-force", "http"),
    "ftp": _Kind("ftp-brute-force", "brute-force", "ftp"),
    "imap": _Kind("imap-brute-force", "brute-force", "imap"),
    "ircbot": _Kind("irc-bot", "ids-alert", "irc"),
    "mail": _Kind("smtp-attack", "ids-alert", "smtp"),
    "sip": _Kind("sip-brute-force", "brute-force", "sip"),
    "ssh": _Kind("ssh-brute-force", "brute-force", "ssh"),
    "strongips": _Kind("persistent-attacker", "ids-alert"),
}
_LAYOUT = Layout(names=("ip",), least=1, quoted=False)


@cache
def _plan(kind: str) -> Plan:
    known = _KINDS[kind]
    constants = {
        "class": RSIT[known.type],
        "type": known.type,
        "identifier": known.identifier,
        "severity": "medium",
        "role": Role.BLOCKLIST.value,
    }
    if known.application:
        constants["application"] = known.application
    return Plan(takes={"ip": ("ip",)}, constants=constants)


def read(delivery: Delivery) -> Reading:
    """Open a list; raises `UnreadableFile` where it is no text."""
    named = delivery.options.get("type") or stem(delivery.file_name)
    kind = named if named in _KINDS else _ALL
    table = open_fields(open_lines(delivery.path, "#"), _LAYOUT, delivery.part_bytes)
    listing = Listing(kind, (_KINDS[kind].identifier,))
    return reading(delivery, table.stretches, _plan(kind), listing)


SOURCE = Source(
    slug="blocklist-de",
    title="blocklist.de, attackers by service",
    url="https://www.blocklist.de/en/export.html",
    licence="free to use",
    role=Role.BLOCKLIST,
    read=read,
    every=timedelta(hours=12),
    covers=Covers.CONSTITUENCY,
    event_days=2,
    fetch=tuple(f"https://lists.blocklist.de/lists/{kind}.txt" for kind in _KINDS if kind != _ALL),
    snapshot=True,
)
