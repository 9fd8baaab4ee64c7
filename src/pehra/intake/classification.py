"""Reference Security Incident Taxonomy v1003 (ENISA and TF-CSIRT): its classes and types."""

from __future__ import annotations

CLASSES: dict[str, tuple[str, ...]] = {
    "abusive-content": (
        "spam",
        "harmful-speech",
        "violence",
    ),
    "malicious-code": (
        "infected-system",
        "c2-server",
        "malware-distribution",
        "malware-configuration",
    ),
    "information-gathering": (
        "scanner",
        "sniffing",
        "social-engineering",
    ),
    "intrusion-attempts": (
        "ids-alert",
        "brute-force",
        "exploit",
    ),
    "intrusions": (
        "privileged-account-compromise",
        "unprivileged-account-compromise",
        "application-compromise",
        "system-compromise",
        "burglary",
    ),
    "availability": (
        "dos",
        "ddos",
        "misconfiguration",
        "sabotage",
        "outage",
    ),
    "information-content-security": (
        "unauthorised-information-access",
        "unauthorised-information-modification",
        "data-loss",
        "data-leak",
    ),
    "fraud": (
        "unauthorised-use-of-resources",
        "copyright",
        "masquerade",
        "phishing",
    ),
    "vulnerable": (
        "weak-crypto",
        "ddos-amplifier",
        "potentially-unwanted-accessible",
        "information-disclosure",
        "vulnerable-system",
    ),
    "other": (
        "other",
        "undetermined",
    ),
    "test": ("test",),
}

RSIT: dict[str, str] = {kind: name for name, kinds in CLASSES.items() for kind in kinds}
"""Class of each type; a type belongs to one class."""
