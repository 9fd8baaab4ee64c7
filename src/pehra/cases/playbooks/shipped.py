"""The playbooks that come with Pehra: eight, as data. Pure."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from pehra.cases.playbooks.cacao import Playbook  # noqa: TC001 part of a public signature
from pehra.cases.playbooks.reading import read

SLUGS = (
    "ransomware",
    "phishing",
    "web-compromise",
    "data-leak",
    "ddos",
    "c2",
    "insider",
    "supplier",
)
"""Of the kinds of case that they are for, in the order of a list."""


def content(slug: str) -> bytes:
    """The bytes of one, as they are given away."""
    return (files("pehra.cases.playbooks") / "data" / f"{slug}.json").read_bytes()


@cache
def shipped() -> dict[str, Playbook]:
    """All by slug."""
    return {slug: read(content(slug)) for slug in SLUGS}
