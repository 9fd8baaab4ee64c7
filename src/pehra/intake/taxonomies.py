"""Words of other taxonomies as types of RSIT v1003, and how bad each type is where nobody says.

Tags of MISP (`rsit:malicious-code="c2-server"`, `ecsirt:fraud="phishing"`), labels of STIX
(`malicious-activity`, `rsit:phishing`) and bare words (`port-scan`) are read alike: what stands
behind the last `=` or `:`, else before it, is looked up.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pehra.intake.classification import CLASSES, RSIT

if TYPE_CHECKING:
    from collections.abc import Iterable

_SAME: dict[str, str] = {
    "botnet-drone": "infected-system",
    "bot": "infected-system",
    "bots": "infected-system",
    "botnet": "infected-system",
    "infected-host": "infected-system",
    "malware": "malware-distribution",
    "ransomware": "infected-system",
    "trojan": "infected-system",
    "worm": "infected-system",
    "c2": "c2-server",
    "cnc": "c2-server",
    "c-c": "c2-server",
    "c2server": "c2-server",
    "command-and-control": "c2-server",
    "malware-download": "malware-distribution",
    "malurl": "malware-distribution",
    "scan": "scanner",
    "scanning": "scanner",
    "port-scan": "scanner",
    "portscan": "scanner",
    "reconnaissance": "scanner",
    "bruteforce": "brute-force",
    "login-attack": "brute-force",
    "loginattack": "brute-force",
    "exploitation": "exploit",
    "sql-injection": "exploit",
    "phish": "phishing",
    "dos-attacker": "ddos",
    "denial-of-service": "ddos",
    "ddos-attack": "ddos",
    "defacement": "application-compromise",
    "deface": "application-compromise",
    "compromised-server": "system-compromise",
    "compromised": "system-compromise",
    "compromised-website": "system-compromise",
    "system-compromise": "system-compromise",
    "leak": "data-leak",
    "information-leak": "data-leak",
    "vulnerability": "vulnerable-system",
    "vulnerable": "vulnerable-system",
    "vulnerable-service": "vulnerable-system",
    "open-service": "potentially-unwanted-accessible",
    "scam": "masquerade",
    "fraud": "unauthorised-use-of-resources",
    "malicious-activity": "undetermined",
}
_SEVERITIES: dict[str, tuple[str, ...]] = {
    "critical": (
        *("infected-system", "c2-server", "malware-distribution", "brute-force", "phishing"),
        *("system-compromise", "privileged-account-compromise", "data-leak", "ddos"),
    ),
    "high": (
        *("scanner", "exploit", "application-compromise", "unprivileged-account-compromise"),
        *("ids-alert", "dos", "malware-configuration", "ddos-amplifier"),
    ),
    "medium": (
        *("vulnerable-system", "potentially-unwanted-accessible", "information-disclosure"),
        *("masquerade", "social-engineering", "unauthorised-use-of-resources", "sniffing"),
        *("misconfiguration", "data-loss", "sabotage", "burglary"),
    ),
}
SEVERITY: dict[str, str] = {kind: word for word, kinds in _SEVERITIES.items() for kind in kinds} | {
    "test": "info",
    "undetermined": "low",
}
"""Severity of a type where the report gives none; `low` for a type that is not here."""

_QUOTED = re.compile(r'^([^=]*)="?([^"]*)"?$')
_OTHER = re.compile(r"[^a-z0-9]+")
_TLP = re.compile(r"^tlp[:\-]\s*(.+)$", re.IGNORECASE)
_PAP = re.compile(r"^pap[:\-]\s*(.+)$", re.IGNORECASE)


def rsit_of(word: str) -> str:
    """The type of RSIT that a tag, a label or a word names; empty where it names none."""
    found = _QUOTED.match(word)
    sides = [found[2], found[1].rpartition(":")[2]] if found else [word.rpartition(":")[2], word]
    for side in sides:
        plain = _OTHER.sub("-", side.lower()).strip("-")
        kind = plain if plain in RSIT else _SAME.get(plain, "")
        if not kind and plain in CLASSES:
            kind = CLASSES[plain][0]
        if kind:
            return kind
    return ""


def first_rsit(words: Iterable[str]) -> str:
    """The type that the first of several words names; one that names `undetermined` comes last."""
    kinds = [kind for word in words if (kind := rsit_of(word))]
    return next((kind for kind in kinds if kind != "undetermined"), kinds[0] if kinds else "")


def severity_of(kind: str) -> str:
    """How bad a type of RSIT is where the report does not say."""
    return SEVERITY.get(kind, "low")


def labels_of(words: Iterable[str]) -> dict[str, str]:
    """`tlp` and `pap` where some of the words are such labels."""
    found: dict[str, str] = {}
    for word in words:
        for name, pattern in (("tlp", _TLP), ("pap", _PAP)):
            match = pattern.match(word.strip())
            if match:
                found.setdefault(name, match[1])
    return found
